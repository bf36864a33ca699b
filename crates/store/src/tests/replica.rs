//! Replicas, with a real one: a primary and a streaming replica of its own, run by an unprivileged user.

use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use stdx::Rng;
use stdx::config::Secret;

use super::*;

static WHERE: Statement = Statement::shared("test.where", "SELECT pg_is_in_recovery()::int");
const LIMIT: Duration = Duration::from_secs(30);

/// A primary and a replica of it.
struct Cluster {
    programs: PathBuf,
    folder: PathBuf,
    user: Option<(u32, u32)>,
    ports: [u16; 2],
    servers: [Option<Child>; 2],
}

impl Cluster {
    /// `None`, with the reason on the standard error, where it cannot be had.
    fn start() -> Option<Cluster> {
        // Whoever asks for PostgreSQL's tests has a server at hand.
        std::env::var_os("COPYDESK_TEST_POSTGRES")?;
        let Some(programs) = programs() else {
            eprintln!("skipped: initdb, postgres and pg_basebackup are not on this machine");
            return None;
        };
        let folder = std::env::temp_dir().join(format!("copydesk_cluster_{:016x}", Rng::from_os().next_u64()));
        std::fs::create_dir(&folder).unwrap();
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o700)).unwrap();
        let ports = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port());
        let user = unprivileged();
        if let Some((uid, gid)) = user {
            chown(&folder, Some(uid), Some(gid)).unwrap();
        }
        let mut cluster = Cluster { programs, folder, user, ports, servers: [None, None] };
        cluster.run("initdb", &["-U", "copydesk", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N", "-D", "0"]);
        cluster.launch(0);
        let port = ports[0].to_string();
        cluster.run(
            "pg_basebackup",
            &["-h", "127.0.0.1", "-p", &port, "-U", "copydesk", "-R", "-c", "fast", "-N", "-D", "1"],
        );
        cluster.launch(1);
        Some(cluster)
    }

    fn url(&self, i: usize) -> Secret {
        Secret::new(format!("postgres://copydesk@127.0.0.1:{}/postgres", self.ports[i]))
    }

    fn launch(&mut self, i: usize) {
        let mut server = self.command("postgres");
        server.args(["-D", &i.to_string(), "-p", &self.ports[i].to_string(), "-c", "listen_addresses=127.0.0.1"]);
        server.args(["-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "shared_buffers=16MB"]);
        self.servers[i] = Some(server.spawn().unwrap());
        let start = Instant::now();
        let port = self.ports[i].to_string();
        while !self.command("pg_isready").args(["-q", "-h", "127.0.0.1", "-p", &port]).status().unwrap().success() {
            assert!(start.elapsed() < LIMIT, "the server {i} answers");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn halt(&mut self, i: usize) {
        if let Some(mut server) = self.servers[i].take() {
            let _ = self.command("pg_ctl").args(["stop", "-s", "-m", "immediate", "-D", &i.to_string()]).status();
            let _ = server.wait();
        }
    }

    fn run(&self, program: &str, args: &[&str]) {
        assert!(self.command(program).args(args).status().unwrap().success(), "{program}");
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.current_dir(&self.folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if let Some((uid, gid)) = self.user {
            command.uid(uid).gid(gid);
        }
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.halt(1);
        self.halt(0);
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    for version in std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten() {
        folders.push(version.path().join("bin"));
    }
    let has = |folder: &Path, name| folder.join(name).is_file();
    folders
        .into_iter()
        .find(|f| ["initdb", "postgres", "pg_basebackup", "pg_ctl", "pg_isready"].iter().all(|name| has(f, name)))
}

/// The server refuses to run as root: then the user and group of somebody else.
fn unprivileged() -> Option<(u32, u32)> {
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|m| std::os::unix::fs::MetadataExt::uid(&m) == 0);
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let of = |name: &str| {
        let fields: Vec<&str> = users.lines().map(|l| l.split(':').collect()).find(|f: &Vec<&str>| f[0] == name)?;
        Some((fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?))
    };
    is_root.then(|| of("postgres").or_else(|| of("nobody"))).flatten()
}

/// 1 if a replica answers, 0 if the primary does.
async fn asked(reader: &mut Reader) -> i64 {
    reader.one(&WHERE, params![]).await.unwrap().get(0).unwrap()
}

async fn seen(reader: &mut Reader) -> i64 {
    reader.one(&COUNT, params![]).await.unwrap().get(0).unwrap()
}

/// Reads until the replica answers (1) or does not (0).
async fn until(store: &Store, answered: i64) {
    let start = Instant::now();
    while asked(&mut store.read()).await != answered {
        assert!(start.elapsed() < LIMIT, "reads are answered by the other server");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_answer_reads_and_a_process_sees_its_own_writes() {
    let Some(mut cluster) = Cluster::start() else { return };
    let settings = Settings {
        url: Some(cluster.url(0)),
        replicas: Some(cluster.url(1)),
        // Long enough for all that is tried before it is left out, also on a busy machine.
        replica_lag_ms: 3_000,
        connect_timeout_s: 5,
        ..Settings::default()
    };
    let open = || Store::open(Path::new("/nowhere"), &settings, MIGRATIONS, Clock::system());
    let (store, other) = (open().await.unwrap(), open().await.unwrap());
    assert_eq!(store.position().map(|t| t.to_string()).as_deref(), Some("0"));
    until(&store, 1).await;
    until(&other, 1).await;

    // Each write is seen by the next fresh read, here and, with the token, there.
    let mut by_replica = 0;
    for id in 1..=50 {
        add(&store, id).await.unwrap();
        assert_eq!(seen(&mut store.read_fresh()).await, id);
        by_replica += asked(&mut store.read_fresh()).await;
        let token: Token = store.position().unwrap().to_string().parse().unwrap();
        assert_eq!(seen(&mut other.read_after(&token)).await, id);
        by_replica += asked(&mut other.read_after(&token)).await;
    }
    assert!(by_replica > 50, "{by_replica} of 100 fresh reads were answered by the replica");
    let relaxed: Result<u64, Error> =
        store.write_relaxed(|tx| Box::pin(async move { tx.exec(&ADD, params![51, "page-51"]).await })).await;
    relaxed.unwrap();
    assert_eq!(seen(&mut store.read_fresh()).await, 51);

    while asked(&mut store.read_fresh()).await == 0 {}

    // The replica stands still: what is new comes from the primary, what is old need not.
    let before = store.position().unwrap();
    assert_eq!(seen(&mut store.read_after(&before)).await, 51);
    let (replica, connection) = tokio_postgres::connect(cluster.url(1).reveal(), tokio_postgres::NoTls).await.unwrap();
    let tasks = stdx::task::Tasks::default();
    tasks.spawn(async move { drop(connection.await) });
    replica.batch_execute("SELECT pg_wal_replay_pause()").await.unwrap();
    while replica
        .query_one("SELECT pg_get_wal_replay_pause_state() = 'paused'", &[])
        .await
        .unwrap()
        .get::<_, bool>(0)
        .eq(&false)
    {}
    add(&store, 52).await.unwrap();
    let after = store.position().unwrap();
    assert_ne!(before, after);
    assert_eq!(seen(&mut store.read()).await, 51, "a replica answers, though it lags a little");
    let start = Instant::now();
    assert_eq!(seen(&mut store.read_fresh()).await, 52);
    assert!(start.elapsed() >= Duration::from_millis(45), "the replica was given its time: {:?}", start.elapsed());
    assert_eq!(seen(&mut other.read_after(&after)).await, 52);
    assert_eq!(asked(&mut other.read_after(&before)).await, 1);
    assert_eq!(asked(&mut other.read_fresh()).await, 1, "the other process has not heard of it");
    // Where somebody has brought a token along, every read goes by it; elsewhere none does.
    let scoped = after.seen_by(async { (seen(&mut other.read()).await, seen(&mut other.read_fresh()).await) }).await;
    assert_eq!((scoped, seen(&mut other.read()).await), ((52, 52), 51));
    assert_eq!(before.seen_by(async { asked(&mut other.read_after(&after)).await }).await, 0, "the later counts");
    assert_eq!(before.seen_by(async { asked(&mut other.read_fresh()).await }).await, 1);
    assert_eq!((before.later(after), after.later(before)), (after, after));
    let unknown: Token = "ffffffffffffffff".parse().unwrap();
    assert_eq!((unknown.later(after), after.later(unknown)), (after, after));
    assert_eq!(unknown.seen_by(async { asked(&mut other.read()).await }).await, 0);
    other.observe(&after);
    assert_eq!((asked(&mut other.read_fresh()).await, seen(&mut other.read_fresh()).await), (0, 52));

    // Beyond the limit it is left out altogether, and comes back.
    until(&store, 0).await;
    assert_eq!(seen(&mut store.read()).await, 52);
    let report = store.report().await.unwrap().vitals.replicas;
    assert!(!report[0].is_usable && report[0].fault.contains("lags") && report[0].lag_s > 0.4, "{report:?}");
    assert!(report[0].behind_bytes > 0 && report[0].reads > 0);
    let alarms = store.alarms().await.unwrap();
    assert!(alarms.iter().any(|alarm| alarm.kind == AlarmKind::Replica), "{alarms:?}");
    replica.batch_execute("SELECT pg_wal_replay_resume()").await.unwrap();
    until(&store, 1).await;
    assert_eq!(seen(&mut store.read_fresh()).await, 52);

    // It goes away under load: no read fails. It comes back.
    drop(replica);
    cluster.halt(1);
    for _ in 0..20 {
        assert_eq!(seen(&mut store.read()).await, 52);
    }
    until(&store, 0).await;
    cluster.launch(1);
    until(&store, 1).await;
    assert!(store.report().await.unwrap().vitals.replicas[0].is_usable);
    store.close().await;
    other.close().await;
}

#[tokio::test]
async fn without_replicas_there_is_no_position() {
    let store = temporary(MIGRATIONS).await;
    add(&store, 1).await.unwrap();
    assert_eq!(store.position(), None);
    let token: Token = "ff".parse().unwrap();
    store.observe(&token);
    assert_eq!(seen(&mut store.read_after(&token)).await, 1);
    for bad in ["", "g", "0x1", "+1", "11112222333344445"] {
        assert_eq!(bad.parse::<Token>(), Err(BadToken), "{bad}");
    }
    let settings = |replicas: &str| Settings { replicas: Some(Secret::new(replicas)), ..Settings::default() };
    assert!(settings("postgres://a@h/b\n postgres://a@i/b ").validate("store").is_empty());
    for bad in ["mysql://x", "postgres://a@h,i/b", "postgres://a@h/b postgres://a@h/b?sslmode=require"] {
        assert_eq!(settings(bad).validate("store").len(), 1, "{bad}");
    }
}
