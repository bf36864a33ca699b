//! A moment as microseconds since 1970-01-01T00:00:00Z, and its RFC 3339 form.

use std::fmt;
use std::ops::{Add, Sub};
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Microseconds since the Unix epoch, UTC; negative before 1970. Shown as RFC 3339 with the
/// shortest fraction, in JSON as a string.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

/// A date and a time of day in the proleptic Gregorian calendar, UTC.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Civil {
    pub year: i32,
    /// 1 to 12.
    pub month: u32,
    /// 1 to 31.
    pub day: u32,
    pub hour: u32,
    pub minute: u32,
    pub second: u32,
    pub micro: u32,
}

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;
/// 0001-01-01 and 9999-12-31T23:59:59.999999, the range RFC 3339 can show.
const MIN: i64 = -62_135_596_800 * SECOND;
const MAX: i64 = 253_402_300_800 * SECOND - 1;

impl Timestamp {
    pub const EPOCH: Timestamp = Timestamp(0);

    pub const fn from_micros(micros: i64) -> Self {
        Timestamp(micros)
    }

    pub const fn from_millis(millis: i64) -> Self {
        Timestamp(millis.saturating_mul(1_000))
    }

    pub const fn from_seconds(seconds: i64) -> Self {
        Timestamp(seconds.saturating_mul(SECOND))
    }

    pub const fn micros(self) -> i64 {
        self.0
    }

    pub const fn millis(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(SECOND)
    }

    /// The time since `earlier`, zero when `earlier` is later.
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0).max(0).unsigned_abs())
    }

    pub fn civil(self) -> Civil {
        let days = self.0.div_euclid(DAY);
        let rest = self.0.rem_euclid(DAY);
        let (year, month, day) = civil_from_days(days);
        let seconds = rest / SECOND;
        Civil {
            year,
            month,
            day,
            hour: (seconds / 3600) as u32,
            minute: (seconds / 60 % 60) as u32,
            second: (seconds % 60) as u32,
            micro: (rest % SECOND) as u32,
        }
    }

    /// `None` when a field is out of its range (a second of 60 counts as 59) or the year is not 1 to 9999.
    pub fn from_civil(c: Civil) -> Option<Timestamp> {
        let leap = c.year % 4 == 0 && (c.year % 100 != 0 || c.year % 400 == 0);
        let last = match c.month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        let fits = (1..=9999).contains(&c.year)
            && (1..=last).contains(&c.day)
            && c.hour < 24
            && c.minute < 60
            && c.second <= 60
            && c.micro < 1_000_000;
        if !fits {
            return None;
        }
        let days = days_from_civil(c.year, c.month, c.day);
        let seconds = i64::from(c.hour * 3600 + c.minute * 60 + c.second.min(59));
        Some(Timestamp(days * DAY + seconds * SECOND + i64::from(c.micro)))
    }

    /// Days since 1970-01-01 (a Thursday), for calendars and partitions.
    pub const fn day_number(self) -> i64 {
        self.0.div_euclid(DAY)
    }

    /// `Fri, 20 Nov 2026 23:17:30 GMT`, as RFC 9110 asks of HTTP dates; the year is 4 digits.
    pub fn http_date(self) -> String {
        const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
        let c = self.civil();
        format!(
            "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
            DAYS[self.day_number().rem_euclid(7) as usize],
            c.day,
            MONTHS[c.month as usize - 1],
            c.year,
            c.hour,
            c.minute,
            c.second
        )
    }

    /// Reads the preferred form of an HTTP date (IMF-fixdate); the two obsolete forms are not read.
    pub fn parse_http_date(text: &str) -> Option<Timestamp> {
        let mut parts = text.trim().split(' ').filter(|p| !p.is_empty());
        parts.next()?;
        let day = parts.next()?.parse().ok()?;
        let name = parts.next()?;
        let month = MONTHS.iter().position(|m| m.eq_ignore_ascii_case(name))? as u32 + 1;
        let year = parts.next()?.parse().ok()?;
        let mut clock = parts.next()?.split(':');
        let mut field = || clock.next()?.parse::<u32>().ok();
        let (hour, minute, second) = (field()?, field()?, field()?);
        if parts.next()? != "GMT" || parts.next().is_some() {
            return None;
        }
        Timestamp::from_civil(Civil { year, month, day, hour, minute, second, micro: 0 })
    }
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
fn days_from_civil(y: i32, m: u32, d: u32) -> i64 {
    let y = i64::from(if m <= 2 { y - 1 } else { y });
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let mp = i64::from((m + 9) % 12);
    let doy = (153 * mp + 2) / 5 + i64::from(d) - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    era * 146_097 + doe - 719_468
}

fn civil_from_days(days: i64) -> (i32, u32, u32) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = (doy - (153 * mp + 2) / 5 + 1) as u32;
    let month = if mp < 10 { mp + 3 } else { mp - 9 } as u32;
    let year = yoe + era * 400 + i64::from(month <= 2);
    (year as i32, month, day)
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let c = Timestamp(self.0.clamp(MIN, MAX)).civil();
        write!(f, "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", c.year, c.month, c.day, c.hour, c.minute, c.second)?;
        if c.micro != 0 {
            let digits = format!("{:06}", c.micro);
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        f.write_str("Z")
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is no RFC 3339 date-time.
#[derive(Debug, PartialEq, Eq)]
pub struct NotADate;

impl fmt::Display for NotADate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an RFC 3339 date-time such as 2026-11-20T09:30:00Z")
    }
}

impl std::error::Error for NotADate {}

impl FromStr for Timestamp {
    type Err = NotADate;

    fn from_str(text: &str) -> Result<Self, NotADate> {
        parse_rfc3339(text.as_bytes()).ok_or(NotADate)
    }
}

fn parse_rfc3339(b: &[u8]) -> Option<Timestamp> {
    let number = |range: std::ops::Range<usize>| -> Option<u32> {
        let digits = b.get(range)?;
        digits.iter().try_fold(0u32, |n, c| c.is_ascii_digit().then(|| n * 10 + u32::from(c - b'0')))
    };
    let at = |i: usize, wanted: &[u8]| b.get(i).is_some_and(|c| wanted.contains(c));
    if !(at(4, b"-") && at(7, b"-") && at(10, b"Tt ") && at(13, b":") && at(16, b":")) {
        return None;
    }
    let mut micro = 0;
    let mut i = 19;
    if at(i, b".") {
        i += 1;
        let from = i;
        while b.get(i).is_some_and(u8::is_ascii_digit) {
            if i - from < 6 {
                micro = micro * 10 + u32::from(b[i] - b'0');
            }
            i += 1;
        }
        if i == from {
            return None;
        }
        micro *= 10u32.pow(6 - (i - from).min(6) as u32);
    }
    let offset = if at(i, b"Zz") && b.len() == i + 1 {
        0
    } else if at(i, b"+-") && at(i + 3, b":") && b.len() == i + 6 {
        let (hours, minutes) = (number(i + 1..i + 3)?, number(i + 4..i + 6)?);
        if hours > 23 || minutes > 59 {
            return None;
        }
        let minutes = i64::from(hours * 60 + minutes);
        if b[i] == b'-' { -minutes } else { minutes }
    } else {
        return None;
    };
    let c = Civil {
        year: number(0..4)? as i32,
        month: number(5..7)?,
        day: number(8..10)?,
        hour: number(11..13)?,
        minute: number(14..16)?,
        second: number(17..19)?,
        micro,
    };
    Some(Timestamp(Timestamp::from_civil(c)?.0 - offset * 60 * SECOND))
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl Add<Duration> for Timestamp {
    type Output = Timestamp;
    fn add(self, d: Duration) -> Timestamp {
        Timestamp(self.0.saturating_add(i64::try_from(d.as_micros()).unwrap_or(i64::MAX)))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Timestamp;
    fn sub(self, d: Duration) -> Timestamp {
        Timestamp(self.0.saturating_sub(i64::try_from(d.as_micros()).unwrap_or(i64::MAX)))
    }
}

#[cfg(test)]
mod tests;
