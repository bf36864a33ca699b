//! Slots: the times of the week at which a channel likes to publish.

use std::time::Duration;

use jiff::civil::{Date, Time, Weekday};
use serde::{Deserialize, Serialize};
use stdx::Timestamp;

use super::zone::Zone;

/// How far ahead a free slot is looked for, in days.
pub const HORIZON_DAYS: usize = 731;

/// A post takes a slot from this near, also where no spacing is asked for.
const REACH_MIN: Duration = Duration::from_secs(60);

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl Day {
    pub const ALL: [Day; 7] = [Day::Mon, Day::Tue, Day::Wed, Day::Thu, Day::Fri, Day::Sat, Day::Sun];

    pub fn name(self) -> &'static str {
        match self {
            Day::Mon => "mon",
            Day::Tue => "tue",
            Day::Wed => "wed",
            Day::Thu => "thu",
            Day::Fri => "fri",
            Day::Sat => "sat",
            Day::Sun => "sun",
        }
    }
}

/// Some days of the week, a bit for each from Monday on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days(u8);

impl Days {
    pub fn of(days: &[Day]) -> Days {
        Days(days.iter().fold(0, |set, day| set | 1 << (*day as u8)))
    }

    pub fn has(self, day: Weekday) -> bool {
        self.0 >> day.to_monday_zero_offset() & 1 == 1
    }
}

/// A channel's slots, in the site's zone.
#[derive(Clone, Debug)]
pub struct Slots {
    pub rules: Vec<(Days, Time)>,
    /// A slot with a post nearer than this is taken.
    pub spacing: Duration,
}

impl Slots {
    /// The slots of one day, in order. One that the clock leaves out comes at the end of the gap, one that it
    /// shows twice comes at the first.
    pub fn on(&self, zone: &Zone, day: Date) -> Vec<Timestamp> {
        let today = self.rules.iter().filter(|(days, _)| days.has(day.weekday()));
        let mut slots: Vec<Timestamp> = today.map(|(_, time)| zone.moment(day.to_datetime(*time))).collect();
        slots.sort_unstable();
        slots.dedup();
        slots
    }

    /// The slots behind `after`, in order, as far as the horizon.
    pub fn after<'a>(&'a self, zone: &'a Zone, after: Timestamp) -> impl Iterator<Item = Timestamp> + 'a {
        let mut last = after;
        // A slot of the day before may have come to stand on this one, at the end of a gap.
        let first = zone.day(after).yesterday().unwrap_or(Date::MIN);
        let days = std::iter::successors(Some(first), |day| day.tomorrow().ok()).take(HORIZON_DAYS + 2);
        days.flat_map(move |day| self.on(zone, day)).filter(move |slot| {
            let is_next = *slot > last;
            last = last.max(*slot);
            is_next
        })
    }

    /// The first of `taken`, which are in order, that takes the slot.
    pub fn taken_by(&self, slot: Timestamp, taken: &[Timestamp]) -> Option<usize> {
        let reach = self.reach();
        let near = taken.partition_point(|at| *at <= slot - reach);
        (near < taken.len() && taken[near] < slot + reach).then_some(near)
    }

    /// How near to a slot a post takes it.
    pub fn reach(&self) -> Duration {
        self.spacing.max(REACH_MIN)
    }
}

#[cfg(test)]
mod tests;
