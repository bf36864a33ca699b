//! Several caches, one server and one log.

use stdx::task::Tasks;

use super::*;
use crate::bus::hub::{End, Hub};
use crate::bus::{Backplane, Heard};
use crate::tier::Tiers;
use crate::tier::disk::Disk;
use crate::tier::remote::fake::Fake;
use crate::tier::remote::guard::Distant;

struct Process {
    cache: Cache,
    space: Space<u64>,
    end: Arc<End>,
    _tasks: Tasks,
}

struct World {
    hub: Arc<Hub>,
    fake: Arc<Fake>,
    clock: Clock,
    /// Of the server; short only where it is needed, since the machine may be busy.
    patience: Duration,
}

impl World {
    fn new() -> World {
        let clock = Clock::manual(Timestamp::from_seconds(1_795_000_000));
        World { hub: Arc::default(), fake: Fake::new(clock.clone()), clock, patience: Duration::from_secs(10) }
    }

    fn process_with(&self, version: u32, prompt: bool) -> Process {
        self.process_on(version, prompt, None)
    }

    fn process_on(&self, version: u32, prompt: bool, disk: Option<Disk>) -> Process {
        let (tasks, end) = (Tasks::default(), self.hub.end());
        end.prompt.store(prompt, Ordering::SeqCst);
        let remote = Distant::start(self.fake.clone(), "test", self.patience, 1 << 20, self.clock.clone(), &tasks);
        let tiers = Tiers { remote: Some(remote), disk };
        let backplane = Some(Arc::clone(&end) as Arc<dyn Backplane>);
        let cache = Cache::assemble(&Settings::default(), self.clock.clone(), &tasks, backplane, tiers);
        let space = cache.define("n").ttl(Duration::from_secs(60)).grace(Duration::from_secs(60));
        Process { space: space.shared(version).open(), cache, end, _tasks: tasks }
    }

    fn process(&self) -> Process {
        self.process_with(1, true)
    }
}

async fn settle() {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}

async fn ask(space: &Space<u64>, value: u64) -> u64 {
    space.get_or_load("k", &["t"], async move || Ok::<_, NoAnswer>(value)).await.unwrap()
}

fn remote(process: &Process) -> crate::TierStats {
    process.cache.stats().tiers.into_iter().find(|tier| tier.name == "remote").unwrap()
}

#[tokio::test]
async fn what_one_loads_the_other_finds() {
    let world = World::new();
    let (a, b) = (world.process(), world.process());
    settle().await;
    assert_eq!(ask(&a.space, 1).await, 1);
    settle().await;
    assert_eq!(ask(&b.space, 2).await, 1);
    assert_eq!((b.space.stats().loads, remote(&b).hits), (0, 1));
    assert_eq!(a.space.find("other").await, None);
    // Its end is the same for both.
    world.clock.advance(Duration::from_secs(61));
    assert_eq!(b.space.get("k"), None);
    // Another version of the type does not read it.
    let c = world.process_with(2, true);
    settle().await;
    assert_eq!(ask(&c.space, 3).await, 3);
}

#[tokio::test]
async fn a_space_may_have_a_form_of_its_own() {
    let world = World::new();
    let (a, b) = (world.process(), world.process());
    settle().await;
    let own = |process: &Process| {
        let encode = |text: &String| (text != "secret").then(|| text.to_uppercase().into_bytes());
        let decode = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok().filter(|text| text != "RIDDLE");
        process.cache.define::<String>("own").shared_as(1, encode, decode).open()
    };
    let (here, there) = (own(&a), own(&b));
    for text in ["plain", "secret", "riddle"] {
        here.put(text, &[], text.to_owned());
        assert_eq!(here.get(text).as_deref(), Some(text), "memory keeps it as it is");
    }
    settle().await;
    assert_eq!(there.find("plain").await.as_deref(), Some("PLAIN"));
    assert_eq!((there.find("secret").await, there.find("riddle").await), (None, None), "not told, not understood");
}

/// 10,000 callers of one key at once, half of them in each process.
async fn ten_thousand<V, F, Fut>(spaces: [&Space<V>; 2], load: F) -> Vec<Result<V, LoadError>>
where
    V: Clone + Send + Sync + 'static,
    F: Fn() -> Fut + Clone + Send + 'static,
    Fut: Future<Output = Result<V, NoAnswer>> + Send + 'static,
{
    let mut callers = tokio::task::JoinSet::new();
    for i in 0..10_000 {
        let (space, load) = (spaces[i % 2].clone(), load.clone());
        callers.spawn(async move { space.get_or_load("k", &["t"], load).await });
    }
    callers.join_all().await
}

/// One load for all of them; and when there is no origin any more, as long as there is grace, an answer for everybody.
async fn withstands<V>(spaces: [&Space<V>; 2], clock: &Clock, value: V)
where
    V: Clone + Send + Sync + PartialEq + 'static,
{
    let loads = Arc::new(AtomicU64::new(0));
    let (count, made) = (Arc::clone(&loads), value.clone());
    let load = move || {
        let (count, made) = (Arc::clone(&count), made.clone());
        async move {
            count.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(300)).await;
            Ok::<_, NoAnswer>(made)
        }
    };
    let answers = ten_thousand(spaces, load).await;
    assert!(answers.into_iter().all(|answer| answer.unwrap() == value));
    assert_eq!(loads.load(Ordering::SeqCst), 1, "one in the cluster");

    clock.advance(Duration::from_secs(61));
    assert!(spaces.iter().all(|space| space.get("k").is_none()), "its time is over");
    let tries = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&tries);
    let load = move || {
        let count = Arc::clone(&count);
        async move {
            count.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(100)).await;
            Err::<V, _>(NoAnswer)
        }
    };
    let answers = ten_thousand(spaces, load).await;
    let failed = answers.iter().filter(|answer| answer.is_err()).count();
    assert_eq!(failed, 0, "no errors within grace");
    assert!(answers.into_iter().all(|answer| answer.unwrap() == value));
    // One for each process, and few by those who looked before that one had failed and came after it.
    assert!((1..=20).contains(&tries.load(Ordering::SeqCst)), "{tries:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_thousand_misses_of_two_processes_are_one_load() {
    let world = World::new();
    let processes = [world.process(), world.process()];
    while processes.iter().any(|process| process.cache.stats().behind) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    withstands([&processes[0].space, &processes[1].space], &world.clock, 5).await;
}

#[tokio::test]
async fn a_purge_reaches_tiers_and_processes() {
    let world = World::new();
    let (a, b) = (world.process(), world.process());
    settle().await;
    let purges = [
        (|cache| cache.invalidate_tag("t")) as fn(&Cache),
        |cache| cache.invalidate_key("n", "k"),
        |cache| cache.invalidate_pattern("n:*"),
        |cache| cache.invalidate_all(),
    ];
    for (purge, value) in purges.into_iter().zip(1..) {
        assert_eq!(ask(&a.space, value).await, value);
        settle().await;
        assert_eq!(ask(&b.space, 0).await, value);
        purge(&a.cache);
        assert_eq!((a.space.get("k"), a.space.find("k").await), (None, None), "in this process at once");
        settle().await;
        assert_eq!((b.space.get("k"), b.space.find("k").await), (None, None), "elsewhere as soon as it is heard");
    }
}

/// The race of the evidence: a load begins, a purge is said, the load ends and is stored in the shared tier.
#[tokio::test]
async fn a_load_from_before_a_purge_is_never_found_after_it() {
    let world = World::new();
    let (a, b) = (world.process(), world.process());
    settle().await;
    let (go, gone) = oneshot::channel::<()>();
    let old = a.space.get_or_load("k", &["t"], async move || {
        gone.await.unwrap();
        Ok::<_, NoAnswer>(1)
    });
    let rest = async {
        settle().await;
        b.cache.invalidate_tag("t");
        settle().await;
        go.send(()).unwrap();
    };
    assert_eq!(tokio::join!(old, rest).0.unwrap(), 1, "asked before");
    settle().await;
    assert_eq!((a.space.find("k").await, b.space.find("k").await), (None, None));
}

#[tokio::test]
async fn nothing_shared_is_read_before_the_log_was_and_in_a_gap() {
    let world = World::new();
    let a = world.process();
    settle().await;
    assert_eq!(ask(&a.space, 1).await, 1);
    a.cache.invalidate_tag("elsewhere");
    settle().await;
    let late = world.process_with(1, false);
    settle().await;
    assert!(late.cache.stats().behind);
    assert_eq!(late.space.find("k").await, None);
    let calls = world.fake.calls.load(Ordering::SeqCst);
    assert_eq!(ask(&late.space, 2).await, 2, "it serves");
    assert_eq!(late.space.get("k"), None, "but calls nothing fresh");
    assert!(calls <= world.fake.calls.load(Ordering::SeqCst));
    late.end.replay();
    settle().await;
    assert_eq!(late.space.get("k"), Some(2), "nothing of it was purged");
    late.end.prompt.store(true, Ordering::SeqCst);

    // In a gap what there is is stale: served if need be, and loaded anew.
    late.end.say(Heard::Gap);
    settle().await;
    assert_eq!(late.space.get("k"), None);
    let failing = late.space.get_or_load("k", &["t"], async || Err::<u64, _>(NoAnswer)).await;
    assert_eq!(failing.unwrap(), 2);
    late.end.replay();
    settle().await;
    assert_eq!(late.space.get("k"), Some(2));
    // What the log does not know any more is gone.
    late.end.say(Heard::Gap);
    late.end.say(Heard::Forgotten { position: 1 });
    late.end.say(Heard::Current { position: 1 });
    settle().await;
    assert_eq!((late.space.get("k"), late.cache.stats().behind), (None, false));
}

#[tokio::test]
async fn a_purge_said_while_nobody_listened_is_said_again() {
    let world = World::new();
    let (a, b) = (world.process(), world.process());
    settle().await;
    assert_eq!(ask(&a.space, 1).await, 1);
    settle().await;
    assert_eq!(ask(&b.space, 0).await, 1);
    a.end.deaf.store(true, Ordering::SeqCst);
    a.cache.invalidate_tag("t");
    settle().await;
    assert_eq!((a.space.find("k").await, a.cache.stats().purges_waiting), (None, 1));
    assert_eq!(b.space.get("k"), Some(1), "it cannot know");
    a.end.deaf.store(false, Ordering::SeqCst);
    a.end.say(Heard::Gap);
    a.end.replay();
    settle().await;
    assert_eq!((b.space.find("k").await, a.cache.stats().purges_waiting), (None, 0));
}

#[tokio::test]
async fn without_a_server_it_serves_on_and_comes_back() {
    for trouble in ["gone", "silent", "full", "spoilt"] {
        let world = World { patience: Duration::from_millis(40), ..World::new() };
        let (a, b) = (world.process(), world.process());
        settle().await;
        let fake = &world.fake;
        match trouble {
            "gone" => fake.gone.store(true, Ordering::SeqCst),
            "silent" => fake.silent.store(true, Ordering::SeqCst),
            "full" => fake.full.store(true, Ordering::SeqCst),
            _ => {}
        }
        for i in 0..20 {
            let key = i.to_string();
            let got = a.space.get_or_load(&key, &["t"], async move || Ok::<_, NoAnswer>(i)).await.unwrap();
            assert_eq!((got, a.space.get(&key)), (i, Some(i)));
        }
        tokio::time::sleep(Duration::from_millis(150)).await;
        match trouble {
            "spoilt" => {
                assert!(fake.len() >= 20);
                fake.spoil(|bytes| {
                    let middle = bytes.len() / 2;
                    bytes[middle] ^= 4;
                });
                assert_eq!(b.space.find("7").await, None);
                assert_eq!(remote(&b).misses, 1);
                continue;
            }
            "full" => assert!(remote(&a).dropped + remote(&a).errors >= 20, "{:?}", remote(&a)),
            _ => assert!(remote(&a).errors >= 4, "{trouble}: {:?}", remote(&a)),
        }
        // The breaker keeps callers from waiting: 20 loads took the patience of a few calls only.
        a.cache.invalidate_tag("t");
        fake.gone.store(false, Ordering::SeqCst);
        fake.silent.store(false, Ordering::SeqCst);
        fake.full.store(false, Ordering::SeqCst);
        world.clock.advance(Duration::from_secs(5));
        // What waited was written before the purge: it is there, and refused.
        tokio::time::sleep(Duration::from_millis(400)).await;
        assert_eq!(b.space.find("7").await, None, "{trouble}");
        assert_eq!(a.space.get_or_load("7", &["t"], async || Ok::<_, NoAnswer>(70)).await.unwrap(), 70);
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(b.space.find("7").await, Some(70), "{trouble}: {:?}", remote(&a));
    }
}

#[tokio::test]
async fn many_keys_are_found_at_once() {
    let world = World::new();
    let (a, b) = (world.process(), world.process());
    settle().await;
    let load = async |keys: Vec<String>| {
        Ok::<_, NoAnswer>(keys.into_iter().map(|key| (key.clone(), Made::new(key.len() as u64).tags(["t"]))).collect())
    };
    a.space.get_many_or_load(&["1", "22", "333"], load).await.unwrap();
    settle().await;
    let calls = world.fake.calls.load(Ordering::SeqCst);
    assert_eq!(b.space.get_many_or_load(&["1", "22", "333"], load).await.unwrap(), [Some(1), Some(2), Some(3)]);
    assert_eq!((b.space.stats().loads, world.fake.calls.load(Ordering::SeqCst) - calls), (0, 1));
    a.cache.invalidate_tag("t");
    settle().await;
    assert_eq!(b.space.find("22").await, None);
}

/// Two processes write, purge and read one truth, while words and calls take their time: nobody who was told of a
/// purge may ever be served what is older.
#[tokio::test]
async fn nothing_older_than_a_heard_purge_is_served() {
    let mut found = [0, 0];
    for seed in 0..48 {
        let world = World::new();
        let folder = tempfile::tempdir().unwrap();
        // Every fourth time with a disk, whose answers come when they come.
        let disk = match seed % 4 {
            0 => {
                let (clock, tasks) = (world.clock.clone(), Tasks::default());
                Some(Disk::open(folder.path(), 8 << 20, 1 << 20, clock, &tasks).await.unwrap())
            }
            _ => None,
        };
        let processes = [world.process_on(1, false, disk), world.process_with(1, false)];
        processes.iter().for_each(|process| process.end.replay());
        settle().await;
        world.fake.dawdle.store(6, Ordering::SeqCst);
        let rng = Rng::seeded(seed);
        let truth = Arc::new(AtomicU64::new(0));
        // What each may not go below for its own purges, and the truth at each purge. The log may say one twice.
        let own = [AtomicU64::new(0), AtomicU64::new(0)];
        let said = Mutex::new(BTreeMap::new());
        let done = std::sync::atomic::AtomicBool::new(false);
        let pause = async || {
            for _ in 0..rng.below(8) {
                tokio::task::yield_now().await;
            }
        };
        let writer = async {
            for n in 1..=60 {
                truth.store(n, Ordering::SeqCst);
                pause().await;
                let who = rng.below(2) as usize;
                match rng.below(3) {
                    0 => processes[who].cache.invalidate_tag("t"),
                    1 => processes[who].space.invalidate("k"),
                    _ => processes[who].cache.invalidate_pattern("n:*"),
                }
                own[who].store(n, Ordering::SeqCst);
                said.lock().unwrap().insert(world.hub.said(world.hub.len()), n);
                // Time enough, now and then, for what is old to be found somewhere.
                for _ in 0..rng.below(12) {
                    pause().await;
                }
                if seed % 4 == 0 {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            }
            done.store(true, Ordering::SeqCst);
        };
        let teller = async {
            while !done.load(Ordering::SeqCst) {
                let process = &processes[rng.below(2) as usize];
                match rng.below(20) {
                    0 => process.end.say(Heard::Gap),
                    1 => process.end.replay(),
                    _ => process.end.tell(1),
                }
                pause().await;
            }
        };
        let reader = async |who: usize| {
            let process = &processes[who];
            while !done.load(Ordering::SeqCst) {
                // So that it is not always the memory that answers.
                if rng.below(3) == 0 {
                    process.cache.clear();
                }
                let told = process.cache.0.tags.since().position as usize;
                let heard = (1..=told).map(|position| said.lock().unwrap()[&world.hub.said(position)]).max();
                let floor = heard.unwrap_or(0).max(own[who].load(Ordering::SeqCst));
                let (truth, slow) = (Arc::clone(&truth), rng.below(6));
                let load = async move || {
                    let value = truth.load(Ordering::SeqCst);
                    for _ in 0..slow {
                        tokio::task::yield_now().await;
                    }
                    Ok::<_, NoAnswer>(value)
                };
                let got = process.space.get_or_load("k", &["t"], load).await.unwrap();
                assert!(got >= floor, "seed {seed}: process {who} was served {got} after it knew of {floor}");
                pause().await;
            }
        };
        tokio::join!(writer, teller, reader(0), reader(0), reader(1), reader(1));
        let hits = |name| processes.iter().flat_map(|p| p.cache.stats().tiers).filter(move |t| t.name == name);
        found[0] += hits("remote").map(|tier| tier.hits).sum::<u64>();
        found[1] += hits("disk").map(|tier| tier.hits).sum::<u64>();
    }
    assert!(found[0] > 100 && found[1] > 10, "the tiers had their part: {found:?}");
}

/// The whole over a real server: one load for two processes, an answer without an origin, nothing after a purge.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_server_does_the_same() {
    let Ok(url) = std::env::var("COPYDESK_TEST_REDIS") else {
        eprintln!("skipped: COPYDESK_TEST_REDIS does not name a server");
        return;
    };
    let prefix = format!("copydesk-test-{:016x}", Rng::from_os().next_u64());
    let remote_url = Some(stdx::config::Secret::new(url));
    let settings = Settings { remote_url, remote_prefix: prefix, remote_timeout_ms: 10_000, ..Settings::default() };
    let hub = Arc::<Hub>::default();
    let (tasks, clock) = (Tasks::default(), Clock::manual(Timestamp::from_seconds(1_795_000_000)));
    let open = async || {
        let cache = Cache::open(&settings, clock.clone(), &tasks, Some(hub.end() as Arc<dyn Backplane>)).await;
        let space = cache.define::<Vec<u8>>("n").ttl(Duration::from_secs(60)).grace(Duration::from_secs(600));
        while cache.stats().behind {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        (space.shared(1).open(), cache)
    };
    let processes = [open().await, open().await];
    for round in 1..=3 {
        withstands([&processes[0].0, &processes[1].0], &clock, vec![round; 5_000]).await;
        processes[usize::from(round) % 2].1.invalidate_tag("t");
        while processes.iter().any(|(_, cache)| cache.0.tags.since().position < u64::from(round)) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert_eq!((processes[0].0.find("k").await, processes[1].0.find("k").await), (None, None));
    }
    assert_eq!(tasks.shutdown(Duration::from_secs(5)).await, 0);
}
