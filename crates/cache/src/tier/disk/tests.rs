use std::time::Duration;

use super::*;
use crate::entry::Life;

const NOW: Timestamp = Timestamp::from_seconds(1_795_000_000);

fn frame(key: &str, value: &[u8]) -> Arc<[u8]> {
    let life = Life::from(NOW, Duration::from_secs(60), Duration::ZERO, Duration::ZERO);
    let (tags, value) = (Box::new([7]), value.into());
    let frame = Frame { log: 1, since: 0, schema: 1, life, stored_at: NOW, space: "s", key, tags, value };
    frame.encode().unwrap().into()
}

fn noise(seed: u64, len: usize) -> Vec<u8> {
    let rng = stdx::Rng::seeded(seed);
    (0..len).map(|_| rng.below(256) as u8).collect()
}

async fn open(folder: &Path, size: u64, segment: u64) -> (Disk, Clock) {
    let clock = Clock::manual(NOW);
    // The one before may need a moment to let go.
    for _ in 0..200 {
        match Disk::open(folder, size, segment, clock.clone(), &Tasks::default()).await {
            Ok(disk) => return (disk, clock),
            Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    }
    panic!("the folder stays locked");
}

fn name(key: &str) -> Name {
    Name::of("s", key)
}

fn write(disk: &Disk, key: &str, value: &[u8]) {
    disk.write(&name(key), frame(key, value), NOW + Duration::from_secs(60));
}

async fn value(disk: &Disk, key: &str) -> Option<Vec<u8>> {
    let bytes = disk.read(&name(key)).await?;
    let frame = Frame::parse(&bytes).unwrap();
    assert_eq!(frame.key, key);
    Some(frame.value.to_vec())
}

#[tokio::test]
async fn it_keeps_over_a_restart_what_is_not_over() {
    let folder = tempfile::tempdir().unwrap();
    let (disk, clock) = open(folder.path(), 1 << 20, 64 << 10).await;
    write(&disk, "a", b"one");
    write(&disk, "a", b"two");
    write(&disk, "b", &noise(1, 5_000));
    write(&disk, "gone", b"x");
    disk.write(&name("short"), frame("short", b"s"), NOW + Duration::from_secs(1));
    disk.settled().await;
    assert_eq!(value(&disk, "a").await.unwrap(), b"two");
    assert_eq!(value(&disk, "b").await.unwrap(), noise(1, 5_000));
    disk.remove(&name("gone"));
    assert_eq!(value(&disk, "gone").await, None);
    clock.advance(Duration::from_secs(2));
    assert_eq!(value(&disk, "short").await, None);
    assert!(Disk::open(folder.path(), 1 << 20, 64 << 10, clock.clone(), &Tasks::default()).await.is_err(), "locked");
    let stats = disk.stats();
    assert_eq!((stats.writes, stats.errors), (5, 0));
    drop(disk);
    let (disk, _) = open(folder.path(), 1 << 20, 64 << 10).await;
    assert_eq!(value(&disk, "a").await.unwrap(), b"two");
    assert_eq!(value(&disk, "b").await.unwrap(), noise(1, 5_000));
    write(&disk, "c", b"three");
    disk.settled().await;
    assert_eq!(value(&disk, "c").await.unwrap(), b"three");
}

#[tokio::test]
async fn the_oldest_goes_and_what_is_asked_for_stays() {
    let folder = tempfile::tempdir().unwrap();
    let (disk, _) = open(folder.path(), 256 << 10, 32 << 10).await;
    write(&disk, "hot", b"hot");
    for i in 0..600u64 {
        write(&disk, &i.to_string(), &noise(i, 1_000));
        if i % 10 == 0 {
            disk.settled().await;
            assert_eq!(value(&disk, "hot").await.as_deref(), Some(&b"hot"[..]), "after {i}");
        }
    }
    disk.settled().await;
    let stats = disk.stats();
    assert!(stats.bytes <= (256 + 40) << 10 && stats.bytes > 150 << 10, "{stats:?}");
    assert_eq!((value(&disk, "3").await, stats.errors, stats.dropped), (None, 0, 0));
    assert_eq!(value(&disk, "599").await.unwrap(), noise(599, 1_000));
    let files = segments(folder.path()).unwrap().len();
    assert!((5..=9).contains(&files), "{files}");
    drop(disk);
    // Footers and heads tell the same.
    let (disk, _) = open(folder.path(), 256 << 10, 32 << 10).await;
    assert_eq!(disk.stats().entries, stats.entries);
    assert_eq!(value(&disk, "599").await.unwrap(), noise(599, 1_000));
    assert_eq!(value(&disk, "hot").await.unwrap(), b"hot");
}

/// A process that was killed, or a disk that rots, at every byte of the last records.
#[tokio::test]
async fn torn_and_rotten_records_are_never_believed() {
    let folder = tempfile::tempdir().unwrap();
    let (disk, _) = open(folder.path(), 1 << 20, 64 << 10).await;
    let keys = ["a", "b", "c", "d"];
    keys.iter().for_each(|key| write(&disk, key, format!("value of {key}").as_bytes()));
    disk.settled().await;
    drop(disk);
    let (_, path) = segments(folder.path()).unwrap().pop_first().unwrap();
    let whole = fs::read(&path).unwrap();
    let (_, records, _) = segment::read(&whole[..], 1).unwrap();
    let ends: Vec<usize> = records.iter().map(|r| r.offset as usize + HEAD_BYTES + r.len as usize).collect();
    assert_eq!((ends.len(), *ends.last().unwrap()), (4, whole.len()));
    let check = async |bytes: &[u8], whole_until: Option<usize>| {
        let scratch = tempfile::tempdir().unwrap();
        fs::write(scratch.path().join("0000000000000001.seg"), bytes).unwrap();
        let (disk, _) = open(scratch.path(), 1 << 20, 64 << 10).await;
        for (key, end) in keys.iter().zip(&ends) {
            let found = value(&disk, key).await;
            let right = format!("value of {key}").into_bytes();
            match whole_until {
                Some(cut) => assert_eq!(found, (*end <= cut).then_some(right), "{key}, cut at {cut}"),
                None => assert!(found.is_none_or(|found| found == right), "{key}"),
            }
        }
        write(&disk, "new", b"new");
        disk.settled().await;
        assert_eq!(value(&disk, "new").await.unwrap(), b"new", "it goes on");
    };
    for at in ends[1]..whole.len() {
        check(&whole[..at], Some(at)).await;
        let mut rotten = whole.clone();
        rotten[at] ^= 0x10;
        check(&rotten, None).await;
        // The file got its length, but not its bytes.
        let mut zeros = whole.clone();
        zeros[at..].fill(0);
        check(&zeros, None).await;
    }
    // Its very beginning.
    for at in 0..START_BYTES {
        let mut rotten = whole.clone();
        rotten[at] ^= 0x10;
        check(&rotten, None).await;
    }
}

const START_BYTES: usize = segment::START as usize;

/// 16,000 records in full segments, found again by their footers; `cargo xtask bench cache` says how soon.
#[tokio::test]
async fn a_full_folder_is_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let (disk, _) = open(folder.path(), 128 << 20, 8 << 20).await;
    let value = noise(1, 4_000);
    for i in 0..16_000 {
        write(&disk, &i.to_string(), &value);
        if i % 1_000 == 0 {
            disk.settled().await;
        }
    }
    disk.settled().await;
    let stats = disk.stats();
    assert_eq!((stats.entries, stats.dropped), (16_000, 0));
    drop(disk);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let (disk, _) = open(folder.path(), 128 << 20, 8 << 20).await;
    assert_eq!((disk.stats().entries, disk.stats().bytes), (stats.entries, stats.bytes));
    assert_eq!(self::value(&disk, "15999").await, Some(value));
}

#[test]
fn a_damaged_footer_is_not_believed() {
    let mut bytes = segment::head(3, 9).to_vec();
    let mut records = Vec::new();
    for key in ["a", "b", "c"] {
        let frame = frame(key, b"value");
        let (offset, len, until) = (bytes.len() as u32, frame.len() as u32, NOW);
        bytes.extend(segment::record_head(9, name(key).hash, len, until));
        bytes.extend(&*frame);
        records.push(Found { hash: name(key).hash, offset, len, until });
    }
    let end = bytes.len();
    bytes.extend(segment::footer(9, end as u64, &records));
    assert_eq!(segment::read(&bytes[..], 3).unwrap().1, records);
    assert_eq!(segment::judge(&bytes), (3, 3));
    for at in end..bytes.len() {
        let mut bad = bytes.clone();
        bad[at] ^= 1;
        assert_eq!(segment::read(&bad[..], 3).unwrap().1, records, "by the heads, byte {at}");
        assert_eq!(segment::read(&bytes[..at], 3).unwrap().1, records, "by the heads, up to {at}");
    }
    assert!(segment::read(&bytes[..], 4).is_none(), "another's name");
    let rng = stdx::Rng::seeded(4);
    for _ in 0..50_000 {
        let mut bad = bytes.clone();
        for _ in 0..=rng.below(4) {
            let at = rng.below(bad.len() as u64) as usize;
            bad[at] = rng.below(256) as u8;
        }
        bad.truncate(rng.below(bad.len() as u64 + 1) as usize);
        let (found, whole) = segment::judge(&bad);
        assert!(whole <= found && found <= 3);
    }
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_costs_errors_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cache");
    let (disk, clock) = open(&path, 256 << 10, 32 << 10).await;
    fs::remove_dir_all(&path).unwrap();
    write(&disk, "a", b"one");
    disk.settled().await;
    write(&disk, "b", b"two");
    disk.settled().await;
    let stats = disk.stats();
    assert_eq!((stats.errors, stats.dropped, value(&disk, "a").await), (1, 1, None), "it rests after an error");
    fs::create_dir_all(&path).unwrap();
    clock.advance(Duration::from_secs(2));
    write(&disk, "a", b"one");
    disk.settled().await;
    assert_eq!(value(&disk, "a").await.unwrap(), b"one");
    // Too long for a segment, or over before it is written.
    write(&disk, "long", &noise(1, 20_000));
    disk.write(&name("over"), frame("over", b"x"), NOW);
    disk.settled().await;
    assert_eq!((value(&disk, "long").await, value(&disk, "over").await), (None, None));
}

/// Bytes that change under a running process, in the place where a record lies.
#[tokio::test]
async fn rot_is_counted_and_the_rest_stays() {
    let folder = tempfile::tempdir().unwrap();
    let (disk, _) = open(folder.path(), 1 << 20, 64 << 10).await;
    ["a", "b"].iter().for_each(|key| write(&disk, key, key.as_bytes()));
    disk.settled().await;
    let (_, path) = segments(folder.path()).unwrap().pop_first().unwrap();
    let file = File::options().write(true).open(path).unwrap();
    file.write_all_at(&[0xff; 8], segment::START + HEAD_BYTES as u64 + 20).unwrap();
    assert_eq!((value(&disk, "a").await, value(&disk, "b").await.as_deref()), (None, Some(&b"b"[..])));
    assert_eq!((value(&disk, "a").await, disk.stats().errors, disk.stats().entries), (None, 1, 1), "found out once");
    write(&disk, "a", b"anew");
    disk.settled().await;
    assert_eq!(value(&disk, "a").await.unwrap(), b"anew");
}

/// Runs the test `name` of this binary as a process of its own, with `variable` set; its output must hold `word`.
fn as_process(name: &str, variable: &str, folder: &Path) -> std::process::Child {
    let own = std::env::current_exe().unwrap();
    // A write beyond the limit of a process shall fail, not end it.
    let mut command = std::process::Command::new("sh");
    command.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]).arg(own).args([name, "--exact", "--nocapture"]);
    command.env(variable, folder).stdout(std::process::Stdio::null()).stderr(std::process::Stdio::piped());
    command.spawn().unwrap()
}

/// A disk on which nothing has room, from the first byte of a new file on, and then has again. The limit is the
/// process's, hence a process of its own.
#[tokio::test]
async fn a_disk_that_is_full_is_used_again_when_it_is_not() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    const NAME: &str = "tier::disk::tests::a_disk_that_is_full_is_used_again_when_it_is_not";
    const VARIABLE: &str = "COPYDESK_TEST_FULL_DISK";
    let Some(folder) = std::env::var_os(VARIABLE).map(PathBuf::from) else {
        let folder = tempfile::tempdir().unwrap();
        let ended = as_process(NAME, VARIABLE, folder.path()).wait_with_output().unwrap();
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
        return;
    };
    let limit = |bytes: Option<u64>| setrlimit(Resource::Fsize, Rlimit { current: bytes, maximum: None }).unwrap();
    use crate::bus::{Backplane, FileLog, Purge, What};
    let log = FileLog::open(&folder.join("purges")).unwrap();
    let (disk, clock) = open(&folder.join("cache"), 256 << 10, 32 << 10).await;
    write(&disk, "kept", b"kept");
    disk.settled().await;
    let mut errors = 0;
    // No room for a record; for its half; for a new file's first byte.
    for room in [40, 100, 0] {
        limit(Some(room));
        for n in 0..3 {
            write(&disk, &format!("{room}:{n}"), &noise(n, 500));
            disk.settled().await;
            clock.advance(Duration::from_secs(2));
            assert_eq!(value(&disk, &format!("{room}:{n}")).await, None);
        }
        log.publish(Purge { origin: 1, ticket: room, soft: false, what: What::All });
        let stats = disk.stats();
        assert!(stats.errors >= errors + 3, "{room}: {stats:?}");
        errors = stats.errors;
        limit(None);
        clock.advance(Duration::from_secs(2));
        write(&disk, "again", &noise(room, 500));
        disk.settled().await;
        assert_eq!(value(&disk, "again").await, Some(noise(room, 500)), "after {room}");
    }
    drop(disk);
    let (disk, _) = open(&folder.join("cache"), 256 << 10, 32 << 10).await;
    assert_eq!(value(&disk, "again").await, Some(noise(0, 500)));
    assert_eq!(value(&disk, "0:1").await, None);
    // A purge that could not be logged: what lies on the disk is another log's, and not believed.
    assert_ne!(FileLog::open(&folder.join("purges")).unwrap().log(), log.log());
}

/// A process that writes, killed at any moment: what is found afterwards is what was written, or nothing.
#[tokio::test]
async fn a_killed_writer_leaves_whole_values_or_none() {
    const NAME: &str = "tier::disk::tests::a_killed_writer_leaves_whole_values_or_none";
    const VARIABLE: &str = "COPYDESK_TEST_KILLED_WRITER";
    let text = |n: u64| noise(n % 50, 200 + n as usize % 3_000);
    if let Some(folder) = std::env::var_os(VARIABLE).map(PathBuf::from) {
        let (disk, _) = open(&folder, 256 << 10, 32 << 10).await;
        for n in 0.. {
            write(&disk, &n.to_string(), &text(n));
            if n % 16 == 0 {
                disk.settled().await;
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let rng = stdx::Rng::seeded(11);
    let mut found = 0;
    for _ in 0..12 {
        let before = fs::read_dir(folder.path()).unwrap().count();
        let mut writer = as_process(NAME, VARIABLE, folder.path());
        // It has begun when the folder changes; how far it comes is chance.
        let mut looks = 0;
        while fs::read_dir(folder.path()).unwrap().count() == before && looks < 2_000 {
            looks += 1;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tokio::time::sleep(Duration::from_micros(rng.below(30_000))).await;
        writer.kill().unwrap();
        writer.wait().unwrap();
        let (disk, _) = open(folder.path(), 256 << 10, 32 << 10).await;
        for n in 0..4_000 {
            if let Some(value) = value(&disk, &n.to_string()).await {
                assert!(value == text(n), "{n} is not what was written");
                found += 1;
            }
        }
        write(&disk, "after", b"after");
        disk.settled().await;
        assert_eq!(value(&disk, "after").await.unwrap(), b"after");
        drop(disk);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(found > 100, "something was written: {found}");
}

/// Memory, disk and a log in a file: a start finds what the one before kept, but nothing that was purged.
#[tokio::test]
async fn a_restart_is_warm_and_not_wrong() {
    use crate::bus::{Backplane, FileLog};
    use crate::{Cache, Settings};
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        disk_folder: Some(folder.path().join("disk")),
        disk_size: stdx::ByteSize::mib(8),
        disk_segment_size: stdx::ByteSize::mib(1),
        ..Settings::default()
    };
    let mut keys_before = 0;
    for round in 0..3u64 {
        let clock = Clock::manual(NOW);
        let log: Arc<dyn Backplane> = Arc::new(FileLog::open(&folder.path().join("purges")).unwrap());
        let mut cache = Cache::open(&settings, clock.clone(), &Tasks::default(), Some(Arc::clone(&log))).await;
        while cache.0.tiers.disk.is_none() {
            tokio::time::sleep(Duration::from_millis(5)).await;
            cache = Cache::open(&settings, clock.clone(), &Tasks::default(), Some(Arc::clone(&log))).await;
        }
        let space = cache.define::<u64>("s").shared(1).open();
        while cache.stats().behind {
            tokio::task::yield_now().await;
        }
        for key in 0..keys_before {
            let purged = key == 0;
            assert_eq!(space.find(&format!("{}:{key}", round - 1)).await, (!purged).then_some(key), "round {round}");
        }
        for key in 0..50 {
            let load = async move || Ok::<_, io::Error>(key);
            space.get_or_load(&format!("{round}:{key}"), &[&format!("tag{key}")], load).await.unwrap();
        }
        while cache.stats().tiers[1].writes < 50 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        cache.invalidate_tag("tag0");
        keys_before = 50;
    }
}

/// Segments as an earlier release has written them: one that is full, one that was torn.
#[test]
fn segments_of_earlier_releases_are_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/segments");
    let read = |name| crate::read_segment(&fs::read(folder.join(name)).unwrap());
    assert_eq!((read("full"), read("torn")), ((3, 3), (1, 1)));
}
