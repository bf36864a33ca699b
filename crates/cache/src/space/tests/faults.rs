//! Two caches of one cluster on a real server that is killed, restarted, frozen, filled or cut off: answers are right
//! throughout, errors are counted, nothing needs a restart, and no purge is lost.

use stdx::task::Tasks;

use super::*;
use crate::bus::Backplane;
use crate::bus::hub::Hub;
use crate::tier::remote::proxy::{CUT, PASS, Proxy, SILENT};
use crate::tier::remote::server::{Kind, Server, VALUE_BYTES};

const KEYS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
/// The truth at the time of the load, and so many bytes that no codec makes shorter.
type Value = (u64, Vec<u8>);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Trouble {
    /// Killed, and back at the end with what it had, or without.
    Killed,
    /// Killed, and back at once.
    Restarted,
    /// Alive, its connections too, but it does nothing; what it was told meanwhile it does afterwards.
    Frozen,
    Full,
    /// Connections are refused and broken off.
    Cut,
    /// Connections stay, and nothing comes through.
    Partitioned,
    /// For one of the two only.
    HalfPartitioned,
}

struct Process {
    cache: Cache,
    space: Space<Value>,
    proxy: Proxy,
    _tasks: Tasks,
}

struct World {
    server: Server,
    hub: Arc<Hub>,
    clock: Clock,
    truth: Arc<AtomicU64>,
    noise: Vec<u8>,
}

impl World {
    async fn process(&self) -> Process {
        let (proxy, tasks) = (Proxy::start(self.server.address()).await, Tasks::default());
        let url = match self.server.kind {
            Kind::Redis => format!("redis://127.0.0.1:{}/0", proxy.port),
            Kind::Memcached => format!("memcached://127.0.0.1:{}", proxy.port),
        };
        let remote_url = Some(stdx::config::Secret::new(url));
        let settings = Settings { remote_url, ..Settings::default() };
        let backplane = Some(self.hub.end() as Arc<dyn Backplane>);
        let cache = Cache::open(&settings, self.clock.clone(), &tasks, backplane).await;
        while cache.stats().behind {
            tokio::task::yield_now().await;
        }
        let space = cache.define("n").ttl(Duration::from_secs(1_000_000)).shared(1).open();
        Process { cache, space, proxy, _tasks: tasks }
    }

    async fn ask(&self, process: &Process, key: &str) -> u64 {
        let (truth, noise) = (Arc::clone(&self.truth), self.noise.clone());
        let load = async move || Ok::<_, NoAnswer>((truth.load(Ordering::SeqCst), noise));
        process.space.get_or_load(key, &["t"], load).await.expect("the origin is well").0
    }

    /// Everybody gets everything as it is now: each change was purged, whatever state the server is in.
    async fn check(&self, processes: &[Process; 2], when: &str) {
        for (who, process) in processes.iter().enumerate() {
            for key in KEYS {
                let (got, truth) = (self.ask(process, key).await, self.truth.load(Ordering::SeqCst));
                assert_eq!(got, truth, "{key} for process {who}, {when}");
            }
        }
    }

    /// Changes what is true and says so in one of three ways.
    async fn change(&self, processes: &[Process; 2], n: usize) {
        self.truth.fetch_add(1, Ordering::SeqCst);
        let speaker = &processes[n % 2];
        match n % 3 {
            0 => speaker.cache.invalidate_tag("t"),
            1 => KEYS.iter().for_each(|key| speaker.space.invalidate(key)),
            _ => speaker.cache.invalidate_pattern("n:*"),
        }
        let said = self.hub.len() as u64;
        while processes.iter().any(|process| process.cache.0.tags.since().position < said) {
            tokio::task::yield_now().await;
        }
    }

    /// Until the one finds what the other has loaded, without anything being started anew.
    async fn meet(&self, [a, b]: &[Process; 2], when: &str) {
        for n in 0.. {
            let key = format!("{when}{n}");
            self.ask(a, &key).await;
            for _ in 0..20 {
                if b.space.find(&key).await.is_some() {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            assert!(n < 200, "they do not meet at the server {when}");
            // Who was left alone for a while is asked again.
            self.clock.advance(Duration::from_secs(1));
        }
    }
}

fn errors(process: &Process) -> u64 {
    let tiers = process.cache.stats().tiers;
    tiers.iter().filter(|tier| tier.name == "remote").map(|tier| tier.errors).sum()
}

async fn survives(kind: Kind) {
    use Trouble::{Cut, Frozen, Full, HalfPartitioned, Killed, Partitioned, Restarted};
    let Some(server) = Server::start(kind) else { return };
    let clock = Clock::manual(Timestamp::from_seconds(1_795_000_000));
    let rng = Rng::seeded(1);
    let noise = (0..VALUE_BYTES).map(|_| rng.below(256) as u8).collect();
    let mut world = World { server, hub: Arc::default(), clock, truth: Arc::default(), noise };
    let processes = [world.process().await, world.process().await];
    for trouble in [Killed, Restarted, Frozen, Full, Cut, Partitioned, HalfPartitioned] {
        world.check(&processes, "before").await;
        world.meet(&processes, &format!("before {trouble:?}")).await;
        let before = errors(&processes[0]);
        let moods = |mood| processes.iter().for_each(|process| process.proxy.is(mood));
        match trouble {
            Killed => world.server.kill(),
            Restarted => {
                world.server.kill();
                world.server.start_again(&[]);
            }
            Frozen => world.server.freeze(),
            Full => world.server.fill(true),
            Cut => moods(CUT),
            Partitioned => moods(SILENT),
            HalfPartitioned => processes[0].proxy.is(SILENT),
        }
        for n in 0..6 {
            world.change(&processes, n).await;
            if n % 2 == 1 {
                // So that it is not the memory that answers.
                processes.iter().for_each(|process| process.cache.clear());
            }
            world.check(&processes, &format!("{trouble:?}, change {n}")).await;
        }
        assert!(errors(&processes[0]) > before, "{trouble:?} is counted");
        match trouble {
            Killed => world.server.start_again(&[]),
            Restarted => {}
            Frozen => world.server.thaw(),
            Full => world.server.fill(false),
            Cut | Partitioned | HalfPartitioned => moods(PASS),
        }
        // It may have kept, or do only now, what was true before.
        for _ in 0..3 {
            processes.iter().for_each(|process| process.cache.clear());
            world.check(&processes, &format!("after {trouble:?}")).await;
            world.clock.advance(Duration::from_secs(1));
        }
        world.meet(&processes, &format!("after {trouble:?}")).await;
        processes.iter().for_each(|process| process.cache.clear());
        world.check(&processes, &format!("long after {trouble:?}")).await;
    }
    let waiting: Vec<u64> = processes.iter().map(|process| process.cache.stats().purges_waiting).collect();
    assert_eq!(waiting, [0, 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_may_do_what_it_likes() {
    survives(Kind::Redis).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memcached_may_do_what_it_likes() {
    survives(Kind::Memcached).await;
}
