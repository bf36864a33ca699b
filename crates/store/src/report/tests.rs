use super::*;

fn vitals(engine: Engine) -> Vitals {
    Vitals {
        engine,
        at: Timestamp::from_micros(0),
        pools: vec![PoolStats {
            name: "write",
            setting: "write_pool",
            max: 10,
            total: 10,
            active: 10,
            waiting: 3,
            ..PoolStats::default()
        }],
        oldest_snapshot: Some(Snapshot {
            kind: "session".to_owned(),
            holder: "psql".to_owned(),
            pid: Some(7),
            state: "idle in transaction".to_owned(),
            transactions: 12,
            seconds: 299.0,
        }),
        notify_used: Some(0.1),
        replicas: Vec::new(),
        log: Some(LogReport { bytes: 1 << 20, pages: 1, pages_moved: 0 }),
        disk_free_bytes: Some(1 << 40),
    }
}

#[track_caller]
fn check(watch: &Watch, vitals: &Vitals, expected: &[AlarmKind]) {
    let alarms = watch.judge(vitals);
    assert_eq!(alarms.iter().map(|alarm| alarm.kind).collect::<Vec<_>>(), expected, "{alarms:?}");
    assert!(alarms.iter().all(|a| !a.seen.is_empty() && !a.limit.is_empty() && !a.remedy.is_empty()), "{alarms:?}");
}

#[test]
fn alarms_begin_at_their_limits() {
    let watch = Watch::new(&Settings::default());
    let fine = vitals(Engine::Postgres);
    check(&watch, &fine, &[]);

    let mut bad = fine.clone();
    if let Some(snapshot) = &mut bad.oldest_snapshot {
        snapshot.seconds = 301.0;
    }
    check(&watch, &bad, &[AlarmKind::OldSnapshot]);
    for kind in ["replica", "replication slot", "prepared transaction"] {
        if let Some(snapshot) = &mut bad.oldest_snapshot {
            (snapshot.kind, snapshot.pid) = (kind.to_owned(), None);
        }
        let alarm = watch.judge(&bad).remove(0);
        assert!(alarm.seen.contains(kind) && !alarm.seen.contains("process"), "{alarm:?}");
    }

    let mut bad = fine.clone();
    bad.pools[0].waiting = 10;
    check(&watch, &bad, &[AlarmKind::Pool]);
    bad.engine = Engine::Sqlite;
    check(&watch, &bad, &[]);
    bad.pools[0].waiting = WRITERS_WAITING_MAX;
    check(&watch, &bad, &[AlarmKind::Pool]);
    bad.pools[0] = PoolStats { refused: 2, ..fine.pools[0].clone() };
    check(&watch, &bad, &[AlarmKind::Pool]);
    check(&watch, &bad, &[]);

    let replica = ReplicaReport {
        server: "b:5432".to_owned(),
        is_usable: true,
        fault: String::new(),
        lag_s: 0.0,
        behind_bytes: 0,
        reads: 0,
    };
    let left_out = ReplicaReport { is_usable: false, fault: "it lags 9.0 s behind".to_owned(), ..replica.clone() };
    check(&watch, &Vitals { replicas: vec![replica, left_out], ..fine.clone() }, &[AlarmKind::Replica]);
    let log = Some(LogReport { bytes: LOG_BYTES_MAX + 1, pages: 1, pages_moved: 0 });
    check(
        &watch,
        &Vitals { log, notify_used: Some(0.51), disk_free_bytes: Some(DISK_FREE_BYTES_MIN - 1), ..fine },
        &[AlarmKind::Log, AlarmKind::NotifyQueue, AlarmKind::Disk],
    );
}

#[test]
fn holders_without_a_time_are_timed_from_when_they_were_first_seen() {
    let watch = Watch::new(&Settings::default());
    let keys = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let first = watch.since(&keys(&["slot a 7", "slot b 8"]));
    let second = watch.since(&keys(&["slot b 8", "slot c 9"]));
    assert_eq!(first[1], second[0]);
    assert!(watch.since(&keys(&["slot a 7"]))[0] > first[0], "it was gone in between");
}
