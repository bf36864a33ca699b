//! In which order targets are asked.

use std::time::Duration;

use stdx::Rng;

use super::settings::Route;

/// What is known of a target when a call begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// Lower ones come first.
    pub rank: u32,
    /// Attempts under way.
    pub in_flight: u32,
    /// How long attempts took lately; `None` before the first one.
    pub latency: Option<Duration>,
}

/// Places in `loads`, the one to ask first at the front.
///
/// Ordered: by rank, then as they stand. Balanced: among those of one rank, of two drawn at random the one with less to wait
/// for goes first, and so on with the rest. Two choices are enough to keep any one from being overrun, and unlike the best of
/// all they do not send every caller to the same one (Mitzenmacher 2001, "The Power of Two Choices").
pub fn order(loads: &[Load], route: Route, rng: &Rng) -> Vec<usize> {
    let mut places: Vec<usize> = (0..loads.len()).collect();
    places.sort_by_key(|place| loads[*place].rank);
    if route == Route::Balanced {
        for group in places.chunk_by_mut(|a, b| loads[*a].rank == loads[*b].rank) {
            for done in 0..group.len().saturating_sub(1) {
                let left = &mut group[done..];
                let first = rng.below(left.len() as u64) as usize;
                // One of the others, each as likely.
                let second = (first + 1 + rng.below(left.len() as u64 - 1) as usize) % left.len();
                let better = if waits_less(&loads[left[second]], &loads[left[first]]) { second } else { first };
                left.swap(0, better);
            }
        }
    }
    places
}

/// Whether `a` lets a caller wait less than `b`: those under way, and the caller, times what each takes. A target that
/// nobody has measured counts as quick as the other.
fn waits_less(a: &Load, b: &Load) -> bool {
    let (of_a, of_b) = match (a.latency, b.latency) {
        (None, None) => (Duration::from_secs(1), Duration::from_secs(1)),
        (Some(known), None) | (None, Some(known)) => (known, known),
        (Some(of_a), Some(of_b)) => (of_a, of_b),
    };
    let wait = |load: &Load, each: Duration| u128::from(load.in_flight).saturating_add(1) * each.as_micros();
    wait(a, of_a) < wait(b, of_b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(rank: u32, in_flight: u32, latency_ms: u64) -> Load {
        let latency = (latency_ms > 0).then(|| Duration::from_millis(latency_ms));
        Load { rank, in_flight, latency }
    }

    /// How often each place came first in `n` calls.
    fn firsts(loads: &[Load], n: usize) -> Vec<usize> {
        let (rng, mut counts) = (Rng::seeded(7), vec![0; loads.len()]);
        for _ in 0..n {
            let order = order(loads, Route::Balanced, &rng);
            let mut all = order.clone();
            all.sort_unstable();
            assert_eq!(all, (0..loads.len()).collect::<Vec<_>>(), "each place once");
            counts[order[0]] += 1;
        }
        counts
    }

    #[test]
    fn ordered_is_by_rank_then_as_written() {
        let loads = [load(2, 0, 1), load(0, 99, 9_000), load(1, 0, 1), load(0, 0, 1)];
        assert_eq!(order(&loads, Route::Ordered, &Rng::seeded(1)), [1, 3, 2, 0]);
        assert_eq!(order(&[], Route::Balanced, &Rng::seeded(1)), [0; 0]);
    }

    #[test]
    fn balanced_never_crosses_ranks() {
        let loads = [load(1, 0, 1), load(0, 50, 9_000), load(0, 0, 10)];
        for seed in 0..200 {
            let order = order(&loads, Route::Balanced, &Rng::seeded(seed));
            assert_eq!(order[2], 0, "a lower rank comes first, however slow");
        }
    }

    #[test]
    fn balanced_prefers_who_lets_wait_less() {
        assert_eq!(firsts(&[load(0, 0, 100), load(0, 0, 900)], 1_000), [1_000, 0], "of two, always the better");
        assert_eq!(firsts(&[load(0, 9, 100), load(0, 0, 900)], 1_000), [0, 1_000], "ten times 100 ms is more than 900");
        // Of four, the worst is never first, the best in about half of the calls: in all pairs that hold it.
        let counts = firsts(&[load(0, 0, 100), load(0, 0, 200), load(0, 0, 300), load(0, 0, 400)], 12_000);
        assert_eq!(counts[3], 0);
        assert!((5_800..6_200).contains(&counts[0]), "{counts:?}");
        assert!(counts[1] > counts[2] && counts[2] > 1_500, "{counts:?}");
        let equal = firsts(&[load(0, 1, 0); 3], 9_000);
        assert!(equal.iter().all(|n| (2_700..3_300).contains(n)), "{equal:?}");
    }

    #[test]
    fn the_unknown_is_tried_and_not_overrun() {
        assert_eq!(firsts(&[load(0, 0, 0), load(0, 1, 500)], 100), [100, 0]);
        assert_eq!(firsts(&[load(0, 2, 0), load(0, 1, 500)], 100), [0, 100]);
    }
}
