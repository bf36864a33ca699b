use super::*;
use crate::bus::What;

fn purge(n: u64) -> Purge {
    Purge { origin: 1, ticket: n, soft: false, what: What::Tags([n.to_string().into()].into()) }
}

fn told(log: &FileLog) -> Vec<Heard> {
    let mut heard = log.subscribe();
    std::iter::from_fn(|| heard.try_recv().ok()).collect()
}

#[test]
fn it_is_told_again_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("purges");
    let log = FileLog::open(&path).unwrap();
    let mut live = log.subscribe();
    (1..=3).for_each(|n| log.publish(purge(n)));
    assert_eq!(live.try_recv().unwrap(), Heard::Current { position: 0 });
    assert_eq!(live.try_recv().unwrap(), Heard::Purge { position: 1, purge: purge(1) });
    let number = log.log();
    drop(log);
    let log = FileLog::open(&path).unwrap();
    assert_eq!(log.log(), number);
    let all: Vec<Heard> = (1..=3).map(|n| Heard::Purge { position: n, purge: purge(n) }).collect();
    assert_eq!(told(&log), [&all[..], &[Heard::Current { position: 3 }]].concat());
    // The log of the same name that begins anew is another log.
    drop(log);
    fs::write(&path, b"nonsense").unwrap();
    assert_ne!(FileLog::open(&path).unwrap().log(), number);
}

#[test]
fn a_torn_end_is_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("purges");
    let log = FileLog::open(&path).unwrap();
    (1..=2).for_each(|n| log.publish(purge(n)));
    drop(log);
    let whole = fs::read(&path).unwrap();
    let last = record(&purge(2)).unwrap().len();
    for cut in whole.len() - last..whole.len() {
        fs::write(&path, &whole[..cut]).unwrap();
        let log = FileLog::open(&path).unwrap();
        assert_eq!(told(&log).len(), 2);
        log.publish(purge(9));
        drop(log);
        assert_eq!(told(&FileLog::open(&path).unwrap())[1], Heard::Purge { position: 2, purge: purge(9) });
    }
}

#[test]
fn it_does_not_grow_without_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("purges");
    let log = FileLog::open(&path).unwrap();
    let count = RECORDS_MAX as u64 + 10;
    (1..=count).for_each(|n| log.publish(purge(n)));
    drop(log);
    let words = told(&FileLog::open(&path).unwrap());
    assert_eq!(words[0], Heard::Forgotten { position: RECORDS_MAX as u64 / 2 });
    assert_eq!(words.last(), Some(&Heard::Current { position: count }));
    assert!(words.len() < RECORDS_MAX);
}
