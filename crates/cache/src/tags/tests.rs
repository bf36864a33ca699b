use super::*;

fn current(tags: &Tags, tag: &str, since: Epoch) -> bool {
    tags.is_current(&tags.hash(&[tag]), since, &AtomicU64::new(since))
}

#[test]
fn an_invalidation_makes_old_what_began_before() {
    let tags = Tags::new(100);
    let before = tags.now();
    tags.invalidate("a");
    assert!(!current(&tags, "a", before) && current(&tags, "b", before));
    assert!(current(&tags, "a", tags.now()));
}

#[test]
fn everything_is_made_old_at_once() {
    let tags = Tags::new(100);
    tags.invalidate("a");
    let before = tags.now();
    tags.invalidate_all();
    assert!(!current(&tags, "a", before) && !current(&tags, "never heard of", before));
    assert!(current(&tags, "a", tags.now()) && tags.len() == 0);
}

#[test]
fn memory_is_bounded_and_forgetting_errs_on_the_safe_side() {
    let tags = Tags::new(10);
    let start = tags.now();
    for i in 0..1000 {
        tags.invalidate(&i.to_string());
        assert!(tags.len() <= 10);
    }
    assert!((0..1000).all(|i| !current(&tags, &i.to_string(), start)));
    assert!(current(&tags, "999", tags.now()));
}
