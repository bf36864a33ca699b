//! Values as models write them, from their first bracket to the last.

use serde_json::{Map, Number, Value};

use super::string::{Place, quote_at};
use super::{Cut, DEPTH_MAX, Refused, Repair, Repairs, Why};

/// Why a value ends early.
pub(super) enum Stop {
    Refused(Refused),
    /// The text ends; what stands whole so far, `None` within a scalar.
    Cut(Option<Value>),
}

impl From<Refused> for Stop {
    fn from(refused: Refused) -> Self {
        Stop::Refused(refused)
    }
}

/// A place in the text, and what was mended up to it.
pub(super) struct Reader<'a> {
    pub text: &'a str,
    pub at: usize,
    pub cut: Cut,
    pub repairs: Repairs,
    /// Bytes looked at.
    pub steps: u64,
}

/// What follows blanks and comments.
#[derive(Default)]
pub(super) struct Look {
    pub at: usize,
    pub newline: bool,
    pub comment: bool,
    /// A quotation mark stands in a comment: it may be a text after all.
    pub quoted: bool,
    pub odd_space: bool,
    /// A comment leaves something out: `// ... and so on`.
    pub ellipsis: Option<usize>,
    /// A comment does not end.
    pub open: bool,
}

impl<'a> Reader<'a> {
    pub fn new(text: &'a str, cut: Cut) -> Self {
        Reader { text, at: 0, cut, repairs: Repairs::new(), steps: 0 }
    }

    pub fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    pub fn char(&self, at: usize) -> Option<char> {
        self.text[at..].chars().next()
    }

    /// What comes at `from` or later, beyond blanks and comments; changes nothing. Within a comment it stops at a
    /// quotation mark, so that no byte is looked at from more than a few marks before it.
    pub fn look(&mut self, from: usize) -> Look {
        self.look_past(from, true)
    }

    fn look_past(&mut self, from: usize, wary: bool) -> Look {
        let mut look = Look { at: from, ..Look::default() };
        while let Some(c) = self.char(look.at) {
            let start = look.at;
            let rest = &self.text[start..];
            match c {
                '\n' | '\r' => look.newline = true,
                ' ' | '\t' => {}
                _ if c == '#' || rest.starts_with("//") || rest.starts_with("/*") => {
                    let (said, is_open) = comment(rest, wary);
                    look.at += said.len();
                    look.comment = true;
                    look.quoted = wary && is_open && look.at < self.text.len();
                    look.open |= is_open;
                    look.newline |= said.contains('\n');
                    if said.contains("...") || said.contains('…') {
                        look.ellipsis = look.ellipsis.or(Some(start));
                    }
                    if is_open {
                        break;
                    }
                    continue;
                }
                _ if is_odd_space(c) => look.odd_space = true,
                _ => break,
            }
            look.at += c.len_utf8();
        }
        self.steps += (look.at - from) as u64 + 1;
        look
    }

    /// Goes past blanks and comments; whether a line ended.
    pub fn skip(&mut self) -> Result<bool, Stop> {
        let look = self.look_past(self.at, false);
        if look.open {
            return Err(Stop::Cut(None));
        }
        if let Some(at) = look.ellipsis {
            return Err(Refused::new(at, Why::Malformed, "a comment leaves a part of the value out").into());
        }
        // `#": 1,` is rather a key that lost its first mark.
        if look.comment && self.text[self.at..look.at].contains('"') {
            let detail = "a comment with a quotation mark in it may be a part of the value";
            return Err(Refused::new(self.at, Why::Ambiguous, detail).into());
        }
        if look.comment {
            self.repairs.insert(Repair::Comment);
        }
        if look.odd_space {
            self.repairs.insert(Repair::Space);
        }
        self.at = look.at;
        Ok(look.newline)
    }

    pub fn refuse<T>(&self, at: usize, why: Why, detail: impl Into<String>) -> Result<T, Stop> {
        Err(Refused::new(at, why, detail).into())
    }

    /// The value that begins here; `depth` containers are open around it.
    pub fn value(&mut self, depth: usize, place: Place) -> Result<Value, Stop> {
        let Some(c) = self.char(self.at) else { return Err(Stop::Cut(None)) };
        match c {
            '{' | '[' if depth >= DEPTH_MAX => {
                self.refuse(self.at, Why::TooDeep, format!("the value is nested deeper than {DEPTH_MAX} levels"))
            }
            '{' => self.object(depth),
            '[' => self.array(depth),
            _ if quote_at(c).is_some() => Ok(Value::String(self.string(place)?)),
            _ => self.word(),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, Stop> {
        let doubled = self.byte(self.at + 1) == Some(b'{');
        self.at += 1 + usize::from(doubled);
        let mut members = Map::new();
        let outcome = self.members(&mut members, doubled, depth);
        finish(outcome, Value::Object(members))
    }

    fn members(&mut self, members: &mut Map<String, Value>, doubled: bool, depth: usize) -> Result<(), Stop> {
        let mut after_comma = false;
        loop {
            self.skip()?;
            match self.byte(self.at) {
                None => return Err(Stop::Cut(None)),
                Some(b'}') => {
                    if after_comma {
                        self.repairs.insert(Repair::TrailingComma);
                    }
                    return self.close(doubled);
                }
                Some(_) => {}
            }
            let start = self.at;
            let key = self.key()?;
            self.skip()?;
            match self.byte(self.at) {
                None => return Err(Stop::Cut(None)),
                Some(b':') => self.at += 1,
                Some(_) => return self.refuse(self.at, Why::Malformed, "expected ':' after the key"),
            }
            self.skip()?;
            match self.value(depth + 1, Place::Member) {
                Ok(value) => self.insert(members, start, key, value)?,
                Err(Stop::Cut(Some(value))) => {
                    self.insert(members, start, key, value)?;
                    return Err(Stop::Cut(None));
                }
                Err(stop) => return Err(stop),
            }
            let newline = self.skip()?;
            match self.byte(self.at) {
                None => return Err(Stop::Cut(None)),
                Some(b',') => {
                    self.at += 1;
                    after_comma = true;
                }
                Some(b'}') => return self.close(doubled),
                Some(_) if newline => match self.key_at(self.at) {
                    None => return Err(Stop::Cut(None)),
                    Some(true) => {
                        self.repairs.insert(Repair::MissingComma);
                        after_comma = false;
                    }
                    Some(false) => return self.refuse(self.at, Why::Malformed, "expected ',' or '}' after the member"),
                },
                Some(_) => return self.refuse(self.at, Why::Malformed, "expected ',' or '}' after the member"),
            }
        }
    }

    /// At the `}` of an object.
    fn close(&mut self, doubled: bool) -> Result<(), Stop> {
        if doubled {
            match self.byte(self.at + 1) {
                Some(b'}') => {}
                None => return Err(Stop::Cut(None)),
                Some(_) => {
                    return self.refuse(self.at, Why::Malformed, "expected '}}', as the object begins with '{{'");
                }
            }
            self.repairs.insert(Repair::DoubledBraces);
        }
        self.at += 1 + usize::from(doubled);
        Ok(())
    }

    fn insert(&mut self, into: &mut Map<String, Value>, at: usize, key: String, value: Value) -> Result<(), Stop> {
        match into.get(&key) {
            None => drop(into.insert(key, value)),
            Some(first) if *first == value => drop(self.repairs.insert(Repair::RepeatedKey)),
            Some(_) => return self.refuse(at, Why::RepeatedKey, "the key stands twice, with different values"),
        }
        Ok(())
    }

    fn array(&mut self, depth: usize) -> Result<Value, Stop> {
        self.at += 1;
        let mut elements = Vec::new();
        let outcome = self.elements(&mut elements, depth);
        finish(outcome, Value::Array(elements))
    }

    fn elements(&mut self, elements: &mut Vec<Value>, depth: usize) -> Result<(), Stop> {
        let mut after_comma = false;
        loop {
            self.skip()?;
            if self.byte(self.at) == Some(b']') {
                if after_comma {
                    self.repairs.insert(Repair::TrailingComma);
                }
                self.at += 1;
                return Ok(());
            }
            match self.value(depth + 1, Place::Element) {
                Ok(value) => elements.push(value),
                Err(Stop::Cut(Some(value))) => {
                    elements.push(value);
                    return Err(Stop::Cut(None));
                }
                Err(stop) => return Err(stop),
            }
            let last = self.byte(self.at - 1);
            let newline = self.skip()?;
            match self.byte(self.at) {
                None => return Err(Stop::Cut(None)),
                Some(b',') => {
                    self.at += 1;
                    after_comma = true;
                }
                Some(b']') => {
                    self.at += 1;
                    return Ok(());
                }
                // Two texts or numbers on two lines may as well be one that was broken.
                Some(next) if newline && matches!((last, next), (Some(b'}'), b'{') | (Some(b']'), b'[')) => {
                    self.repairs.insert(Repair::MissingComma);
                    after_comma = false;
                }
                Some(_) => return self.refuse(self.at, Why::Malformed, "expected ',' or ']' after the element"),
            }
        }
    }

    fn key(&mut self) -> Result<String, Stop> {
        let c = self.char(self.at).unwrap_or_default();
        if quote_at(c).is_some() {
            return self.string(Place::Key);
        }
        let start = self.at;
        let end = self.bare_end(start);
        let key = &self.text[start..end];
        if key.is_empty() {
            return self.refuse(start, Why::Malformed, "expected a key in double quotes, or '}'");
        }
        if end == self.text.len() {
            return Err(Stop::Cut(None));
        }
        if matches!(key, "True" | "False" | "None") {
            return self.refuse(start, Why::Ambiguous, "expected a key in double quotes");
        }
        self.repairs.insert(Repair::BareKey);
        self.at = end;
        Ok(key.to_owned())
    }

    /// The end of a key without quotes at `start`; `start` where there is none.
    fn bare_end(&mut self, start: usize) -> usize {
        let mut end = start;
        for c in self.text[start..].chars() {
            let fits = c.is_alphabetic() || c == '_' || c == '$' || (end > start && (c.is_alphanumeric() || c == '-'));
            if !fits {
                break;
            }
            end += c.len_utf8();
        }
        self.steps += (end - start) as u64 + 1;
        end
    }

    /// Whether a key and its colon stand at `at`; `None` where the text ends before that is known.
    pub fn key_at(&mut self, at: usize) -> Option<bool> {
        let end = match quote_at(self.char(at)?) {
            Some(quote) => {
                let mut chars = self.text[at..].char_indices().skip(1);
                let mut end = None;
                while let Some((offset, c)) = chars.next() {
                    match c {
                        '\\' => drop(chars.next()),
                        '\n' => {
                            self.steps += offset as u64;
                            return Some(false);
                        }
                        _ if quote_at(c) == Some(quote) => {
                            end = Some(at + offset + c.len_utf8());
                            break;
                        }
                        _ => {}
                    }
                }
                self.steps += (end.unwrap_or(self.text.len()) - at) as u64;
                end?
            }
            None => self.bare_end(at),
        };
        if end == at {
            return Some(false);
        }
        let look = self.look(end);
        self.byte(look.at).map(|byte| byte == b':')
    }

    /// The end of a run of what words and numbers are made of.
    pub fn word_end(&mut self, start: usize) -> usize {
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.' | b'_');
        let length = self.text.as_bytes()[start..].iter().take_while(|byte| is_part(byte)).count();
        self.steps += length as u64 + 1;
        start + length
    }

    fn word(&mut self) -> Result<Value, Stop> {
        let (start, end) = (self.at, self.word_end(self.at));
        let word = &self.text[start..end];
        let next = match self.byte(end) {
            // The rest of it may be missing.
            None => return Err(Stop::Cut(None)),
            Some(next) => next,
        };
        let ends = match next {
            b' ' | b'\t' | b'\n' | b'\r' | b',' | b'}' | b']' | b'#' => true,
            b'/' => matches!(self.byte(end + 1), Some(b'/' | b'*')),
            _ => self.char(end).is_some_and(is_odd_space),
        };
        let value = match word {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "null" => Value::Null,
            "True" | "False" | "None" => {
                self.repairs.insert(Repair::PythonLiteral);
                if word == "None" { Value::Null } else { Value::Bool(word == "True") }
            }
            "NaN" | "Infinity" | "-Infinity" | "-NaN" | "nan" | "inf" | "-inf" => {
                return self.refuse(start, Why::Number, "JSON has no such number; expected a finite number or null");
            }
            "undefined" => {
                return self.refuse(start, Why::Malformed, "expected a value; \"undefined\" is none of JSON's");
            }
            _ if word.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) => {
                match number(word).filter(|_| ends) {
                    Some(number) => Value::Number(number),
                    None => {
                        return self.refuse(
                            start,
                            Why::Number,
                            "expected a number as JSON writes it, of at most 64 bits",
                        );
                    }
                }
            }
            _ => return self.refuse(start, Why::Malformed, "expected a value; texts stand in double quotes"),
        };
        if !ends {
            return self.refuse(end, Why::Malformed, "expected ',' or the end of the container");
        }
        self.at = end;
        Ok(value)
    }
}

/// The comment that `rest` begins with, and whether it does not end there. A wary reader stops at a quotation mark,
/// but for an apostrophe between letters.
fn comment(rest: &str, wary: bool) -> (&str, bool) {
    let is_block = rest.starts_with("/*");
    let mut before = ' ';
    for (at, c) in rest.char_indices() {
        let is_end = if is_block { at > 2 && before == '*' && c == '/' } else { c == '\n' };
        if is_end {
            return (&rest[..at + usize::from(is_block)], false);
        }
        if wary && quote_at(c).is_some() {
            let after = rest[at + c.len_utf8()..].chars().next();
            if !(before.is_alphanumeric() && after.is_some_and(char::is_alphanumeric)) {
                return (&rest[..at], true);
            }
        }
        before = c;
    }
    (rest, is_block)
}

/// A container with what became of its inside.
fn finish(outcome: Result<(), Stop>, value: Value) -> Result<Value, Stop> {
    match outcome {
        Ok(()) => Ok(value),
        Err(Stop::Cut(_)) => Err(Stop::Cut(Some(value))),
        Err(stop) => Err(stop),
    }
}

/// A number by the grammar of RFC 8259, rounded once; `None` for anything else and for whole numbers beyond 64 bits.
pub(super) fn number(word: &str) -> Option<Number> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = word.strip_prefix('-').unwrap_or(word);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let is_number = digits(whole)
        && (whole.len() == 1 || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|text| digits(text.strip_prefix(['+', '-']).unwrap_or(text)));
    if !is_number {
        return None;
    }
    if fraction.is_none() && exponent.is_none() && word != "-0" {
        return word.parse().map(|n: i64| n.into()).or_else(|_| word.parse().map(|n: u64| n.into())).ok();
    }
    Number::from_f64(word.parse().ok()?)
}

/// Blanks that JSON does not know and that nobody sees.
pub(super) fn is_odd_space(c: char) -> bool {
    !c.is_ascii() && (c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}' | '\u{2060}'))
}
