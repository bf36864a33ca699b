//! What is exposed: the API, live updates, the public site and the server-rendered desk.
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
pub mod database;
pub mod live;
mod position;
pub mod problem;
mod respond;
mod router;
mod settings;
pub mod site;

pub use app::{App, Parts};
pub use router::service;
pub use settings::{Settings, SitePage};
