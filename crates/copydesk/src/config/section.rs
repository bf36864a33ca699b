//! What is known of a section without knowing its type.

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;
use stdx::config::{Field, Problem};
use toml::{Table, Value};

/// The settings of one section, as `stdx::settings!` declares them.
pub trait Settings: Default + Serialize + DeserializeOwned {
    const FIELDS: &'static [Field];

    fn validate(&self, section: &str) -> Vec<Problem>;
}

/// Where a value came from, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    Default,
    File,
    Environment,
    Flag,
}

impl Origin {
    pub fn name(self) -> &'static str {
        match self {
            Origin::Default => "default",
            Origin::File => "file",
            Origin::Environment => "environment",
            Origin::Flag => "flag",
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

pub struct Section {
    /// Empty for the root.
    pub name: &'static str,
    pub about: &'static str,
    pub fields: &'static [Field],
    probe: fn(Table) -> Result<(), toml::de::Error>,
    defaults: fn() -> Table,
}

impl Section {
    pub const fn of<T: Settings>(name: &'static str, about: &'static str) -> Self {
        Section {
            name,
            about,
            fields: T::FIELDS,
            probe: |table| table.try_into::<T>().map(drop),
            defaults: || table(&T::default()),
        }
    }

    pub fn field(&self, key: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == key)
    }

    /// The secret that `key` names a file for: `url` for `url_file`.
    pub fn secret_of(&self, key: &str) -> Option<&'static Field> {
        key.strip_suffix("_file").and_then(|key| self.field(key)).filter(|field| Kind::of(field).secret)
    }

    /// `queue.workers_max`, or `listen` at the root.
    pub fn path(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }

    pub fn defaults(&self) -> Table {
        (self.defaults)()
    }

    /// Whether `value` can stand at `field`; if not, what could.
    pub fn accepts(&self, field: &Field, value: &Value) -> Result<(), String> {
        let table = Table::from_iter([(field.name.to_owned(), value.clone())]);
        let Err(error) = (self.probe)(table) else { return Ok(()) };
        // A secret that was misread must not be quoted by the message.
        let kind = Kind::of(field);
        Err(kind.remedy().unwrap_or_else(|| {
            if kind.secret { "must be text in quotes".to_owned() } else { error.message().to_owned() }
        }))
    }
}

/// The values of a section as they would stand in the file; secrets are masked.
pub fn table<T: Serialize>(settings: &T) -> Table {
    Table::try_from(settings).expect("settings are plain keys and values")
}

/// A field's type as far as a person needs to know it.
pub struct Kind {
    /// The Rust type without its path and without `Option`.
    name: String,
    pub secret: bool,
}

impl Kind {
    pub fn of(field: &Field) -> Kind {
        let text: String = field.kind.chars().filter(|c| !c.is_whitespace()).collect();
        let inner = text.strip_prefix("Option<").and_then(|rest| rest.strip_suffix('>'));
        let bare = inner.unwrap_or(&text);
        let name = if bare.starts_with("Vec<") { bare } else { bare.rsplit("::").next().unwrap_or(bare) };
        Kind { name: name.to_owned(), secret: name == "Secret" }
    }

    /// The value that `text` means, from the environment or a flag. What cannot be read stays text, for
    /// the one place that judges values.
    pub fn read(&self, text: &str) -> Value {
        let read = match self.name.as_str() {
            "bool" => text.parse().ok().map(Value::Boolean),
            "f64" | "f32" => text.parse().ok().map(Value::Float),
            _ if self.integer_max().is_some() => text.replace('_', "").parse().ok().map(Value::Integer),
            name if name.starts_with("Vec<") => Some(list(text)),
            _ => None,
        };
        read.unwrap_or_else(|| Value::String(text.to_owned()))
    }

    /// For the reference.
    pub fn shown(&self) -> &str {
        match self.name.as_str() {
            "String" => "text",
            "Secret" => "secret",
            "PathBuf" => "path",
            "SocketAddr" => "address and port",
            "ByteSize" => "size",
            "bool" => "true or false",
            "f64" | "f32" => "number",
            name if name.starts_with("Vec<") => "list",
            _ if self.integer_max().is_some() => "whole number",
            _ => "word",
        }
    }

    fn integer_max(&self) -> Option<i64> {
        Some(match self.name.as_str() {
            "u8" => u8::MAX.into(),
            "u16" => u16::MAX.into(),
            "u32" => u32::MAX.into(),
            "u64" | "usize" => i64::MAX,
            _ => return None,
        })
    }

    fn remedy(&self) -> Option<String> {
        Some(match self.name.as_str() {
            "bool" => "must be true or false".to_owned(),
            "f64" | "f32" => "must be a number".to_owned(),
            "String" | "PathBuf" => "must be text in quotes".to_owned(),
            "ByteSize" => "must be a size, such as \"64MiB\" or \"128MB\"".to_owned(),
            "SocketAddr" => "must be an address and a port, such as \"127.0.0.1:8080\"".to_owned(),
            name if name.starts_with("Vec<") && name != "Vec<String>" => "must be a list of tables".to_owned(),
            "Vec<String>" => "must be a list of texts, such as [\"a\", \"b\"]".to_owned(),
            _ => match self.integer_max()? {
                i64::MAX => "must be a whole number, 0 or more".to_owned(),
                max => format!("must be a whole number from 0 to {max}"),
            },
        })
    }
}

/// `a, b` or `["a", "b"]`.
fn list(text: &str) -> Value {
    if text.trim_start().starts_with('[')
        && let Ok(Value::Array(values)) = text.parse()
    {
        return Value::Array(values);
    }
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    Value::Array(parts.map(|part| Value::String(part.to_owned())).collect())
}
