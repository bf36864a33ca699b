//! The site's time zone: from the clock on the wall to moments and back.

use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone};
use stdx::Timestamp;

/// A time zone of the IANA database, whose data is part of the program.
#[derive(Clone, Debug)]
pub struct Zone {
    name: String,
    zone: TimeZone,
}

impl Zone {
    /// `None` when there is no zone of that name.
    pub fn named(name: &str) -> Option<Zone> {
        let zone = TimeZone::get(name).ok().filter(|zone| !zone.is_unknown())?;
        Some(Zone { name: zone.iana_name().unwrap_or(name).to_owned(), zone })
    }

    pub fn utc() -> Zone {
        Zone { name: "UTC".to_owned(), zone: TimeZone::UTC }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// When the clock on the wall shows `wall`: the first time if it does so twice, and the end of the gap if it
    /// never does, so that a later `wall` never comes earlier.
    pub fn moment(&self, wall: DateTime) -> Timestamp {
        self.resolve(wall, false)
    }

    /// As [`Zone::moment`], but the second time if the clock shows `wall` twice.
    pub fn last_moment(&self, wall: DateTime) -> Timestamp {
        self.resolve(wall, true)
    }

    /// What the clock on the wall shows at a moment.
    pub fn wall(&self, at: Timestamp) -> DateTime {
        let end = if at < Timestamp::EPOCH { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
        let at = jiff::Timestamp::from_microsecond(at.micros()).unwrap_or(end);
        self.zone.to_datetime(at)
    }

    pub fn day(&self, at: Timestamp) -> Date {
        self.wall(at).date()
    }

    /// `2026-11-20 10:05 Europe/Berlin`
    pub fn show(&self, at: Timestamp) -> String {
        format!("{} {}", self.wall(at).strftime("%Y-%m-%d %H:%M"), self.name)
    }

    fn resolve(&self, wall: DateTime, second: bool) -> Timestamp {
        let offset = match self.zone.to_ambiguous_timestamp(wall).offset() {
            AmbiguousOffset::Unambiguous { offset } => offset,
            AmbiguousOffset::Fold { before, after } => {
                if second {
                    after
                } else {
                    before
                }
            }
            // By the offset behind the gap the time lies before it; the change of the clock comes next.
            AmbiguousOffset::Gap { after, .. } => {
                let end = after.to_timestamp(wall).ok().and_then(|at| {
                    self.zone.following(at).map(|change| (change.timestamp(), change.offset())).find(|c| c.1 == after)
                });
                return end.map_or(Timestamp::EPOCH, |(at, _)| Timestamp::from_micros(at.as_microsecond()));
            }
        };
        // Only the first and the last day of jiff's calendar (years -9999 and 9999) have no moment.
        offset.to_timestamp(wall).map_or(Timestamp::EPOCH, |at| Timestamp::from_micros(at.as_microsecond()))
    }
}

#[cfg(test)]
mod tests;
