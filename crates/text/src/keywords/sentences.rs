//! Sentences as YAKE sees them: by the rules of segtok 1.5 (Leitner, MIT licence), applied to a text whose lines have been
//! joined, so that a heading without a stop runs into what follows.
//!
//! A stop with a quote or brackets after it and white space, or an empty line, may end a sentence. Abbreviations, initials,
//! dates, small letters and open brackets take the end back. Every step looks at a bounded end of what is known, so the
//! whole is linear.

use std::ops::Range;

use unicode_general_category::{GeneralCategory as Category, get_general_category};

use super::tokens::{is_hyphen, is_word};
use crate::scan;
use crate::token::is_space;

/// Lines become one, and a text that begins with a capital letter (of ASCII) has an empty line before it: in the reference
/// line ends are gone before it looks for lines, and that mark is all that is left of them.
pub fn join_lines(text: &str) -> String {
    let capital = text.trim_start_matches(is_space).starts_with(|c: char| c.is_ascii_uppercase());
    let mut joined = String::with_capacity(text.len() + 2);
    joined.push_str(if capital { "\n\n" } else { " " });
    let mut rest = text;
    while let Some(end) = scan::find(rest.as_bytes(), scan::of(*b"\n\t")) {
        joined.extend([&rest[..end], " "]);
        rest = &rest[end + 1..];
    }
    joined + rest
}

pub fn is_terminal(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '‼' | '‽' | '⁇' | '⁈' | '⁉' | '。' | '﹒' | '﹗' | '！' | '．' | '？' | '｡')
}

/// The sentences of `text` (joined lines), trimmed and not empty.
pub fn split(text: &str) -> Vec<Range<usize>> {
    let mut sentences = Vec::new();
    let mut last: Option<Open> = None;
    for next in pieces(text) {
        let next = Open::of(text, next);
        match &mut last {
            Some(last) if last.goes_on(&next, text) => last.append(&next),
            Some(done) => {
                push(text, done.range.clone(), &mut sentences);
                last = Some(next);
            }
            None => last = Some(next),
        }
    }
    if let Some(done) = last {
        push(text, done.range, &mut sentences);
    }
    sentences
}

fn push(text: &str, range: Range<usize>, sentences: &mut Vec<Range<usize>>) {
    let part = &text[range.clone()];
    let start = range.start + part.len() - part.trim_start_matches(is_space).len();
    let length = part.trim_matches(is_space).len();
    if length > 0 {
        sentences.push(start..start + length);
    }
}

/// The text cut at every possible end of a sentence but those after abbreviations, initials and the like.
fn pieces(text: &str) -> Vec<Range<usize>> {
    let marks = marks(text);
    let (mut pieces, mut from, mut start) = (Vec::new(), None, 0);
    for (index, mark) in marks.iter().enumerate() {
        let from_here = *from.get_or_insert(start);
        let next_end = marks.get(index + 1).map_or(text.len(), |next| next.start);
        if !continues(&text[start..mark.start], &text[mark.clone()], &text[mark.end..next_end]) {
            pieces.push(from_here..mark.end);
            from = None;
        }
        start = mark.end;
    }
    pieces.push(from.unwrap_or(start)..text.len());
    pieces
}

/// Where a sentence may end: from the stop to the end of the white space after it, or a run of line ends.
fn marks(text: &str) -> Vec<Range<usize>> {
    let mut marks = Vec::new();
    let mut at = 0;
    while let Some(start) = stop(text, at) {
        let rest = &text[start..];
        let first = rest.chars().next().map_or(1, char::len_utf8);
        at = start + first;
        let end = if rest.starts_with('\n') {
            let run = rest.len() - rest.trim_start_matches('\n').len();
            at = start + run;
            (run > 1).then_some(at)
        } else {
            let tail = rest[first..].strip_prefix(['\'', '’', '"', '”']).unwrap_or(&rest[first..]);
            let tail = tail.trim_start_matches([']', ')']);
            let blank = tail.len() - tail.trim_start().len();
            (blank > 0).then(|| text.len() - tail.len() + blank)
        };
        if let Some(end) = end {
            marks.push(start..end);
            at = end;
        }
    }
    marks
}

/// The next line end or terminal from `at` on.
fn stop(text: &str, mut at: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    // Terminals that are not of ASCII begin with one of these three bytes.
    let may_stop = scan::of(*b"\n.!?\xe2\xe3\xef");
    loop {
        at += scan::find(&bytes[at..], &may_stop)?;
        if bytes[at].is_ascii() {
            return Some(at);
        }
        let c = text[at..].chars().next()?;
        if is_terminal(c) {
            return Some(at);
        }
        at += c.len_utf8();
    }
}

fn continues(before: &str, mark: &str, next: &str) -> bool {
    if before.ends_with(is_space) {
        return true;
    }
    if !mark.starts_with('.') {
        return false;
    }
    abbreviates(before)
        || !next.is_empty()
            && (is_lone_word(next)
                || (ends_in_day(before) && starts_with_month(next))
                || (ends_in_initial(before) && starts_capitalised(next)))
}

/// Full stops after these end no sentence. Sorted.
#[rustfmt::skip]
const ABBREVIATIONS: &[&str] = &[
    "Abr", "Approx", "Apr", "Aug", "Capt", "Cf", "Col", "Dec", "Dez", "Dic", "Dr", "E.U", "E.g", "Eg", "Ene", "F.e", "Fe",
    "Feb", "Fig", "Figs", "Gen", "I.e", "I.v", "Ie", "Iv", "Jan", "Jul", "Jun", "Jän", "Mag", "Mar", "May", "Med", "Mr",
    "Mrs", "Mt", "Mär", "Nat", "No", "Nov", "Nr", "Oct", "Okt", "P.e", "Phil", "Prof", "Rer", "Sci", "Sep", "Sept", "Sgt",
    "Sr", "Sra", "Srta", "St", "U.K", "U.S", "Univ", "Vol", "Vs", "Z.b", "approx", "cf", "e.g", "eg", "f.e", "fe", "fig",
    "figs", "i.e", "i.v", "ie", "iv", "med", "nat", "nr", "p.e", "phil", "prof", "rer", "sci", "univ", "vol", "vs", "z.B",
];

fn abbreviates(before: &str) -> bool {
    const LONGEST: usize = 6;
    let tail = before.ceil_char_boundary(before.len().saturating_sub(LONGEST + 1));
    let listed = (tail..before.len()).filter(|&at| before.is_char_boundary(at)).any(|at| {
        let starts = before[..at].chars().next_back().is_none_or(|c| !is_word(c));
        starts && ABBREVIATIONS.binary_search(&&before[at..]).is_ok()
    });
    let mut characters = before.chars();
    let alone = characters.next().is_some_and(|c| !is_space(c)) && characters.next().is_none();
    listed
        || alone
        || (!before.is_empty() && before.chars().all(|c| c.is_ascii_digit() || is_category(c, Category::DecimalNumber)))
        || initials(before)
}

/// A letter at the end that belongs to a name: "by A", "Smith, J", "Price and K", "Ades(B".
fn initials(before: &str) -> bool {
    let Some(one) = strip_initial(before) else { return false };
    let two = one.strip_suffix(is_hyphen).unwrap_or(one).strip_suffix('.').and_then(strip_initial);
    introduces(one) || two.is_some_and(introduces)
}

/// Without the capital letter, and its modifier, at the end.
fn strip_initial(text: &str) -> Option<&str> {
    let capital = |c: char| is_category(c, Category::UppercaseLetter) || is_category(c, Category::TitlecaseLetter);
    let bare = text.strip_suffix(|c| is_category(c, Category::ModifierLetter)).unwrap_or(text);
    bare.strip_suffix(capital).or_else(|| text.strip_suffix(capital))
}

fn introduces(before: &str) -> bool {
    let ends_word = |text: &str| text.ends_with(is_word);
    if let Some(rest) = before.strip_suffix(['[', '(']) {
        return ends_word(rest);
    }
    let Some(rest) = before.strip_suffix(char::is_whitespace) else { return false };
    let title = rest.rsplit(|c| !is_word(c)).next().unwrap_or_default();
    #[rustfmt::skip]
    const TITLES: &[&str] = &[
        "By", "Captain", "Commander", "Doctor", "Doktor", "General", "Magiss", "Magister", "Miss", "Mister", "Professor",
        "Señor", "Señora", "Señorit", "Señorita", "by", "captain", "commander", "doctor", "doktor", "general", "magiss",
        "magister", "miss", "mister", "professor", "señor", "señora", "señorit", "señorita",
    ];
    if TITLES.binary_search(&title).is_ok() {
        return true;
    }
    let lone_capital = |text: &str| {
        let bare = text.strip_suffix(|c| is_category(c, Category::ModifierLetter)).unwrap_or(text);
        let capital = bare.strip_suffix(|c| is_category(c, Category::UppercaseLetter));
        capital.is_some_and(|rest| !ends_word(rest))
    };
    let after_comma = |text: &str| text.strip_suffix(',').is_some_and(|rest| ends_word(rest) && !lone_capital(rest));
    let joined = rest.strip_suffix("and").and_then(|rest| rest.strip_suffix(char::is_whitespace));
    after_comma(rest) || joined.is_some_and(|rest| after_comma(rest) || ends_word(rest) && !lone_capital(rest))
}

/// One small word, perhaps with hyphens and digits.
fn is_lone_word(text: &str) -> bool {
    let body = text.strip_suffix('\n').unwrap_or(text);
    body.starts_with(is_small)
        && body.chars().all(|c| is_small(c) || is_hyphen(c) || is_category(c, Category::DecimalNumber))
}

fn ends_in_day(before: &str) -> bool {
    let Some(rest) = before.strip_suffix(|c: char| c.is_ascii_digit()) else { return false };
    let bare = rest.strip_suffix(['0', '1', '2', '3']);
    bare.is_some_and(|rest| !rest.ends_with(is_word)) || !rest.ends_with(is_word)
}

fn starts_with_month(next: &str) -> bool {
    const MONTHS: [&str; 19] = [
        "Jan", "Jän", "Ene", "Feb", "Mar", "Mär", "Apr", "Abr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Okt", "Nov",
        "Dec", "Dez", "Dic",
    ];
    let digit = next.strip_prefix('0').unwrap_or(next).starts_with(|c: char| ('1'..='9').contains(&c));
    digit || next.starts_with("Diz") || MONTHS.iter().any(|month| next.starts_with(month))
}

/// "George W"
fn ends_in_initial(before: &str) -> bool {
    let Some(rest) = before.strip_suffix(|c| is_category(c, Category::UppercaseLetter)) else { return false };
    let word = rest.trim_end_matches(|c| !is_word(c));
    if word.len() == rest.len() {
        return false;
    }
    let head = word.trim_end_matches(is_small);
    head.len() < word.len()
        && head.strip_suffix(|c| is_category(c, Category::UppercaseLetter)).is_some_and(|rest| !rest.ends_with(is_word))
}

fn starts_capitalised(next: &str) -> bool {
    let Some(rest) = next.strip_prefix(|c| is_category(c, Category::UppercaseLetter)) else { return false };
    let tail = rest.trim_start_matches(is_small);
    tail.len() < rest.len() && !tail.starts_with(is_word)
}

/// A sentence that may go on, with its open brackets.
struct Open {
    range: Range<usize>,
    characters: usize,
    round: Brackets,
    square: Brackets,
}

/// Counted from the first opening one on.
#[derive(Default)]
struct Brackets {
    seen: bool,
    depth: i64,
    /// Opening less closing ones in the whole.
    all: i64,
    /// Closing less opening ones up to the last closing one.
    unopened: i64,
}

impl Brackets {
    fn of(text: &str, open: char, close: char) -> Self {
        let (mut brackets, mut closed_before) = (Self::default(), 0);
        for c in text.chars() {
            if c == open {
                brackets.seen = true;
                brackets.all += 1;
            } else if c == close {
                closed_before += i64::from(!brackets.seen);
                brackets.all -= 1;
                brackets.unopened = -brackets.all;
            }
        }
        brackets.depth = brackets.all + closed_before;
        brackets
    }

    fn append(&mut self, next: &Self) {
        if self.seen {
            self.depth += next.all;
        } else {
            (self.seen, self.depth) = (next.seen, next.depth);
        }
    }

    fn is_open(&self) -> bool {
        self.seen && self.depth > 0
    }

    /// A closing bracket stands in it whose opening one does not.
    fn is_unopened(&self) -> bool {
        self.unopened > 0
    }
}

impl Open {
    fn of(text: &str, range: Range<usize>) -> Self {
        let part = &text[range.clone()];
        let (round, square) = if scan::any(part.as_bytes(), scan::of(*b"()[]")) {
            (Brackets::of(part, '(', ')'), Brackets::of(part, '[', ']'))
        } else {
            (Brackets::default(), Brackets::default())
        };
        Self { characters: part.chars().count(), range, round, square }
    }

    fn append(&mut self, next: &Self) {
        self.range.end = next.range.end;
        self.characters += next.characters;
        self.round.append(&next.round);
        self.square.append(&next.square);
    }

    fn goes_on(&self, next: &Self, text: &str) -> bool {
        /// A bracket may hold sentences of their own when both parts are longer.
        const SHORT: usize = 55;
        let (last, current) = (&text[self.range.clone()], &text[next.range.clone()]);
        if starts_small(current) && before_small(last) {
            return true;
        }
        if self.characters.min(next.characters) < SHORT {
            let either = || last.ends_with(" et al. ") || (ends_abbreviated(last) && starts_abbreviated(current));
            if (self.round.is_open() && (next.round.is_unopened() || either()))
                || (self.square.is_open() && (next.square.is_unopened() || either()))
            {
                return true;
            }
        }
        const CONTINUATIONS: &[&str] = &[
            "and", "are", "between", "by", "from", "has", "into", "is", "of", "or", "than", "that", "through", "via",
            "was", "were", "whether", "with",
        ];
        let word = &current[..current.find(|c| !is_word(c)).unwrap_or(current.len())];
        CONTINUATIONS.binary_search(&word).is_ok()
    }
}

/// What ends so goes on with a small letter: a quotation, brackets, a short abbreviation.
fn before_small(last: &str) -> bool {
    let body = last.trim_end();
    if body.len() == last.len() {
        return false;
    }
    let inner = body.trim_end_matches([']', ')']);
    if inner.strip_suffix('"').is_some_and(|rest| rest.ends_with(is_terminal)) {
        return true;
    }
    if inner.len() < body.len() && inner.ends_with(is_terminal) {
        return true;
    }
    let Some(word) = body.strip_suffix('.') else { return false };
    let starts = |rest: &str| !rest.ends_with(is_word);
    let letter = |text: &str| {
        let mut characters = text.chars();
        characters.next_back().filter(|&c| is_letter(c)).map(|_| characters.as_str().len())
    };
    word.strip_suffix("spp").is_some_and(starts)
        || letter(word).is_some_and(|at| starts(&word[..at]))
        || word.strip_suffix(is_small).is_some_and(|rest| letter(rest).is_some_and(|at| starts(&rest[..at])))
}

fn starts_small(text: &str) -> bool {
    let rest = text.trim_start_matches(is_small);
    rest.len() < text.len() && !rest.starts_with(is_word)
}

/// "J. Chem. "
fn ends_abbreviated(last: &str) -> bool {
    let body = last.trim_end();
    let Some(word) = body.strip_suffix('.').filter(|_| body.len() < last.len()) else { return false };
    let letters = &word[word.trim_end_matches(is_letter).len()..];
    let head = &word[..word.len() - letters.len()];
    letters.starts_with(is_capital) && !head.ends_with(is_word)
}

/// "Biol. 12", "(2019) Nature, ", "17: "
fn starts_abbreviated(current: &str) -> bool {
    let year = current.strip_prefix('(').and_then(|rest| {
        let tail = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        (rest.len() - tail.len() == 4).then(|| tail.strip_prefix(')')).flatten()?.strip_prefix(char::is_whitespace)
    });
    let follows =
        |rest: &str| rest.strip_prefix(['.', ',', ':']).is_some_and(|rest| rest.starts_with(char::is_whitespace));
    let name = |text: &str| text.starts_with(is_capital) && follows(text.trim_start_matches(is_letter));
    let digits = current.trim_start_matches(|c| is_category(c, Category::DecimalNumber));
    name(current) || year.is_some_and(name) || (digits.len() < current.len() && follows(digits))
}

fn is_category(c: char, category: Category) -> bool {
    match category {
        _ if !c.is_ascii() => get_general_category(c) == category,
        Category::UppercaseLetter => c.is_ascii_uppercase(),
        Category::DecimalNumber => c.is_ascii_digit(),
        _ => false,
    }
}

fn is_capital(c: char) -> bool {
    is_category(c, Category::UppercaseLetter) || is_category(c, Category::TitlecaseLetter)
}

fn is_small(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_lowercase() } else { get_general_category(c) == Category::LowercaseLetter }
}

fn is_letter(c: char) -> bool {
    c.is_ascii_alphabetic()
        || !c.is_ascii()
            && matches!(
                get_general_category(c),
                Category::UppercaseLetter
                    | Category::LowercaseLetter
                    | Category::TitlecaseLetter
                    | Category::ModifierLetter
                    | Category::OtherLetter
            )
}
