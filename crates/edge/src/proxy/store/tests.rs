use stdx::Rng;

use super::*;

fn answer(address: &str, extra: &str, tags: &[&str], bytes: usize) -> Arc<Stored> {
    let (headers, directives) = (HeaderMap::new(), Directives::default());
    let now = Timestamp::from_seconds(100);
    let freshness = Freshness::new(StatusCode::OK, &headers, &directives, now, now);
    Arc::new(Stored {
        key: Key { address: address.into(), extra: extra.into() },
        status: StatusCode::OK,
        headers,
        content: Content::Whole(vec![0; bytes].into()),
        selectors: Vec::new(),
        directives,
        freshness,
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
    })
}

#[test]
fn purges_find_their_answers() {
    let store = Memory::new(1 << 20);
    let fill = || {
        for (address, extra, tags) in
            [("h/a", "", &["x"][..]), ("h/a", "1", &["x", "y"]), ("h/b", "", &["y"]), ("i/c?d", "", &[])]
        {
            assert!(store.put(answer(address, extra, tags, 10), store.moment()));
        }
    };
    for (what, touched) in [
        (Purge::Address("h/a".into()), 2),
        (Purge::Tag("x".into()), 2),
        (Purge::Tag("y".into()), 2),
        (Purge::Tag("z".into()), 0),
        (Purge::Pattern("h/*".into()), 3),
        (Purge::Pattern("*?d".into()), 1),
        (Purge::All, 4),
    ] {
        fill();
        let soft = Timestamp::from_seconds(200);
        assert_eq!(store.purge(&what, Some(soft)), touched, "{what:?}");
        assert_eq!(store.size().0, 4, "a soft purge keeps all");
        assert_eq!(store.purge(&what, None), touched, "{what:?}");
        assert_eq!(store.size().0, 4 - touched);
    }
    store.purge(&Purge::All, None);
    assert_eq!(store.size(), (0, 0));
    assert!(store.lock().tags.is_empty() && store.lock().order.is_empty());
}

#[test]
fn what_was_asked_before_a_purge_is_not_kept_after_it() {
    let store = Memory::new(1 << 20);
    let before = store.moment();
    store.purge(&Purge::Tag("x".into()), Some(Timestamp::EPOCH));
    assert!(!store.put(answer("h/a", "", &["x"], 1), before));
    assert!(store.put(answer("h/b", "", &["y"], 1), before));
    assert!(store.put(answer("h/a", "", &["x"], 1), store.moment()));
    let before = store.moment();
    for n in 0..=PURGES_MAX {
        store.purge(&Purge::Address(format!("h/{n}/none")), None);
    }
    assert!(!store.put(answer("h/c", "", &[], 1), before), "too long ago to tell");
}

#[test]
fn memory_is_bounded_and_the_unused_gives_way() {
    let store = Memory::new(10_000);
    for n in 0..5 {
        assert!(store.put(answer(&format!("h/{n}"), "", &["t"], 1_500), store.moment()));
        assert!(!store.variants("h/0").is_empty(), "used all the time");
    }
    assert!(store.variants("h/1").is_empty());
    assert!(!store.put(answer("h/big", "", &[], 20_000), store.moment()));
    assert!(store.size().1 <= 10_000);
    for n in 0..2 * VARIANTS_MAX {
        store.put(answer("h/v", &n.to_string(), &[], 1), store.moment());
    }
    assert!(store.variants("h/v").len() <= VARIANTS_MAX);
}

/// Any order of operations leaves the sums and the indexes as if they were counted anew.
#[test]
fn sums_hold_under_any_order() {
    let rng = Rng::seeded(7);
    let store = Memory::new(20_000);
    for _ in 0..5_000 {
        let address = format!("h/{}", rng.below(20));
        match rng.below(6) {
            0 => drop(store.purge(&Purge::Address(address), None)),
            1 => drop(store.purge(&Purge::Tag(rng.below(5).to_string()), Some(Timestamp::EPOCH))),
            2 => drop(store.purge(&Purge::Tag(rng.below(5).to_string()), None)),
            3 => store.variants(&address).first().into_iter().for_each(|known| store.remove(known)),
            _ => {
                let tag = rng.below(5).to_string();
                store
                    .put(answer(&address, &rng.below(3).to_string(), &[&tag], rng.below(900) as usize), store.moment());
            }
        }
        let inner = store.lock();
        let all: Vec<_> = inner.places.values().flat_map(|place| &place.variants).collect();
        assert_eq!(inner.count, all.len());
        assert_eq!(inner.bytes, all.iter().map(|stored| stored.weight()).sum::<usize>());
        assert_eq!(inner.order.len(), inner.places.len());
        assert!(inner.bytes <= 20_000);
        for stored in all {
            assert!(stored.tags.iter().all(|tag| inner.tags[tag].contains(stored.key.address.as_str())));
        }
    }
}
