//! The listeners of a process and what they serve.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use stdx::metric::Metric;
use web::console_app::Console;

use crate::process::Process;

/// Every crate's metric cells.
pub fn metrics() -> Vec<&'static [Metric]> {
    let mut all: Vec<&'static [Metric]> = vec![
        store::METRICS,
        queue::METRICS,
        connect::METRICS,
        guard::METRICS,
        cache::METRICS,
        edge::METRICS,
        observe::access::METRICS,
        observe::process::METRICS,
        web::METRICS,
    ];
    all.extend_from_slice(desk::METRICS);
    all
}

/// Serves on a listener that was bound before anything else was touched; gives its address, whose port
/// the system chose when port 0 was asked for.
pub fn start(process: &Process, listener: edge::listen::Listener, console: Option<Console>) -> Result<SocketAddr> {
    let address = listener.address();
    let settings = &process.config.edge;
    let tls = edge::Tls::open(settings, &process.tasks)?;
    let registry = observe::Registry::new(metrics());
    let history = observe::History::default();
    let app = web::App::new(web::Parts {
        desk: process.desk.clone(),
        settings: process.config.site.clone(),
        registry,
        history,
        tasks: process.tasks.clone(),
        started_at: process.desk.now(),
        version: env!("CARGO_PKG_VERSION"),
        console,
    });
    if let Some(workers) = process.workers() {
        app.watch_workers(workers);
    }
    if let Some(fan) = &process.remote {
        app.watch_remote(Arc::clone(fan));
    }
    app.show_settings(process.config.settings());
    web::figures::start(&app);
    web::live::start(&app);
    web::database::start(&app);
    web::warm::start(&app);
    if process.config.store.url.is_none() {
        app.watch_disk(process.config.data.clone());
    }
    edge::Server::new(web::service(&app), settings).front(web::front(&app)).tls(tls).start(listener, &process.tasks);
    Ok(address)
}

/// Completes when the operator wants the process to end. Listens from now on, so that whoever reads that
/// the process is up may end it at once.
pub fn stopped() -> Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt()).context("listening for SIGINT")?;
    let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
