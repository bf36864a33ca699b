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
pub mod webhook;
pub mod websub;

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

/// What a fuzzer calls: every reader of what strangers say to us, on the same bytes.
///
/// # Panics
/// Never, unless there is a fault: also when something is believed that nobody has signed.
pub fn fuzz(data: &[u8]) {
    let mut lines = data.splitn(5, |byte| *byte == b'\n');
    let mut next = || lines.next().unwrap_or_default();
    let mut headers = http::HeaderMap::new();
    for name in [webhook::ID, webhook::TIMESTAMP, webhook::SIGNATURE, "link"] {
        if let Ok(value) = http::HeaderValue::from_bytes(next()) {
            headers.insert(name, value);
        }
    }
    headers.insert(
        websub::SIGNATURE,
        headers.get(webhook::SIGNATURE).cloned().unwrap_or_else(|| http::HeaderValue::from_static("")),
    );
    let (body, key) = (next(), webhook::Key::new([7; 32]));
    if let Ok(stamp) = webhook::Stamp::read(&headers) {
        assert!(stamp.check(body, &[key], stdx::Timestamp::EPOCH).is_err(), "nobody has signed this");
    }
    assert!(websub::signed(&headers, "a secret of ours", body).is_none(), "nobody has signed this");
    let text = String::from_utf8_lossy(body);
    let _ = webhook::Key::parse(&text);
    let _ = websub::Intent::parse(&text);
    if let Ok(base) = Url::parse("https://town.example/") {
        let _ = websub::discover(&headers, &base, &[text.clone().into_owned()], Some(&text));
    }
}

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
        name: "copydesk_llm_first_content_seconds",
        help: "Time from the start of an attempt to the first words of its answer, by provider.",
        cell: Cell::Histograms(&llm::router::FIRST_SECONDS),
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
