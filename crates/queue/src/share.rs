//! Who is served next: a batch divided among priorities and queues.

use crate::Priority;

/// Which class is served first when places come one by one: 8, 4, 2 and 1 of 15 turns.
const TURNS: [i64; 15] = [1, 2, 1, 3, 1, 2, 1, 4, 1, 2, 1, 3, 1, 2, 1];

/// The steps of this size fall evenly between 0 and 1, however many there are: the golden ratio less 1.
const GOLDEN: f64 = 0.618_033_988_749_895;

/// A queue at one priority that may have due jobs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Candidate {
    pub queue: i64,
    pub priority: i64,
    /// The queue's weight beside others of the class.
    pub weight: u32,
    /// Jobs that may be taken, as its own limits go.
    pub room: usize,
    /// The part of a worker that one of its jobs takes for the time of a batch: 1 for a slow one.
    pub cost: f64,
    /// Its head waits longer than its class should.
    pub is_late: bool,
}

/// How many to take from each, at most, in the order of the wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wish {
    pub queue: i64,
    pub priority: i64,
    pub count: usize,
}

/// Divides `workers` (free places, in workers) among `candidates`.
///
/// Classes that wait share 8:4:2:1. A class below critical whose head is late gets at least half of the
/// places, so that no load above it can hold it longer. Within a class queues share by their weights.
pub(crate) fn divide(workers: f64, candidates: &[Candidate], turn: usize, max: usize) -> Vec<Wish> {
    let mut classes: Vec<i64> = candidates.iter().map(|c| c.priority).collect();
    classes.sort_unstable();
    classes.dedup();
    let total: f64 = classes.iter().map(|p| Priority::from_code(*p).weight() as f64).sum();
    let late: Vec<i64> = classes
        .iter()
        .copied()
        .filter(|p| *p > 1 && candidates.iter().any(|c| c.priority == *p && c.is_late))
        .collect();
    // When there is one place only, the classes take turns; a late class has every second one.
    let lead = match late.get(turn / 2 % late.len().max(1)) {
        Some(class) if turn.is_multiple_of(2) => *class,
        _ => TURNS[turn % TURNS.len()],
    };
    classes.sort_by_key(|class| (*class != lead, !late.contains(class), *class));
    let mut left = workers;
    let mut wishes = Vec::new();
    for class in &classes {
        let weight = Priority::from_code(*class).weight() as f64;
        let by_weight = workers * weight / total;
        let share = if late.contains(class) { by_weight.max(workers / 2.0 / late.len() as f64) } else { by_weight };
        let share = share.min(left);
        let here: Vec<&Candidate> = candidates.iter().filter(|c| c.priority == *class).collect();
        let weights: f64 = here.iter().map(|c| f64::from(c.weight)).sum();
        // When there is one place only, whoever comes first gets it: that goes by weight too.
        let mut mark = (turn as f64 * GOLDEN).fract() * weights;
        let first = here.iter().position(|c| {
            mark -= f64::from(c.weight);
            mark < 0.0
        });
        let (before, after) = here.split_at(first.unwrap_or_default());
        for candidate in after.iter().chain(before) {
            let part = share * f64::from(candidate.weight) / weights;
            let wanted = ((part / candidate.cost) as usize).max(1).min(candidate.room).min(max);
            if wanted == 0 || left < candidate.cost.min(1.0) - 1e-9 {
                continue;
            }
            left -= wanted as f64 * candidate.cost;
            wishes.push(Wish { queue: candidate.queue, priority: candidate.priority, count: wanted });
        }
    }
    wishes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(queue: i64, priority: i64) -> Candidate {
        Candidate { queue, priority, weight: 1, room: usize::MAX, cost: 1.0, is_late: false }
    }

    fn counts(wishes: &[Wish]) -> Vec<(i64, i64, usize)> {
        let mut counts: Vec<_> = wishes.iter().map(|w| (w.priority, w.queue, w.count)).collect();
        counts.sort_unstable();
        counts
    }

    #[test]
    fn classes_share_by_weight() {
        let all: Vec<_> = (1..=4).map(|p| candidate(7, p)).collect();
        assert_eq!(counts(&divide(30.0, &all, 0, 1_000)), [(1, 7, 16), (2, 7, 8), (3, 7, 4), (4, 7, 2)]);
        assert_eq!(counts(&divide(30.0, &all[3..], 0, 1_000)), [(4, 7, 30)], "nobody else waits");
    }

    #[test]
    fn queues_share_by_weight_and_keep_to_their_room() {
        let mut heavy = candidate(1, 3);
        heavy.weight = 3;
        let mut narrow = candidate(2, 3);
        narrow.room = 2;
        assert_eq!(counts(&divide(20.0, &[heavy, narrow], 0, 1_000)), [(3, 1, 15), (3, 2, 2)]);
    }

    #[test]
    fn quick_jobs_come_in_batches_and_slow_ones_singly() {
        let mut quick = candidate(1, 3);
        quick.cost = 1.0 / 256.0;
        assert_eq!(counts(&divide(4.0, &[quick], 0, 1_000)), [(3, 1, 1_000)]);
        assert_eq!(counts(&divide(4.0, &[candidate(1, 3)], 0, 1_000)), [(3, 1, 4)]);
    }

    #[test]
    fn one_place_at_a_time_goes_round() {
        let all: Vec<_> = (1..=4).map(|p| candidate(7, p)).collect();
        let mut served = [0; 5];
        for turn in 0..15 {
            let wishes = divide(1.0, &all, turn, 1_000);
            assert_eq!(wishes.len(), 1);
            served[wishes[0].priority as usize] += 1;
        }
        assert_eq!(served, [0, 8, 4, 2, 1]);
    }

    #[test]
    fn a_late_class_gets_half() {
        let mut low = candidate(7, 4);
        low.is_late = true;
        let both = [candidate(7, 1), low];
        assert_eq!(counts(&divide(30.0, &both, 0, 1_000)), [(1, 7, 15), (4, 7, 15)]);
        let firsts = (0..20).filter(|turn| divide(1.0, &both, *turn, 1_000)[0].priority == 4).count();
        assert!(firsts >= 10, "{firsts} of 20 single places");
    }
}
