//! The desk in a browser: server-rendered pages to judge, to look after sources and jobs.
//!
//! Everything works by links and forms; `assets/console.js` adds keys, live counters and the undo's
//! countdown. See `docs/console.md`.
//!
//! Invariants: a form is believed only with its session's CSRF token; what the actor may not do is
//! not shown, and the desk refuses it all the same; text reaches HTML through the templates' escaping
//! or as [`show::Html`], which only this module's own markup and the sanitiser make.

mod changes;
mod cron;
mod database;
mod decide;
mod doubt;
mod evidence;
mod failed;
mod form;
mod frame;
mod invitation;
mod job;
mod jobs;
mod keys;
mod look;
pub(crate) mod overview;
mod person;
mod posts;
mod queues;
mod review;
mod show;
mod sign_in;
mod sources;
mod stories;

use axum::Router;
use axum::routing::{any, get, post};

use crate::App;

pub(crate) use look::cookie;

/// The console's addresses.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/console", get(overview::show))
        .route("/console/sign-in", get(sign_in::show).post(sign_in::enter))
        .route("/console/invitation", get(invitation::show).post(invitation::answer))
        .route("/console/sign-out", post(sign_in::leave))
        .route("/console/help", get(look::help))
        .route("/console/look", post(look::change))
        .route("/console/review", get(review::show))
        .route("/console/posts", get(posts::list))
        .route("/console/posts/{id}", get(posts::show))
        .route("/console/posts/{id}/approval", post(decide::approve))
        .route("/console/posts/{id}/approval/withdrawal", post(decide::withdraw))
        .route("/console/posts/{id}/rejection", post(decide::reject))
        .route("/console/posts/{id}/versions", post(decide::edit))
        .route("/console/posts/{id}/versions/{version}/restoration", post(decide::restore))
        .route("/console/posts/{id}/publication", post(decide::publish))
        .route("/console/posts/{id}/retraction", post(decide::retract))
        .route("/console/stories", get(stories::list))
        .route("/console/stories/{id}", get(stories::show))
        .route("/console/sources", get(sources::list).post(sources::create))
        .route("/console/sources/preview", post(sources::preview))
        .route("/console/sources/fetch", post(sources::fetch_all))
        .route("/console/sources/{id}", get(sources::show))
        .route("/console/sources/{id}/state", post(sources::set_state))
        .route("/console/sources/{id}/fetch", post(sources::fetch))
        .route("/console/jobs", get(jobs::list))
        .route("/console/jobs/retry", post(jobs::retry))
        .route("/console/jobs/purge", post(jobs::purge))
        .route("/console/jobs/cancellation", post(jobs::cancel))
        .route("/console/jobs/{id}", get(job::show))
        .route("/console/jobs/{id}/retry", post(job::retry))
        .route("/console/jobs/{id}/cancellation", post(job::cancel))
        .route("/console/jobs/{id}/purge", post(job::purge))
        .route("/console/queues", get(queues::list).post(queues::create))
        .route("/console/queues/{name}", post(queues::change))
        .route("/console/queues/{name}/state", post(queues::set_state))
        .route("/console/cron", get(cron::list).post(cron::create))
        .route("/console/cron/{name}/state", post(cron::set_state))
        .route("/console/cron/{name}/run", post(cron::run))
        .route("/console/cron/{name}/removal", post(cron::remove))
        .route("/console/database", get(database::show))
        .route("/console/keys", get(keys::list).post(keys::create))
        .route("/console/keys/{id}/revocation", post(keys::revoke))
        .route("/console/{*rest}", any(failed::missing))
}

#[cfg(test)]
pub(crate) mod tests;
