//! A source's own pace: how often it brings something new, and how far back its document reaches.

use std::time::Duration;

use stdx::Timestamp;

use crate::sources::Source;

/// What the visits so far tell of a source; empty before anything is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rhythm {
    /// Wished time between two visits.
    pub every: Option<Duration>,
    /// How long an entry stays in the document before newer ones have pushed it out.
    pub reach: Option<Duration>,
}

/// What a changed document shows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown<'a> {
    /// Dates of its entries; those that are not before `now` are none of the site's.
    pub dates: &'a [Timestamp],
    /// Entries that were not there before.
    pub fresh: usize,
    pub entries: usize,
    /// Since the visit before; `None` on the first one.
    pub since: Option<Duration>,
    pub now: Timestamp,
}

/// An entry is seen on this many visits before it leaves the document, at the usual pace.
const VISITS: u32 = 3;
/// So many of the newest entries tell the pace.
const DATES_MAX: usize = 50;

impl Rhythm {
    /// What is known of a source.
    pub fn of(source: &Source) -> Rhythm {
        let seconds = |s: Option<u32>| s.map(|s| Duration::from_secs(s.into()));
        Rhythm { every: seconds(source.rhythm_s), reach: seconds(source.window_s) }
    }

    /// The longest time between two visits in which nothing passes by unseen, even if entries come three times as
    /// fast as usual. It stands above what the site says of freshness: many say a day and show 15 entries.
    pub fn longest(self) -> Option<Duration> {
        self.reach.map(|reach| reach / VISITS)
    }

    /// After a visit that found nothing new: half as much time again until the next one.
    pub fn unchanged(self, usual: Duration, most: Duration) -> Rhythm {
        let every = self.every.unwrap_or(usual).mul_f64(1.5).min(most);
        Rhythm { every: Some(every.min(self.longest().unwrap_or(most))), ..self }
    }

    /// After a visit that found something new: a visit for every half of the time between two entries.
    pub fn changed(self, shown: Shown<'_>) -> Rhythm {
        let by_dates = mean_gap(shown.dates, shown.now);
        let by_visits = shown.since.map(|since| since / u32::try_from(shown.fresh.max(1)).unwrap_or(u32::MAX));
        // When much of the document is new, entries come faster than their dates say, or these are invented.
        let is_much = shown.fresh * VISITS as usize >= shown.entries;
        let gap = match (by_dates, by_visits) {
            (Some(dates), Some(visits)) if is_much => dates.min(visits),
            (Some(dates), _) => dates,
            (None, Some(visits)) => visits,
            (None, None) => return self,
        };
        let reach = gap.saturating_mul(u32::try_from(shown.entries.max(1)).unwrap_or(u32::MAX));
        Rhythm { every: Some((gap / 2).min(reach / VISITS)), reach: Some(reach) }
    }
}

/// The mean time between entries without the longest tenth of the gaps, so that one entry that a site has pinned for a year
/// does not make a daily look like a yearbook. `None` when fewer than three dates tell nothing.
fn mean_gap(dates: &[Timestamp], now: Timestamp) -> Option<Duration> {
    let mut dates: Vec<Timestamp> = dates.iter().copied().filter(|at| *at < now).collect();
    dates.sort_unstable_by(|a, b| b.cmp(a));
    dates.truncate(DATES_MAX);
    let mut gaps: Vec<Duration> = dates.windows(2).map(|pair| pair[0].since(pair[1])).collect();
    gaps.sort_unstable();
    gaps.truncate(gaps.len() - gaps.len().div_ceil(10));
    let count = u32::try_from(gaps.len()).ok().filter(|count| *count > 0)?;
    let mean = gaps.iter().sum::<Duration>() / count;
    (!mean.is_zero()).then_some(mean)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);
    const NOW: i64 = 1_790_000_000;

    fn now() -> Timestamp {
        Timestamp::from_seconds(NOW)
    }

    fn every(gap: Duration, entries: u32) -> Vec<Timestamp> {
        (1..=entries).map(|n| now() - gap * n).collect()
    }

    fn shown(dates: &[Timestamp], fresh: usize, since: Option<Duration>) -> Shown<'_> {
        Shown { dates, fresh, entries: dates.len(), since, now: now() }
    }

    #[test]
    fn a_source_is_visited_twice_for_each_entry_and_thrice_before_one_is_gone() {
        let dates = every(4 * HOUR, 15);
        let seen = Rhythm::default().changed(shown(&dates, 15, None));
        assert_eq!((seen.every, seen.reach, seen.longest()), (Some(2 * HOUR), Some(60 * HOUR), Some(20 * HOUR)));
        // Two entries at a time, one after the other: there is little room.
        let narrow = Rhythm::default().changed(Shown { entries: 1, ..shown(&dates, 1, None) });
        assert_eq!(narrow.every, Some(4 * HOUR / 3));
    }

    #[test]
    fn silence_makes_us_patient_within_what_the_document_can_hold() {
        let dates = every(HOUR, 10);
        let mut rhythm = Rhythm::default().changed(shown(&dates, 10, None));
        let mut waits = Vec::new();
        for _ in 0..9 {
            waits.push(rhythm.every.unwrap().as_secs() / 60);
            rhythm = rhythm.unchanged(HOUR, 24 * HOUR);
        }
        assert_eq!(waits, [30, 45, 67, 101, 151, 200, 200, 200, 200], "a third of ten hours is the end");
        let unknown = Rhythm::default().unchanged(HOUR, 2 * HOUR);
        assert_eq!((unknown.every, unknown.unchanged(HOUR, 2 * HOUR).every), (Some(HOUR * 3 / 2), Some(2 * HOUR)));
    }

    #[test]
    fn a_burst_counts_more_than_dates_and_stands_in_for_them() {
        let dates = every(24 * HOUR, 15);
        let calm = Rhythm::default().changed(shown(&dates, 1, Some(12 * HOUR)));
        assert_eq!(calm.every, Some(12 * HOUR));
        let burst = calm.changed(shown(&dates, 15, Some(HOUR)));
        assert_eq!((burst.every, burst.longest()), (Some(HOUR / 30), Some(HOUR / 3)));
        // A feed without dates has those of our own first sight.
        let undated = vec![now(); 10];
        assert_eq!(Rhythm::default().changed(shown(&undated, 10, None)), Rhythm::default());
        assert_eq!(Rhythm::default().changed(shown(&undated, 2, Some(HOUR))).every, Some(HOUR / 4));
    }

    #[test]
    fn one_pinned_entry_and_equal_dates_do_not_mislead() {
        let mut pinned = every(HOUR, 14);
        pinned.push(now() - HOUR * 20_000);
        assert_eq!(Rhythm::default().changed(shown(&pinned, 15, None)).every, Some(HOUR / 2));
        let batch = vec![now() - HOUR; 20];
        assert_eq!(Rhythm::default().changed(shown(&batch, 20, None)), Rhythm::default());
    }
}
