use super::*;

const NOW: Timestamp = Timestamp::from_seconds(1_795_000_000);

fn tag(tags: &Tags, tag: &str) {
    tags.invalidate(&Aim::Hashes(tag_hashes(&[tag])), false, None, NOW);
}

fn verdict(tags: &Tags, tag: &str, since: Epoch) -> Verdict {
    let hashes = tag_hashes(&[tag]);
    tags.judge(Named { space: "s", key: "k", tags: &hashes }, since, &AtomicU64::new(since))
}

fn shared(tags: &Tags, tag: &str, since: u64) -> Verdict {
    tags.judge_shared(Named { space: "s", key: "k", tags: &tag_hashes(&[tag]) }, since)
}

#[test]
fn an_invalidation_makes_old_what_began_before() {
    let tags = Tags::new(100, true);
    let before = tags.epoch();
    tag(&tags, "a");
    assert_eq!((verdict(&tags, "a", before), verdict(&tags, "b", before)), (Verdict::Dead, Verdict::Current));
    assert_eq!(verdict(&tags, "a", tags.epoch()), Verdict::Current);
    tags.invalidate(&Aim::Hashes(tag_hashes(&["b"])), true, None, NOW);
    assert_eq!(verdict(&tags, "b", before), Verdict::Soft);
    tags.invalidate(&Aim::Hashes(Box::new([key_hash("s", "k")])), false, None, NOW);
    assert_eq!(verdict(&tags, "c", before), Verdict::Dead, "its key");
}

#[test]
fn everything_is_made_old_at_once() {
    let tags = Tags::new(100, true);
    tag(&tags, "a");
    let before = tags.epoch();
    tags.invalidate(&Aim::All, false, None, NOW);
    assert_eq!((verdict(&tags, "a", before), verdict(&tags, "never heard of", before)), (Verdict::Dead, Verdict::Dead));
    assert!(verdict(&tags, "a", tags.epoch()) == Verdict::Current && tags.len() == 0);
}

#[test]
fn memory_is_bounded_and_forgetting_errs_on_the_safe_side() {
    let tags = Tags::new(10, true);
    let start = tags.epoch();
    for i in 0..1000 {
        tag(&tags, &i.to_string());
        assert!(tags.len() <= 10);
    }
    assert!((0..1000).all(|i| verdict(&tags, &i.to_string(), start) == Verdict::Dead));
    assert_eq!(verdict(&tags, "999", tags.epoch()), Verdict::Current);
    for i in 0..2 * BANS_MAX {
        tags.invalidate(&Aim::Pattern(Pattern::parse(&format!("s:{i}"))), false, None, NOW);
    }
    assert!(tags.bans() <= BANS_MAX);
    assert_eq!(verdict(&tags, "x", tags.epoch() - BANS_MAX as u64 * 2), Verdict::Dead, "what is forgotten meant all");
}

#[test]
fn marks_that_outlived_every_entry_go_first() {
    let tags = Tags::new(10, true);
    let before = tags.epoch();
    (0..10).for_each(|i| tag(&tags, &i.to_string()));
    let later = NOW + LIFE_MIN + Duration::from_secs(1);
    tags.invalidate(&Aim::Hashes(tag_hashes(&["late"])), false, None, later);
    assert_eq!((tags.len(), verdict(&tags, "other", before)), (1, Verdict::Current), "nothing good was dropped");
}

#[test]
fn shared_entries_are_judged_by_positions() {
    let tags = Tags::new(100, false);
    assert_eq!(shared(&tags, "a", 5), Verdict::Dead, "nothing is known yet");
    tags.set_behind(false);
    assert_eq!(shared(&tags, "a", 0), Verdict::Current);
    let aim = Aim::Hashes(tag_hashes(&["a"]));
    tags.invalidate(&aim, false, Some(7), NOW);
    tags.advance(7);
    assert_eq!(
        (shared(&tags, "a", 6), shared(&tags, "a", 7), shared(&tags, "b", 0)),
        (Verdict::Dead, Verdict::Current, Verdict::Current)
    );
    // One's own has no position until it comes back.
    let ticket = tags.invalidate(&aim, false, None, NOW);
    assert_eq!(shared(&tags, "a", 1_000), Verdict::Dead);
    tags.settle(&aim, false, ticket, 9, u64::MAX);
    assert_eq!((shared(&tags, "a", 8), shared(&tags, "a", 9)), (Verdict::Dead, Verdict::Current));
    tags.forget(20, NOW);
    assert_eq!((shared(&tags, "b", 19), shared(&tags, "b", 20)), (Verdict::Dead, Verdict::Current));
}

#[test]
fn what_was_folded_while_pending_settles_in_the_floor() {
    let tags = Tags::new(4, false);
    tags.set_behind(false);
    let aims: Vec<_> = (0..12).map(|i| Aim::Hashes(tag_hashes(&[&i.to_string()]))).collect();
    let tickets: Vec<_> = aims.iter().map(|aim| tags.invalidate(aim, false, None, NOW)).collect();
    assert_eq!(shared(&tags, "other", 1_000), Verdict::Dead, "it may have been meant");
    for (i, aim) in aims.iter().enumerate() {
        let oldest = tickets.get(i + 1).copied().unwrap_or(u64::MAX);
        tags.settle(aim, false, tickets[i], i as u64 + 1, oldest);
    }
    assert_eq!(shared(&tags, "other", 12), Verdict::Current);
    assert_eq!(shared(&tags, "other", 0), Verdict::Dead);
}
