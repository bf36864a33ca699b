//! Values on the wire, in the type that the server asks for or answers with.

use std::error::Error as StdError;

use bytes::{BufMut, BytesMut};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use crate::Value;

type Failure = Box<dyn StdError + Sync + Send>;

/// How a type looks on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Int8,
    Int4,
    Int2,
    Oid,
    Bool,
    Float8,
    Float4,
    Numeric,
    Text,
    Jsonb,
    Bytea,
    Void,
}

impl Form {
    /// `None` for a type that no value stands for.
    pub fn of(ty: &Type) -> Option<Form> {
        Some(match *ty {
            Type::INT8 => Form::Int8,
            Type::INT4 => Form::Int4,
            Type::INT2 => Form::Int2,
            Type::OID => Form::Oid,
            Type::BOOL => Form::Bool,
            Type::FLOAT8 => Form::Float8,
            Type::FLOAT4 => Form::Float4,
            Type::NUMERIC => Form::Numeric,
            Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN | Type::JSON => Form::Text,
            Type::JSONB => Form::Jsonb,
            Type::BYTEA => Form::Bytea,
            Type::VOID => Form::Void,
            // A transaction's number, which the driver has no name for.
            _ if ty.name() == "xid8" => Form::Int8,
            _ => return None,
        })
    }
}

/// Appends `value` in this form; `IsNull::Yes` if there is nothing to append.
pub(super) fn put(value: &Value, form: Form, out: &mut BytesMut) -> Result<IsNull, Failure> {
    match (value, form) {
        (Value::Null, _) => return Ok(IsNull::Yes),
        (Value::Int(n), Form::Int8) => out.put_i64(*n),
        (Value::Int(n), Form::Int4) => out.put_i32(i32::try_from(*n)?),
        (Value::Int(n), Form::Int2) => out.put_i16(i16::try_from(*n)?),
        (Value::Int(n), Form::Bool) => out.put_u8(u8::from(*n != 0)),
        (Value::Int(n), Form::Float8) => out.put_f64(*n as f64),
        (Value::Real(x), Form::Float8) => out.put_f64(*x),
        (Value::Real(x), Form::Float4) => out.put_f32(*x as f32),
        (Value::Text(text), Form::Text) => out.put_slice(text.as_bytes()),
        (Value::Text(text), Form::Jsonb) => {
            // The version of the binary form, which then is the text.
            out.put_u8(1);
            out.put_slice(text.as_bytes());
        }
        (Value::Blob(bytes), Form::Bytea) => out.put_slice(bytes),
        (value, form) => {
            return Err(format!("{} cannot be given for a parameter of the type {form:?}", value.kind()).into());
        }
    }
    Ok(IsNull::No)
}

impl ToSql for Value {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Failure> {
        match Form::of(ty) {
            Some(form) => put(self, form, out),
            None if *self == Value::Null => Ok(IsNull::Yes),
            None => Err(format!("{} cannot be given for a parameter of the type {ty}", self.kind()).into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Value {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Failure> {
        let form = Form::of(ty).ok_or_else(|| format!("a column of the type {ty} cannot be read"))?;
        Ok(match form {
            Form::Int8 => Value::Int(i64::from_be_bytes(raw.try_into()?)),
            Form::Int4 => Value::Int(i32::from_be_bytes(raw.try_into()?).into()),
            Form::Int2 => Value::Int(i16::from_be_bytes(raw.try_into()?).into()),
            Form::Oid => Value::Int(u32::from_be_bytes(raw.try_into()?).into()),
            Form::Bool => Value::Int(i64::from(raw.first() == Some(&1))),
            Form::Float8 => Value::Real(f64::from_be_bytes(raw.try_into()?)),
            Form::Float4 => Value::Real(f32::from_be_bytes(raw.try_into()?).into()),
            Form::Numeric => numeric(raw).ok_or("a numeric is malformed")?,
            Form::Text => text(raw)?,
            Form::Jsonb => text(raw.get(1..).unwrap_or_default())?,
            Form::Bytea => Value::Blob(raw.to_vec()),
            Form::Void => Value::Null,
        })
    }

    fn from_sql_null(_: &Type) -> Result<Self, Failure> {
        Ok(Value::Null)
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

fn text(raw: &[u8]) -> Result<Value, Failure> {
    Ok(Value::Text(std::str::from_utf8(raw)?.to_owned()))
}

/// The sum of a BIGINT column is a NUMERIC: an integer if it has no decimals, else a real, as SQLite
/// answers. On the wire: count, weight, sign, scale, then digits to the base of 10,000.
fn numeric(raw: &[u8]) -> Option<Value> {
    let mut words = raw.chunks_exact(2).map(|w| i16::from_be_bytes([w[0], w[1]]));
    let (count, weight, sign, scale) = (words.next()?, words.next()?, words.next()? as u16, words.next()?);
    let minus = match sign {
        0x0000 => false,
        0x4000 => true,
        0xD000 => return Some(Value::Real(f64::INFINITY)),
        0xF000 => return Some(Value::Real(f64::NEG_INFINITY)),
        _ => return Some(Value::Real(f64::NAN)),
    };
    let digits: Vec<i64> = words.by_ref().take(usize::try_from(count).ok()?).map(i64::from).collect();
    if scale == 0 {
        let mut sum = 0i64;
        for place in 0..=weight.max(-1) {
            let digit = usize::try_from(place).ok().and_then(|i| digits.get(i)).copied().unwrap_or(0);
            // Downwards, because the smallest integer has no positive counterpart.
            sum = sum.checked_mul(10_000)?.checked_sub(digit)?;
        }
        return if minus { Some(Value::Int(sum)) } else { sum.checked_neg().map(Value::Int) };
    }
    // Through its decimal form, so that the nearest real is found.
    let mut decimal = if minus { "-0".to_owned() } else { "0".to_owned() };
    for digit in &digits {
        decimal += &format!("{digit:04}");
    }
    let exponent = (i64::from(weight) + 1 - i64::try_from(digits.len()).ok()?) * 4;
    format!("{decimal}e{exponent}").parse().ok().map(Value::Real)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(words: &[u16], expected: Value) {
        let raw: Vec<u8> = words.iter().flat_map(|w| w.to_be_bytes()).collect();
        assert_eq!(numeric(&raw), Some(expected));
    }

    #[test]
    fn numerics_become_integers_or_reals() {
        check(&[0, 0, 0, 0], Value::Int(0));
        check(&[1, 0, 0, 0, 42], Value::Int(42));
        check(&[1, 1, 0x4000, 0, 7], Value::Int(-70_000));
        check(&[5, 4, 0x4000, 0, 922, 3372, 368, 5477, 5808], Value::Int(i64::MIN));
        check(&[2, 0, 0, 2, 12, 5000], Value::Real(12.5));
        check(&[1, 0xFFFF, 0x4000, 4, 25], Value::Real(-0.0025));
        assert_eq!(numeric(&[0, 1]), None, "cut off");
        let too_big: Vec<u8> =
            [5u16, 4, 0, 0, 922, 3372, 368, 5477, 5808].iter().flat_map(|w| w.to_be_bytes()).collect();
        assert_eq!(numeric(&too_big), None, "beyond 64 bits");
    }
}
