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
pub(crate) mod front;
mod icon;
mod lists;
mod maps;
mod own;
mod structured;
mod tags;
mod view;
mod visit;
mod words;

use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use ::cache::{Made, Space};
use axum::Router;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use desk::pages::{TAG_LISTS, Topic};
use edge::Ready;

use crate::App;
use crate::app::Inner;
use crate::assets::{self, Asset};
use crate::problem::{self, Problem};
use failure::Failure;
use frame::Fixed;
use tags::Tagged;
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

/// The name of the space that holds the site's answers.
pub(crate) const SPACE: &str = "site";
/// How long after its time an answer is given while a newer one is made. A publication does not wait for that: what it
/// changes is gone at once.
const STALE: Duration = Duration::from_secs(60);
/// How long after its time an answer is given when none can be made, as its `stale-if-error` says.
const GRACE: Duration = Duration::from_secs(86_400);

/// What the site remembers between requests.
pub struct Cache {
    /// Whole answers by address, and by host where there is no public address.
    answers: Space<Arc<Tagged>>,
    topics: Space<Arc<[Topic]>>,
    fixed: OnceLock<Fixed>,
    own: own::Folder,
}

/// The site's part of `cache`.
pub fn cache(cache: &::cache::Cache) -> Cache {
    // Codings are made after the weighing; together they take about as much as the plain body.
    let answers = cache.define(SPACE).stale(STALE).grace(GRACE);
    Cache {
        answers: answers.weigh(|kept: &Arc<Tagged>| kept.size()).open(),
        topics: cache.space("site topics", None, |topics: &Arc<[Topic]>| topics.len() * 96 + 64),
        fixed: OnceLock::new(),
        own: own::Folder::default(),
    }
}

impl Cache {
    /// Lets answers be made that nobody waits for, as long as the app lives.
    pub fn start(&self, app: Weak<Inner>) {
        self.answers.loader(move |key| {
            let app = app.upgrade().map(App::from);
            async move {
                let visit = Visit::of_key(&key).ok_or(Failure::Missing)?;
                make(app.ok_or(Failure::Missing)?, visit).await
            }
        });
    }

    pub(crate) fn is_fresh(&self, key: &str) -> bool {
        self.answers.is_fresh(key)
    }

    /// Makes what is kept under `key`, unless it is there; whether it is then.
    pub(crate) async fn warm(&self, key: String) -> bool {
        self.answers.warm([key], 1).await == 1
    }

    fn fixed(&self, app: &App) -> &Fixed {
        self.fixed.get_or_init(|| Fixed::new(&app.settings))
    }

    pub(crate) fn logo(&self, app: &App) -> Option<&Asset> {
        self.fixed(app).logo.as_ref()
    }
}

/// The answer kept under `key`, or what [`make`] makes of the visit.
async fn kept(app: &App, visit: &Visit, key: &str) -> Response {
    // Looks after the folder first: a change there must be known before an answer is taken as good.
    app.pages.own.pages(app);
    let key = visit.key(key);
    if let Some(session) = visit.session {
        app.desk.cache.seen(session, SPACE, &key);
    }
    let (maker, made_for) = (app.clone(), visit.plain());
    match app.pages.answers.get_or_make(&key, &[], move || make(maker, made_for)).await {
        Ok(kept) => {
            if let Some(coding) = visit.lacks(&kept.ready) {
                let made = Arc::clone(&kept);
                // Should it fail, the answer makes it itself.
                let _ = tokio::task::spawn_blocking(move || made.ready.make(coding)).await;
            }
            let mut answer = visit.answer(&kept.ready);
            if visit.is_proxied {
                kept.show(app, &mut answer);
            }
            answer
        }
        Err(error) => match error.cause::<Failure>() {
            Some(Failure::Missing) => missing(app, visit).await,
            Some(failure) => failure::answer(app, visit, failure).await,
            None => Problem::new(&problem::INTERNAL, problem::INTERNAL.remedy).into_response(),
        },
    }
}

/// Makes an answer that the site keeps, under the tags of what it shows.
async fn make(app: App, visit: Visit) -> Result<Made<Arc<Tagged>>, Failure> {
    let listed = |ready: Ready| (ready, vec![TAG_LISTS.to_owned()]);
    let (ready, tags) = match visit.path.as_str() {
        "/" => listed(lists::make_home(&app, &visit).await?),
        "/page" => listed(lists::make_page(&app, &visit).await?),
        "/archive" => listed(lists::make_archive(&app, &visit).await?),
        "/feed.xml" => listed(feeds::make_atom(&app, &visit).await?),
        "/feed.json" => listed(feeds::make_json(&app, &visit).await?),
        "/sitemap.xml" => listed(maps::make_sitemap(&app, &visit).await?),
        "/robots.txt" => (maps::make_robots(&app, &visit), Vec::new()),
        "/favicon.svg" => (icon::make(&app), Vec::new()),
        path => match path.strip_prefix("/topic/") {
            Some(slug) => listed(lists::make_topic(&app, &visit, slug).await?),
            None => article::make(&app, &visit, path.trim_start_matches('/')).await?,
        },
    };
    Ok(Made::new(Arc::new(Tagged::new(ready, &tags))).tags(tags).tags([own::TAG]))
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
