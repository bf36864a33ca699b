//! Tokens as YAKE sees them: by the rules of segtok 1.5 (Leitner, MIT licence). Addresses stay whole, words keep inner
//! points, commas, hyphens and apostrophes, English contractions are split, and what lies between words is one token.

use std::ops::Range;

use unicode_general_category::{GeneralCategory as Category, get_general_category};

use super::sentences::{is_terminal, join_lines, split};
use crate::html::decode_entities;
use crate::scan;
use crate::token::{Piece, Plain, Tokens};

/// A text with its tokens in their sentences.
pub struct Reader<'a> {
    /// The text with joined lines, and after it every part that had to be rewritten.
    text: String,
    tokens: Vec<Range<usize>>,
    sentences: Vec<Range<usize>>,
    /// The pieces of the text as it was given, which stands in `text` from `shift` to `end`.
    pieces: &'a [Piece],
    shift: usize,
    end: usize,
    /// The next piece to be cut.
    next: usize,
    /// White space is the same for the pieces and for segtok.
    aligned: bool,
}

impl<'a> Reader<'a> {
    pub fn of(given: &'a Tokens) -> Self {
        let text = join_lines(given.text);
        let sentences = split(&text);
        let mut reader = Self {
            tokens: Vec::with_capacity(given.pieces.len() * 5 / 4),
            sentences: Vec::with_capacity(sentences.len()),
            pieces: &given.pieces,
            shift: text.len() - given.text.len(),
            end: text.len(),
            next: 0,
            // The information separators part words in Python but not in segtok.
            aligned: !scan::any(given.text.as_bytes(), |byte| (0x1c..=0x1f).contains(&byte)),
            text,
        };
        for sentence in sentences {
            let from = reader.tokens.len();
            let part = reader.text[sentence.clone()].as_bytes();
            let contracts = scan::any(part, |byte| (byte == b'\'') | (byte == b'&') | (byte >= 0x80));
            reader.sentence(sentence);
            if contracts {
                reader.contractions(from);
            }
            reader.sentences.push(from..reader.tokens.len());
        }
        reader
    }

    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    pub fn range(&self, index: usize) -> &Range<usize> {
        &self.tokens[index]
    }

    pub fn token(&self, index: usize) -> &str {
        &self.text[self.tokens[index].clone()]
    }

    /// The tokens of each sentence.
    pub fn sentences(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        self.sentences.iter().cloned()
    }

    /// For telling, token by token, which are the words of plain pieces.
    pub fn plain(&self) -> PlainWords<'a> {
        PlainWords { pieces: self.pieces, next: 0, place: self.shift..self.end }
    }

    fn sentence(&mut self, range: Range<usize>) {
        let part = &self.text[range.clone()];
        let (mut at, mut webs) = (range.start, Vec::new());
        if scan::any(part.as_bytes(), scan::of(*b"@")) || part.contains("://") {
            webs = addresses(part);
        }
        for web in webs {
            self.words(at..range.start + web.start);
            self.tokens.push(range.start + web.start..range.start + web.end);
            at = range.start + web.end;
        }
        self.words(at..range.end);
    }

    /// What is between addresses.
    fn words(&mut self, mut range: Range<usize>) {
        let part = &self.text[range.clone()];
        let decoded = if scan::any(part.as_bytes(), scan::of(*b"&")) { decode_entities(part) } else { part.into() };
        let joined = join_hyphens(&decoded);
        if joined.as_deref().unwrap_or(&decoded) != part {
            let rewritten = joined.unwrap_or_else(|| decoded.into_owned());
            let start = self.text.len();
            self.text.push_str(&rewritten);
            range = start..self.text.len();
        }
        let first = self.tokens.len();
        // The tokens are gathered apart, since the text they stand in is borrowed meanwhile.
        let mut tokens = std::mem::take(&mut self.tokens);
        if self.aligned && range.start < self.end {
            self.cut_pieces(&range, &mut tokens);
        } else {
            self.cut(&range, &mut tokens);
        }
        self.tokens = tokens;
        self.splice_terminal(first);
        self.splice_dangling(first);
    }

    fn cut(&self, range: &Range<usize>, tokens: &mut Vec<Range<usize>>) {
        let mut start = None;
        for (at, c) in self.text[range.clone()].char_indices() {
            // Not Python's white space but that of Unicode: the information separators are none here.
            match (c.is_whitespace(), start) {
                (true, Some(from)) => {
                    span(&self.text, range.start + from..range.start + at, tokens);
                    start = None;
                }
                (false, None) => start = Some(at),
                _ => {}
            }
        }
        if let Some(from) = start {
            span(&self.text, range.start + from..range.end, tokens);
        }
    }

    /// The same for a part that stands in the text as it was given, whose pieces are known.
    fn cut_pieces(&mut self, range: &Range<usize>, tokens: &mut Vec<Range<usize>>) {
        while let Some(piece) = self.pieces.get(self.next) {
            let (start, end) = (piece.range.start + self.shift, piece.range.end + self.shift);
            if start >= range.end {
                return;
            }
            if end > range.start {
                match piece.plain.filter(|_| range.start <= start && end <= range.end) {
                    Some(plain) => self.plain_span(start..end, plain, tokens),
                    None => span(&self.text, start.max(range.start)..end.min(range.end), tokens),
                }
            }
            if end > range.end {
                return;
            }
            self.next += 1;
        }
    }

    /// [`span`] of a plain piece.
    fn plain_span(&self, range: Range<usize>, plain: Plain, tokens: &mut Vec<Range<usize>>) {
        let core = range.start + usize::from(plain.lead)..range.end - usize::from(plain.trail);
        // These two can belong to the word.
        if matches!(self.text.as_bytes().get(core.end), Some(b'.' | b'\'')) && plain.trail > 0 {
            return span(&self.text, range, tokens);
        }
        if plain.lead > 0 {
            tokens.push(range.start..core.start);
        }
        tokens.push(core.clone());
        if plain.trail > 0 {
            tokens.push(core.end..range.end);
        }
    }

    /// The stop at the end of the last word is a token of its own.
    fn splice_terminal(&mut self, first: usize) {
        let last = self.tokens.len();
        for at in (first.max(last.saturating_sub(3))..last).rev() {
            let range = self.tokens[at].clone();
            let token = &self.text[range.clone()];
            let is_word = starts_word(token) && !token.starts_with(is_any_apostrophe);
            if !is_word && !token.contains(is_terminal) {
                continue;
            }
            let ends = token.chars().next_back().filter(|&c| is_terminal(c)).map_or(0, char::len_utf8);
            let starts = token.chars().next().filter(|&c| is_terminal(c)).map_or(0, char::len_utf8);
            let cut = match () {
                () if token.chars().nth(1).is_none() || token == "..." => return,
                () if ends > 0 => range.end - ends,
                () if starts > 0 && !token[starts..].is_empty() => range.start + starts,
                () => return,
            };
            self.tokens[at].end = cut;
            self.tokens.insert(at + 1, cut..range.end);
            return;
        }
    }

    /// Commas, colons and semicolons at the end of a token are tokens of their own.
    fn splice_dangling(&mut self, first: usize) {
        let dangles = |token: &str| token.len() > 1 && token.ends_with([',', ';', ':']);
        if !self.tokens[first..].iter().any(|range| dangles(&self.text[range.clone()])) {
            return;
        }
        let tail = self.tokens.split_off(first);
        for range in tail {
            let token = &self.text[range.clone()];
            let bare = token.trim_end_matches([',', ';', ':']);
            let keep = if bare.is_empty() { 1 } else { bare.len() };
            self.tokens.push(range.start..range.start + keep);
            self.tokens.extend((range.start + keep..range.end).map(|at| at..at + 1));
        }
    }

    /// "don't" is "do" and "n't"; endings that begin with a plain apostrophe ("'s", "'ll") are left out.
    fn contractions(&mut self, from: usize) {
        let tail = self.tokens.split_off(from);
        let text = &self.text;
        let tokens = &mut self.tokens;
        let mut keep = |range: Range<usize>| {
            let token = &text[range.clone()];
            if !token.is_empty() && (token.len() == 1 || !token.starts_with('\'')) {
                tokens.push(range);
            }
        };
        for range in tail {
            match contraction(&text[range.clone()]) {
                Some(at) => {
                    keep(range.start..range.start + at);
                    keep(range.start + at..range.end);
                }
                None => keep(range),
            }
        }
    }
}

/// Tells of tokens, in their order, whether they are the words of plain pieces.
pub struct PlainWords<'a> {
    pieces: &'a [Piece],
    next: usize,
    /// Where the pieces stand in the reader's text.
    place: Range<usize>,
}

impl PlainWords<'_> {
    pub fn at(&mut self, token: &Range<usize>) -> Option<Plain> {
        if !self.place.contains(&token.start) {
            return None;
        }
        let shift = self.place.start;
        while self.pieces.get(self.next)?.range.end + shift <= token.start {
            self.next += 1;
        }
        let piece = &self.pieces[self.next];
        let plain = piece.plain?;
        let core = piece.core(plain);
        (core.start + shift == token.start && core.end + shift == token.end).then_some(plain)
    }
}

/// Tokens of a part without white space: words, and what is between them.
fn span(text: &str, range: Range<usize>, tokens: &mut Vec<Range<usize>>) {
    let part = &text[range.clone()];
    if part.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        tokens.push(range);
        return;
    }
    let (mut at, mut gap) = (0, 0);
    while at < part.len() {
        let length = word(part, at);
        if length == 0 {
            at += part[at..].chars().next().map_or(1, char::len_utf8);
            continue;
        }
        if gap < at {
            tokens.push(range.start + gap..range.start + at);
        }
        tokens.push(range.start + at..range.start + at + length);
        at += length;
        gap = at;
    }
    if gap < part.len() {
        tokens.push(range.start + gap..range.end);
    }
}

fn starts_word(token: &str) -> bool {
    unit(token, 0).is_some()
}

/// The length of the word that starts at byte `start` of `part`; 0 for none.
fn word(part: &str, start: usize) -> usize {
    let mut at = start;
    while let Some(length) = unit(part, at) {
        at += length;
    }
    at - start
}

/// What a word grows by at `at`: a letter or digit with what holds it to the next, an apostrophe, a unit's power,
/// the count of an atom.
fn unit(part: &str, at: usize) -> Option<usize> {
    let mut characters = part[at..].chars();
    let first = characters.next()?;
    let rest = characters.as_str();
    // Inside a plain word nothing else can begin; without this look a long one would be looked through at each letter.
    let plain = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = part.as_bytes();
    if at > 0 && plain(bytes.get(at - 1)) && plain(bytes.get(at)) && plain(bytes.get(at + 1)) {
        return Some(1);
    }
    let second = rest.chars().next();
    let width = first.len_utf8();
    let next = second.map_or("", |second| &rest[second.len_utf8()..]);
    if is_alnum(first) {
        let joined = match second {
            Some('.') => !next.starts_with(".."),
            Some(',' | '\'') => next.starts_with(is_alnum),
            Some(':') => is_number(first) && next.starts_with(is_number),
            Some(c) if is_hyphen(c) => next.starts_with(is_alnum),
            Some(c) if is_apostrophe(c) => {
                let after = next.strip_prefix(is_hyphen);
                if after.is_some_and(|after| after.starts_with(is_alnum)) {
                    return Some(width + part[at + width..].len() - after.map_or(0, str::len));
                }
                false
            }
            _ => false,
        };
        if joined {
            return Some(width + second.map_or(0, char::len_utf8));
        }
    }
    if is_apostrophe(first) && !second.is_some_and(is_apostrophe) {
        return Some(width);
    }
    if first == 's' && rest == "'" {
        return Some(2);
    }
    let boundary = part[..at].chars().next_back().is_some_and(is_word) != is_word(first);
    if boundary && (is_power(&part[at..]) || atoms(&part[at..]) > 0) {
        return Some(if is_power(&part[at..]) { part.len() - at } else { atoms(&part[at..]) });
    }
    is_alnum(first).then_some(width)
}

/// "km²", "s⁻¹": up to three letters, perhaps after the letter of a power of ten, and the power.
fn is_power(part: &str) -> bool {
    let Some(unit) = part.strip_suffix(['¹', '²', '³']) else { return false };
    let unit = unit.strip_suffix('\u{207b}').unwrap_or(unit);
    let letters = unit.chars().take(5).count();
    let sized = unit.starts_with(|c| "yzafpn\u{b5}mcdhkMGTPEZY".contains(c));
    (1..=3 + usize::from(sized)).contains(&letters)
        && unit.chars().enumerate().all(|(at, c)| is_letter(c) || at == 0 && letters > 1 && sized)
}

/// The length of "H₂", ")₃²⁺": symbols of atoms or closing brackets, their number, perhaps a charge.
fn atoms(part: &str) -> usize {
    let symbols = part.trim_start_matches(|c: char| c.is_ascii_alphabetic() || matches!(c, ')' | ']'));
    let head = &part[..part.len() - symbols.len()];
    let sound = head
        .bytes()
        .enumerate()
        .all(|(at, byte)| !byte.is_ascii_lowercase() || at > 0 && head.as_bytes()[at - 1].is_ascii_uppercase());
    let tail = symbols.trim_start_matches(|c: char| ('\u{2080}'..='\u{2089}').contains(&c));
    if head.is_empty() || !sound || tail.len() == symbols.len() {
        return 0;
    }
    let charged = tail.strip_prefix(['²', '³']).unwrap_or(tail).strip_prefix(['\u{207a}', '\u{207b}']);
    part.len() - charged.unwrap_or(tail).len()
}

/// Where a contraction is cut: before its apostrophe, or before the n of "n't".
fn contraction(token: &str) -> Option<usize> {
    let body = ["d", "ll", "m", "re", "s", "t", "ve"]
        .iter()
        .find_map(|ending| token.strip_suffix(ending).and_then(|body| body.strip_suffix(is_any_apostrophe)))?;
    let whole = body.split(is_hyphen).all(|part| !part.is_empty() && part.chars().all(is_alnum));
    if !whole {
        return None;
    }
    let negated = body.ends_with('n') && token.ends_with('t');
    Some(body.len() - usize::from(negated))
}

/// A hyphen at the end of a line joins its word to the next line's; `None` when there is none.
fn join_hyphens(text: &str) -> Option<String> {
    let is_break = |c: char| matches!(c, '\r' | '\n' | '\u{2028}');
    // The line separator begins with 0xe2.
    if !scan::any(text.as_bytes(), scan::of(*b"\r\n\xe2")) || !text.contains(is_break) {
        return None;
    }
    let mut joined = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(is_break) {
        let (head, tail) = rest.split_at(at);
        let is_blank = |c: char| c == '\t' || get_general_category(c) == Category::SpaceSeparator;
        let bare = head.trim_end_matches(is_blank);
        let hyphenated = bare.strip_suffix(is_hyphen).is_some_and(|word| word.ends_with(is_alnum));
        let after = tail.strip_prefix("\r\n").or_else(|| tail.strip_prefix(is_break)).unwrap_or(tail);
        let next = after.trim_start_matches(is_blank);
        if hyphenated && next.starts_with(is_alnum) {
            joined.push_str(bare);
            rest = next;
        } else {
            let broken = tail.len() - after.len();
            joined.push_str(&rest[..at + broken]);
            rest = &rest[at + broken..];
        }
    }
    joined.push_str(rest);
    Some(joined)
}

/// Web and mail addresses in a sentence: `scheme://[user@]host[:port][/path][?query][#fragment]` and `name@host`, with a blank,
/// a bracket or a quote on either side.
fn addresses(part: &str) -> Vec<Range<usize>> {
    let (mut found, mut at) = (Vec::new(), 0);
    let mut local = 0..0;
    let mut at_sign = None;
    while at < part.len() {
        let first = part[at..].chars().next().unwrap_or(' ');
        let before = part[..at].chars().next_back();
        if before.is_none_or(|c| c.is_whitespace() || matches!(c, '<' | '"' | '\'' | '(' | '[' | '{')) {
            let address = web(part, at, &mut at_sign).or_else(|| mail(part, at, &mut local));
            if let Some(end) = address {
                found.push(at..end);
                at = end;
                continue;
            }
        }
        at += first.len_utf8();
    }
    found
}

/// The end of a web address. `at_sign` remembers the next `@`, so that it is looked for once.
fn web(part: &str, start: usize, at_sign: &mut Option<usize>) -> Option<usize> {
    let scheme = part[start..].bytes().take_while(|byte| (b'A'..=b'z').contains(byte)).count();
    let body = start + scheme + 3;
    if scheme == 0 || !part[start + scheme..].starts_with("://") {
        return None;
    }
    if at_sign.is_none_or(|at| at < body) {
        *at_sign = Some(part[body..].find('@').map_or(usize::MAX, |at| body + at));
    }
    let user = at_sign.filter(|&at| at > body && at < part.len()).map(|at| at + 1);
    user.and_then(|host| web_tail(part, host)).or_else(|| web_tail(part, body))
}

fn web_tail(part: &str, start: usize) -> Option<usize> {
    let mut end = host(part, start)?;
    if let Some(port) = part[end..].strip_prefix(':') {
        let digits = port.len() - port.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        if digits > 0 {
            end += 1 + digits;
        }
    }
    let stops = |c: char| c.is_whitespace() || matches!(c, '\'' | '"' | '>' | ')' | ']' | '}' | '#');
    let run = |from: usize, query: bool| {
        part[from..].find(|c| stops(c) || !query && c == '?').map_or(part.len(), |length| from + length)
    };
    if part[end..].starts_with('/') {
        end = run(end + 1, false);
    }
    if part[end..].starts_with('?') && run(end + 1, true) > end + 1 {
        end = run(end + 1, true);
    }
    if part[end..].starts_with('#') {
        let from = end + 1;
        let rest = &part[from..];
        let length = rest.find(|c: char| c != '#' && stops(c)).unwrap_or(rest.len());
        if length > 0 {
            end = from + length;
        }
    }
    is_border(part, end).then_some(end)
}

/// The end of a mail address. `local` remembers the last run of characters that may stand before the `@`.
fn mail(part: &str, start: usize, local: &mut Range<usize>) -> Option<usize> {
    if !local.contains(&start) {
        let allowed = |c: char| is_word(c) || ".#$%&'*+/=!?^`{|}~-".contains(c);
        *local = start..part[start..].find(|c| !allowed(c)).map_or(part.len(), |length| start + length);
    }
    if local.end == start || !part[local.end..].starts_with('@') {
        return None;
    }
    let end = host(part, local.end + 1)?;
    is_border(part, end).then_some(end)
}

/// The end of names with points between them, of which there are at least two.
fn host(part: &str, start: usize) -> Option<usize> {
    let name = |c: char| c == '-' || is_word(c);
    let run = part[start..].find(|c| c != '.' && !name(c)).map_or(part.len(), |length| start + length);
    // The last label has no hyphen, and no label is empty.
    let (mut end, mut labels, mut at) = (None, 0, start);
    for label in part[start..run].split('.') {
        if label.is_empty() {
            break;
        }
        let word = label.find('-').unwrap_or(label.len());
        if labels > 0 && word > 0 {
            end = Some(at + word);
        }
        labels += 1;
        at += label.len() + 1;
    }
    end
}

fn is_border(part: &str, at: usize) -> bool {
    part[at..].chars().next().is_none_or(|c| c.is_whitespace() || matches!(c, '>' | '"' | '\'' | ')' | ']' | '}'))
}

/// `\w` of the Python module `regex`: letters, marks, decimal digits, connectors, letter-like numbers and symbols.
pub fn is_word(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || c == '_';
    }
    use Category as C;
    match get_general_category(c) {
        C::OtherNumber => false,
        C::NonspacingMark | C::SpacingMark | C::EnclosingMark | C::DecimalNumber | C::ConnectorPunctuation => true,
        C::Format => matches!(c, '\u{200c}' | '\u{200d}'),
        _ => c.is_alphabetic(),
    }
}

fn is_letter(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphabetic();
    }
    matches!(
        get_general_category(c),
        Category::LowercaseLetter | Category::UppercaseLetter | Category::TitlecaseLetter | Category::ModifierLetter
    )
}

fn is_number(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_digit();
    }
    matches!(get_general_category(c), Category::DecimalNumber | Category::LetterNumber)
}

fn is_alnum(c: char) -> bool {
    is_letter(c) || is_number(c)
}

pub fn is_hyphen(c: char) -> bool {
    c == '-'
        || !c.is_ascii()
            && matches!(
                c,
                '\u{ad}' | '\u{58a}' | '\u{5be}' | '\u{f0c}' | '\u{1400}' | '\u{1806}' | '\u{2010}'
                    ..='\u{2012}' | '\u{2e17}' | '\u{30a0}'
            )
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\u{b4}' | '\u{2b9}' | '\u{2bc}' | '\u{2019}' | '\u{2032}')
}

fn is_any_apostrophe(c: char) -> bool {
    c == '\'' || is_apostrophe(c)
}
