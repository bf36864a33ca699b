//! The public site: pages, feeds, site map. No script, no cookie, nothing from another host.
//!
//! Every answer that depends on published pages only is made once, kept in the cache under the tags
//! of the pages it shows, and given to all readers until a publication changes one of them.
//!
//! Invariants: a key of the cache holds nothing a reader can invent (unknown parameters are not
//! read, unknown addresses not kept); text reaches HTML through the templates' escaping only, bodies
//! and the operator's Markdown through the sanitiser.

mod article;
mod failure;
mod feeds;
mod frame;
mod icon;
mod lists;
mod maps;
mod own;
mod structured;
mod view;
mod visit;
mod words;

use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use desk::pages::Topic;
use edge::Ready;

use crate::App;
use crate::assets::{self, Asset};
use crate::problem::{self, Problem};
use failure::Failure;
use frame::Fixed;
pub use visit::Visit;

/// The site's addresses.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/", get(lists::home))
        .route("/page", get(lists::page))
        .route("/topic/{slug}", get(lists::topic))
        .route("/archive", get(lists::archive))
        .route("/search", get(lists::search))
        .route("/feed.xml", get(feeds::atom))
        .route("/feed.json", get(feeds::json))
        .route("/sitemap.xml", get(maps::sitemap))
        .route("/robots.txt", get(maps::robots))
        .route("/favicon.svg", get(icon::get))
        .route("/favicon.ico", get(async || Redirect::permanent("/favicon.svg")))
        .route("/assets/{file}", get(assets::get))
        .route("/{slug}", get(article::get))
}

/// What the site remembers between requests.
pub struct Cache {
    /// Whole answers by address, and by host where there is no public address.
    answers: cache::Space<Arc<Ready>>,
    topics: cache::Space<Arc<[Topic]>>,
    fixed: OnceLock<Fixed>,
    own: own::Folder,
}

/// The site's part of `cache`.
pub fn cache(cache: &cache::Cache) -> Cache {
    Cache {
        // Codings are made after the weighing; together they take about as much as the plain body.
        answers: cache.space("site", None, |ready: &Arc<Ready>| ready.size() + ready.body().len()),
        topics: cache.space("site topics", None, |topics: &Arc<[Topic]>| topics.len() * 96 + 64),
        fixed: OnceLock::new(),
        own: own::Folder::default(),
    }
}

impl Cache {
    fn fixed(&self, app: &App) -> &Fixed {
        self.fixed.get_or_init(|| Fixed::new(&app.settings))
    }

    pub(crate) fn logo(&self, app: &App) -> Option<&Asset> {
        self.fixed(app).logo.as_ref()
    }
}

/// The answer kept under `key`, or what `load` makes of it.
async fn kept<F, Fut>(app: &App, visit: &Visit, key: &str, tags: &[&str], load: F) -> Response
where
    F: FnOnce() -> Fut,
    Fut: Future<Output = Result<Ready, Failure>>,
{
    // Looks after the folder first: a change there must be known before an answer is taken as good.
    app.pages.own.pages(app);
    let (key, tags) = (visit.key(key), &[tags, &[own::TAG]].concat());
    let answer = app.pages.answers.get_or_load(&key, tags, || async { load().await.map(Arc::new) }).await;
    match answer {
        Ok(ready) => visit.answer(&ready),
        Err(error) => match error.cause::<Failure>() {
            Some(failure) => failure::answer(app, visit, failure).await,
            None => Problem::new(&problem::INTERNAL, problem::INTERNAL.remedy).into_response(),
        },
    }
}

/// The answer to an address that leads nowhere.
pub(crate) async fn missing(app: &App, visit: &Visit) -> Response {
    if visit.path == "/api" || visit.path.starts_with("/api/") {
        return Problem::new(&problem::NOT_FOUND, format!("there is nothing at {}", visit.path)).into_response();
    }
    match visit.without_slash() {
        Some(address) => Redirect::permanent(&address).into_response(),
        None => failure::answer(app, visit, &Failure::Missing).await,
    }
}

/// The router's fallback.
pub async fn not_found(axum::extract::State(app): axum::extract::State<App>, visit: Visit) -> Response {
    missing(&app, &visit).await
}

#[cfg(test)]
mod tests;
