//! Dates and times in one form, however they are written.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::word::{Word, fold};

/// When something is, as far as a text says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum When {
    Day {
        year: Option<u16>,
        month: u8,
        day: Option<u8>,
    },
    /// 0 is Monday.
    Weekday(u8),
    /// Minutes since midnight; `open` where noon and midnight cannot be told apart (`6:30`).
    Clock {
        minutes: u16,
        open: bool,
    },
    /// Steps of a unit from now: last year, next week, tomorrow.
    Relative {
        unit: char,
        steps: i8,
    },
    /// Morning, afternoon, evening, night.
    Part(u8),
    /// Spring to winter.
    Season(u8),
}

#[derive(Clone, Debug)]
pub(super) struct Date {
    pub range: Range<usize>,
    pub when: When,
}

/// Different dates and times of all sources that are kept; a draft's that is not among them counts as missing.
const DATES_MAX: usize = 5_000;

/// What the sources say of time.
#[derive(Default)]
pub(super) struct Dates {
    seen: BTreeSet<When>,
    years: BTreeSet<u16>,
    /// Units whose present one is spoken of as the one: "half of the year".
    this: BTreeSet<char>,
}

impl Dates {
    pub fn add(&mut self, text: &str, words: &[Word<'_>], dates: &[Date]) {
        self.years.extend(words.iter().filter_map(|word| year(word.text)));
        let of = |pair: &[Word<'_>]| match &*fold(pair[1].text) {
            "year" if matches!(pair[0].text, "the" | "of") => Some('y'),
            _ if pair[0].text == "yılın" => Some('y'),
            _ => None,
        };
        self.this.extend(words.windows(2).filter(|pair| pair.iter().all(|w| w.text.len() < 24)).filter_map(of));
        for date in dates {
            if let When::Day { year: Some(year), .. } = date.when {
                self.years.insert(year);
            }
            if self.seen.len() < DATES_MAX {
                self.seen.insert(date.when);
            }
        }
        // 18.30 is a time as well as a number where nothing says which.
        let mut within = dates.iter().peekable();
        for word in words {
            while within.next_if(|date| date.range.end <= word.start).is_some() {}
            if within.peek().is_some_and(|date| date.range.start <= word.start) {
                continue;
            }
            if let Some((hour, minute)) = halves(word.text).filter(|(hour, minute)| *hour < 24 && *minute < 60)
                && self.seen.len() < DATES_MAX
                && text.as_bytes().get(word.end()).is_none_or(|after| *after != b'%')
            {
                self.seen.insert(When::Clock { minutes: hour * 60 + minute, open: word.text.len() < 5 });
            }
        }
    }

    /// Adds the weekdays that full dates fall on; call it once, at the end.
    pub fn finish(&mut self) {
        let mut days = Vec::new();
        for when in &self.seen {
            if let When::Day { year, month, day: Some(day) } = *when {
                let years = year.map_or_else(|| self.years.iter().copied().take(8).collect(), |year| vec![year]);
                days.extend(years.into_iter().map(|year| When::Weekday(weekday(year, month, day))));
            }
        }
        self.seen.extend(days);
    }

    /// Whether a time of the sources is at most half an hour from that hour of either half of the day.
    pub fn near_hour(&self, hour: u16) -> bool {
        let wanted = hour % 12 * 60;
        self.seen.iter().any(|seen| {
            let When::Clock { minutes, .. } = *seen else { return false };
            let apart = (minutes % 720).abs_diff(wanted);
            apart.min(720 - apart) <= 30
        })
    }

    /// Whether some date falls on that day of whatever month.
    pub fn has_day(&self, number: u8) -> bool {
        self.seen.iter().any(|seen| matches!(seen, When::Day { day: Some(day), .. } if *day == number))
    }

    pub fn holds(&self, when: When) -> bool {
        match when {
            When::Day { year, month, day } => self.seen.iter().any(|seen| {
                let When::Day { year: y, month: m, day: d } = *seen else { return false };
                let same_year = match (year, y) {
                    (Some(year), None) => self.years.contains(&year),
                    (Some(year), Some(y)) => year == y,
                    (None, _) => true,
                };
                m == month && (day.is_none() || d == day) && same_year
            }),
            When::Clock { minutes, open } => self.seen.iter().any(|seen| {
                let When::Clock { minutes: m, open: o } = *seen else { return false };
                m == minutes || ((open || o) && m % 720 == minutes % 720)
            }),
            When::Part(part) => {
                let said = self.seen.iter().any(|seen| match *seen {
                    When::Part(p) => p == part || matches!((p, part), (2, 3) | (3, 2)),
                    When::Clock { minutes, open } => {
                        let around = [minutes, (minutes + 60) % 1_440, (minutes + 1_380) % 1_440];
                        let fits = |minutes: u16| {
                            around.map(|m| (m + minutes) % 1_440).into_iter().any(|m| part_of(m) == part)
                        };
                        fits(0) || open && fits(720)
                    }
                    _ => false,
                });
                // Only another part or time of the day speaks against it.
                let tells = |seen: &When| matches!(seen, When::Part(_) | When::Clock { open: false, .. });
                said || !self.seen.iter().any(tells)
            }
            // This year is what the sources speak of, unless they say which and another.
            When::Relative { unit, steps: 0 } => {
                let fits = |u: char, steps: i8, own: bool| u != 'd' && (u == unit || !own) && (steps == 0) == own;
                let said = |own: bool| {
                    let relative =
                        |seen: &When| matches!(*seen, When::Relative { unit, steps } if fits(unit, steps, own));
                    self.seen.iter().any(relative)
                };
                said(true) || self.this.contains(&unit) || !said(false)
            }
            other => self.seen.contains(&other),
        }
    }
}

fn part_of(minutes: u16) -> u8 {
    match minutes / 60 {
        5..=11 => 0,
        12..=16 => 1,
        17..=20 => 2,
        _ => 3,
    }
}

/// The dates and times of a text, in order and apart.
pub(super) fn dates(text: &str, words: &[Word<'_>], turkish: bool) -> Vec<Date> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        match read(text, words, at, turkish) {
            Some((when, end)) => {
                found.push(Date { range: words[at].start..words[end - 1].end(), when });
                at = end;
            }
            None => at += 1,
        }
    }
    found
}

fn read(text: &str, words: &[Word<'_>], at: usize, turkish: bool) -> Option<(When, usize)> {
    let word = words[at];
    if word.text.len() > 24 {
        return None;
    }
    let next = |by: usize| words.get(at + by).filter(|w| w.start - word.start < 40);
    if word.is_number() {
        return numeric(text, words, at).or_else(|| {
            // 20 November 2026, 20th of November, 3. Oktober.
            let day = digits(word.text).filter(|day| (1..=31).contains(day) && !word.text.contains(['\'', '’']))?;
            // 6-11 September begins on the sixth.
            let until = next(1).filter(|w| matches!(&text[word.end()..w.start], "-" | "–") && w.is_number());
            if let Some(month) = until.and_then(|_| next(2)).and_then(|w| month(w, turkish, true)) {
                return Some((When::Day { year: None, month, day: Some(day as u8) }, at + 1));
            }
            let skip = usize::from(next(1).is_some_and(|w| w.text == "of"));
            let month = month(next(1 + skip)?, turkish, true)?;
            let same = year_at(text, words, at + 1 + skip);
            let end = at + 2 + skip + usize::from(same.is_some());
            Some((When::Day { year: same, month, day: Some(day as u8) }, end))
        });
    }
    let key = word.key();
    if let Some(day) = weekday_word(word, &key, next(1), turkish) {
        return Some((When::Weekday(day), at + 1));
    }
    if let Some(month) = month(&word, turkish, next(1).is_some_and(|w| w.is_number())) {
        // November 20, 2026; March 2028.
        let day =
            next(1).filter(|w| w.start <= word.end() + 2).and_then(|w| digits(w.text)).filter(|d| (1..=31).contains(d));
        let day = day.filter(|_| next(1).is_some_and(|w| year(w.text).is_none()));
        let skip = usize::from(day.is_some());
        let year = year_at(text, words, at + skip);
        // "may" is a verb and "march" a walk unless a number stands beside them.
        let certain = day.is_some() || year.is_some() || !matches!(&*key, "may" | "march" | "mart") || at > 0;
        return certain.then(|| {
            let end = at + 1 + skip + usize::from(year.is_some());
            (When::Day { year, month, day: day.map(|day| day as u8) }, end)
        });
    }
    relative(&key, next(1), turkish).map(|(when, len)| (when, at + len))
}

/// The year behind the word at `at`, a comma or blank between.
fn year_at(text: &str, words: &[Word<'_>], at: usize) -> Option<u16> {
    let (word, following) = (words.get(at)?, words.get(at + 1)?);
    let between = text[word.end()..following.start].trim();
    matches!(between, "" | "," | ".").then(|| year(following.text)).flatten()
}

fn year(text: &str) -> Option<u16> {
    let digits = text.split(['\'', '’']).next().unwrap_or(text);
    let value: u16 = digits.get(..4).filter(|_| digits.len() == 4).and_then(|d| d.parse().ok())?;
    (1000..=2999).contains(&value).then_some(value)
}

/// One or two digits, also before a suffix (`20th`, `3'te`).
fn digits(text: &str) -> Option<u16> {
    let len = text.bytes().take_while(u8::is_ascii_digit).count();
    let rest = &text[len..];
    let suffix = rest.is_empty() || matches!(rest, "st" | "nd" | "rd" | "th") || rest.starts_with(['\'', '’']);
    (len <= 2 && suffix).then(|| text[..len].parse().ok()).flatten()
}

/// `18:30` and `18.30` as their two numbers.
fn halves(text: &str) -> Option<(u16, u16)> {
    let text = text.split(['\'', '’']).next().unwrap_or(text);
    let (left, right) = text.split_once([':', '.'])?;
    let two = |part: &str| part.len() <= 2 && part.bytes().all(|b| b.is_ascii_digit());
    (two(left) && two(right) && right.len() == 2).then(|| Some((left.parse().ok()?, right.parse().ok()?))).flatten()
}

/// `12.12` as a day and a month.
pub(super) fn day_and_month(text: &str) -> Option<When> {
    let (day, month) = halves(text)?;
    let fits = (1..=31).contains(&day) && (1..=12).contains(&month) && text.contains('.');
    fits.then_some(When::Day { year: None, month: month as u8, day: Some(day as u8) })
}

/// ISO dates, dates with points or slashes, times.
fn numeric(text: &str, words: &[Word<'_>], at: usize) -> Option<(When, usize)> {
    let word = words[at];
    let bare = word.text.split(['\'', '’']).next().unwrap_or(word.text);
    let bare = bare.strip_suffix("am").or_else(|| bare.strip_suffix("pm")).unwrap_or(bare);
    let next = |by: usize| words.get(at + by).filter(|w| w.start - word.start < 16);
    let parts: Vec<&str> = bare.split('.').collect();
    if let [day, month, year_] = parts[..]
        && let (Some(d), Some(m), Some(y)) = (digits(day), digits(month), year(year_))
        && (1..=31).contains(&d)
        && (1..=12).contains(&m)
    {
        return Some((When::Day { year: Some(y), month: m as u8, day: Some(d as u8) }, at + 1));
    }
    let joined = |by: usize, sign: &str| {
        next(by).filter(|w| words.get(at + by - 1).is_some_and(|before| &text[before.end()..w.start] == sign))
    };
    if let (Some(y), Some(m), Some(d)) = (year(bare), joined(1, "-"), joined(2, "-"))
        && let (Some(m), Some(d)) = (digits(m.text), digits(d.text))
        && (1..=12).contains(&m)
        && (1..=31).contains(&d)
    {
        return Some((When::Day { year: Some(y), month: m as u8, day: Some(d as u8) }, at + 3));
    }
    if let (Some(d), Some(m), Some(y)) = (digits(bare), joined(1, "/"), joined(2, "/"))
        && let (Some(m), Some(y)) = (digits(m.text), year(y.text))
        && (1..=31).contains(&d)
    {
        // The one way round that can be; with both possible the European one.
        let (d, m) = if m > 12 { (m, d) } else { (d, m) };
        return (m <= 12).then_some((When::Day { year: Some(y), month: m as u8, day: Some(d as u8) }, at + 3));
    }
    let (half, half_len) = meridiem(text, words, at);
    let clock = |hour: u16, minute: u16, len: usize| {
        let minutes = match half {
            Some(later) if (1..=12).contains(&hour) => (hour % 12 + if later { 12 } else { 0 }) * 60 + minute,
            _ => hour * 60 + minute,
        };
        let open = half.is_none() && hour <= 12 && !bare.starts_with('0');
        Some((When::Clock { minutes, open }, at + len))
    };
    if let Some((hour, minute)) = halves(bare).filter(|(hour, minute)| *hour < 24 && *minute < 60) {
        let hours = next(1).is_some_and(|w| w.text.starts_with("saat"));
        let before = at.checked_sub(1).and_then(|before| words.get(before)).map(|w| fold(w.text));
        let spoken = before.as_deref().is_some_and(|before| {
            matches!(before, "saat" | "saati" | "saatleri")
                || bare.len() == 5
                    && (before.starts_with("gece") || before.starts_with("sabah") || before.starts_with("akşam"))
        });
        return if half.is_some() || bare.contains(':') || spoken || hours && bare.len() == 5 {
            clock(hour, minute, 1 + half_len)
        } else {
            None
        };
    }
    if bare == "12" && next(1).is_some_and(|w| matches!(&*w.key(), "noon" | "midnight")) {
        let noon = next(1).is_some_and(|w| w.key() == "noon");
        return Some((When::Clock { minutes: if noon { 720 } else { 0 }, open: false }, at + 2));
    }
    let hour_text = bare.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let hour = digits(hour_text).filter(|hour| (1..=12).contains(hour))?;
    half.is_some().then(|| clock(hour, 0, 1 + half_len)).flatten()
}

/// `pm` or `p.m.` on or behind the number at `at`: whether it is after noon, and the words it takes.
fn meridiem(text: &str, words: &[Word<'_>], at: usize) -> (Option<bool>, usize) {
    let word = words[at];
    let own = word.text.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | ':'));
    match &*fold(own) {
        "am" => return (Some(false), 0),
        "pm" => return (Some(true), 0),
        "" => {}
        _ => return (None, 0),
    }
    let Some(next) = words.get(at + 1).filter(|w| w.start <= word.end() + 2) else { return (None, 0) };
    match &*fold(next.text) {
        "am" => (Some(false), 1),
        "pm" => (Some(true), 1),
        letter @ ("a" | "p") if text[next.end()..].starts_with(".m") => (Some(letter == "p"), 2),
        _ => (None, 0),
    }
}

fn weekday_word(word: Word<'_>, key: &str, next: Option<&Word<'_>>, turkish: bool) -> Option<u8> {
    const ENGLISH: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    const GERMAN: [&str; 7] = ["montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag"];
    const SHORT: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let bare = key.strip_suffix('s').unwrap_or(key);
    let place = |list: &[&str], key: &str| list.iter().position(|day| *day == key).map(|at| at as u8);
    if let Some(day) = place(&ENGLISH, bare).or_else(|| place(&GERMAN, bare)) {
        return Some(day);
    }
    if word.is_capitalised()
        && word.text.len() == 3
        && matches!(&*fold(word.text), "mon" | "tue" | "wed" | "thu" | "fri")
    {
        return place(&SHORT, key);
    }
    if !turkish && !word.is_capitalised() {
        return None;
    }
    const TURKISH: [(&str, u8); 6] =
        [("pazartesi", 0), ("sali", 1), ("çarşamba", 2), ("perşembe", 3), ("cumartesi", 5), ("cuma", 4)];
    if let Some((_, day)) =
        TURKISH.iter().find(|(day, _)| key.strip_prefix(day).is_some_and(|rest| rest.len() <= 4 && rest != "m"))
    {
        return Some(*day);
    }
    // The word is a market, too.
    let beside = next.map(Word::key).unwrap_or_default();
    let day = ["gün", "sabah", "akşam", "gece", "öğle"].iter().any(|part| beside.starts_with(part));
    (key == "pazar" && day).then_some(6)
}

#[rustfmt::skip]
const ENGLISH: [&str; 12] = [
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
];

/// Whether a [`fold`]ed word is an English month.
pub(super) fn is_month(word: &str) -> bool {
    ENGLISH.contains(&word)
}

fn month(word: &Word<'_>, turkish: bool, beside_number: bool) -> Option<u8> {
    const GERMAN: [&str; 12] = [
        "januar",
        "februar",
        "märz",
        "april",
        "mai",
        "juni",
        "juli",
        "august",
        "september",
        "oktober",
        "november",
        "dezember",
    ];
    const TURKISH: [&str; 12] =
        ["ocak", "şubat", "mart", "nisan", "mayis", "haziran", "temmuz", "ağustos", "eylül", "ekim", "kasim", "aralik"];
    let key = word.key();
    // The oven of a kitchen, a quarry.
    if !word.is_capitalised() && key.starts_with("oca") && word.text != "ocak" && !beside_number {
        return None;
    }
    let place = |list: &[&str]| list.iter().position(|month| *month == key).map(|at| at as u8 + 1);
    if word.is_capitalised() {
        if let Some(month) = place(&ENGLISH).or_else(|| place(&GERMAN)) {
            return Some(month);
        }
        if beside_number && (key.len() == 3 || key == "sept") {
            let short = ENGLISH.iter().position(|month| month.starts_with(&key[..3]));
            if let Some(at) = short {
                return Some(at as u8 + 1);
            }
        }
    }
    if !turkish && !beside_number {
        return None;
    }
    let soft = |month: &str, key: &str| {
        const ENDINGS: [&str; 20] = [
            "", "da", "de", "ta", "te", "dan", "den", "tan", "ten", "in", "un", "ün", "a", "e", "i", "u", "ü", "taki",
            "teki", "daki",
        ];
        key.strip_prefix(month).is_some_and(|rest| ENDINGS.contains(&rest) || rest == "deki")
    };
    let softened = |key: &str| match () {
        () if key.starts_with("ocağ") => Some(1),
        () => key.starts_with("araliğ").then_some(12),
    };
    TURKISH.iter().position(|month| soft(month, &key)).map(|at| at as u8 + 1).or_else(|| softened(&key))
}

fn relative(key: &str, next: Option<&Word<'_>>, turkish: bool) -> Option<(When, usize)> {
    let one = |when| Some((when, 1));
    let day = |steps| Some((When::Relative { unit: 'd', steps }, 1));
    match key {
        "yesterday" | "dün" => return day(-1),
        "tomorrow" | "yarin" => return day(1),
        "noon" | "midday" | "öğle" | "öğlen" | "öğlene" | "öğleye" | "öğlende" => {
            return one(When::Clock { minutes: 720, open: false });
        }
        "midnight" | "geceyarisi" => return one(When::Clock { minutes: 0, open: false }),
        "morning" | "mornings" => return one(When::Part(0)),
        "afternoon" => return one(When::Part(1)),
        "evening" | "tonight" => return one(When::Part(2)),
        "overnight" | "night" => return one(When::Part(3)),
        "spring" | "summer" | "autumn" | "winter" => {
            let at = ["spring", "summer", "autumn", "winter"].iter().position(|season| *season == key)?;
            return one(When::Season(at as u8));
        }
        _ => {}
    }
    if turkish {
        let parts = [("sabah", 0), ("öğleden", 1), ("akşam", 2), ("gece", 3)];
        let short = |begin: &str| key.len() <= begin.len() + 5;
        if let Some((_, part)) =
            parts.iter().find(|(begin, _)| key.starts_with(begin) && short(begin) && key != "gecek")
        {
            return (!key.starts_with("gecek") && !key.starts_with("gecen")).then_some((When::Part(*part), 1));
        }
    }
    let steps = match key {
        "last" | "previous" | "geçen" | "geçtiğimiz" | "önceki" => -1,
        "this" | "bu" => 0,
        "next" | "coming" | "gelecek" | "önümüzdeki" => 1,
        _ => return None,
    };
    let unit = next?.key();
    let unit = match &*unit {
        "year" | "yil" | "sene" | "yilin" => 'y',
        "month" | "ay" => 'm',
        "week" | "hafta" => 'w',
        _ => return None,
    };
    // "this" without a step may be the same as a date of the source; only what contradicts is told.
    Some((When::Relative { unit, steps }, 2))
}

/// The weekday of a date of the Gregorian calendar, 0 for Monday. Source: Sakamoto 1992.
fn weekday(year: u16, month: u8, day: u8) -> u8 {
    const SHIFT: [i32; 12] = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4];
    let shift = SHIFT.get(usize::from(month) - 1).copied().unwrap_or(0);
    let year = i32::from(year) - i32::from(month < 3);
    let sunday_based = (year + year / 4 - year / 100 + year / 400 + shift + i32::from(day)).rem_euclid(7);
    ((sunday_based + 6) % 7) as u8
}
