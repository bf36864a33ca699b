//! `copydesk edge`: a caching proxy in front of any site. It needs no database.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use edge::proxy::{self, Proxy, UPSTREAM_REMEDY, parse_upstream};
use stdx::Clock;
use stdx::task::Tasks;

use crate::cli::edge::Edge;
use crate::commands::say;
use crate::config::Config;
use crate::server;

pub async fn run(config: Config, args: &Edge) -> Result<()> {
    let mut settings = config.proxy;
    if !args.upstreams.is_empty() {
        settings.upstreams.clone_from(&args.upstreams);
    }
    if args.admin.is_some() {
        settings.admin_listen = args.admin;
    }
    if settings.upstreams.is_empty() {
        bail!("which site? name its server with --upstream http://127.0.0.1:8000, or in [proxy] of the configuration");
    }
    for upstream in &settings.upstreams {
        if parse_upstream(upstream).is_none() {
            bail!("--upstream {upstream:?} {UPSTREAM_REMEDY}");
        }
    }
    let tasks = Tasks::default();
    let tls = edge::Tls::open(&config.edge, &tasks).context("reading the certificate")?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    let listener = edge::listen::bind(args.listen.unwrap_or(config.listen))?;
    let admin = settings.admin_listen.map(edge::listen::bind).transpose()?;

    let site = Proxy::new(&settings, Clock::system(), &tasks);
    let address = listener.address();
    edge::Server::new(site.service(), &config.edge).front(site.front()).tls(tls).start(listener, &tasks);
    let stopped = server::stopped()?;
    say(format!(
        "Copydesk {}: {scheme}://{address}/ caches {}",
        env!("CARGO_PKG_VERSION"),
        settings.upstreams.join(", ")
    ))?;
    if let Some(admin) = admin {
        say(format!("purges, health and metrics: http://{}/.copydesk/", admin.address()))?;
        let registry = observe::Registry::new(vec![edge::METRICS, proxy::METRICS, observe::process::METRICS]);
        edge::serve(admin, site.admin_service(move || registry.prometheus()), &config.edge, &tasks);
    }
    if settings.purge_token.reveal().is_empty() {
        tracing::info!("nothing can be purged: no proxy.purge_token is set");
    }
    stopped.await;
    tasks.shutdown(Duration::from_secs(config.edge.drain_timeout_s)).await;
    Ok(())
}
