//! HTTP dates (RFC 9110 §5.6.7), read strictly: a date that is nearly right says nothing.

use http::HeaderMap;
use http::header::AsHeaderName;
use stdx::Timestamp;
use stdx::time::Civil;

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// Reads any of the three forms. Names may stand in any case; `now` decides the century of the
/// obsolete form with two digits: more than 50 years ahead is the past.
pub fn parse(text: &[u8], now: Timestamp) -> Option<Timestamp> {
    let text = std::str::from_utf8(text).ok()?.trim_matches([' ', '\t']);
    let (name, rest) = match text.split_once(", ") {
        Some(parts) => parts,
        None => return asctime(text),
    };
    let (day, month, year, clock) = match rest.as_bytes() {
        // 06 Nov 1994 08:49:37 GMT
        [_, _, b' ', _, _, _, b' ', _, _, _, _, b' ', ..] if is_day(name, true) => {
            (digits(&rest[..2])?, &rest[3..6], digits(&rest[7..11])? as i32, &rest[12..])
        }
        // 06-Nov-94 08:49:37 GMT
        [_, _, b'-', _, _, _, b'-', _, _, b' ', ..] if is_day(name, false) => {
            let this = now.civil().year;
            let mut year = this - this.rem_euclid(100) + digits(&rest[7..9])? as i32;
            if year > this + 50 {
                year -= 100;
            }
            (digits(&rest[..2])?, &rest[3..6], year, &rest[10..])
        }
        _ => return None,
    };
    let zone = clock.get(8..)?;
    if !zone.eq_ignore_ascii_case(" GMT") {
        return None;
    }
    civil(day, month, year, &clock[..8])
}

/// The date in the one line of a field; `None` when it is absent, said twice or no date.
pub fn of(headers: &HeaderMap, name: impl AsHeaderName, now: Timestamp) -> Option<Timestamp> {
    let mut lines = headers.get_all(name).iter();
    let first = lines.next()?;
    if lines.next().is_some() { None } else { parse(first.as_bytes(), now) }
}

/// `Sun Nov  6 08:49:37 1994`
fn asctime(text: &str) -> Option<Timestamp> {
    if !text.is_ascii() || text.len() != 24 || !is_day(&text[..3], true) {
        return None;
    }
    let b = text.as_bytes();
    if b[3] != b' ' || b[7] != b' ' || b[10] != b' ' || b[19] != b' ' {
        return None;
    }
    let day = if b[8] == b' ' { digits(&text[9..10])? } else { digits(&text[8..10])? };
    civil(day, &text[4..7], digits(&text[20..])? as i32, &text[11..19])
}

fn is_day(name: &str, short: bool) -> bool {
    let name = name.to_ascii_lowercase();
    DAYS.iter().any(|day| if short { day[..3] == name } else { *day == name })
}

fn civil(day: u32, month: &str, year: i32, clock: &str) -> Option<Timestamp> {
    let month = month.to_ascii_lowercase();
    let month = MONTHS.iter().position(|m| *m == month)? as u32 + 1;
    let b = clock.as_bytes();
    if b.len() != 8 || b[2] != b':' || b[5] != b':' {
        return None;
    }
    let (hour, minute, second) = (digits(&clock[..2])?, digits(&clock[3..5])?, digits(&clock[6..])?);
    Timestamp::from_civil(Civil { year, month, day, hour, minute, second, micro: 0 })
}

fn digits(text: &str) -> Option<u32> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) { None } else { text.parse().ok() }
}

#[cfg(test)]
mod tests;
