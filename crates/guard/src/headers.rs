//! What an answer tells the browser about itself. Lower-case names, so that they fit HTTP/2 as they are.

use std::fmt;

use crate::Error;

/// On every answer.
pub const EVERYWHERE: &[(&str, &str)] = &[
    ("x-content-type-options", "nosniff"),
    // For browsers that do not know `frame-ancestors`.
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()"),
];

/// Besides [`EVERYWHERE`], on public pages: other sites may see where a reader came from, not which page.
pub const PUBLIC: &[(&str, &str)] = &[("referrer-policy", "strict-origin-when-cross-origin")];

/// Besides [`EVERYWHERE`], on pages behind a sign-in and on the API: nothing leaves, nothing is kept.
pub const PRIVATE: &[(&str, &str)] = &[
    ("referrer-policy", "no-referrer"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cache-control", "no-store"),
];

/// Only where the public address is https: two years, as browsers' preload lists ask for.
pub const STRICT_TRANSPORT: (&str, &str) = ("strict-transport-security", "max-age=63072000; includeSubDomains");

/// The name of the header a [`Csp`] goes into.
pub const CSP: &str = "content-security-policy";

/// A Content-Security-Policy (W3C CSP Level 3) that starts from nothing and allows piece by piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Csp(Vec<(&'static str, Vec<String>)>);

impl Csp {
    /// Nothing loads, nothing embeds the page, no form is sent.
    pub fn none() -> Self {
        let none = || vec!["'none'".to_owned()];
        Csp(["default-src", "base-uri", "form-action", "frame-ancestors"].map(|d| (d, none())).to_vec())
    }

    /// Public pages: own style and fonts, pictures from any https address, no script at all.
    pub fn site() -> Self {
        Csp::none()
            .with("style-src", "'self'")
            .with("font-src", "'self'")
            .with("img-src", "'self' data: https:")
            .with("form-action", "'self'")
    }

    /// Pages behind a sign-in: own scripts and calls to the own address as well.
    pub fn console() -> Self {
        Csp::site().with("script-src", "'self'").with("connect-src", "'self'").with("manifest-src", "'self'")
    }

    /// Lets `directive` use `source`, such as an asset address from the settings.
    ///
    /// # Errors
    /// When `source` holds a character that would end the directive or the header.
    pub fn allow(self, directive: &'static str, source: &str) -> Result<Self, Error> {
        let fits = !source.is_empty() && source.bytes().all(|c| c.is_ascii_graphic() && c != b';' && c != b',');
        if fits {
            Ok(self.with(directive, source))
        } else {
            Err(Error::PolicySource(source.chars().take(80).collect()))
        }
    }

    fn with(mut self, directive: &'static str, sources: &str) -> Self {
        let place = match self.0.iter().position(|(name, _)| *name == directive) {
            Some(place) => place,
            None => {
                self.0.push((directive, Vec::new()));
                self.0.len() - 1
            }
        };
        let list = &mut self.0[place].1;
        list.retain(|source| source != "'none'");
        for source in sources.split(' ') {
            if !list.iter().any(|known| known == source) {
                list.push(source.to_owned());
            }
        }
        self
    }
}

impl fmt::Display for Csp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (directive, sources)) in self.0.iter().enumerate() {
            let gap = if i == 0 { "" } else { "; " };
            write!(f, "{gap}{directive} {}", sources.join(" "))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_as_sent() {
        assert_eq!(
            Csp::site().to_string(),
            "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; style-src 'self'; \
             font-src 'self'; img-src 'self' data: https:"
        );
        let console = Csp::console().to_string();
        assert!(console.contains("script-src 'self'") && !console.contains("unsafe"));
        assert!(!Csp::site().to_string().contains("script-src"), "default-src 'none' covers scripts");
    }

    #[test]
    fn a_source_cannot_smuggle_a_directive() {
        let csp = Csp::site()
            .allow("img-src", "https://cdn.example")
            .unwrap()
            .allow("img-src", "https://cdn.example")
            .unwrap();
        assert_eq!(csp.to_string().matches("https://cdn.example").count(), 1);
        for bad in ["", "a; script-src *", "a,b", "a b", "a\r\nx: y", "ü"] {
            assert_eq!(Csp::none().allow("img-src", bad), Err(Error::PolicySource(bad.into())));
        }
    }

    #[test]
    fn names_are_lower_case_and_said_once() {
        for set in [PUBLIC, PRIVATE] {
            let mut names: Vec<_> = EVERYWHERE.iter().chain(set).map(|(name, _)| *name).collect();
            assert!(names.iter().all(|name| name.bytes().all(|c| c.is_ascii_lowercase() || c == b'-')));
            names.sort_unstable();
            assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
        }
    }
}
