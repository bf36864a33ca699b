//! The other sides of our calls, as pure functions or small machines without input and output: for tests and for
//! trying the product offline.

pub mod cloudflare;
pub mod fastly;
mod held;
pub mod hub;
pub mod llm;

pub use held::Mishap;
pub use llm::{Played, Reply};

use http::HeaderMap;

/// A request as some server has read it.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    pub method: &'a str,
    /// With the query.
    pub path: &'a str,
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
}
