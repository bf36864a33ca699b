//! Spaces that may take only so much.

use super::*;

#[test]
fn what_came_first_leaves_a_space_that_is_full_and_no_other() {
    let (cache, _) = cache();
    let small = cache.define::<u64>("small").quota(20_000).weigh(|_| 1_000).open();
    let free = cache.define::<u64>("free").weigh(|_| 1_000).open();
    for n in 0..100 {
        small.put(&n.to_string(), &[], n);
        free.put(&n.to_string(), &[], n);
    }
    let (stats, others) = (small.stats(), free.stats());
    assert!(stats.bytes <= 20_000 && (10..20).contains(&stats.entries), "{stats:?}");
    assert_eq!((stats.evictions, others.entries, others.evictions), (100 - stats.entries, 100, 0));
    assert_eq!((small.get("99"), small.get("0"), free.get("0")), (Some(99), None, Some(0)));
    // One key that is put again and again is one entry, and leaves the others alone.
    for n in 0..10_000 {
        small.put("99", &[], n);
    }
    assert_eq!((small.get("99"), small.get("95")), (Some(9_999), Some(95)));
    assert_eq!(small.stats().entries, stats.entries);
}
