//! The door of the process: listeners, the connection loop, and the rules of HTTP that every
//! answer obeys whatever it says: encodings, conditional requests, who the caller really is.
//!
//! ```ignore
//! let listener = edge::listen::bind(address)?;
//! edge::Server::new(service, &settings).tls(edge::Tls::open(&settings, &tasks)?).front(hits).start(listener, &tasks);
//! ```
//!
//! Invariants: whatever a stranger can grow has a limit (connections, headers, waiting time); a
//! forwarded address is believed from a trusted proxy only; a panic in a service is answered with
//! 500 and costs one request; connections are read and written by threads of their own, services
//! run on the runtime that started them.

pub mod body;
pub mod client_ip;
pub mod conditional;
mod decode;
pub mod early;
pub mod encoding;
mod error;
pub mod h1;
pub mod listen;
pub mod proxy;
pub mod ready;
mod rewind;
pub mod serve;
mod settings;
pub mod shared;
pub mod sse;
mod tls;

/// The types of requests and answers, for crates that only pass them on.
pub use http;

pub use body::{Body, BodyError, BoxError, RequestBody};
pub use decode::{Decoded, decode};
pub use early::Early;
pub use encoding::Encoding;
pub use error::Error;
pub use ready::Ready;
pub use serve::{METRICS, Peer, Server, Service, serve, service_fn};
pub use settings::Settings;
pub use tls::Tls;
