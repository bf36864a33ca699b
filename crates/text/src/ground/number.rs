//! Numbers in one form, however they are written.

use std::collections::HashMap;
use std::ops::Range;

use super::hedge::{Hedge, hedge};
use super::spoken;
use crate::word::fold;

/// Every reading of every number in the sources, and how it was written.
#[derive(Default)]
pub(super) struct Numbers {
    seen: HashMap<String, Vec<(Style, Unit, Option<Hedge>)>>,
    /// The same as plain figures, in order once [`Numbers::finish`] was called; for rounded numbers.
    figures: Vec<(f64, Unit)>,
}

/// What the separators of a number say about its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Sure,
    /// `1.400` as one thousand four hundred.
    Grouped,
    /// `1.400` as one point four.
    Decimal,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Plain,
    Percent,
    Currency(char),
}

/// A number in a text. `1.400` means this or that by language, so both readings are kept. A sure number
/// may meet either; two doubtful ones must be read the same way, lest 1,250 billion meet 1,250 million.
#[derive(Clone, Debug)]
pub(super) struct Number {
    pub range: Range<usize>,
    pub readings: Vec<(String, Style)>,
    pub unit: Unit,
    /// Not asked for in a draft: `twice`, one as an article.
    pub weak: bool,
}

impl Numbers {
    pub fn add(&mut self, text: &str, numbers: &[Number]) {
        for number in numbers {
            let hedge = hedge(text, &number.range);
            for (value, style) in &number.readings {
                let seen = self.seen.entry(value.clone()).or_default();
                if !seen.contains(&(*style, number.unit, hedge)) {
                    seen.push((*style, number.unit, hedge));
                    self.figures.extend(value.parse::<f64>().ok().map(|figure| (figure, number.unit)));
                }
            }
        }
    }

    /// Call it once all is added.
    pub fn finish(&mut self) {
        self.figures.sort_by(|a, b| a.0.total_cmp(&b.0));
    }

    /// Whether the sources hold `number` of `draft`. A unit must be the same; a number without one may
    /// stand for a source's number with one ("from 5 to 7 percent"). Behind a word such as "about" it may be
    /// a source's number rounded to its last digit that is not zero.
    pub fn holds(&self, draft: &str, number: &Number) -> bool {
        number.weak
            || number.readings.iter().any(|(value, style)| {
                self.seen.get(value).is_some_and(|seen| {
                    seen.iter().any(|(other, unit, _)| {
                        let same_style = style == other || *style == Style::Sure || *other == Style::Sure;
                        same_style && (number.unit == Unit::Plain || number.unit == *unit)
                    })
                })
            })
            || hedge(draft, &number.range).is_some_and(|hedge| self.rounds(number, hedge))
    }

    /// Whether `number` is more than what every source has it less than, or the other way round.
    pub fn bounded_otherwise(&self, draft: &str, number: &Number) -> bool {
        let Some(ours @ (Hedge::Above | Hedge::Below)) = hedge(draft, &number.range) else { return false };
        let mut theirs = number.readings.iter().filter_map(|(value, _)| self.seen.get(value)).flatten().peekable();
        theirs.peek().is_some()
            && theirs.all(|(.., hedge)| matches!(hedge, Some(Hedge::Above | Hedge::Below)) && *hedge != Some(ours))
    }

    fn rounds(&self, number: &Number, hedge: Hedge) -> bool {
        number.readings.iter().any(|(text, _)| {
            let (value, step) = match (text.as_str(), text.parse::<f64>()) {
                ("1/3", _) => (100.0 / 3.0, 3.0),
                ("2/3", _) => (200.0 / 3.0, 3.0),
                (_, Ok(value)) => (value, last_digit(text)),
                _ => return false,
            };
            let (low, high) = match hedge {
                Hedge::About => (value - step / 2.0, value + step / 2.0),
                Hedge::Above => (value, value + step),
                Hedge::Below => (value - step, value),
            };
            let from = self.figures.partition_point(|(figure, _)| *figure < low);
            let near = self.figures[from..].iter().take_while(|(figure, _)| *figure <= high);
            let far = if hedge == Hedge::About { 0.1 } else { 0.25 };
            let close = |figure: f64| (figure - value).abs() <= value * far;
            near.take(64).any(|(figure, unit)| close(*figure) && (number.unit == Unit::Plain || number.unit == *unit))
        })
    }
}

/// What the last digit of `text` that is not zero is worth: 100000 for 1200000, 0.1 for 2.5.
fn last_digit(text: &str) -> f64 {
    match text.split_once('.') {
        Some((_, fraction)) => 10f64.powi(-(fraction.len().min(30) as i32)),
        None => 10f64.powi((text.len() - text.trim_end_matches('0').len()).min(30) as i32),
    }
}

/// The numbers of a text; `turkish` decides what a few words mean.
///
/// The second list holds what two of them say together: "two in five".
pub(super) fn numbers(text: &str, turkish: bool) -> (Vec<Number>, Vec<Number>) {
    let mut found: Vec<Number> = Vec::new();
    let mut from = 0;
    while let Some(start) = text[from..].find(char::is_alphanumeric).map(|at| from + at) {
        let first = text[start..].chars().next().unwrap_or(' ');
        if first.is_ascii_digit() {
            let end = digits_end(text, start);
            // The 417 of the B417 is part of a name.
            if text[..start].ends_with(char::is_alphabetic) {
                from = end;
                continue;
            }
            from = read(text, start, end, &mut found);
            continue;
        }
        let end = start + text[start..].find(|c: char| !c.is_alphabetic()).unwrap_or(text.len() - start);
        from = end.max(start + first.len_utf8());
        // Behind an apostrophe stands an ending: 33,4'ten.
        if text[..start].ends_with(['\'', '’']) {
            continue;
        }
        let Some(said) = spoken::read(text, start, turkish) else { continue };
        if said.share {
            let mut readings = vec![(said.value.clone(), Style::Sure)];
            readings.extend(fraction(&said.value));
            found.push(Number { range: start..said.end, readings, unit: Unit::Percent, weak: false });
            from = said.end;
            continue;
        }
        if let Some((places, end)) = small_part(text, said.end) {
            let value = format!("{:0>width$}", said.value, width = places + 1);
            let (whole, fraction) = value.split_at(value.len() - places);
            let readings = vec![(shift(whole, fraction, 0), Style::Sure)];
            found.push(Number { range: start..end, readings, unit: Unit::Plain, weak: false });
            from = end;
            continue;
        }
        let (zeros, end) = multiplier(text, said.end);
        // Dört bin beş yüz.
        let below = (zeros == 3 && ["bin", "thousand"].iter().any(|word| text[..end].ends_with(word)))
            .then(|| text[end..].find(char::is_alphabetic).filter(|gap| text[end..end + gap].trim().is_empty()))
            .flatten()
            .and_then(|gap| spoken::read(text, end + gap, turkish))
            .filter(|rest| !rest.share && !rest.weak && rest.value.len() <= 3);
        let (value, end) = match below {
            Some(rest) => (format!("{}{:0>3}", said.value, rest.value), rest.end),
            None => {
                let (whole, fraction) = said.value.split_once('.').unwrap_or((&said.value, ""));
                (shift(whole, fraction, zeros), end)
            }
        };
        let (unit, end) = unit(text, start, end);
        let readings = vec![(value, Style::Sure)];
        found.push(Number { range: start..end, readings, unit, weak: said.weak && zeros == 0 });
        from = end;
    }
    share_percent(text, &mut found);
    let ratios: Vec<Number> = found.windows(2).filter_map(|pair| ratio(text, &pair[0], &pair[1])).collect();
    for number in &mut found {
        if number.unit == Unit::Percent {
            let fractions: Vec<_> = number.readings.iter().filter_map(|(value, _)| fraction(value)).collect();
            number.readings.extend(fractions);
        }
    }
    (found, ratios)
}

/// "Two in five" and "beş kişiden ikisi" as a percentage.
fn ratio(text: &str, a: &Number, b: &Number) -> Option<Number> {
    let between = text.get(a.range.end..b.range.start).filter(|between| between.len() < 24)?;
    let value = |number: &Number| number.readings.first().and_then(|(value, _)| value.parse::<u32>().ok());
    let (first, second) = (value(a)?, value(b)?);
    let falls = || between.split_whitespace().any(|w| ["den", "dan", "ten", "tan"].iter().any(|end| w.ends_with(end)));
    let (part, whole) = match between.trim() {
        "in" | "in every" | "out of" | "of every" | "out of every" => (first, second),
        _ if second < first
            && (falls() || text[a.range.clone()].ends_with("dan") || text[a.range.clone()].ends_with("den")) =>
        {
            (second, first)
        }
        _ => return None,
    };
    // Of five liras one.
    let falls = ["den", "dan", "ten", "tan"].iter().any(|end| text[a.range.clone()].ends_with(end));
    let plain = (a.unit == Unit::Plain || (falls && second < first)) && b.unit == Unit::Plain;
    if !plain || part >= whole || whole > 100 {
        return None;
    }
    if whole == 3 {
        let readings = vec![(format!("{part}/3"), Style::Sure)];
        return Some(Number { range: a.range.start..b.range.end, readings, unit: Unit::Percent, weak: false });
    }
    if part * 1_000 % whole != 0 {
        return None;
    }
    let tenths = part * 1_000 / whole;
    let percent = shift(&(tenths / 10).to_string(), &(tenths % 10).to_string(), 0);
    let mut readings = vec![(percent.clone(), Style::Sure)];
    readings.extend(fraction(&percent));
    Some(Number { range: a.range.start..b.range.end, readings, unit: Unit::Percent, weak: false })
}

/// The places of "four hundredths" and where they end.
fn small_part(text: &str, end: usize) -> Option<(usize, usize)> {
    let tail = text[end..].strip_prefix([' ', '-'])?;
    let parts = [("tenths", 1), ("hundredths", 2), ("thousandths", 3)];
    let (word, places) = parts.into_iter().find(|(word, _)| tail.starts_with(word))?;
    Some((places, end + 1 + word.len()))
}

/// A percentage that is a plain fraction, too.
fn fraction(percent: &str) -> Option<(String, Style)> {
    let fraction = match percent {
        "50" => "1/2",
        "25" => "1/4",
        "75" => "3/4",
        "20" => "1/5",
        _ => return None,
    };
    Some((fraction.to_owned(), Style::Sure))
}

/// The end of a run of digits and the separators inside it.
fn digits_end(text: &str, start: usize) -> usize {
    let bytes = text.as_bytes();
    let mut end = start;
    while end < bytes.len() {
        let digit_follows = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
        match bytes[end] {
            b'0'..=b'9' => end += 1,
            b'.' | b',' | b':' | b'/' if digit_follows(end + 1) => end += 1,
            b'\'' if digit_follows(end + 1) && digit_follows(end + 3) => end += 1,
            // Blanks of the French and Swiss kind; an ordinary blank separates two numbers.
            0xC2 if text[end..].starts_with('\u{a0}') && digit_follows(end + 2) => end += 2,
            0xE2 if text[end..].starts_with('\u{202f}') && digit_follows(end + 3) => end += 3,
            _ => break,
        }
    }
    end
}

/// Reads the number at `start..end`, which begins and ends with a digit; where to read on.
fn read(text: &str, start: usize, end: usize, found: &mut Vec<Number>) -> usize {
    let run = &text[start..end];
    let mut readings = decimal_readings(run);
    if readings.is_empty() {
        // Dates, times, scores, fractions: each part for itself.
        let mut at = start;
        for part in run.split(|c: char| !c.is_ascii_digit()) {
            let digits = part.trim_start_matches('0');
            found.push(Number {
                range: at..at + part.len(),
                readings: vec![(shift(digits, "", 0), Style::Sure)],
                unit: Unit::Plain,
                weak: false,
            });
            at += part.len();
            at += text[at..end].chars().next().map_or(0, char::len_utf8);
        }
        if run.split(|c: char| !c.is_ascii_digit()).count() > 2 {
            // The time of a runner is more than its parts.
            let whole = format!("@{}", run.replace(|c: char| !c.is_ascii_digit(), ":"));
            found.push(Number {
                range: start..end,
                readings: vec![(whole, Style::Sure)],
                unit: Unit::Plain,
                weak: false,
            });
        }
        return end;
    }
    let (zeros, after) = multiplier(text, end);
    if zeros == 6 && after == end + 1 && unit(text, start, after).0 == Unit::Plain {
        // 800m may be metres as well as millions.
        let mut both = readings.clone();
        both.extend(readings.iter().map(|(value, style)| {
            let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
            (shift(whole, fraction, zeros), *style)
        }));
        found.push(Number { range: start..end, readings: both, unit: Unit::Plain, weak: false });
        return after;
    }
    if zeros == 3
        && let Some((units, units_end)) = units(text, after)
    {
        // 34 bin 999.
        readings =
            readings.iter().map(|(whole, style)| (shift(&format!("{whole}{units:0>3}"), "", 0), *style)).collect();
        let (unit, after) = unit(text, start, units_end);
        found.push(Number { range: start..after, readings, unit, weak: false });
        return after;
    }
    for (reading, _) in &mut readings {
        let (whole, fraction) = reading.split_once('.').unwrap_or((reading, ""));
        *reading = shift(whole, fraction, zeros);
    }
    let (unit, after) = unit(text, start, after);
    found.push(Number { range: start..after, readings, unit, weak: false });
    after
}

/// Up to three digits behind a word for a thousand.
fn units(text: &str, at: usize) -> Option<(&str, usize)> {
    let tail = text[at..].strip_prefix(' ')?;
    let len = tail.bytes().take_while(u8::is_ascii_digit).count();
    let ends = !tail[len..].starts_with(|c: char| c.is_alphanumeric()) && !tail[len..].starts_with([':', '/']);
    ((1..=3).contains(&len) && ends).then(|| (&tail[..len], at + 1 + len))
}

/// The values a run such as `1.250,5` may mean; none when it is no decimal number.
fn decimal_readings(run: &str) -> Vec<(String, Style)> {
    let separators: Vec<char> = run.chars().filter(|c| !c.is_ascii_digit()).collect();
    let parts: Vec<&str> = run.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    let grouped = |parts: &[&str]| parts[0].len() <= 3 && parts[1..].iter().all(|p| p.len() == 3);
    let groups_by = |mark: char| !matches!(mark, ':' | '/');
    let decimal = |mark: char| matches!(mark, '.' | ',');
    match (separators.as_slice(), parts.as_slice()) {
        ([], _) => vec![(shift(run, "", 0), Style::Sure)],
        ([mark], [whole, fraction]) => {
            let groups = groups_by(*mark) && grouped(&parts) && *whole != "0";
            let doubtful = groups && decimal(*mark);
            let mut readings = Vec::new();
            if groups {
                readings.push((shift(&parts.concat(), "", 0), if doubtful { Style::Grouped } else { Style::Sure }));
            }
            if decimal(*mark) {
                readings.push((shift(whole, fraction, 0), if doubtful { Style::Decimal } else { Style::Sure }));
            }
            readings
        }
        ([first, .., last], [whole @ .., fraction]) => {
            let alike = separators[..separators.len() - 1].iter().all(|c| c == first) && groups_by(*first);
            if alike && first == last && grouped(&parts) {
                vec![(shift(&parts.concat(), "", 0), Style::Sure)]
            } else if alike && first != last && decimal(*last) && grouped(whole) {
                vec![(shift(&whole.concat(), fraction, 0), Style::Sure)]
            } else {
                Vec::new()
            }
        }
        _ => Vec::new(),
    }
}

/// `whole.fraction · 10^zeros` without superfluous zeros. Exact, as no float would be.
fn shift(whole: &str, fraction: &str, zeros: usize) -> String {
    let moved = fraction.len().min(zeros);
    let mut digits = format!("{whole}{}{}", &fraction[..moved], "0".repeat(zeros - moved));
    digits = digits.trim_start_matches('0').to_owned();
    if digits.is_empty() {
        digits.push('0');
    }
    let rest = fraction[moved..].trim_end_matches('0');
    if rest.is_empty() { digits } else { format!("{digits}.{rest}") }
}

/// The zeros that a word or letter after the number adds, and the end of that word.
fn multiplier(text: &str, end: usize) -> (usize, usize) {
    let tail = &text[end..];
    let blank = tail.len() - tail.trim_start_matches([' ', '\u{a0}', '\u{202f}', '-']).len();
    let word_len = tail[blank..].find(|c: char| !c.is_alphabetic()).unwrap_or(tail.len() - blank);
    let word = &tail[blank..blank + word_len];
    let zeros = match &*fold(word) {
        "thousand" | "bin" | "tausend" | "tsd" => 3,
        "million" | "millions" | "milyon" | "milyonluk" | "millionen" | "mio" | "mn" | "mln" => 6,
        "billion" | "billions" | "milyar" | "milliarde" | "milliarden" | "mrd" | "bn" | "bln" => 9,
        "trillion" | "trilyon" | "billionen" | "tn" => 12,
        // A single letter only where it touches the number: "5 m" may be metres.
        "k" if blank == 0 => 3,
        "m" if blank == 0 => 6,
        "b" if blank == 0 => 9,
        // milyondu, milyara
        word if word.len() <= 12 && word.starts_with("milyon") => 6,
        word if word.len() <= 12 && word.starts_with("milyar") => 9,
        "bini" | "bine" | "binde" | "binden" | "binin" | "bindi" | "binlik" | "binlerce" => 3,
        _ => return (0, end),
    };
    (zeros, end + blank + word_len)
}

/// The unit around `start..end` and the end of the sign or word that says it.
fn unit(text: &str, start: usize, end: usize) -> (Unit, usize) {
    let (before, tail) = (text[..start].trim_end_matches([' ', '\u{a0}']), &text[end..]);
    let blank = tail.len() - tail.trim_start_matches([' ', '\u{a0}', '\u{202f}', '-']).len();
    let after = &tail[blank..];
    let word_len = after.find(|c: char| !c.is_alphabetic()).unwrap_or(after.len());
    let word = fold(&after[..word_len]);
    let signed = |sign: &str, unit| after.starts_with(sign).then(|| (unit, end + blank + sign.len()));
    if let Some(found) = signed("%", Unit::Percent).or_else(|| signed("٪", Unit::Percent)) {
        return found;
    }
    let spoken = match &*word {
        "percent" | "prozent" | "pct" => Some(Unit::Percent),
        "per" if after[word_len..].get(..5).is_some_and(|cent| cent.eq_ignore_ascii_case(" cent")) => {
            return (Unit::Percent, end + blank + word_len + " cent".len());
        }
        "dollar" | "dollars" | "usd" | "dolar" | "dolari" | "dolara" | "dolardan" | "dolarlik" | "dolarin" => {
            Some(Unit::Currency('$'))
        }
        "euro" | "euros" | "eur" | "avro" | "avroya" | "avroluk" | "euroluk" | "euroya" | "avrodan" | "eurodan" => {
            Some(Unit::Currency('€'))
        }
        "pound" | "pounds" | "gbp" | "pfund" | "sterlin" => Some(Unit::Currency('£')),
        "lira" | "liras" | "try" | "tl" | "liraya" | "liradan" | "liralik" | "lirayi" | "liraydi" | "lirada"
        | "tlye" => Some(Unit::Currency('₺')),
        "yen" | "jpy" => Some(Unit::Currency('¥')),
        word if word.len() <= 11 && word.starts_with("lira") => Some(Unit::Currency('₺')),
        word if word.len() <= 11 && word.starts_with("dolar") => Some(Unit::Currency('$')),
        word if word.len() <= 11 && (word.starts_with("avro") || word.starts_with("euro")) => Some(Unit::Currency('€')),
        word if word.len() <= 14 && word.starts_with("sterlin") => Some(Unit::Currency('£')),
        _ => None,
    };
    if let Some(unit) = spoken {
        return (unit, end + blank + word_len);
    }
    for sign in ['$', '€', '£', '₺', '¥'] {
        if after.starts_with(sign) && blank <= 2 {
            return (Unit::Currency(sign), end + blank + sign.len_utf8());
        }
        if before.ends_with(sign) {
            return (Unit::Currency(sign), end);
        }
    }
    // Eight letters are enough for every word below, and keep an endless word cheap.
    let near = before.char_indices().rev().take(8).last().map_or(0, |(at, _)| at);
    let last = fold(before[near..].rsplit(char::is_whitespace).next().unwrap_or(""));
    match &*last {
        "yüzde" => (Unit::Percent, end),
        "usd" => (Unit::Currency('$'), end),
        "eur" => (Unit::Currency('€'), end),
        _ if before.ends_with('%') => (Unit::Percent, end),
        _ => (Unit::Plain, end),
    }
}

/// "5 to 7 percent" and "5–7 %" speak of two percentages.
fn share_percent(text: &str, numbers: &mut [Number]) {
    for i in (1..numbers.len()).rev() {
        let (left, right) = numbers.split_at_mut(i);
        let (Some(left), Some(right)) = (left.last_mut(), right.first()) else { continue };
        let between = text.get(left.range.end..right.range.start).unwrap_or("").trim();
        let joined =
            matches!(between, "-" | "–" | "to" | "and" | "or" | "bis" | "und" | "oder" | "ile" | "ila" | "ve" | "veya");
        if joined && left.unit == Unit::Plain && right.unit != Unit::Plain {
            left.unit = right.unit;
        }
        // Between 310 and 330 million: the first may be millions, too.
        let zeros = multiplier(text, digits_end(text, right.range.start)).0;
        if joined
            && zeros > 0
            && left.readings.len() == 1
            && text[left.range.clone()].ends_with(|c: char| c.is_ascii_digit())
        {
            let (value, style) = left.readings[0].clone();
            let (whole, fraction) = value.split_once('.').unwrap_or((&value, ""));
            left.readings.push((shift(whole, fraction, zeros), style));
        }
    }
}
