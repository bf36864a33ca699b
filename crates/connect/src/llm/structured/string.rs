//! Texts: where one ends when its quotation marks are not escaped, and what a backslash means.

use super::parse::{Reader, Stop};
use super::{Repair, Why};

/// What a text stands for; decides what may follow it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Key,
    /// The value of a key.
    Member,
    Element,
}

/// A kind of quotation mark.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Quote {
    Double,
    Single,
    CurlyDouble,
    CurlySingle,
}

/// The kind of quotation mark that `c` is.
pub(super) fn quote_at(c: char) -> Option<Quote> {
    match c {
        '"' => Some(Quote::Double),
        '\'' => Some(Quote::Single),
        '“' | '”' | '„' | '‟' => Some(Quote::CurlyDouble),
        '‘' | '’' | '‚' | '‛' => Some(Quote::CurlySingle),
        _ => None,
    }
}

enum Mark {
    End,
    Inner,
    /// Only what is missing could tell.
    Unknown,
}

/// A text while it is read.
struct Text {
    quote: Quote,
    content: String,
    /// A quotation inside it is open.
    quoting: bool,
    /// Quotation marks of its own stand in it, not escaped.
    inner: bool,
    apostrophe: bool,
    /// A quotation mark of the text's own is escaped: whoever does that once does it always.
    escaped: bool,
    /// A backslash stands for itself.
    kept: Option<usize>,
    /// A backslash with a letter stands for something else.
    coded: bool,
}

const TWO_WAYS: &str = "the text can end at more than one quotation mark; escape those inside it as \\\"";

impl Reader<'_> {
    /// The text whose opening mark stands here.
    pub fn string(&mut self, place: Place) -> Result<String, Stop> {
        let start = self.at;
        let open = self.char(start).unwrap_or_default();
        let quote = quote_at(open).unwrap_or(Quote::Double);
        if quote != Quote::Double {
            self.repairs.insert(Repair::Quotes);
        }
        self.at += open.len_utf8();
        let mut text = Text {
            quote,
            content: String::new(),
            quoting: false,
            inner: false,
            apostrophe: false,
            escaped: false,
            kept: None,
            coded: false,
        };
        loop {
            let Some(c) = self.char(self.at) else { return Err(Stop::Cut(None)) };
            self.steps += c.len_utf8() as u64;
            match c {
                '\\' => self.escape(&mut text)?,
                _ if quote_at(c) == Some(quote) => match self.mark(c, &text, place)? {
                    Mark::End => {
                        self.at += c.len_utf8();
                        return self.ended(start, text);
                    }
                    Mark::Inner => {
                        let is_apostrophe = self.is_apostrophe(c, &text);
                        text.quoting ^= !is_apostrophe;
                        text.inner |= !is_apostrophe;
                        text.apostrophe |= is_apostrophe;
                        text.content.push(c);
                        self.at += c.len_utf8();
                    }
                    Mark::Unknown => return Err(Stop::Cut(None)),
                },
                // Closed by another kind than it was opened with.
                '"' if quote != Quote::Single && self.is_closing('"') => {
                    return self.refuse(self.at, Why::Ambiguous, TWO_WAYS);
                }
                '\n' if self.is_form(&text) => {
                    let detail =
                        "a text with a bracket at the end of a line may be two; write line breaks in texts as \\n";
                    return self.refuse(start, Why::Ambiguous, detail);
                }
                '\n' | '\r' | '\t' => {
                    self.repairs.insert(Repair::RawControl);
                    text.content.push(c);
                    self.at += 1;
                }
                '\0'..' ' => {
                    return self.refuse(self.at, Why::Malformed, "a control character in a text must be escaped");
                }
                _ => {
                    text.content.push(c);
                    self.at += c.len_utf8();
                }
            }
        }
    }

    fn ended(&mut self, start: usize, text: Text) -> Result<String, Stop> {
        if text.inner && (text.quoting || text.escaped) {
            return self.refuse(start, Why::Ambiguous, TWO_WAYS);
        }
        if text.inner || text.apostrophe {
            self.repairs.insert(Repair::InnerQuotes);
        }
        if let Some(at) = text.kept {
            if text.coded {
                return self.refuse(at, Why::Ambiguous, "a backslash that is meant as such must be written \\\\");
            }
            self.repairs.insert(Repair::Backslash);
        }
        Ok(text.content)
    }

    /// What the mark `c`, which could end `text`, is.
    fn mark(&mut self, c: char, text: &Text, place: Place) -> Result<Mark, Stop> {
        let here = self.at;
        let after = here + c.len_utf8();
        // `"#tag"` is a quotation; `"x" # note` is a text and a comment.
        if self.byte(after) == Some(b'#') && place != Place::Key {
            return self.inner(c, text);
        }
        let look = self.look(after);
        let Some(next) = self.char(look.at) else { return Ok(Mark::Unknown) };
        if place == Place::Key {
            return match next {
                ':' => Ok(Mark::End),
                _ => self.refuse(look.at, Why::Malformed, "expected ':' after the key"),
            };
        }
        if look.quoted {
            return self.refuse(here, Why::Ambiguous, TWO_WAYS);
        }
        match (next, place) {
            ('}', Place::Member) | (']', Place::Element) => Ok(Mark::End),
            ('}' | ']' | ':', _) => self.refuse(here, Why::Ambiguous, TWO_WAYS),
            (',', _) => self.comma(c, text, place, look.at + 1),
            _ if quote_at(next).is_some() && look.at > after => match place {
                Place::Member if look.newline => match self.key_at(look.at) {
                    None => Ok(Mark::Unknown),
                    Some(true) => Ok(Mark::End),
                    Some(false) => self.refuse(here, Why::Ambiguous, TWO_WAYS),
                },
                _ => self.refuse(here, Why::Ambiguous, TWO_WAYS),
            },
            // A key without quotes on the next line.
            (_, Place::Member) if look.newline && !text.quoting => match self.key_at(look.at) {
                None => Ok(Mark::Unknown),
                Some(true) => Ok(Mark::End),
                Some(false) => self.inner(c, text),
            },
            _ if look.comment => self.refuse(here, Why::Ambiguous, TWO_WAYS),
            _ => self.inner(c, text),
        }
    }

    /// A mark with a comma behind it, which ends at `from`: what comes next tells whether the text goes on.
    fn comma(&mut self, c: char, text: &Text, place: Place, from: usize) -> Result<Mark, Stop> {
        let look = self.look(from);
        let Some(next) = self.char(look.at) else { return Ok(Mark::Unknown) };
        if look.quoted {
            return self.refuse(self.at, Why::Ambiguous, TWO_WAYS);
        }
        let quoted = quote_at(next).is_some();
        match place {
            Place::Member if next == '}' => Ok(Mark::End),
            Place::Member => match self.key_at(look.at) {
                None => Ok(Mark::Unknown),
                Some(true) => Ok(Mark::End),
                Some(false) if quoted => self.refuse(self.at, Why::Ambiguous, TWO_WAYS),
                Some(false) => self.inner(c, text),
            },
            _ if quoted || matches!(next, '{' | '[' | ']') => Ok(Mark::End),
            _ => {
                let end = self.word_end(look.at);
                let word = &self.text[look.at..end];
                let is_value = matches!(word, "true" | "false" | "null" | "True" | "False" | "None")
                    || super::parse::number(word).is_some();
                let beyond = self.look(end);
                match self.byte(beyond.at) {
                    None => Ok(Mark::Unknown),
                    // Whatever else it is, it is told of as such.
                    Some(b',' | b']') if is_value || (!text.quoting && !word.is_empty()) => Ok(Mark::End),
                    Some(_) => self.inner(c, text),
                }
            }
        }
    }

    /// A mark inside the text: it must look like the opening or the closing one of a quotation, in turn.
    fn inner(&mut self, c: char, text: &Text) -> Result<Mark, Stop> {
        if self.is_apostrophe(c, text) {
            return Ok(Mark::Inner);
        }
        let before = text.content.chars().next_back();
        let next = self.char(self.at + c.len_utf8());
        let repeats = |other: Option<char>| other.and_then(quote_at) == Some(text.quote);
        let fits = if text.quoting {
            // Two in a row inside may stand for one; two at the end are the quotation's and the text's.
            let ends = !repeats(next) || !repeats(self.char(self.at + 2 * c.len_utf8()));
            before.is_some_and(|c| !c.is_whitespace())
                && !repeats(before)
                && next.is_none_or(|c| !c.is_alphanumeric())
                && ends
        } else {
            before.is_none_or(|c| c.is_whitespace() || "([{<—–-/:;".contains(c))
                && next.is_some_and(|c| !c.is_whitespace() && !",.:;)]}!?".contains(c))
                && !repeats(next)
        };
        if fits { Ok(Mark::Inner) } else { self.refuse(self.at, Why::Ambiguous, TWO_WAYS) }
    }

    /// Whether the lines around the line break here end or begin with a bracket: the text may have lost its end before.
    fn is_form(&mut self, text: &Text) -> bool {
        const BRACKETS: [char; 4] = ['{', '}', '[', ']'];
        let line = text.content.trim_end_matches([' ', '\t', '\r', ',']);
        let rest = self.text[self.at + 1..].trim_start_matches([' ', '\t', ',']);
        self.steps += (text.content.len() - line.len() + self.text.len() - self.at - rest.len()) as u64;
        line.ends_with(BRACKETS) || rest.starts_with(BRACKETS)
    }

    /// `don't`: letters on both sides.
    fn is_apostrophe(&self, c: char, text: &Text) -> bool {
        matches!(text.quote, Quote::Single | Quote::CurlySingle)
            && text.content.chars().next_back().is_some_and(char::is_alphanumeric)
            && self.char(self.at + c.len_utf8()).is_some_and(char::is_alphanumeric)
    }

    /// Whether what follows the mark `c` could follow a text.
    fn is_closing(&mut self, c: char) -> bool {
        let look = self.look(self.at + c.len_utf8());
        !look.quoted && self.char(look.at).is_none_or(|c| matches!(c, ',' | ':' | '}' | ']'))
    }

    fn escape(&mut self, text: &mut Text) -> Result<(), Stop> {
        let start = self.at;
        let Some(c) = self.char(start + 1) else { return Err(Stop::Cut(None)) };
        self.at += 1 + c.len_utf8();
        let following = self.char(self.at);
        let meant = match c {
            '"' | '\\' | '/' => c,
            '\'' => {
                self.repairs.insert(Repair::Backslash);
                c
            }
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' if following.is_none() => return Err(Stop::Cut(None)),
            'u' if following.is_some_and(|c| c.is_ascii_hexdigit()) => self.unicode(start)?,
            _ => {
                let is_code = match c {
                    'x' | 'N' => true,
                    // `\Users` is a path, `\U0001F600` a character of Python.
                    'U' => following.is_some_and(|c| c.is_ascii_hexdigit()),
                    // A bell, an escape or a tab of C, unless it begins a word such as `\alpha`.
                    'a' | 'e' | 'v' => !following.is_some_and(|c| c.is_alphabetic()),
                    _ => !c.is_ascii_alphabetic(),
                };
                if is_code {
                    let detail = "JSON has no such escape; a backslash that is meant as such must be written \\\\";
                    return self.refuse(start, Why::Ambiguous, detail);
                }
                text.kept = text.kept.or(Some(start));
                text.content.push('\\');
                text.content.push(c);
                return Ok(());
            }
        };
        text.coded |= c.is_ascii_alphabetic();
        text.escaped |= quote_at(c) == Some(text.quote);
        text.content.push(meant);
        Ok(())
    }

    /// Past `\u`: the character of one code or of a pair.
    fn unicode(&mut self, start: usize) -> Result<char, Stop> {
        const HALF: &str = "expected four hexadecimal digits, and both halves of a surrogate pair";
        let first = self.hex(start)?;
        let code = match first {
            0xD800..0xDC00 => {
                match (self.byte(self.at), self.byte(self.at + 1)) {
                    (Some(b'\\'), Some(b'u')) => self.at += 2,
                    (None, _) | (Some(b'\\'), None) => return Err(Stop::Cut(None)),
                    _ => return self.refuse(start, Why::Malformed, HALF),
                }
                match self.hex(start)? {
                    low @ 0xDC00..0xE000 => 0x10000 + ((first - 0xD800) << 10) + (low - 0xDC00),
                    _ => return self.refuse(start, Why::Malformed, HALF),
                }
            }
            _ => first,
        };
        match char::from_u32(code) {
            Some(c) => Ok(c),
            None => self.refuse(start, Why::Malformed, HALF),
        }
    }

    fn hex(&mut self, start: usize) -> Result<u32, Stop> {
        let mut code = 0;
        for _ in 0..4 {
            let Some(c) = self.char(self.at) else { return Err(Stop::Cut(None)) };
            let Some(digit) = c.to_digit(16) else {
                return self.refuse(start, Why::Malformed, "expected four hexadecimal digits after \\u");
            };
            code = code * 16 + digit;
            self.at += 1;
        }
        Ok(code)
    }
}
