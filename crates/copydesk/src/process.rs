//! One running process: everything opened in order, and closed in the other.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use cache::Cache;
use desk::remote::Fan;
use desk::sources::subscription;
use desk::{Desk, Parts, PurgeLog, channels, items, jobs, pipelines, sources};
use queue::{Place, Queue, Workers};
use stdx::task::Tasks;
use stdx::{Clock, Rng};
use store::bus::Bus;
use store::{MigrationSet, Store};

use crate::config::Config;

/// Every set of migrations, in the order they are applied.
pub const MIGRATIONS: &[MigrationSet] = &[queue::MIGRATIONS, desk::MIGRATIONS];

/// The database, the queue and the desk, without anything that runs by itself.
pub struct Process {
    pub desk: Desk,
    pub tasks: Tasks,
    pub config: Config,
    bus: Bus,
    /// The server's.
    purges: Option<PurgeLog>,
    /// Those that speak with the other processes: they end last, since work that ends has something to say.
    bus_tasks: Tasks,
    /// Those that [`Process::start_work`] has set to work.
    workers: OnceLock<Arc<Workers>>,
    /// Those who tell remote caches, if there are any.
    pub remote: Option<Arc<Fan>>,
}

/// How long a command tries to reach the other processes.
const REACH_MAX: Duration = Duration::from_secs(3);
/// How long the last messages may take.
const FAREWELL_MAX: Duration = Duration::from_secs(2);

/// Whether this process is the server of its database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Owns the data folder; brings the schema up to date.
    Serve,
    /// A command beside a server that may be running.
    Beside,
}

impl Process {
    pub async fn open(config: &Config, mode: Mode) -> Result<Process> {
        let clock = Clock::system();
        let rng = Rng::from_os();
        create_folder(&config.data)?;
        let store = if mode == Mode::Serve || is_fresh(config).await? {
            Store::open(&config.data, &config.store, MIGRATIONS, clock.clone()).await
        } else {
            Store::open_beside(&config.data, &config.store, MIGRATIONS, clock.clone()).await
        };
        let store = store.with_context(|| format!("opening the database of {}", config.data.display()))?;
        let place = match mode {
            Mode::Beside => Place::Command,
            Mode::Serve if config.store.url.is_none() => Place::Alone,
            Mode::Serve => Place::Server,
        };
        let queue = Queue::open(&store, config.queue.clone(), clock.clone(), rng.clone(), place)
            .await
            .context("joining the queue")?;
        let bus_tasks = Tasks::default();
        let bus = Bus::join(&store, &config.store, queue.epoch(), &bus_tasks).context("joining the bus")?;
        let (cache, purges) = if mode == Mode::Serve {
            let purges = PurgeLog::open(&store, &bus, clock.clone(), &rng, &bus_tasks).await;
            let purges = purges.context("opening the log of purges")?;
            let backplane: Arc<dyn cache::bus::Backplane> = Arc::new(purges.clone());
            (Cache::open(&config.cache, clock.clone(), &bus_tasks, Some(backplane)).await, Some(purges))
        } else {
            // A command reads everything once, and what it changes stands in the log with the change.
            (Cache::new(&config.cache, clock.clone()), None)
        };
        let desk = Desk::new(Parts {
            queue,
            settings: config.desk.clone(),
            client: connect::Client::new(&config.connect, clock.clone(), rng.clone()),
            llm: config.llm.clone(),
            hosts: connect::Hosts::new(&config.connect),
            limits: config.connect.limits(),
            sealer: guard::Sealer::new(secret_key(config)?),
            cache,
            weights: config.score.clone(),
            public_url: config.site.public_url.clone(),
            store,
            clock,
            rng,
        });
        desk.queue.connect(bus.clone(), &bus_tasks);
        desk.connect(&bus, &bus_tasks);
        let remote = Fan::new(&desk, &config.purge, config.site.public_url.as_deref());
        let (tasks, config, workers) = (Tasks::default(), config.clone(), OnceLock::new());
        Ok(Process { desk, tasks, config, bus, purges, bus_tasks, workers, remote })
    }

    /// Starts the work: what must be there is made, what was interrupted is taken up, workers claim.
    pub async fn start_work(&self) -> Result<Arc<Workers>> {
        pipelines::ensure_default(&self.desk).await?;
        self.know_the_key().await?;
        channels::ensure_site(&self.desk).await?;
        sources::ensure_polls(&self.desk).await?;
        self.tasks.spawn(items::sweep(self.desk.clone(), self.tasks.stop()));
        self.tasks.spawn(subscription::keep(self.desk.clone(), self.tasks.stop()));
        // A time can only be missing after a restore, or while an older release runs beside this one.
        let (desk, mut stop) = (self.desk.clone(), self.tasks.stop());
        self.tasks.spawn(async move {
            while stop.sleep(Duration::from_secs(60)).await {
                if let Err(error) = sources::ensure_polls(&desk).await {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "looking for sources without a time failed"
                    );
                }
            }
        });
        if let Some(fan) = &self.remote {
            fan.start(&self.tasks);
        }
        let workers = Workers::start(&self.desk.queue, jobs::handlers(&self.desk), &self.tasks);
        if self.config.store.url.is_none() {
            let (queue, tasks, purges) = (self.desk.queue.clone(), self.tasks.clone(), self.purges.clone());
            store::socket::listen(
                &self.config.data,
                &self.tasks,
                Arc::new(move |poke| {
                    if let Some(purges) = &purges {
                        purges.look();
                    }
                    heard(&queue, &tasks, &poke.line);
                }),
            )
            .context("listening for commands in the data folder")?;
        }
        let _ = self.workers.set(Arc::clone(&workers));
        Ok(workers)
    }

    /// Those who work in this process, once [`Process::start_work`] was called.
    pub fn workers(&self) -> Option<Arc<Workers>> {
        self.workers.get().cloned()
    }

    /// Compares the secret key with the one this database was last used with: with another one, sealed
    /// provider keys do not open.
    async fn know_the_key(&self) -> Result<()> {
        let (name, own) = ("secret_key.id", self.desk.sealer.key_id().to_owned());
        match desk::people::setting(&self.desk, name).await? {
            Some(known) if known == own => return Ok(()),
            Some(_) => tracing::error!(
                "secret.key is not the one this database was used with: stored provider keys will not open; \
                 copy the other secret.key here, or set the provider keys anew"
            ),
            None => {}
        }
        Ok(desk::people::set_setting(&self.desk, name, &own).await?)
    }

    /// Ends everything: running jobs get `grace` to finish, the rest is taken up at the next start.
    pub async fn close(self, grace: Duration) {
        let left = self.tasks.shutdown(grace).await;
        if left > 0 {
            tracing::warn!(tasks = left, "some work did not end in time; it is taken up at the next start");
        }
        if let Err(error) = self.desk.queue.leave().await {
            tracing::warn!(error = &error as &dyn std::error::Error, "leaving the queue failed");
        }
        desk::money::settle(&self.desk).await;
        self.say_farewell().await;
        self.desk.store.close().await;
    }

    /// Sends what is still to be said to the other processes.
    async fn say_farewell(&self) {
        self.desk.queue.flush();
        self.desk.flush();
        self.bus_tasks.shutdown(FAREWELL_MAX).await;
    }

    /// Ends a command: the servers, if there are any, are told that there may be new work.
    pub async fn close_beside(self) -> Result<()> {
        self.desk.queue.leave().await?;
        // A command may be done before the line stands over which it tells of it.
        let reached = async {
            while !self.bus.is_connected() {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        if tokio::time::timeout(REACH_MAX, reached).await.is_err() {
            tracing::warn!("the servers could not be told of this command; they find what it did within a minute");
        }
        self.say_farewell().await;
        self.desk.store.close().await;
        if self.config.store.url.is_none() {
            store::socket::poke(&self.config.data, "work").await?;
        }
        Ok(())
    }
}

/// What a command beside this server says through the socket: `cancel ID`, `reload` (a queue was changed), or
/// anything else: there may be work.
fn heard(queue: &Queue, tasks: &Tasks, line: &str) {
    let (queue, line) = (queue.clone(), line.to_owned());
    tasks.spawn(async move {
        let done = match line.split_once(' ') {
            Some(("cancel", id)) => match id.parse() {
                Ok(id) => queue.cancel(id).await,
                Err(_) => Ok(()),
            },
            _ if line == "reload" => queue.reload().await,
            _ => Ok(()),
        };
        if let Err(error) = done {
            tracing::info!(error = &error as &dyn std::error::Error, line, "a command's wish came to nothing");
        }
        queue.poke();
    });
}

/// Whether the database is still empty: no migration has been applied to it.
pub async fn is_fresh(config: &Config) -> Result<bool> {
    if config.store.url.is_none() && !config.data.join(DATABASE).exists() {
        return Ok(true);
    }
    let pending =
        store::pending(&config.data, &config.store, MIGRATIONS).await.context("reading the schema's state")?;
    Ok(pending.len() == MIGRATIONS.iter().map(|set| set.list.len()).sum::<usize>())
}

/// The file of the embedded database in the data folder.
pub const DATABASE: &str = "copydesk.db";

/// Makes the data folder, for its owner alone.
///
/// # Errors
/// That of the system, with the folder's name.
pub fn create_folder(folder: &Path) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("creating the data folder {}", folder.display()))
}

/// The master key of sealed secrets: read from its file, or made at the first start with mode 0600.
fn secret_key(config: &Config) -> Result<[u8; 32]> {
    let path: PathBuf = config.secret_key_file.clone().unwrap_or_else(|| config.data.join("secret.key"));
    match std::fs::read(&path) {
        Ok(bytes) => decode_key(&bytes).with_context(|| format!("{} must hold 64 hexadecimal digits", path.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && config.secret_key_file.is_none() => {
            make_key(&path)
        }
        Err(error) => Err(error).with_context(|| format!("reading the secret key {}", path.display())),
    }
}

fn make_key(path: &Path) -> Result<[u8; 32]> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let key = stdx::rng::os_random::<32>();
    let text: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    // Written whole under another name first: a process that dies here leaves no half key.
    let draft = path.with_extension(format!("{}.new", std::process::id()));
    let write = || -> std::io::Result<()> {
        let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&draft, path)
    };
    write().with_context(|| format!("writing the secret key {}", path.display()))?;
    Ok(key)
}

fn decode_key(bytes: &[u8]) -> Result<[u8; 32]> {
    let text = std::str::from_utf8(bytes).unwrap_or_default().trim();
    let mut key = [0; 32];
    if text.len() != 64 || !text.bytes().all(|c| c.is_ascii_hexdigit()) {
        bail!("the secret key is damaged");
    }
    for (i, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * i..2 * i + 2], 16)?;
    }
    Ok(key)
}
