//! Numbers in one form, however they are written.

use std::collections::HashMap;
use std::ops::Range;

use crate::word::fold;

/// Every reading of every number in the sources, and how it was written.
#[derive(Default)]
pub(super) struct Numbers(HashMap<String, Vec<(Style, Unit)>>);

/// What the separators of a number say about its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    Sure,
    /// `1.400` as one thousand four hundred.
    Grouped,
    /// `1.400` as one point four.
    Decimal,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Plain,
    Percent,
    Currency(char),
}

/// A number in a text. `1.400` means this or that by language, so both readings are kept. A sure number
/// may meet either; two doubtful ones must be read the same way, lest 1,250 billion meet 1,250 million.
#[derive(Debug)]
struct Number {
    range: Range<usize>,
    readings: Vec<(String, Style)>,
    unit: Unit,
}

impl Numbers {
    pub fn add(&mut self, text: &str) {
        for number in numbers(text) {
            for (value, style) in number.readings {
                let seen = self.0.entry(value).or_default();
                if !seen.contains(&(style, number.unit)) {
                    seen.push((style, number.unit));
                }
            }
        }
    }

    /// The numbers of `draft` that the sources do not hold. A unit must be the same; a number without
    /// one may stand for a source's number with one ("from 5 to 7 percent").
    pub fn missing(&self, draft: &str) -> Vec<Range<usize>> {
        numbers(draft).into_iter().filter(|number| !self.holds(number)).map(|number| number.range).collect()
    }

    fn holds(&self, number: &Number) -> bool {
        number.readings.iter().any(|(value, style)| {
            self.0.get(value).is_some_and(|seen| {
                seen.iter().any(|(other, unit)| {
                    let same_style = style == other || *style == Style::Sure || *other == Style::Sure;
                    same_style && (number.unit == Unit::Plain || number.unit == *unit)
                })
            })
        })
    }
}

fn numbers(text: &str) -> Vec<Number> {
    let mut found: Vec<Number> = Vec::new();
    let mut from = 0;
    while let Some(start) = text[from..].find(char::is_alphanumeric).map(|at| from + at) {
        let first = text[start..].chars().next().unwrap_or(' ');
        if first.is_ascii_digit() {
            let end = digits_end(text, start);
            from = read(text, start, end, &mut found);
        } else {
            let end = start + text[start..].find(|c: char| !c.is_alphabetic()).unwrap_or(text.len() - start);
            let end = end.max(start + first.len_utf8());
            from = end;
            let word = &text[start..end];
            if let Some(value) = word_value(&fold(word)) {
                let (zeros, end) = multiplier(text, end);
                let readings = vec![(shift(value, "", zeros), Style::Sure)];
                let (unit, end) = unit(text, start, end);
                found.push(Number { range: start..end, readings, unit });
                from = end;
            }
        }
    }
    share_percent(text, &mut found);
    found
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
            });
            at += part.len();
            at += text[at..end].chars().next().map_or(0, char::len_utf8);
        }
        return end;
    }
    let (zeros, after) = multiplier(text, end);
    for (reading, _) in &mut readings {
        let (whole, fraction) = reading.split_once('.').unwrap_or((reading, ""));
        *reading = shift(whole, fraction, zeros);
    }
    let (unit, after) = unit(text, start, after);
    found.push(Number { range: start..after, readings, unit });
    after
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
        "million" | "millions" | "milyon" | "millionen" | "mio" | "mn" | "mln" => 6,
        "billion" | "billions" | "milyar" | "milliarde" | "milliarden" | "mrd" | "bn" | "bln" => 9,
        "trillion" | "trilyon" | "billionen" | "tn" => 12,
        // A single letter only where it touches the number: "5 m" may be metres.
        "k" if blank == 0 => 3,
        "m" if blank == 0 => 6,
        "b" if blank == 0 => 9,
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
        "dollar" | "dollars" | "usd" | "dolar" => Some(Unit::Currency('$')),
        "euro" | "euros" | "eur" | "avro" => Some(Unit::Currency('€')),
        "pound" | "pounds" | "gbp" | "pfund" | "sterlin" => Some(Unit::Currency('£')),
        "lira" | "liras" | "try" | "tl" => Some(Unit::Currency('₺')),
        "yen" | "jpy" => Some(Unit::Currency('¥')),
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
    }
}

/// Two to twelve in English, Turkish and German. One is an article as often as a number, and the
/// Turkish ten (`on`) an English preposition.
fn word_value(folded: &str) -> Option<&'static str> {
    Some(match folded {
        "two" | "iki" | "zwei" => "2",
        "three" | "üç" | "drei" => "3",
        "four" | "dört" | "vier" => "4",
        "five" | "beş" | "fünf" => "5",
        "six" | "alti" | "sechs" => "6",
        "seven" | "yedi" | "sieben" => "7",
        "eight" | "sekiz" | "acht" => "8",
        "nine" | "dokuz" | "neun" => "9",
        "ten" | "zehn" => "10",
        "eleven" | "elf" => "11",
        "twelve" | "zwölf" => "12",
        _ => return None,
    })
}
