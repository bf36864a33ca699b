//! Pools of connections, with what is to be known about them.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use deadpool_postgres::{
    Hook, HookError, Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime, TimeoutType,
};
use stdx::config::Secret;
use tokio_postgres::config::SslMode;
use tokio_postgres::{Config, NoTls};

use crate::stats::{Meter, PoolStats};
use crate::{Error, Settings};

/// A pool by its name.
pub(crate) struct Source {
    /// As in the statistics.
    name: &'static str,
    server: String,
    /// The setting that limits its size.
    setting: &'static str,
    pool: Pool,
    pub(super) meter: Meter,
    idle_timeout: Duration,
    swept: Mutex<Instant>,
}

impl Source {
    /// A pool that connects by `config` when somebody needs it. A caller waits for at most `wait` while all its
    /// connections are in use.
    pub fn new(
        name: &'static str,
        server: String,
        setting: &'static str,
        config: Config,
        size: u32,
        wait: Duration,
        settings: &Settings,
    ) -> Result<Self, Error> {
        let limit = Duration::from_secs(settings.connect_timeout_s);
        let manager = Manager::from_config(config, NoTls, ManagerConfig { recycling_method: RecyclingMethod::Fast });
        let idle = Duration::from_secs(settings.idle_timeout_s);
        let fresh = Hook::sync_fn(move |_, metrics| {
            if metrics.last_used() < idle {
                Ok(())
            } else {
                Err(HookError::message("the connection was idle for too long"))
            }
        });
        let pool = Pool::builder(manager)
            .max_size(size as usize)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(wait))
            .create_timeout(Some(limit))
            .recycle_timeout(Some(limit))
            .pre_recycle(fresh)
            .build()
            .map_err(|e| Error::Settings(e.to_string()))?;
        Ok(Source {
            name,
            server,
            setting,
            pool,
            meter: Meter::default(),
            idle_timeout: idle,
            swept: Mutex::new(Instant::now()),
        })
    }

    /// # Errors
    /// [`Error::Exhausted`] if all connections stay in use for too long.
    pub async fn get(&self) -> Result<Object, Error> {
        self.sweep();
        let start = Instant::now();
        let got = self.pool.get().await;
        let waited = start.elapsed();
        self.meter.waited(waited);
        if got.as_ref().is_ok_and(|client| Object::metrics(client).recycle_count == 0) {
            self.meter.made.inc();
        }
        got.map_err(|e| match e {
            PoolError::Timeout(TimeoutType::Wait) => {
                self.meter.refused.inc();
                Error::Exhausted {
                    setting: self.setting,
                    size: self.pool.status().max_size,
                    waited_s: waited.as_secs(),
                }
            }
            e => e.into(),
        })
    }

    pub fn stats(&self) -> PoolStats {
        let status = self.pool.status();
        let idle = status.available;
        self.meter.stats(PoolStats {
            name: self.name,
            server: self.server.clone(),
            setting: self.setting,
            max: status.max_size,
            total: status.size,
            active: status.size.saturating_sub(idle),
            idle,
            waiting: status.waiting,
            ..PoolStats::default()
        })
    }

    pub fn close(&self) {
        self.pool.close();
    }

    /// Closes connections that nobody has used for long.
    fn sweep(&self) {
        let mut swept = self.swept.lock().unwrap_or_else(PoisonError::into_inner);
        if swept.elapsed() * 2 > self.idle_timeout {
            *swept = Instant::now();
            self.pool.retain(|_, metrics| metrics.last_used() < self.idle_timeout);
        }
    }
}

/// The address as the driver understands it, or why it cannot be used.
pub(crate) fn parse(url: &Secret) -> Result<Config, String> {
    let config: Config = url.reveal().parse().map_err(|e: tokio_postgres::Error| {
        let cause = std::error::Error::source(&e).map(|cause| format!(": {cause}")).unwrap_or_default();
        format!("must look like postgres://user:password@host:port/name{cause}")
    })?;
    if !matches!(config.get_ssl_mode(), SslMode::Disable | SslMode::Prefer) {
        return Err("must not ask for TLS by sslmode, which is not supported; use a private network or a local proxy"
            .to_owned());
    }
    Ok(config)
}

/// Has every plan of a connection use an index if there is one. A prepared statement keeps the plan that was
/// made when its table was small: reading all of ten rows is right, and ruinous once there are a million.
pub(super) fn keep_to_indexes(config: &mut Config) {
    let given = config.get_options().unwrap_or_default();
    config.options(format!("{given} -c enable_seqscan=off"));
}

/// How connections are made.
pub(crate) fn config(settings: &Settings) -> Result<Config, Error> {
    let url = settings.url.as_ref().ok_or_else(|| Error::Settings("no address of a PostgreSQL server".to_owned()))?;
    config_of(url, settings).map_err(|reason| Error::Settings(format!("url {reason}")))
}

/// The same for any server; the error is why the address cannot be used.
pub(super) fn config_of(url: &Secret, settings: &Settings) -> Result<Config, String> {
    let mut config = parse(url)?;
    let statement_ms = settings.statement_timeout_s.saturating_mul(1_000);
    let given = config.get_options().unwrap_or_default();
    config.options(format!(
        "{given} -c statement_timeout={statement_ms} -c lock_timeout={statement_ms} \
         -c idle_in_transaction_session_timeout={statement_ms} -c client_min_messages=warning -c timezone=UTC -c jit=off"
    ));
    if config.get_application_name().is_none() {
        config.application_name("copydesk");
    }
    config.connect_timeout(Duration::from_secs(settings.connect_timeout_s));
    Ok(config)
}
