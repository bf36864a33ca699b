//! Roles of people and scopes of keys. What a scope opens is for the caller to say.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Error;

/// What somebody is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    Admin,
    Editor,
    Author,
    Moderator,
    Viewer,
}

/// One thing a key or a role may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// See what is not public.
    Read,
    /// Set up what is worked with.
    Configure,
    /// Create and change.
    Write,
    /// Accept or refuse what others made.
    Judge,
    /// Put before the public and take back.
    Publish,
    /// Run, stop and repeat background work.
    Operate,
    /// Manage people, keys and schedules.
    Admin,
}

impl Role {
    pub const ALL: [Role; 5] = [Role::Admin, Role::Editor, Role::Author, Role::Moderator, Role::Viewer];

    pub fn name(self) -> &'static str {
        match self {
            Role::Admin => "admin",
            Role::Editor => "editor",
            Role::Author => "author",
            Role::Moderator => "moderator",
            Role::Viewer => "viewer",
        }
    }

    /// All that the role may do; the one table of it.
    pub fn scopes(self) -> Scopes {
        use Scope::{Configure, Judge, Operate, Publish, Read, Write};
        match self {
            Role::Admin => Scopes::ALL,
            Role::Editor => Scopes::from_iter([Read, Configure, Write, Judge, Publish, Operate]),
            Role::Author => Scopes::from_iter([Read, Write]),
            Role::Moderator => Scopes::from_iter([Read, Write, Judge, Publish]),
            Role::Viewer => Scopes::from_iter([Read]),
        }
    }
}

impl Scope {
    pub const ALL: [Scope; 7] =
        [Scope::Read, Scope::Configure, Scope::Write, Scope::Judge, Scope::Publish, Scope::Operate, Scope::Admin];

    pub fn name(self) -> &'static str {
        match self {
            Scope::Read => "read",
            Scope::Configure => "configure",
            Scope::Write => "write",
            Scope::Judge => "judge",
            Scope::Publish => "publish",
            Scope::Operate => "operate",
            Scope::Admin => "admin",
        }
    }
}

/// A set of scopes, written as in OAuth (RFC 6749 §3.3): names with a blank between.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Scopes(u8);

impl Scopes {
    pub const NONE: Scopes = Scopes(0);
    pub const ALL: Scopes = Scopes((1 << Scope::ALL.len()) - 1);

    /// The set of one.
    pub const fn only(scope: Scope) -> Scopes {
        Scopes(1 << scope as u8)
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn has(self, scope: Scope) -> bool {
        self.0 & 1 << scope as u8 != 0
    }

    /// What both sets hold: a key never does more than its owner may.
    #[must_use]
    pub const fn and(self, other: Scopes) -> Scopes {
        Scopes(self.0 & other.0)
    }

    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.has(*scope))
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Scopes(scopes.into_iter().fold(0, |bits, scope| bits | 1 << scope as u8))
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.iter().map(Scope::name).collect();
        f.write_str(&names.join(" "))
    }
}

impl fmt::Debug for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl FromStr for Scopes {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        text.split_ascii_whitespace().map(str::parse::<Scope>).collect()
    }
}

impl FromStr for Role {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Role::ALL.into_iter().find(|role| role.name() == text).ok_or_else(|| Error::Role(shown(text)))
    }
}

impl FromStr for Scope {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Scope::ALL.into_iter().find(|scope| scope.name() == text).ok_or_else(|| Error::Scope(shown(text)))
    }
}

/// As much of a stranger's word as an error repeats.
fn shown(text: &str) -> String {
    text.chars().take(40).collect()
}

/// Text form, serde form and name are the same word.
macro_rules! by_name {
    ($($name:ident),*) => { $(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.name())
            }
        }
        by_text!($name);
    )* };
}

macro_rules! by_text {
    ($name:ident) => {
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

by_name!(Role, Scope);
by_text!(Scopes);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_both_ways() {
        for role in Role::ALL {
            assert_eq!(role.to_string().parse(), Ok(role));
            assert_eq!(serde_json::from_str::<Role>(&serde_json::to_string(&role).unwrap()).unwrap(), role);
            assert_eq!(role.scopes().to_string().parse(), Ok(role.scopes()));
        }
        for scope in Scope::ALL {
            assert_eq!(scope.name().parse(), Ok(scope));
            assert!(Scopes::ALL.has(scope) && !Scopes::NONE.has(scope));
        }
        assert_eq!("Admin".parse::<Role>(), Err(Error::Role("Admin".into())));
        assert_eq!("read root".parse::<Scopes>(), Err(Error::Scope("root".into())));
        assert_eq!("x".repeat(9_999).parse::<Scope>(), Err(Error::Scope("x".repeat(40))));
        assert_eq!(
            serde_json::to_string(&Role::Editor.scopes()).unwrap(),
            r#""read configure write judge publish operate""#
        );
        assert!(serde_json::from_str::<Scopes>("7").is_err());
    }

    #[test]
    fn roles_widen_from_viewer_to_admin() {
        for role in Role::ALL {
            assert!(role.scopes().has(Scope::Read));
            assert_eq!(role.scopes().and(Scopes::ALL), role.scopes());
            assert_eq!(role.scopes().has(Scope::Admin), role == Role::Admin, "{role}");
            let runs = role.scopes().has(Scope::Configure) && role.scopes().has(Scope::Operate);
            assert_eq!(runs, matches!(role, Role::Admin | Role::Editor), "{role}");
        }
        assert!(!Role::Author.scopes().has(Scope::Judge), "nobody accepts their own work by being an author");
        assert_eq!(Role::Author.scopes().and(Role::Moderator.scopes()), Role::Author.scopes());
        assert_eq!(Role::Moderator.scopes().and(Scopes::only(Scope::Judge)).to_string(), "judge");
        assert!(Role::Viewer.scopes().and(Scopes::only(Scope::Write)).is_empty());
    }
}
