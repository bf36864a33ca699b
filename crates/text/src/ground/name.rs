//! Names that no source has.

use std::collections::HashSet;
use std::ops::Range;

use super::known::Known;
use super::lexicon::{ALIKE, COMMON, NATIONS, OPPOSITES, ROLES, THINGS};
use super::reading::{Reading, Token};
use super::verb;
use crate::word;

/// Names of the sources in the forms a draft may give them.
#[derive(Default)]
pub(super) struct Names {
    /// Caseless capitalised words of four letters and more, sorted: case endings are looked up by them.
    words: Vec<String>,
    /// First letters of runs of capitalised words.
    initials: HashSet<String>,
    capitals: HashSet<String>,
    roots: HashSet<String>,
    nations: HashSet<u16>,
}

/// Names looked for by their beginning; beyond it only whole words count.
const NAMES_MAX: usize = 50_000;

impl Names {
    pub fn of(known: &Known<'_>) -> Names {
        let mut names = Names::default();
        for reading in &known.readings {
            let mut run = String::new();
            for token in &reading.tokens {
                if token.name || token.word.is_capitalised() {
                    if names.words.len() < NAMES_MAX && token.key.len() >= 4 {
                        names.words.push(token.key.clone());
                    }
                    names.nations.extend(NATIONS.find(&token.key).iter().map(|(group, _)| *group));
                    run.extend(token.key.chars().next());
                    if run.chars().count() > 6 {
                        run.remove(0);
                    }
                    if run.chars().count() >= 2 {
                        // The last two to six letters: "the European Central Bank" is ECB.
                        let letters: Vec<char> = run.chars().collect();
                        names
                            .initials
                            .extend((2..=letters.len()).map(|n| letters[letters.len() - n..].iter().collect()));
                    }
                    let bare: String = token.word.stem().chars().filter(|c| c.is_alphanumeric()).collect();
                    if bare.chars().count() >= 2 && bare.chars().all(|c| c.is_uppercase() || c.is_numeric()) {
                        names.capitals.insert(word::fold(&bare));
                    }
                } else if !matches!(&*token.key, "of" | "for" | "and" | "the" | "in") {
                    run.clear();
                }
            }
            names.roots.extend(reading.tokens.iter().map(|t| verb::root(&t.key, reading.turkish)));
        }
        names.words.sort_unstable();
        names.words.dedup();
        names
    }

    fn holds(&self, known: &Known<'_>, key: &str) -> bool {
        if known.words.contains(key) || key.strip_suffix('s').is_some_and(|short| known.words.contains(short)) {
            return true;
        }
        let compound = match key {
            "united" | "states" => "american",
            "kingdom" | "britain" => "british",
            "emirates" => "emirati",
            "saudi" | "arabia" => "saudi",
            _ => key,
        };
        let nation = NATIONS.find(compound);
        // A Turkish text need not say in which country it is.
        if nation.first().is_some_and(|(group, _)| *group == 0) && known.readings.iter().any(|reading| reading.turkish)
        {
            return true;
        }
        if nation.iter().any(|(group, _)| self.nations.contains(group)) {
            return true;
        }
        // Ankaralılar for Ankara, Ankara for Ankaralı.
        let at = self.words.partition_point(|word| &**word < key);
        let longer = self.words.get(at).is_some_and(|word| key.len() >= 4 && tail(word, key));
        let shorter = (4..key.len()).rev().filter(|len| key.is_char_boundary(*len)).take(6).any(|len| {
            self.words.binary_search_by(|word| word.as_str().cmp(&key[..len])).is_ok() && tail(key, &key[..len])
        });
        longer || shorter
    }
}

/// Whether `long` is `short` with an ending of a few letters that may be one of case or origin.
fn tail(long: &str, short: &str) -> bool {
    const ENDINGS: [&str; 42] = [
        "da", "de", "ta", "te", "dan", "den", "tan", "ten", "li", "lu", "lü", "liler", "lilar", "in", "un", "ün",
        "nin", "nun", "nün", "a", "e", "ya", "ye", "i", "u", "ü", "yi", "yu", "yü", "daki", "deki", "lar", "ler", "n",
        "an", "ian", "ese", "ish", "ns", "ans", "ians", "s",
    ];
    long.strip_prefix(short).is_some_and(|rest| ENDINGS.contains(&rest))
}

/// The runs of names of `draft` that no source explains.
pub(super) fn missing(draft: &Reading<'_>, known: &Known<'_>, skip: &[bool]) -> Vec<Range<usize>> {
    let names = Names::of(known);
    let inner: HashSet<&str> = draft
        .sentences
        .iter()
        .flat_map(|range| draft.tokens[range.clone()].iter().skip(1))
        .filter(|t| t.word.is_capitalised() && !after_quote(&draft.text[..t.word.start], t.word.start))
        .map(|t| t.key.as_str())
        .collect();
    let dated: Vec<Range<usize>> = draft.dates.iter().map(|date| date.range.clone()).collect();
    let german = is_german(draft);
    let mut missing = Vec::new();
    for (sentence, range) in draft.sentences.iter().enumerate() {
        if skip.get(sentence).copied().unwrap_or(false) {
            continue;
        }
        let place = &draft.places[sentence];
        let tokens = &draft.tokens[range.clone()];
        let style = Style::of(&draft.text[place.clone()], tokens);
        let mut at = 0;
        while at < tokens.len() {
            let mut end = at;
            while end < tokens.len()
                && tokens[end].word.is_capitalised()
                && (end == at || together(draft.text, &tokens[end - 1], &tokens[end]))
            {
                end += 1;
            }
            let unknown = |i: &usize| {
                let token = &tokens[*i];
                let starts = *i == 0 || after_quote(&draft.text[place.clone()], token.word.start - place.start);
                // German writes every noun with a capital.
                let noun = german && !NATIONS.has(&token.key);
                // İşletmeci Figen Dursun, who is its işletmecisi.
                let titled = || starts && end > at + 1 && names.roots.contains(&verb::root(&token.key, draft.turkish));
                !noun
                    && asked(draft, tokens, *i, starts, style, &inner, &dated)
                    && !names.explain(known, token, style)
                    && !titled()
            };
            if (at..end).any(|i| unknown(&i)) && !names.spelled(&tokens[at..end]) {
                missing.push(tokens[at].word.start..tokens[end - 1].word.end());
            }
            at = end.max(at + 1);
        }
    }
    missing
}

fn is_german(draft: &Reading<'_>) -> bool {
    const GERMAN: [&str; 16] = [
        "der", "das", "und", "ist", "mit", "nicht", "ein", "eine", "sich", "auf", "für", "von", "wurde", "sagte", "am",
        "bei",
    ];
    const OTHERS: [&str; 10] = ["the", "of", "and", "is", "for", "ve", "bir", "bu", "için", "ile"];
    let count = |list: &[&str]| draft.tokens.iter().take(400).filter(|t| list.contains(&&*t.key)).count();
    count(&GERMAN) > count(&OTHERS)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Prose,
    TitleCase,
    Capitals,
}

impl Style {
    fn of(text: &str, tokens: &[Token<'_>]) -> Style {
        let letters = text.chars().filter(|c| c.is_alphabetic()).take(400);
        let (upper, all) = letters.fold((0, 0), |(upper, all), c| (upper + usize::from(!c.is_lowercase()), all + 1));
        if all >= 8 && upper * 10 >= all * 9 {
            return Style::Capitals;
        }
        let long = tokens.iter().skip(1).filter(|t| t.word.text.len() >= 4 && !t.word.is_number() && !t.stop);
        let (big, all) = long.fold((0, 0), |(big, all), t| (big + usize::from(t.word.is_capitalised()), all + 1usize));
        if all >= 3 && big * 10 >= all * 8 && !text.ends_with('.') { Style::TitleCase } else { Style::Prose }
    }
}

/// Whether a capitalised word is to be looked up as a name.
fn asked(
    draft: &Reading<'_>,
    tokens: &[Token<'_>],
    at: usize,
    starts: bool,
    style: Style,
    inner: &HashSet<&str>,
    dated: &[Range<usize>],
) -> bool {
    let token = &tokens[at];
    let key = &*token.key;
    if key.chars().nth(1).is_none() || word::is_stop(key) || word::is_stop(&word::fold(token.word.text)) {
        return false;
    }
    let from = dated.partition_point(|range| range.end <= token.word.start);
    if dated.get(from).is_some_and(|range| range.start <= token.word.start) {
        return false;
    }
    let numbered = draft.numbers.partition_point(|number| number.range.end <= token.word.start);
    if draft.numbers.get(numbered).is_some_and(|number| number.range.start <= token.word.start) || CODES.contains(&key)
    {
        return false;
    }
    if NATIONS.has(key) && !matches!(key, "us" | "ab" | "fas") {
        return true;
    }
    let common = || {
        let singular = key.strip_suffix('s').unwrap_or(key);
        let said = ["d", "ed", "ing", "es", "r", "ly"].iter().filter_map(|ending| key.strip_suffix(ending));
        COMMON.has(key)
            || COMMON.has(singular)
            || said.clone().any(|stem| stem.len() > 2 && (COMMON.has(stem) || COMMON.has(&format!("{stem}e"))))
            || [&*OPPOSITES, &*ROLES, &*THINGS].iter().any(|table| table.has(key))
    };
    if matches!(key, "sir" | "dr" | "mr" | "mrs" | "ms" | "lord" | "lady" | "prof" | "doç" | "av") {
        return false;
    }
    match style {
        Style::Capitals => !common(),
        // A word in capitals is a name in a headline that is not.
        Style::TitleCase => token.word.stem().chars().skip(1).all(|c| !c.is_lowercase()) || !common(),
        Style::Prose if !starts => !ROLES.has(key),
        Style::Prose => {
            if common() {
                return false;
            }
            // The first word: a name where something else than its place says so.
            let next = tokens.get(at + 1);
            let part = next.is_some_and(|next| next.word.is_capitalised() && together(draft.text, token, next));
            let says = next.is_some_and(|next| SAYING.contains(&&*next.key));
            let marked = draft.turkish && !token.suffix().is_empty();
            let owns = token.word.text.ends_with("'s") || token.word.text.ends_with("’s");
            part || says || marked || owns || inner.contains(key)
        }
    }
}

/// Signs of currencies, which are compared with their numbers.
const CODES: [&str; 20] = [
    "tl", "usd", "eur", "gbp", "try", "euro", "chf", "jpy", "gwh", "mwh", "kwh", "twh", "gw", "mw", "kw", "gb", "tb",
    "mb", "ghz", "hz",
];

const SAYING: [&str; 27] = [
    "said",
    "says",
    "told",
    "tells",
    "added",
    "announced",
    "claimed",
    "warned",
    "argued",
    "scored",
    "won",
    "lost",
    "beat",
    "welcomed",
    "praised",
    "criticised",
    "criticized",
    "denied",
    "admitted",
    "bought",
    "sold",
    "led",
    "wants",
    "plans",
    "called",
    "refused",
    "agreed",
];

impl Names {
    fn explain(&self, known: &Known<'_>, token: &Token<'_>, style: Style) -> bool {
        let key = &*token.key;
        if self.holds(known, key) || ALIKE.has(key) && known.stands(token.mark) {
            return true;
        }
        let capitals = token.word.stem().chars().filter(|c| c.is_alphabetic()).all(|c| !c.is_lowercase());
        if capitals && key.chars().count() <= 6 && self.initials.contains(key) {
            return true;
        }
        style != Style::Prose
            && (self.roots.contains(&verb::root(key, false)) || self.roots.contains(&verb::root(key, true)))
    }

    /// Whether a run spells out what a source only gives as its first letters.
    pub fn spelled(&self, tokens: &[Token<'_>]) -> bool {
        let letters: String = tokens.iter().filter_map(|t| t.key.chars().next()).collect();
        letters.chars().count() >= 2 && self.capitals.contains(&letters)
    }
}

fn together(text: &str, a: &Token<'_>, b: &Token<'_>) -> bool {
    matches!(&text[a.word.end()..b.word.start], " " | "-" | "\u{a0}" | ". " | "." | " & ")
}

/// A quotation starts its own sentence.
fn after_quote(sentence: &str, at: usize) -> bool {
    sentence[..at].ends_with(['"', '“', '„', '«', '‘', '»', '(', ':']) || sentence[..at].ends_with(": ")
}
