//! When: the fields of cron in a time zone, or a steady beat.

use std::time::Duration;

use croner::Cron as Fields;
use croner::parser::{CronParser, Seconds, Year};
use jiff::tz::TimeZone;
use stdx::Timestamp;

use crate::Error;

/// Longest text of a schedule, in bytes.
const TEXT_MAX: usize = 200;
/// The slowest beat.
const BEAT_MAX: Duration = Duration::from_secs(366 * 86_400);

/// When something comes again; see [`Schedule::parse`].
#[derive(Clone, Debug)]
pub struct Schedule(Rule);

#[derive(Clone, Debug)]
enum Rule {
    Fields(Box<Fields>, TimeZone),
    /// Each whole multiple of it since 1970, in µs.
    Beat(i64),
}

impl Schedule {
    /// Reads one of
    /// - five fields, minute, hour, day of the month, month, day of the week (0 and 7 are Sunday), or six
    ///   with the second first: `*`, `5`, `1-5`, `*/15`, `10-30/5`, `MON`, `JAN`, lists of those with `,`;
    ///   `?` is `*` for days, `L` the last day of the month, `15W` the working day nearest to the 15th,
    ///   `5#2` the second Friday, `5L` the last one. Where neither the day of the month nor that of the
    ///   week is `*`, either is enough; `+MON` asks for both;
    /// - `@yearly`, `@annually`, `@monthly`, `@weekly`, `@daily`, `@midnight`, `@hourly`;
    /// - `@every 15m`: a number with `s`, `m`, `h` or `d`, several may follow each other, 1 second to 366
    ///   days. The beat is counted from 1970-01-01T00:00:00Z, so that it is the same on every process
    ///   and after each start; the zone does not matter to it.
    ///
    /// Fields are those of the clock on the wall in `zone`, a name of the IANA time zone database, whose
    /// data is part of the program. Where that clock is set forward, an entry with a single time of day
    /// that does not exist comes at the end of the gap, once; where it is set back, such an entry comes
    /// at the first of its two times only. Entries with several times a day (`*`, lists, ranges, steps)
    /// follow the clock: they have no times in the gap and come in both of the repeated hours.
    ///
    /// # Errors
    /// [`Error::Schedule`] with the reason.
    pub fn parse(text: &str, zone: &str) -> Result<Schedule, Error> {
        let wrong = |reason: String| Error::Schedule { text: text.chars().take(TEXT_MAX).collect(), reason };
        if text.len() > TEXT_MAX || !text.is_ascii() {
            return Err(wrong(format!("it must be at most {TEXT_MAX} ASCII characters")));
        }
        let named = TimeZone::get(zone).ok().filter(|zone| !zone.is_unknown());
        let Some(zone) = named else {
            let zone: String = zone.chars().take(60).collect();
            return Err(wrong(format!("{zone:?} is no time zone; one is named like Europe/Istanbul or UTC")));
        };
        let text = text.trim();
        if let Some(beat) = text.strip_prefix("@every ") {
            return Ok(Schedule(Rule::Beat(every(beat.trim()).map_err(wrong)?)));
        }
        let text = if text.eq_ignore_ascii_case("@midnight") { "@daily" } else { text };
        let parser = CronParser::builder().seconds(Seconds::Optional).year(Year::Disallowed).build();
        let fields = parser.parse(text).map_err(|error| wrong(error.to_string().trim_end_matches('.').to_owned()))?;
        Ok(Schedule(Rule::Fields(Box::new(fields), zone)))
    }

    /// The first time after `after`; `None` if there is none, as for 30 February.
    pub fn next(&self, after: Timestamp) -> Option<Timestamp> {
        match &self.0 {
            Rule::Beat(beat) => {
                Some(Timestamp::from_micros(after.micros().div_euclid(*beat).checked_add(1)?.checked_mul(*beat)?))
            }
            Rule::Fields(fields, zone) => {
                let after = jiff::Timestamp::from_microsecond(after.micros()).ok()?.to_zoned(zone.clone());
                let next = fields.find_next_occurrence(&after, false).ok()?;
                Some(Timestamp::from_micros(next.timestamp().as_microsecond()))
            }
        }
    }

    /// The next `count` times after `after`, or as many as there are.
    pub fn upcoming(&self, after: Timestamp, count: usize) -> Vec<Timestamp> {
        std::iter::successors(self.next(after), |last| self.next(*last)).take(count).collect()
    }

    /// `at` as the clock on the wall shows it, with the offset and the zone; a beat has UTC.
    pub fn local(&self, at: Timestamp) -> String {
        let zone = match &self.0 {
            Rule::Beat(_) => TimeZone::UTC,
            Rule::Fields(_, zone) => zone.clone(),
        };
        jiff::Timestamp::from_microsecond(at.micros())
            .map_or_else(|_| at.to_string(), |at| at.to_zoned(zone).to_string())
    }

    /// The latest time that is not after `now`, if `first` is one. Halves the span, since there may be
    /// millions between.
    pub(crate) fn latest(&self, first: Timestamp, now: Timestamp) -> Timestamp {
        let (mut latest, mut end) = (first, now);
        while let Some(next) = self.next(latest).filter(|next| *next <= now) {
            let middle = Timestamp::from_micros(next.micros() + (end.micros() - next.micros()) / 2);
            match self.next(middle) {
                Some(later) if later <= now => latest = later,
                _ => (latest, end) = (next, middle),
            }
        }
        latest
    }

    /// That it has no next time.
    pub(crate) fn never(&self, text: &str) -> Error {
        Error::Schedule { text: text.to_owned(), reason: "it never comes".to_owned() }
    }
}

/// `1h30m` in µs.
fn every(text: &str) -> Result<i64, String> {
    let wrong = || format!("{text:?} is no span of time; write it like 90s, 15m, 1h30m or 1d");
    let (mut total, mut number) = (Duration::ZERO, None::<u64>);
    for c in text.chars() {
        if let Some(digit) = c.to_digit(10) {
            let value = number.unwrap_or(0).saturating_mul(10).saturating_add(u64::from(digit));
            number = Some(value.min(BEAT_MAX.as_secs() + 1));
        } else {
            let unit = match c {
                's' => 1,
                'm' => 60,
                'h' => 3_600,
                'd' => 86_400,
                _ => return Err(wrong()),
            };
            total = total.saturating_add(Duration::from_secs(number.take().ok_or_else(wrong)? * unit));
        }
    }
    if number.is_some() || text.is_empty() {
        return Err(wrong());
    }
    if total < Duration::from_secs(1) || total > BEAT_MAX {
        return Err("the beat must be 1 second to 366 days".to_owned());
    }
    Ok(total.as_micros() as i64)
}

#[cfg(test)]
mod tests;
