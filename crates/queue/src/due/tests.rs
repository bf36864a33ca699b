use super::*;

const PAIR: Pair = (1, 3);

fn at(seconds: u64) -> Timestamp {
    Timestamp::EPOCH + Duration::from_secs(seconds)
}

fn floor(due: &Due) -> Floor {
    due.heads[&PAIR].floor
}

/// Claims what `due` offers and takes everything up to `taken`, while `beside` happens.
fn claim(due: &mut Due, taken: u64, beside: impl FnOnce(&mut Due)) {
    let now = at(1_000);
    let start = due.starts(1, now, |_| true)[0];
    beside(due);
    due.seen(&start, Some((at(taken), 7)), now);
}

#[test]
fn work_that_arrives_beside_a_claim_does_not_hold_the_floor_back() {
    let mut due = Due::default();
    due.doubt([PAIR], None, at(1_000));
    claim(&mut due, 10, |due| due.hint(PAIR, at(900), at(1_000)));
    assert_eq!(floor(&due), (at(10), 7));
    claim(&mut due, 20, |due| due.hint(PAIR, at(950), at(1_000)));
    assert_eq!(floor(&due), (at(20), 7));
}

#[test]
fn the_floor_never_rises_above_what_was_named_meanwhile() {
    let mut due = Due::default();
    due.hint(PAIR, at(5), at(1_000));
    claim(&mut due, 30, |due| {
        due.hint(PAIR, at(25), at(1_000));
        due.hint(PAIR, at(40), at(1_000));
    });
    assert_eq!(floor(&due), (at(25), i64::MIN));
    claim(&mut due, 50, |due| due.doubt([PAIR], None, at(1_000)));
    assert_eq!(floor(&due), (at(25), i64::MIN).min(BOTTOM), "everything is in doubt");
}

#[test]
fn a_claim_that_another_one_overtook_is_not_believed_beyond_what_it_can_know() {
    let mut due = Due::default();
    due.hint(PAIR, at(5), at(1_000));
    let first = due.starts(1, at(1_000), |_| true)[0];
    due.hint(PAIR, at(6), at(1_000));
    let second = due.starts(1, at(1_000), |_| true)[0];
    due.seen(&first, Some((at(500), 1)), at(1_000));
    assert_eq!(floor(&due), BOTTOM, "the job at 6 was named after it started");
    due.seen(&second, Some((at(500), 1)), at(1_000));
    assert_eq!(floor(&due), (at(500), 1));
}
