//! Values as they go into statements and come out of rows.

use stdx::{Id, Timestamp};

use crate::Error;

/// What both engines can hold. Booleans are 0 and 1, times are µs, JSON is text.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    Int(i64),
    Real(f64),
    Text(String),
    Blob(Vec<u8>),
}

impl Value {
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Int(_) => "an integer",
            Value::Real(_) => "a real",
            Value::Text(_) => "a text",
            Value::Blob(_) => "a blob",
        }
    }
}

/// One row of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Row(pub(crate) Vec<Value>);

impl Row {
    /// The value in column `i`, counted from 0.
    ///
    /// # Errors
    /// [`Error::Decode`] if there is no such column or it holds another type.
    pub fn get<T: FromValue>(&self, i: usize) -> Result<T, Error> {
        let value = self.0.get(i).ok_or(Error::Decode { column: i, wanted: T::KIND, found: "nothing" })?;
        T::from_value(value).ok_or(Error::Decode { column: i, wanted: T::KIND, found: value.kind() })
    }

    /// The text in column `i`, without a copy.
    ///
    /// # Errors
    /// As for [`get`](Row::get).
    pub fn text(&self, i: usize) -> Result<&str, Error> {
        match self.0.get(i) {
            Some(Value::Text(text)) => Ok(text),
            other => Err(Error::Decode { column: i, wanted: "a text", found: other.map_or("nothing", Value::kind) }),
        }
    }

    /// The blob in column `i`, without a copy.
    ///
    /// # Errors
    /// As for [`get`](Row::get).
    pub fn blob(&self, i: usize) -> Result<&[u8], Error> {
        match self.0.get(i) {
            Some(Value::Blob(bytes)) => Ok(bytes),
            other => Err(Error::Decode { column: i, wanted: "a blob", found: other.map_or("nothing", Value::kind) }),
        }
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn into_values(self) -> Vec<Value> {
        self.0
    }
}

/// The parameters of a statement, in the order of `$1`, `$2`, ….
#[macro_export]
macro_rules! params {
    ($($e:expr),* $(,)?) => { ::std::vec![$($crate::ToValue::to_value(&$e)),*] };
}

/// A list parameter for `{in:$n}`.
pub fn list(ids: &[i64]) -> Value {
    Value::Text(serde_json::to_string(ids).expect("integers always serialise"))
}

/// A list parameter for `{in_text:$n}`.
pub fn texts<S: AsRef<str>>(texts: &[S]) -> Value {
    let texts: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
    Value::Text(serde_json::to_string(&texts).expect("texts always serialise"))
}

pub trait ToValue {
    fn to_value(&self) -> Value;
}

pub trait FromValue: Sized {
    /// With its article, for the message.
    const KIND: &'static str;
    /// `None` if `value` is of another type or out of range.
    fn from_value(value: &Value) -> Option<Self>;
}

macro_rules! integers_in {
    ($($t:ty),*) => {$(
        impl ToValue for $t {
            fn to_value(&self) -> Value { Value::Int(i64::from(*self)) }
        }
    )*};
}
integers_in!(i64, i32, i16, u32, u16, u8, bool);

macro_rules! integers_out {
    ($($t:ty => $kind:literal),*) => {$(
        impl FromValue for $t {
            const KIND: &'static str = $kind;
            fn from_value(value: &Value) -> Option<Self> {
                match value {
                    Value::Int(n) => Self::try_from(*n).ok(),
                    _ => None,
                }
            }
        }
    )*};
}
integers_out!(i64 => "an integer", i32 => "an integer of 32 bits", u32 => "a natural number of 32 bits", u64 => "a natural number",
    u16 => "a natural number of 16 bits", u8 => "a natural number of 8 bits");

impl FromValue for bool {
    const KIND: &'static str = "0 or 1";
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Int(0) => Some(false),
            Value::Int(1) => Some(true),
            _ => None,
        }
    }
}

impl ToValue for f64 {
    fn to_value(&self) -> Value {
        Value::Real(*self)
    }
}

impl FromValue for f64 {
    const KIND: &'static str = "a number";
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Real(x) => Some(*x),
            Value::Int(n) => Some(*n as f64),
            _ => None,
        }
    }
}

impl ToValue for str {
    fn to_value(&self) -> Value {
        Value::Text(self.to_owned())
    }
}

impl ToValue for String {
    fn to_value(&self) -> Value {
        Value::Text(self.clone())
    }
}

impl FromValue for String {
    const KIND: &'static str = "a text";
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        }
    }
}

impl ToValue for [u8] {
    fn to_value(&self) -> Value {
        Value::Blob(self.to_vec())
    }
}

impl<const N: usize> ToValue for [u8; N] {
    fn to_value(&self) -> Value {
        Value::Blob(self.to_vec())
    }
}

impl ToValue for Vec<u8> {
    fn to_value(&self) -> Value {
        Value::Blob(self.clone())
    }
}

impl FromValue for Vec<u8> {
    const KIND: &'static str = "a blob";
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Blob(bytes) => Some(bytes.clone()),
            _ => None,
        }
    }
}

impl ToValue for Timestamp {
    fn to_value(&self) -> Value {
        Value::Int(self.micros())
    }
}

impl FromValue for Timestamp {
    const KIND: &'static str = "a time in µs";
    fn from_value(value: &Value) -> Option<Self> {
        i64::from_value(value).map(Timestamp::from_micros)
    }
}

impl ToValue for Id {
    fn to_value(&self) -> Value {
        Value::Int(self.to_i64())
    }
}

impl FromValue for Id {
    const KIND: &'static str = "an id";
    fn from_value(value: &Value) -> Option<Self> {
        i64::from_value(value).and_then(Id::from_i64)
    }
}

impl ToValue for Value {
    fn to_value(&self) -> Value {
        self.clone()
    }
}

impl FromValue for Value {
    const KIND: &'static str = "a value";
    fn from_value(value: &Value) -> Option<Self> {
        Some(value.clone())
    }
}

impl<T: ToValue> ToValue for Option<T> {
    fn to_value(&self) -> Value {
        self.as_ref().map_or(Value::Null, ToValue::to_value)
    }
}

impl<T: FromValue> FromValue for Option<T> {
    const KIND: &'static str = T::KIND;
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::from_value(value).map(Some),
        }
    }
}

impl<T: ToValue + ?Sized> ToValue for &T {
    fn to_value(&self) -> Value {
        (**self).to_value()
    }
}
