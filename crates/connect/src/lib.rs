//! Calls to the outside: one guarded HTTP client, politeness per host, and the protocols spoken
//! through them.
//!
//! ```ignore
//! let client = connect::Client::new(&settings, Clock::system(), Rng::from_os());
//! let answer = client.send(Request::get("feed", "https://example.org/feed.xml", settings.limits())).await?;
//! ```
//!
//! Invariants: a connection is only made to an address that was checked, after the name was looked up
//! and without a second look-up, again on each redirect; every call has an end in time and size;
//! cookies are never kept; nobody else in the product opens a connection to the outside.

pub mod cdn;
pub mod client;
pub mod error;
pub mod hosts;
pub mod llm;
pub mod policy;
pub mod resolve;
pub mod retry;
pub mod settings;
pub mod simulate;

mod decode;
mod dial;
#[cfg(test)]
mod testing;

/// The types of requests and answers, for crates that only pass them on.
pub use http;

pub use client::{Client, Hop, Limits, Request, Response};
pub use error::Error;
pub use hosts::Hosts;
pub use resolve::Resolve;
pub use retry::retry_after;
pub use settings::Settings;
pub use url::Url;

use stdx::metric::{Cell, Metric};

/// The cells of this crate.
pub static METRICS: &[Metric] = &[
    Metric {
        name: "copydesk_connect_requests_total",
        help: "Outgoing requests by name and outcome: the class of the status, or the kind of the error.",
        cell: Cell::Counters(&client::REQUESTS),
    },
    Metric {
        name: "copydesk_connect_request_seconds",
        help: "Time of outgoing requests with their redirects, by name.",
        cell: Cell::Histograms(&client::SECONDS),
    },
    Metric {
        name: "copydesk_connect_received_bytes",
        help: "Bytes of bodies received, before decompression, by name.",
        cell: Cell::Counters(&client::RECEIVED),
    },
    Metric {
        name: "copydesk_connect_hosts",
        help: "Hosts whose pace is remembered.",
        cell: Cell::Gauge(&hosts::LANES),
    },
    Metric {
        name: "copydesk_llm_attempts_total",
        help: "Attempts at language models by provider and outcome.",
        cell: Cell::Counters(&llm::router::ATTEMPTS),
    },
    Metric {
        name: "copydesk_llm_attempt_seconds",
        help: "Time of attempts at language models by provider.",
        cell: Cell::Histograms(&llm::router::SECONDS),
    },
    Metric {
        name: "copydesk_llm_tokens_total",
        help: "Tokens sent to and received from language models by provider and direction.",
        cell: Cell::Counters(&llm::router::TOKENS),
    },
    Metric {
        name: "copydesk_llm_cost_microdollars_total",
        help: "Cost of language models in millionths of a dollar by provider, from the configured prices.",
        cell: Cell::Counters(&llm::router::COST),
    },
];
