//! The door of the process: listeners, the connection loop, and the rules of HTTP that every
//! answer obeys whatever it says: encodings, conditional requests, who the caller really is.
//!
//! ```ignore
//! let listener = edge::listen::bind(address)?;
//! edge::serve::serve(listener, service, &settings, &tasks);
//! ```
//!
//! Invariants: whatever a stranger can grow has a limit (connections, headers, waiting time); a
//! forwarded address is believed from a trusted proxy only; a panic in a service is answered with
//! 500 and costs one request.

pub mod body;
pub mod client_ip;
pub mod conditional;
pub mod encoding;
mod error;
pub mod listen;
pub mod ready;
pub mod serve;
mod settings;
pub mod sse;

/// The types of requests and answers, for crates that only pass them on.
pub use http;
pub use hyper::body::Incoming;

pub use body::{Body, BoxError};
pub use encoding::Encoding;
pub use error::Error;
pub use ready::Ready;
pub use serve::{METRICS, Peer, Service, serve, service_fn};
pub use settings::Settings;
