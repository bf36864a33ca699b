//! HTTP/1.1 on a connection of any kind: read strictly, answered in order, with a short way for what is ready.
//!
//! [`parse`] and [`chunked`] are pure functions over bytes, [`write`] makes bytes; `conn` moves them. Invariants: a
//! request whose end two readers could see at different places is refused; whatever a stranger can grow or delay has
//! a limit; a connection that waits owns no buffer.

pub mod chunked;
pub(crate) mod conn;
pub(crate) mod exchange;
mod front;
pub(crate) mod input;
pub mod parse;
pub(crate) mod pool;
pub(crate) mod pulse;
pub(crate) mod relay;
mod stream;
pub(crate) mod write;

pub use front::{Front, Hit};
pub use parse::{Framing, Head, Limits, Refusal};
