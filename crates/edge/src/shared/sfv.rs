//! Structured fields (RFC 9651): lists and dictionaries, as strict as the RFC wants them.

/// A bare item. Byte sequences, dates and display strings are read, but nothing here needs their value.
#[derive(Clone, Debug, PartialEq)]
pub enum Bare {
    Integer(i64),
    Decimal(f64),
    String(String),
    Token(String),
    Boolean(bool),
    Other,
}

/// A member of a list or the value of a dictionary's key, without its parameters.
#[derive(Clone, Debug, PartialEq)]
pub enum Member {
    Item(Bare),
    Inner(Vec<Bare>),
}

/// Most members of one field; more make it unreadable.
const MEMBERS_MAX: usize = 1_024;

/// Reads a dictionary from the lines of a field, joined by commas; of a key that stands twice the
/// last value counts. `None` when anything is malformed.
pub fn dictionary(text: &str) -> Option<Vec<(String, Member)>> {
    let mut input = Input::new(text)?;
    let mut all: Vec<(String, Member)> = Vec::new();
    while !input.is_done() {
        let key = input.key()?;
        let value = if input.take(b'=') {
            input.member()?
        } else {
            input.parameters()?;
            Member::Item(Bare::Boolean(true))
        };
        all.retain(|(known, _)| *known != key);
        all.push((key, value));
        if all.len() > MEMBERS_MAX || !input.next_member()? {
            return input.is_done().then_some(all);
        }
    }
    Some(all)
}

/// Reads a list from the lines of a field, joined by commas.
pub fn list(text: &str) -> Option<Vec<Member>> {
    let mut input = Input::new(text)?;
    let mut all = Vec::new();
    while !input.is_done() {
        all.push(input.member()?);
        if all.len() > MEMBERS_MAX || !input.next_member()? {
            return input.is_done().then_some(all);
        }
    }
    Some(all)
}

/// `text` as a string item, in quotes; what a string cannot hold becomes `?`.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            ' '..='~' => out.push(c),
            _ => out.push('?'),
        }
    }
    out.push('"');
    out
}

struct Input<'a> {
    rest: &'a [u8],
}

impl<'a> Input<'a> {
    fn new(text: &'a str) -> Option<Self> {
        text.is_ascii().then(|| Input { rest: text.trim_matches(' ').as_bytes() })
    }

    fn is_done(&self) -> bool {
        self.rest.is_empty()
    }

    fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    fn bump(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn take(&mut self, byte: u8) -> bool {
        let is = self.peek() == Some(byte);
        if is {
            self.rest = &self.rest[1..];
        }
        is
    }

    fn take_while(&mut self, keep: impl Fn(u8) -> bool) -> &'a str {
        let end = self.rest.iter().position(|b| !keep(*b)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        std::str::from_utf8(taken).unwrap_or_default()
    }

    /// Past the comma to the next member: `Some(false)` at the end, `None` when it is malformed.
    fn next_member(&mut self) -> Option<bool> {
        self.take_while(|b| b == b' ' || b == b'\t');
        if self.is_done() {
            return Some(false);
        }
        if !self.take(b',') {
            return None;
        }
        self.take_while(|b| b == b' ' || b == b'\t');
        (!self.is_done()).then_some(true)
    }

    fn key(&mut self) -> Option<String> {
        self.peek().filter(|b| b.is_ascii_lowercase() || *b == b'*')?;
        let key =
            self.take_while(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-' | b'.' | b'*'));
        Some(key.to_owned())
    }

    fn member(&mut self) -> Option<Member> {
        let member = if self.take(b'(') {
            let mut items = Vec::new();
            loop {
                self.take_while(|b| b == b' ');
                if self.take(b')') {
                    break;
                }
                items.push(self.bare()?);
                self.parameters()?;
                if items.len() > MEMBERS_MAX || !matches!(self.peek()?, b' ' | b')') {
                    return None;
                }
            }
            Member::Inner(items)
        } else {
            Member::Item(self.bare()?)
        };
        self.parameters()?;
        Some(member)
    }

    fn parameters(&mut self) -> Option<()> {
        while self.take(b';') {
            self.take_while(|b| b == b' ');
            self.key()?;
            if self.take(b'=') {
                self.bare()?;
            }
        }
        Some(())
    }

    fn bare(&mut self) -> Option<Bare> {
        match self.peek()? {
            b'-' | b'0'..=b'9' => self.number(),
            b'"' => self.string(),
            b'A'..=b'Z' | b'a'..=b'z' | b'*' => {
                let token = self.take_while(|b| {
                    b.is_ascii_alphanumeric()
                        || matches!(b, b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.')
                        || matches!(b, b'^' | b'_' | b'`' | b'|' | b'~' | b':' | b'/')
                });
                Some(Bare::Token(token.to_owned()))
            }
            b'?' => {
                self.bump();
                match self.bump()? {
                    b'1' => Some(Bare::Boolean(true)),
                    b'0' => Some(Bare::Boolean(false)),
                    _ => None,
                }
            }
            b':' => {
                self.bump();
                self.take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='));
                self.take(b':').then_some(Bare::Other)
            }
            b'@' => {
                self.bump();
                matches!(self.number()?, Bare::Integer(_)).then_some(Bare::Other)
            }
            b'%' => {
                self.bump();
                if !self.take(b'"') {
                    return None;
                }
                self.take_while(|b| b != b'"' && (b' '..=b'~').contains(&b));
                self.take(b'"').then_some(Bare::Other)
            }
            _ => None,
        }
    }

    fn number(&mut self) -> Option<Bare> {
        let sign = if self.take(b'-') { -1 } else { 1 };
        let whole = self.take_while(|b| b.is_ascii_digit());
        if whole.is_empty() || whole.len() > 15 {
            return None;
        }
        if !self.take(b'.') {
            return Some(Bare::Integer(sign * whole.parse::<i64>().ok()?));
        }
        let fraction = self.take_while(|b| b.is_ascii_digit());
        if whole.len() > 12 || !(1..=3).contains(&fraction.len()) {
            return None;
        }
        Some(Bare::Decimal(sign as f64 * format!("{whole}.{fraction}").parse::<f64>().ok()?))
    }

    fn string(&mut self) -> Option<Bare> {
        self.bump();
        let mut text = String::new();
        loop {
            match self.bump()? {
                b'"' => return Some(Bare::String(text)),
                b'\\' => match self.bump()? {
                    c @ (b'"' | b'\\') => text.push(char::from(c)),
                    _ => return None,
                },
                c @ b' '..=b'~' => text.push(char::from(c)),
                _ => return None,
            }
        }
    }
}

#[cfg(test)]
mod tests;
