//! Blackouts: times at which nothing is published unless somebody insists.

use jiff::civil::{Date, DateTime, Time};
use stdx::Timestamp;

use super::slots::Days;
use super::zone::Zone;

/// Blackouts that may follow each other without a pause; more have no end.
const CHAIN_MAX: usize = 1_000;

/// A blackout's rule, in the site's zone. It holds at every moment at which the clock on the wall shows a time
/// from its beginning to before its end, so that an hour which comes twice is blacked out twice.
#[derive(Clone, Debug)]
pub struct Blackout {
    pub name: String,
    pub rule: Rule,
}

#[derive(Clone, Debug)]
pub enum Rule {
    /// Begins on each of `days`; ends on the next day unless `to` is later than `from`.
    Weekly {
        days: Days,
        from: Time,
        to: Time,
    },
    Once {
        from: DateTime,
        to: DateTime,
    },
}

/// A blackout that holds from one moment to before another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    pub name: String,
    pub from: Timestamp,
    pub to: Timestamp,
}

impl Blackout {
    /// The times at which it holds that share a moment with `from..to`, in order and uncut.
    pub fn spans(&self, zone: &Zone, from: Timestamp, to: Timestamp) -> Vec<Span> {
        let span = |begin: DateTime, end: DateTime| {
            let span = Span { name: self.name.clone(), from: zone.moment(begin), to: zone.last_moment(end) };
            Some(span).filter(|span| span.from < span.to && span.from < to && span.to > from)
        };
        match &self.rule {
            Rule::Once { from, to } => span(*from, *to).into_iter().collect(),
            Rule::Weekly { days, from: begin, to: end } => {
                // It lasts a day and a change of the clock at most.
                let first = zone.day(from).yesterday().and_then(Date::yesterday).unwrap_or(Date::MIN);
                let last = zone.day(to);
                std::iter::successors(Some(first), |day| day.tomorrow().ok())
                    .take_while(|day| *day <= last)
                    .filter(|day| days.has(day.weekday()))
                    .filter_map(|day| {
                        let next = if end > begin { day } else { day.tomorrow().ok()? };
                        span(day.to_datetime(*begin), next.to_datetime(*end))
                    })
                    .collect()
            }
        }
    }
}

/// The blackout that holds at `at`; of several the one that ends last.
pub fn holding(blackouts: &[Blackout], zone: &Zone, at: Timestamp) -> Option<Span> {
    let next = at + std::time::Duration::from_micros(1);
    blackouts.iter().flat_map(|blackout| blackout.spans(zone, at, next)).max_by_key(|span| span.to)
}

/// The first moment from `at` on without a blackout; `None` if there is none.
pub fn clear_from(blackouts: &[Blackout], zone: &Zone, at: Timestamp) -> Option<Timestamp> {
    let mut at = at;
    for _ in 0..CHAIN_MAX {
        match holding(blackouts, zone, at) {
            Some(span) => at = span.to,
            None => return Some(at),
        }
    }
    None
}

#[cfg(test)]
mod tests;
