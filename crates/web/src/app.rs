//! What every handler shares.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use desk::Desk;
use stdx::Timestamp;
use stdx::task::Tasks;

use crate::api::configuration::Setting;
use crate::{Settings, api, console_app, database, figures, live, site};

/// What the web is made of.
pub struct Parts {
    pub desk: Desk,
    pub settings: Settings,
    pub registry: observe::Registry,
    pub history: observe::history::History,
    pub tasks: Tasks,
    pub started_at: Timestamp,
    /// Shown by `/api/v3/health` and `--version`.
    pub version: &'static str,
    /// The built console; without it the server renders the desk.
    pub console: Option<console_app::Console>,
}

/// Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct App(Arc<Inner>);

pub struct Inner {
    parts: Parts,
    /// Rendered pages of the public site.
    pub(crate) pages: site::Cache,
    pub(crate) proxies: edge::client_ip::Proxies,
    /// Wrong keys by address, so that nobody can guess on.
    pub(crate) sign_in_limit: guard::limit::Limiter,
    /// Tries of a password by account, wherever they come from.
    pub(crate) account_limit: guard::limit::Limiter,
    /// Visits of review links by address.
    pub(crate) review_limit: guard::limit::Limiter,
    /// Deliveries to hooks by address.
    pub(crate) hook_limit: guard::limit::Limiter,
    /// What hubs say, by address: one hub may tell of thousands of feeds.
    pub(crate) hub_limit: guard::limit::Limiter,
    /// What was found of each part's health.
    pub(crate) checks: api::health::Checks,
    /// What was found of the database.
    pub(crate) database: database::Watch,
    /// Those who work in this process, if any do.
    workers: OnceLock<Arc<queue::Workers>>,
    /// Those who tell remote caches, if there are any.
    remote: OnceLock<Arc<desk::remote::Fan>>,
    /// How much goes on, now and in the last hour.
    pub(crate) figures: figures::Figures,
    /// Something was purged by hand.
    pub(crate) warm_due: tokio::sync::Notify,
    /// The configuration as it may be shown.
    configuration: OnceLock<Vec<Setting>>,
    /// What live connections are told.
    pub(crate) live: Arc<live::Hub>,
}

impl App {
    /// `settings` must have been validated.
    pub fn new(parts: Parts) -> App {
        let pages = site::cache(&parts.desk.cache);
        let proxies = edge::client_ip::Proxies::parse(&parts.settings.trusted_proxies)
            .unwrap_or_else(|_| edge::client_ip::Proxies::new(Vec::new()));
        let sign_in_limit = guard::limit::Limiter::new(20, std::time::Duration::from_secs(60), 10_000);
        let account_limit = guard::limit::Limiter::new(10, std::time::Duration::from_secs(600), 10_000);
        let live = live::Hub::new(parts.desk.ids.node(), parts.started_at);
        let app = App(Arc::new(Inner {
            parts,
            pages,
            proxies,
            sign_in_limit,
            account_limit,
            review_limit: guard::limit::Limiter::new(60, std::time::Duration::from_secs(60), 10_000),
            // Thirty in a second for a minute, which is more than one sender has to say.
            hook_limit: guard::limit::Limiter::new(1_800, std::time::Duration::from_secs(60), 10_000),
            hub_limit: guard::limit::Limiter::new(12_000, std::time::Duration::from_secs(60), 10_000),
            checks: Default::default(),
            database: Default::default(),
            workers: OnceLock::new(),
            remote: OnceLock::new(),
            figures: Default::default(),
            warm_due: tokio::sync::Notify::new(),
            configuration: OnceLock::new(),
            live,
        }));
        app.pages.start(Arc::downgrade(&app.0));
        app
    }

    /// Lets the health watch the disk that holds `folder`; only the first call counts.
    pub fn watch_disk(&self, folder: std::path::PathBuf) {
        self.checks.watch(folder);
    }

    /// Lets the pages of the queue show the pools of this process; only the first call counts.
    pub fn watch_workers(&self, workers: Arc<queue::Workers>) {
        let _ = self.workers.set(workers);
    }

    /// Lets answers name their tags to remote caches, and the health tell of those; only the first call counts.
    pub fn watch_remote(&self, fan: Arc<desk::remote::Fan>) {
        let _ = self.remote.set(fan);
    }

    pub(crate) fn remote(&self) -> Option<&Arc<desk::remote::Fan>> {
        self.remote.get()
    }

    /// Lets administrators see the configuration; only the first call counts. Secrets must be masked in it.
    pub fn show_settings(&self, settings: Vec<Setting>) {
        let _ = self.configuration.set(settings);
    }

    pub(crate) fn configuration(&self) -> &[Setting] {
        self.configuration.get().map_or(&[], Vec::as_slice)
    }

    /// The pools of this process, the most urgent first; empty where nobody works.
    pub(crate) fn pools(&self) -> Vec<queue::PoolView> {
        self.workers.get().map_or(Vec::new(), |workers| workers.pools().to_vec())
    }
}

impl From<Arc<Inner>> for App {
    fn from(inner: Arc<Inner>) -> App {
        App(inner)
    }
}

impl Deref for App {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Deref for Inner {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.parts
    }
}
