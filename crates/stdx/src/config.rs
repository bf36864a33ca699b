//! What a settings struct says about its values.

/// One mistake in the configuration: which key, what it holds and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Dotted path from the root of the file, such as `queue.workers_max`.
    pub key: String,
    /// The value as written; empty when the key itself is the problem.
    pub value: String,
    /// A sentence that says what would be right.
    pub remedy: String,
}

impl Problem {
    pub fn new(key: impl Into<String>, value: impl ToString, remedy: impl Into<String>) -> Self {
        Problem { key: key.into(), value: value.to_string(), remedy: remedy.into() }
    }
}

/// A key of a settings struct as the reference page shows it.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    pub name: &'static str,
    /// The doc comment, one line per element of the comment.
    pub doc: &'static str,
    /// The Rust type, as written.
    pub kind: &'static str,
}

/// A value that must not be shown: masked in `Debug` and when serialised.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret(String);

impl Secret {
    pub fn new(value: impl Into<String>) -> Self {
        Secret(value.into())
    }

    /// The value itself, for the one place that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl serde::Serialize for Secret {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str("***")
    }
}

impl<'de> serde::Deserialize<'de> for Secret {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d).map(Secret)
    }
}

/// Declares the settings of one section: the struct, its defaults, how it is read, and its fields
/// with their documentation, so that the text beside a key is also its reference.
///
/// ```ignore
/// stdx::settings! {
///     /// How feeds are fetched.
///     pub struct Settings {
///         /// Longest time for a whole answer, in seconds.
///         total_timeout_s: u64 = 20,
///     }
/// }
/// ```
#[macro_export]
macro_rules! settings {
    ($(#[$meta:meta])* pub struct $name:ident { $( $(#[doc = $doc:literal])+ $field:ident : $kind:ty = $default:expr ),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name { $( $(#[doc = $doc])+ pub $field: $kind ),* }

        impl Default for $name {
            fn default() -> Self {
                $name { $( $field: $default ),* }
            }
        }

        impl $name {
            /// Every key with its documentation.
            pub const FIELDS: &'static [$crate::config::Field] = &[$(
                $crate::config::Field { name: stringify!($field), doc: concat!($($doc, "\n"),+), kind: stringify!($kind) }
            ),*];
        }
    };
}
