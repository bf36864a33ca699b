//! The calendar's settings: as people write them, and as they are worked with.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::civil::{Date, DateTime, Time};
use serde::{Deserialize, Serialize};
use stdx::Timestamp;

use super::blackout::{self, Rule, Span};
use super::slots::{Day, Days, Slots};
use super::zone::Zone;
use crate::Fault;

/// Slots of all channels together.
const SLOTS_MAX: usize = 200;
const BLACKOUTS_MAX: usize = 100;
/// Longest time between two posts that a channel can ask for, in minutes: a week.
const SPACING_MIN_MAX: u32 = 7 * 24 * 60;
/// 2026-09-21, when no blackout comes once: one week is as another then.
const ANY_WEEK: Timestamp = Timestamp::from_seconds(1_790_000_000);
/// Longest blackout that comes once, in days.
const ONCE_DAYS_MAX: i32 = 366;

/// When the site publishes. All times are those of the clock on the wall in `zone`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// A name of the IANA time zone database.
    pub zone: String,
    /// By the name of the channel.
    #[serde(default)]
    pub channels: BTreeMap<String, ChannelSlots>,
    #[serde(default)]
    pub blackouts: Vec<Blackout>,
}

/// The times at which a channel likes to publish.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelSlots {
    #[serde(default)]
    pub slots: Vec<Slot>,
    /// A slot with a post nearer than this is taken, in minutes; 0: within a minute.
    #[serde(default)]
    pub spacing_min: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slot {
    pub days: Vec<Day>,
    /// `09:00`
    pub time: String,
}

/// Every week with `days`, once without.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blackout {
    pub name: String,
    /// The days on which it begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<Vec<Day>>,
    /// `22:00`, or `2026-12-24T00:00` without days.
    pub from: String,
    /// As `from`; the minute at which it is over.
    pub to: String,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { zone: "UTC".to_owned(), channels: BTreeMap::new(), blackouts: Vec::new() }
    }
}

/// Settings that have been read.
#[derive(Clone, Debug)]
pub struct Plan {
    pub zone: Zone,
    /// Those that have slots.
    pub channels: Vec<(String, Slots)>,
    pub blackouts: Vec<blackout::Blackout>,
}

impl Settings {
    /// # Errors
    /// All that is wrong, if anything is.
    pub fn plan(&self) -> Result<Plan, Vec<Fault>> {
        let mut faults = Vec::new();
        let zone = Zone::named(&self.zone);
        if zone.is_none() {
            let given: String = self.zone.chars().take(60).collect();
            faults.push(Fault::new("/zone", format!("{given:?} is no time zone; one is named like Europe/Istanbul")));
        }
        if self.channels.values().map(|channel| channel.slots.len()).sum::<usize>() > SLOTS_MAX {
            faults.push(Fault::new("/channels", format!("must have at most {SLOTS_MAX} slots together")));
        }
        if self.blackouts.len() > BLACKOUTS_MAX {
            faults.push(Fault::new("/blackouts", format!("must be at most {BLACKOUTS_MAX}")));
        }
        let mut channels = Vec::new();
        for (name, channel) in &self.channels {
            let place = format!("/channels/{}", name.replace('~', "~0").replace('/', "~1"));
            let slots = channel.read(&place, &mut faults);
            if !slots.rules.is_empty() {
                channels.push((name.clone(), slots));
            }
        }
        let mut blackouts = Vec::new();
        for (index, blackout) in self.blackouts.iter().enumerate().take(BLACKOUTS_MAX) {
            blackouts.extend(blackout.read(&format!("/blackouts/{index}"), &mut faults));
        }
        match zone {
            Some(zone) if faults.is_empty() => {
                let plan = Plan { zone, channels, blackouts };
                if plan.leaves_time() {
                    return Ok(plan);
                }
                Err(vec![Fault::new("/blackouts", "leave no time at which anything could be published")])
            }
            _ => Err(faults),
        }
    }
}

impl ChannelSlots {
    fn read(&self, place: &str, faults: &mut Vec<Fault>) -> Slots {
        if self.spacing_min > SPACING_MIN_MAX {
            faults.push(Fault::new(format!("{place}/spacing_min"), format!("must be 0 to {SPACING_MIN_MAX}")));
        }
        let mut rules = Vec::new();
        for (index, slot) in self.slots.iter().enumerate().take(SLOTS_MAX) {
            let place = format!("{place}/slots/{index}");
            if slot.days.is_empty() {
                faults.push(Fault::new(format!("{place}/days"), "must name a day at least"));
            }
            if let Some(time) = time(&slot.time, &format!("{place}/time"), faults) {
                rules.push((Days::of(&slot.days), time));
            }
        }
        Slots { rules, spacing: Duration::from_secs(60 * u64::from(self.spacing_min)) }
    }
}

impl Blackout {
    fn read(&self, place: &str, faults: &mut Vec<Fault>) -> Option<blackout::Blackout> {
        let name = self.name.trim();
        if name.is_empty() || name.chars().count() > 60 {
            faults.push(Fault::new(format!("{place}/name"), "must have 1 to 60 characters"));
        }
        let (from_place, to_place) = (format!("{place}/from"), format!("{place}/to"));
        let rule = match &self.days {
            Some(days) => {
                if days.is_empty() {
                    faults.push(Fault::new(format!("{place}/days"), "must name a day at least, or be left out"));
                }
                let (from, to) = (time(&self.from, &from_place, faults), time(&self.to, &to_place, faults));
                Rule::Weekly { days: Days::of(days), from: from?, to: to? }
            }
            None => {
                let (from, to) = (date_time(&self.from, &from_place, faults), date_time(&self.to, &to_place, faults));
                let (from, to) = (from?, to?);
                if to <= from || from.duration_until(to).as_hours() > i64::from(ONCE_DAYS_MAX) * 24 {
                    let detail = format!("must be later than from, by {ONCE_DAYS_MAX} days at most");
                    faults.push(Fault::new(to_place, detail));
                    return None;
                }
                Rule::Once { from, to }
            }
        };
        Some(blackout::Blackout { name: name.to_owned(), rule })
    }
}

impl Plan {
    pub fn slots(&self, channel: &str) -> Option<&Slots> {
        self.channels.iter().find(|(name, _)| name == channel).map(|(_, slots)| slots)
    }

    /// The first slot behind `after` and before `known` that is free and in no blackout. `taken` are the times of
    /// posts, in order, and all of them that could take a slot before `known`.
    pub fn first_free(
        &self,
        slots: &Slots,
        after: Timestamp,
        taken: &[Timestamp],
        known: Timestamp,
    ) -> Option<Timestamp> {
        slots
            .after(&self.zone, after)
            .take_while(|slot| *slot < known)
            .filter(|slot| slots.taken_by(*slot, taken).is_none())
            .find(|slot| self.blackout_at(*slot).is_none())
    }

    pub fn blackout_at(&self, at: Timestamp) -> Option<Span> {
        blackout::holding(&self.blackouts, &self.zone, at)
    }

    /// The first moment from `at` on without a blackout.
    pub fn clear_from(&self, at: Timestamp) -> Timestamp {
        // A plan leaves time free, as it was read.
        blackout::clear_from(&self.blackouts, &self.zone, at).unwrap_or(at)
    }

    /// Whether there is a time without a blackout behind all that come once.
    fn leaves_time(&self) -> bool {
        let ends = self.blackouts.iter().filter_map(|blackout| match blackout.rule {
            Rule::Once { to, .. } => Some(self.zone.last_moment(to)),
            Rule::Weekly { .. } => None,
        });
        let last = ends.max().unwrap_or(ANY_WEEK);
        blackout::clear_from(&self.blackouts, &self.zone, last).is_some()
    }
}

/// `09:00`
fn time(text: &str, pointer: &str, faults: &mut Vec<Fault>) -> Option<Time> {
    let read = || {
        let (hour, minute) = text.split_once(':')?;
        Time::new(digits(hour, 2)? as i8, digits(minute, 2)? as i8, 0, 0).ok()
    };
    let time = read();
    if time.is_none() {
        faults.push(Fault::new(pointer, "must be a time of day such as 09:00"));
    }
    time
}

/// `2026-12-24T00:00`, in the years 2000 to 2199.
fn date_time(text: &str, pointer: &str, faults: &mut Vec<Fault>) -> Option<DateTime> {
    let read = || {
        let (date, clock) = text.split_once('T')?;
        let mut parts = date.split('-');
        let (year, month, day) = (digits(parts.next()?, 4)?, digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
        if parts.next().is_some() || !(2000..2200).contains(&year) {
            return None;
        }
        let (hour, minute) = clock.split_once(':')?;
        let time = Time::new(digits(hour, 2)? as i8, digits(minute, 2)? as i8, 0, 0).ok()?;
        Some(Date::new(year, month as i8, day as i8).ok()?.to_datetime(time))
    };
    let time = read();
    if time.is_none() {
        let detail = "must be a date and a time such as 2026-12-24T00:00; with days, a time of day such as 22:00";
        faults.push(Fault::new(pointer, detail));
    }
    time
}

/// A number of exactly `count` decimal digits.
fn digits(text: &str, count: usize) -> Option<i16> {
    let is_number = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

#[cfg(test)]
mod tests;
