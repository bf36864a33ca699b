//! A PostgreSQL server to throw away: its data in a temporary folder, on a free loopback port, run by
//! an unprivileged user, ended by its owner.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::need;
use crate::run::{self, Owned};
use crate::scratch::Scratch;

pub struct Postgres {
    server: Owned,
    port: u16,
    user: Option<User>,
    folder: Scratch,
}

impl Postgres {
    /// For tests, where the data may be lost with the machine.
    pub fn start() -> Result<Self> {
        Postgres::start_with(TEST_SETTINGS)
    }

    /// With the server's own defaults but for `settings`, each `name=value`.
    pub fn start_with(settings: &[&str]) -> Result<Self> {
        let folder = Scratch::new("postgres")?;
        // The server refuses to run as root, so root lends it somebody else's name.
        let user = if need::is_root() { Some(User::unprivileged()?) } else { None };
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700))?;
        if let Some(user) = &user {
            chown(folder.path(), Some(user.uid), Some(user.gid))?;
        }
        let data = folder.path().join("data");
        let mut initdb = program("initdb", user.as_ref(), folder.path())?;
        initdb
            .args([
                "--username=copydesk",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
                "--pgdata",
            ])
            .arg(&data);
        run::run(initdb.stdout(Stdio::null()))?;

        let port = run::free_port()?;
        let log = fs::File::create(folder.path().join("log"))?;
        let mut postgres = program("postgres", user.as_ref(), folder.path())?;
        postgres.arg("-D").arg(&data).arg("-p").arg(port.to_string());
        for setting in PRIVATE.iter().chain(settings) {
            postgres.args(["-c", setting]);
        }
        println!("$ {}", run::shown(&postgres));
        let server = postgres.stdout(log.try_clone()?).stderr(log).spawn().context("starting postgres")?;
        let mut postgres = Postgres { server: Owned(server), port, user, folder };
        postgres.wait_until_ready()?;
        Ok(postgres)
    }

    pub fn url(&self) -> String {
        format!("postgres://copydesk@127.0.0.1:{}/postgres", self.port)
    }

    /// The process that is the parent of all others of the server.
    pub fn pid(&self) -> u32 {
        self.server.0.id()
    }

    /// Where its write-ahead log is.
    pub fn log_folder(&self) -> PathBuf {
        self.folder.path().join("data/pg_wal")
    }

    /// Ends it as if the machine had lost its power, and starts it again with the same words. The new one is no
    /// child of ours; it is stopped like the first.
    pub fn restart(&mut self) -> Result<()> {
        let data = self.folder.path().join("data");
        let mut restart = program("pg_ctl", self.user.as_ref(), self.folder.path())?;
        let log = data.join("restarted.log");
        restart.args(["restart", "-m", "immediate", "-w", "-s"]).arg("-D").arg(data).arg("-l").arg(log);
        let status = restart.stdout(Stdio::null()).status().context("starting pg_ctl")?;
        if !status.success() {
            bail!("the server did not come back: {status}");
        }
        Ok(())
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let start = Instant::now();
        loop {
            let mut ask = Command::new(need::find("pg_isready").context("pg_isready is gone")?);
            ask.args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()]);
            if ask.status()?.success() {
                return Ok(());
            }
            let ended = self.server.0.try_wait()?;
            if ended.is_some() || start.elapsed() > Duration::from_secs(60) {
                let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
                bail!(
                    "postgres does not answer ({}):\n{log}",
                    ended.map_or("still starting".to_owned(), |status| status.to_string())
                );
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// Nobody else finds it.
const PRIVATE: &[&str] = &["listen_addresses=127.0.0.1", "unix_socket_directories="];

/// Durability is not what these tests ask of PostgreSQL, and each of them wants connections of its own.
const TEST_SETTINGS: &[&str] =
    &["max_connections=300", "shared_buffers=64MB", "fsync=off", "synchronous_commit=off", "full_page_writes=off"];

impl Drop for Postgres {
    fn drop(&mut self) {
        // Asked first, so that its children and shared memory go too; `Owned` makes sure.
        let data = self.folder.path().join("data");
        if let Ok(mut stop) = program("pg_ctl", self.user.as_ref(), self.folder.path()) {
            let _ = stop.arg("stop").arg("-D").arg(data).args(["-m", "fast", "-s"]).status();
        }
    }
}

fn program(name: &str, user: Option<&User>, folder: &Path) -> Result<Command> {
    let mut command = Command::new(need::find(name).with_context(|| format!("{name} is not on this machine"))?);
    command.current_dir(folder).stdin(Stdio::null());
    if let Some(user) = user {
        command.uid(user.uid).gid(user.gid);
    }
    Ok(command)
}

struct User {
    uid: u32,
    gid: u32,
}

impl User {
    fn unprivileged() -> Result<Self> {
        let users = fs::read_to_string("/etc/passwd").context("looking for an unprivileged user")?;
        ["postgres", "nobody"]
            .iter()
            .find_map(|name| User::find(&users, name))
            .context("no user named postgres or nobody")
    }

    fn find(users: &str, name: &str) -> Option<Self> {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut ids = line.split(':').skip(2).map(str::parse);
        Some(User { uid: ids.next()?.ok()?, gid: ids.next()?.ok()? })
    }
}
