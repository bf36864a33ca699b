//! Dates as feeds write them, in any of some dozen forms and languages.
//!
//! Instead of a list of layouts the text is cut into numbers, words and signs; the time is what has
//! colons, the zone is what follows it, the month is a name or a place among the numbers.

mod names;

use stdx::Timestamp;
use stdx::time::Civil;

/// Longer text is no date.
const LENGTH_MAX: usize = 100;

/// The moment `text` means, in UTC when it names no zone. `None` when it is no date or its year is
/// not 1000 to 9999.
///
/// Reads RFC 822 and 2822, RFC 3339 and ISO 8601 (also compact, week and ordinal dates), `asctime`,
/// database forms, numeric dates (`31.12.2003`, `12/31/2003`, `31-12-2003`), month names of about 15
/// languages, 12-hour clocks, Unix time in seconds, milliseconds and microseconds. Hour 24 and second
/// 60 roll over, as does a day the month lacks; zones more than 14 hours away count as UTC.
pub fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if text.is_empty() || text.len() > LENGTH_MAX || !text.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    if let Some(moment) = rfc2822(text.as_bytes()) {
        return Some(moment);
    }
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment).filter(|m| (1000..=9999).contains(&m.civil().year));
    }
    Parts::of(text).read()
}

/// `Fri, 20 Nov 2026 08:15:00 +0300` exactly, which nearly all of RSS writes: what [`Parts`] would say,
/// at a tenth of its price.
fn rfc2822(text: &[u8]) -> Option<Timestamp> {
    let text = match text {
        [a, b, c, b',', b' ', rest @ ..] if [a, b, c].iter().all(|c| c.is_ascii_alphabetic()) => rest,
        text => text,
    };
    let &[
        d1,
        d2,
        b' ',
        m1,
        m2,
        m3,
        b' ',
        y1,
        y2,
        y3,
        y4,
        b' ',
        h1,
        h2,
        b':',
        i1,
        i2,
        b':',
        s1,
        s2,
        b' ',
        ref zone @ ..,
    ] = text
    else {
        return None;
    };
    let month = match &[m1, m2, m3] {
        b"Jan" => 1,
        b"Feb" => 2,
        b"Mar" => 3,
        b"Apr" => 4,
        b"May" => 5,
        b"Jun" => 6,
        b"Jul" => 7,
        b"Aug" => 8,
        b"Sep" => 9,
        b"Oct" => 10,
        b"Nov" => 11,
        b"Dec" => 12,
        _ => return None,
    };
    let minutes_east = match *zone {
        [b'G', b'M', b'T'] | [b'U', b'T', b'C'] => 0,
        [sign @ (b'+' | b'-'), h1, h2, m1, m2] => {
            let minutes = digits(&[h1, h2])? * 60 + digits(&[m1, m2])?;
            // As in `Parts::zone`: further away than anybody is.
            let minutes = if minutes > 14 * 60 { 0 } else { minutes.cast_signed() };
            if sign == b'-' { -minutes } else { minutes }
        }
        _ => return None,
    };
    let (hour, minute, second) = (digits(&[h1, h2])?, digits(&[i1, i2])?, digits(&[s1, s2])?);
    let day = civil(digits(&[y1, y2, y3, y4])?, month, digits(&[d1, d2])?)?;
    let seconds = (hour * 3600 + minute * 60 + second).cast_signed() - minutes_east * 60;
    let moment = Timestamp::from_micros(day.micros() + seconds * 1_000_000);
    Some(moment).filter(|m| hour <= 24 && minute <= 59 && second <= 61 && (1000..=9999).contains(&m.civil().year))
}

fn digits(text: &[u8]) -> Option<u64> {
    text.iter().try_fold(0, |value, b| Some(value * 10 + u64::from(b.is_ascii_digit().then(|| b - b'0')?)))
}

#[derive(Debug, Clone, PartialEq)]
enum Part {
    Number { value: u64, digits: usize },
    Word(String),
    Sign(char),
    Blank,
}

#[derive(Default)]
struct Clock {
    hour: u32,
    minute: u32,
    second: u32,
    micro: u32,
}

struct Parts {
    list: Vec<Part>,
    /// Which have been understood.
    used: Vec<bool>,
}

impl Parts {
    fn of(text: &str) -> Parts {
        let mut list: Vec<Part> = Vec::new();
        for c in text.chars() {
            match (c, list.last_mut()) {
                ('0'..='9', Some(Part::Number { value, digits })) => {
                    *value = value.saturating_mul(10).saturating_add(u64::from(c) - u64::from('0'));
                    *digits += 1;
                }
                ('0'..='9', _) => list.push(Part::Number { value: u64::from(c) - u64::from('0'), digits: 1 }),
                // The characters for year, month and day stand where others write signs.
                ('年' | '月' | '년' | '월', _) => list.push(Part::Sign('-')),
                ('日' | '일', _) => list.push(Part::Blank),
                ('−' | '–', _) => list.push(Part::Sign('-')),
                (c, Some(Part::Word(word))) if c.is_alphabetic() => word.extend(c.to_lowercase()),
                (c, _) if c.is_alphabetic() => list.push(Part::Word(c.to_lowercase().collect())),
                (c, Some(Part::Blank)) if c.is_whitespace() => {}
                (c, _) if c.is_whitespace() => list.push(Part::Blank),
                (c, _) => list.push(Part::Sign(c)),
            }
        }
        Parts { used: vec![false; list.len()], list }
    }

    fn read(mut self) -> Option<Timestamp> {
        if let Some(moment) = self.unix() {
            return Some(moment);
        }
        let (clock, after) = self.clock();
        let offset = after.map_or(0, |after| self.zone(after));
        let day = self.day()?;
        let fits = clock.hour <= 24 && clock.minute <= 59 && clock.second <= 61;
        let micros =
            i64::from(clock.hour * 3600 + clock.minute * 60 + clock.second) * 1_000_000 + i64::from(clock.micro);
        let moment = Timestamp::from_micros(day.micros() + micros - offset * 60_000_000);
        Some(moment).filter(|m| fits && (1000..=9999).contains(&m.civil().year))
    }

    fn number(&self, at: usize) -> Option<(u64, usize)> {
        match self.list.get(at) {
            Some(Part::Number { value, digits }) if !self.used[at] => Some((*value, *digits)),
            _ => None,
        }
    }

    fn small(&self, at: usize) -> Option<u32> {
        let (value, digits) = self.number(at)?;
        if digits <= 2 { u32::try_from(value).ok() } else { None }
    }

    fn is_sign(&self, at: usize, signs: &[char]) -> bool {
        matches!(self.list.get(at), Some(Part::Sign(c)) if signs.contains(c))
    }

    fn word(&self, at: usize) -> Option<&str> {
        match self.list.get(at) {
            Some(Part::Word(word)) => Some(word),
            _ => None,
        }
    }

    fn use_up(&mut self, range: std::ops::Range<usize>) {
        let end = range.end.min(self.used.len());
        self.used[range.start.min(end)..end].fill(true);
    }

    /// One number of 9 digits or more, perhaps with a fraction.
    fn unix(&self) -> Option<Timestamp> {
        let alone = match self.list.as_slice() {
            [Part::Number { .. }, rest @ ..] => matches!(rest, [] | [Part::Sign('.'), Part::Number { .. }]),
            _ => false,
        };
        let (value, digits) = self.number(0)?;
        let value = i64::try_from(value).ok()?;
        match digits {
            9 | 10 if alone => Some(Timestamp::from_seconds(value)),
            13 if alone => Some(Timestamp::from_millis(value)),
            16 if alone => Some(Timestamp::from_micros(value)),
            _ => None,
        }
    }

    /// The time of day and the place behind it.
    fn clock(&mut self) -> (Clock, Option<usize>) {
        let colon = (0..self.list.len())
            .find(|i| self.small(*i).is_some() && self.is_sign(i + 1, &[':']) && self.small(i + 2).is_some());
        let mut clock = Clock::default();
        let mut at;
        if let Some(start) = colon {
            clock.hour = self.small(start).unwrap_or(0);
            clock.minute = self.small(start + 2).unwrap_or(0);
            at = start + 3;
            if self.is_sign(at, &[':'])
                && let Some(second) = self.small(at + 1)
            {
                clock.second = second;
                at += 2;
            }
            if self.is_sign(at, &['.', ','])
                && let Some((value, digits)) = self.number(at + 1)
            {
                clock.micro = fraction(value, digits);
                at += 2;
            }
            self.use_up(start..at);
        } else {
            // `20031231T101455`, `2003-12-31T10Z`
            let t = (1..self.list.len()).find(|i| self.word(*i) == Some("t") && self.number(i - 1).is_some());
            let Some((t, (value, digits))) = t.and_then(|t| Some((t, self.number(t + 1)?))) else {
                return (clock, None);
            };
            let value = u32::try_from(value).unwrap_or(u32::MAX);
            (clock.hour, clock.minute, clock.second) = match digits {
                1 | 2 => (value, 0, 0),
                3 | 4 => (value / 100, value % 100, 0),
                5 | 6 => (value / 10_000, value / 100 % 100, value % 100),
                _ => return (clock, None),
            };
            at = t + 2;
            if self.is_sign(at, &['.', ','])
                && let Some((value, digits)) = self.number(at + 1)
            {
                clock.micro = fraction(value, digits);
                at += 2;
            }
            self.use_up(t..at);
        }
        self.half_day(&mut clock);
        (clock, Some(at))
    }

    /// A 12-hour clock says which half.
    fn half_day(&mut self, clock: &mut Clock) {
        for i in 0..self.list.len() {
            let Some(word) = self.word(i) else { continue };
            let dotted = self.is_sign(i + 1, &['.']) && self.word(i + 2) == Some("m");
            let afternoon = match word {
                "pm" | "오후" | "ös" | "μμ" | "下午" | "午後" => true,
                "am" | "오전" | "öö" | "πμ" | "上午" | "午前" => false,
                "p" if dotted => true,
                "a" if dotted => false,
                _ => continue,
            };
            self.use_up(i..i + 1 + 2 * usize::from(dotted));
            if afternoon && clock.hour < 12 {
                clock.hour += 12;
            } else if !afternoon && clock.hour == 12 {
                clock.hour = 0;
            }
            return;
        }
    }

    /// Minutes east of Greenwich, from what stands behind the time.
    fn zone(&mut self, after: usize) -> i64 {
        let mut offset = 0;
        for i in after..self.list.len() {
            if let Some(minutes) = self.word(i).and_then(names::zone) {
                offset = minutes;
                self.use_up(i..i + 1);
                continue;
            }
            if !self.is_sign(i, &['+', '-']) {
                continue;
            }
            let Some((value, digits)) = self.number(i + 1) else { continue };
            let value = i64::try_from(value).unwrap_or(i64::MAX);
            let (minutes, end) = match digits {
                1 | 2 if self.is_sign(i + 2, &[':']) => match self.small(i + 3) {
                    Some(minutes) => (value * 60 + i64::from(minutes), i + 4),
                    None => (value * 60, i + 3),
                },
                // `10:14 -31.12.2003` has a date there.
                1 | 2 if !self.is_sign(i + 2, &['-', '/', '.']) => (value * 60, i + 2),
                3 | 4 => (value / 100 * 60 + value % 100, i + 2),
                _ => continue,
            };
            let minutes = if minutes > 14 * 60 { 0 } else { minutes };
            self.use_up(i..end);
            return offset + if self.is_sign(i, &['-']) { -minutes } else { minutes };
        }
        offset
    }

    /// Midnight of the day.
    fn day(&self) -> Option<Timestamp> {
        let numbers: Vec<(usize, u64, usize)> =
            (0..self.list.len()).filter_map(|i| self.number(i).map(|(value, digits)| (i, value, digits))).collect();
        if let Some(month) = self.month() {
            return self.named(month, &numbers);
        }
        let first = numbers.first()?;
        let second_at = numbers.get(1).map(|n| n.0);
        let sign = second_at.and_then(|at| match self.list.get(at.checked_sub(1)?) {
            Some(Part::Sign(c)) => Some(*c),
            _ => None,
        });
        let strangers =
            (0..self.list.len()).any(|i| !self.used[i] && self.word(i).is_some_and(|w| w != "t" && w != "w"));
        match (numbers.as_slice(), first.2) {
            ([a, b, c, ..], _) => {
                let week = self.word(a.0 + 2) == Some("w") || self.word(a.0 + 1) == Some("w");
                if week {
                    return week_date(a.1, b.1, c.1);
                }
                let (a, b, c) = ((a.1, a.2), (b.1, b.2), (c.1, c.2));
                let (year, month, day) = match sign {
                    _ if a.1 >= 3 && b.0 > 12 => (a, c, b),
                    _ if a.1 >= 3 => (a, b, c),
                    Some('/') if a.0 > 12 => (c, b, a),
                    Some('/') => (c, a, b),
                    _ if c.1 >= 3 && b.0 > 12 => (c, a, b),
                    Some('-') if c.1 < 3 => (a, b, c),
                    _ => (c, b, a),
                };
                civil(full_year(year)?, month.0, day.0)
            }
            // The rest is too little to believe when strange words stand beside it.
            _ if strangers => None,
            ([a, b], 4) if self.word(a.0 + 2) == Some("w") || self.word(a.0 + 1) == Some("w") => {
                // `2003-W52` or `2003W523`
                match b.2 {
                    3 => week_date(a.1, b.1 / 10, b.1 % 10),
                    _ => week_date(a.1, b.1, 1),
                }
            }
            ([a, b], 4) if b.2 == 3 => ordinal(a.1, b.1),
            ([a, b], 4) => civil(a.1, b.1, 1),
            ([a], 4) => civil(a.1, 1, 1),
            ([a], 6) => civil(full_year((a.1 / 10_000, 2))?, a.1 / 100 % 100, a.1 % 100),
            ([a], 7) => ordinal(a.1 / 1000, a.1 % 1000),
            ([a], 8) => civil(a.1 / 10_000, a.1 / 100 % 100, a.1 % 100),
            ([a], 12 | 14) => {
                let (date, clock) =
                    if a.2 == 14 { (a.1 / 1_000_000, a.1 % 1_000_000) } else { (a.1 / 10_000, a.1 % 10_000 * 100) };
                let day = civil(date / 10_000, date / 100 % 100, date % 100)?;
                let (hour, minute, second) = (clock / 10_000, clock / 100 % 100, clock % 100);
                let seconds = i64::try_from(hour * 3600 + minute * 60 + second).ok()?;
                (hour <= 24 && minute <= 59 && second <= 61)
                    .then(|| Timestamp::from_micros(day.micros() + seconds * 1_000_000))
            }
            _ => None,
        }
    }

    /// The month named: the longest match, and of two (`mar. 2 mars`) the last.
    fn month(&self) -> Option<u64> {
        (0..self.list.len()).filter(|i| !self.used[*i]).filter_map(|i| names::month(self.word(i)?)).next_back()
    }

    /// Day and year around a month's name.
    fn named(&self, month: u64, numbers: &[(usize, u64, usize)]) -> Option<Timestamp> {
        let is_year = |n: &(usize, u64, usize)| n.2 >= 3 || n.1 > 31 || self.is_sign(n.0.wrapping_sub(1), &['\'', '’']);
        match numbers {
            [a, b, ..] if is_year(a) => civil(full_year((a.1, a.2))?, month, b.1),
            [a, b, ..] => civil(full_year((b.1, b.2))?, month, a.1),
            // `December 2003`; a weekday or a strange word beside it means that the day was lost.
            [a] if a.2 == 4 && self.list.iter().filter(|p| matches!(p, Part::Word(_))).count() == 1 => {
                civil(a.1, month, 1)
            }
            _ => None,
        }
    }
}

fn fraction(value: u64, digits: usize) -> u32 {
    let digits = u32::try_from(digits).unwrap_or(20);
    let micros = match digits {
        0..=6 => value.checked_mul(10u64.pow(6 - digits)),
        7..=19 => value.checked_div(10u64.pow(digits - 6)),
        _ => None,
    };
    micros.and_then(|m| u32::try_from(m).ok()).filter(|m| *m < 1_000_000).unwrap_or(0)
}

/// Two digits: 70 to 99 are of the last century, as POSIX has it.
fn full_year((value, digits): (u64, usize)) -> Option<u64> {
    match digits {
        1 | 2 if value >= 70 => Some(1900 + value),
        1 | 2 => Some(2000 + value),
        // Years since 1900, as a broken clock of the nineties counts them.
        3 if (100..200).contains(&value) => Some(1900 + value),
        4 => Some(value),
        _ => None,
    }
}

/// Midnight; a day up to 31 that the month lacks rolls over.
fn civil(year: u64, month: u64, day: u64) -> Option<Timestamp> {
    let year = i32::try_from(year).ok().filter(|y| (1000..=9999).contains(y))?;
    let month = u32::try_from(month).ok()?;
    let days = i64::try_from(day).ok().filter(|d| (1..=31).contains(d))?;
    let first = Timestamp::from_civil(Civil { year, month, day: 1, hour: 0, minute: 0, second: 0, micro: 0 })?;
    Some(Timestamp::from_micros(first.micros() + (days - 1) * DAY))
}

const DAY: i64 = 86_400_000_000;

/// Day 1 to 366 of a year.
fn ordinal(year: u64, day: u64) -> Option<Timestamp> {
    let first = civil(year, 1, 1)?;
    let day = i64::try_from(day).ok().filter(|d| (1..=366).contains(d))?;
    Some(Timestamp::from_micros(first.micros() + (day - 1) * DAY))
}

/// ISO 8601: week 1 is the one with 4 January, day 1 is Monday.
fn week_date(year: u64, week: u64, day: u64) -> Option<Timestamp> {
    let fourth = civil(year, 1, 4)?;
    let (week, day) = (i64::try_from(week).ok()?, i64::try_from(day).ok()?);
    if !((1..=53).contains(&week) && (1..=7).contains(&day)) {
        return None;
    }
    // Day 0 of the epoch was a Thursday.
    let weekday = (fourth.day_number() + 3).rem_euclid(7);
    Some(Timestamp::from_micros(fourth.micros() + (week * 7 - 7 + day - 1 - weekday) * DAY))
}

#[cfg(test)]
mod tests;
