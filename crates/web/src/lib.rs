//! What is exposed: the API, live updates, the public site and the console: built, or rendered by the server.
//!
//! ```ignore
//! let app = web::App::new(parts);
//! edge::serve(listener, web::service(&app), &settings, &tasks);
//! ```
//!
//! Invariants
//! - A handler reads, calls one function of the desk, answers; the desk says whether the caller may.
//! - One place turns errors into HTTP: [`problem`].
//! - Everything under `/api` needs a key; of health, a caller without one learns the status only.

mod app;
pub mod api;
pub mod assets;
pub mod auth;
pub mod console;
pub mod console_app;
pub mod database;
pub mod figures;
pub mod gateway;
mod hooks;
pub mod live;
mod position;
pub mod problem;
mod respond;
mod review_link;
mod router;
mod settings;
pub mod site;
pub mod warm;

pub use api::configuration::Setting;
pub use app::{App, Parts};
pub use figures::METRICS;
pub use router::{front, service};
pub use settings::{Settings, SitePage};
