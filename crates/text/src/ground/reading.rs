//! A text taken apart: words with what the tables say of them, clauses, numbers and dates.

use std::ops::Range;

use super::date::{self, Date};
use super::denial;
use super::lexicon::{ACTS, ALIKE, NATIONS, OPPOSITES, ROLES, THINGS};
use super::number::{self, Number};
use super::verb;
use crate::sentence;
use crate::word::{self, Word, fold, words};

/// Words of a text that are compared by their surroundings; what follows is only looked up.
const TOKENS_MAX: usize = 30_000;

/// A clause or sentence without an end is cut here.
const CLAUSE_TOKENS_MAX: usize = 40;

/// What a word says and where.
#[derive(Debug)]
pub(super) struct Token<'a> {
    pub word: Word<'a>,
    pub key: String,
    /// A hash that the forms of a word, and words for one thing, share.
    pub mark: u64,
    /// Lines and sides of the table of opposites.
    pub concepts: Vec<(u16, i8)>,
    pub negated: bool,
    pub role: Option<u16>,
    pub thing: Option<u16>,
    pub act: bool,
    pub stop: bool,
    /// Part of a name, as far as spelling tells.
    pub name: bool,
    pub clause: u32,
    pub sentence: u32,
}

impl Token<'_> {
    pub fn is_content(&self) -> bool {
        !self.stop && !self.word.is_number()
    }

    /// What stands behind the apostrophe, in Turkish the case.
    pub fn suffix(&self) -> &str {
        self.word.text.find(['\'', '’']).map_or("", |at| self.word.text[at..].trim_start_matches(['\'', '’']))
    }
}

pub(super) struct Reading<'a> {
    pub text: &'a str,
    pub turkish: bool,
    pub tokens: Vec<Token<'a>>,
    /// Tokens of each clause and sentence.
    pub clauses: Vec<Range<usize>>,
    pub sentences: Vec<Range<usize>>,
    /// Bytes of each sentence.
    pub places: Vec<Range<usize>>,
    pub numbers: Vec<Number>,
    /// What two numbers say together: "two in five".
    pub ratios: Vec<Number>,
    pub dates: Vec<Date>,
}

impl<'a> Reading<'a> {
    /// `turkish` is what a text is that does not show its language.
    pub fn of(text: &'a str, sentences_max: usize, turkish: bool) -> Reading<'a> {
        let all: Vec<Word<'a>> = words(text).collect();
        let turkish = is_turkish(&all).unwrap_or(turkish);
        let dates = date::dates(text, &all, turkish);
        let (mut numbers, ratios) = number::numbers(text, turkish);
        mark_days(&mut numbers, &dates);
        let mut reading = Reading {
            text,
            turkish,
            tokens: Vec::new(),
            clauses: Vec::new(),
            sentences: Vec::new(),
            places: sentence::split(text),
            numbers,
            ratios,
            dates,
        };
        reading.places.truncate(sentences_max);
        reading.fill(&all);
        reading
    }

    fn fill(&mut self, all: &[Word<'a>]) {
        let mut at = 0;
        for (number, place) in self.places.iter().enumerate() {
            at += all[at..].iter().take_while(|w| w.start < place.start).count();
            let within = all[at..].iter().take_while(|w| w.start < place.end).count();
            let first = self.tokens.len();
            let room = TOKENS_MAX.saturating_sub(first);
            let part = &all[at..at + within.min(room)];
            sentence_tokens(self.text, part, number as u32, self.turkish, &mut self.tokens);
            at += within;
            // The name of a month or weekday names nobody.
            for token in &mut self.tokens[first..] {
                let from = self.dates.partition_point(|date| date.range.end <= token.word.start);
                token.name &= self.dates.get(from).is_none_or(|date| date.range.start > token.word.start);
            }
            clauses(self.text, &mut self.tokens, first, &mut self.clauses);
            denial::negations(self.text, &mut self.tokens[first..], self.turkish);
            denial::denials(&mut self.tokens[first..], self.turkish);
            self.sentences.push(first..self.tokens.len());
        }
    }

    /// The token at or behind a byte.
    pub fn token_at(&self, byte: usize) -> usize {
        self.tokens.partition_point(|token| token.word.end() <= byte)
    }

    pub fn clause_of(&self, token: usize) -> Range<usize> {
        self.tokens.get(token).and_then(|t| self.clauses.get(t.clause as usize)).cloned().unwrap_or(0..0)
    }

    pub fn sentence_of(&self, token: usize) -> Range<usize> {
        self.tokens.get(token).and_then(|t| self.sentences.get(t.sentence as usize)).cloned().unwrap_or(0..0)
    }

    /// The marks of content words and numbers in `range`, sorted, each once.
    pub fn marks(&self, range: Range<usize>) -> Vec<u64> {
        let range = range.start..range.end.min(range.start + 4 * CLAUSE_TOKENS_MAX);
        let tokens = &self.tokens[range];
        let mut marks: Vec<u64> = tokens.iter().filter(|t| t.is_content()).map(|t| t.mark).collect();
        if let (Some(first), Some(last)) = (tokens.first(), tokens.last()) {
            let from = self.numbers.partition_point(|n| n.range.start < first.word.start);
            let inside = self.numbers[from..].iter().take_while(|n| n.range.start < last.word.end());
            marks.extend(inside.filter_map(|n| n.readings.first()).map(|(value, _)| value_mark(value)));
        }
        marks.sort_unstable();
        marks.dedup();
        marks
    }
}

pub(super) fn value_mark(value: &str) -> u64 {
    word::hash(&format!("#{value}"))
}

/// How many marks two sorted lists share.
pub(super) fn shared(a: &[u64], b: &[u64]) -> usize {
    a.iter().filter(|mark| b.binary_search(mark).is_ok()).count()
}

/// The days of dates are no numbers that something else may use: 12 March has no twelve people.
fn mark_days(numbers: &mut Vec<Number>, dates: &[Date]) {
    let mut inside = dates.iter().filter(|date| matches!(date.when, date::When::Day { day: Some(_), .. })).peekable();
    numbers.retain(|number| {
        while inside.next_if(|date| date.range.end <= number.range.start).is_some() {}
        let within = inside.peek().is_some_and(|date| date.range.start <= number.range.start);
        // The year stays.
        !within || number.readings.iter().any(|(value, _)| value.len() == 4)
    });
}

/// Whether the words are Turkish rather than English, by letters, endings and function words; `None` says nothing does.
fn is_turkish(all: &[Word<'_>]) -> Option<bool> {
    const TURKISH: [&str; 22] = [
        "ve", "bir", "bu", "için", "ile", "olarak", "göre", "da", "de", "oldu", "daha", "yeni", "sonra", "kadar",
        "olan", "yüzde", "gün", "günü", "değil", "ise", "dedi", "etti",
    ];
    const ENGLISH: [&str; 14] =
        ["the", "of", "and", "to", "in", "is", "was", "for", "by", "at", "with", "that", "were", "an"];
    let (mut turkish, mut english) = (0, 0);
    for word in all.iter().take(400).filter(|w| w.text.len() < 40) {
        let key = fold(word.text);
        turkish += usize::from(word.text.contains(['ı', 'ş', 'ğ']) && !word.is_capitalised());
        turkish += usize::from(word.text.find(['\'', '’']).is_some_and(|at| {
            !matches!(
                key.get(at..).map(|rest| rest.trim_start_matches(['\'', '’'])),
                Some("s" | "t" | "re" | "ll" | "ve" | "d" | "m")
            )
        }));
        turkish += usize::from(TURKISH.contains(&&*key)) + usize::from(word.text.ends_with(['ı', 'ğ', 'ş']));
        english += 2 * usize::from(ENGLISH.contains(&&*key));
    }
    (turkish != english).then_some(turkish > english)
}

fn sentence_tokens<'a>(text: &'a str, part: &[Word<'a>], sentence: u32, turkish: bool, tokens: &mut Vec<Token<'a>>) {
    // A word longer than any is compared whole, not by the tables.
    let keys: Vec<String> =
        part.iter().map(|word| if word.text.len() <= 60 { word.key() } else { String::new() }).collect();
    for (at, word) in part.iter().enumerate() {
        let key = keys[at].clone();
        let full =
            if word.stem().len() < word.text.len() && word.text.len() <= 60 { fold(word.text) } else { key.clone() };
        let leads = [&*THINGS, &*ROLES, &*OPPOSITES, &*ALIKE].iter().any(|table| table.leads(&key));
        let next = part
            .get(at + 1)
            .filter(|next| leads && next.text.len() <= 40 && next.start - word.end() < 3)
            .map(|_| &keys[at + 1]);
        let phrase = next.map(|next| format!("{key} {next}"));
        let pick = |table: &super::lexicon::Table| -> Vec<(u16, i8)> {
            let by_phrase = phrase.as_deref().map(|phrase| table.find_phrase(phrase)).unwrap_or_default();
            if by_phrase.is_empty() { table.find(&key).to_vec() } else { by_phrase.to_vec() }
        };
        let thing = pick(&THINGS).first().map(|(group, _)| *group);
        let role = pick(&ROLES).first().map(|(group, _)| *group);
        let nation = if word.is_capitalised() { NATIONS.find(&key).first().map(|(group, _)| *group) } else { None };
        let mut concepts = pick(&OPPOSITES);
        concepts.retain(|(group, _)| counts(text, part, at, OPPOSITES.name(*group), &key));
        let alike = pick(&ALIKE).first().map(|(group, _)| *group);
        let stop = word::is_stop(&full) || WEAK.contains(&&*full);
        let name = word.is_capitalised() && key.chars().nth(1).is_some() && !stop;
        let mark = match (nation, thing, role, concepts.first(), alike) {
            (Some(group), ..) => word::mix(0x6e00_0000 + u64::from(group)),
            (_, Some(group), ..) => word::mix(0x7400_0000 + u64::from(group)),
            (_, _, Some(group), ..) => word::mix(0x7200_0000 + u64::from(group)),
            (_, _, _, Some((group, _)), _) => word::mix(0x6f00_0000 + u64::from(*group)),
            (.., Some(group)) => word::mix(0x6100_0000 + u64::from(group)),
            _ if word.text.len() > 60 => word::hash(word.text),
            _ => word::hash(&verb::root(&key, turkish && !name)),
        };
        let act = ACTS.has(&key);
        tokens.push(Token {
            word: *word,
            key,
            mark,
            concepts,
            negated: false,
            role,
            thing,
            act,
            stop,
            name,
            clause: 0,
            sentence,
        });
    }
}

/// Words that stand everywhere and say little, beside the stop words.
const WEAK: [&str; 43] = [
    "said",
    "says",
    "told",
    "according",
    "also",
    "percent",
    "per",
    "cent",
    "yüzde",
    "new",
    "yeni",
    "söyledi",
    "belirtti",
    "açikladi",
    "dedi",
    "bildirdi",
    "duyurdu",
    "his",
    "her",
    "him",
    "its",
    "theirs",
    "there",
    "still",
    "just",
    "some",
    "about",
    "nearly",
    "almost",
    "roughly",
    "yaklaşik",
    "et",
    "etti",
    "eden",
    "etmek",
    "etmişti",
    "olduğunu",
    "oldu",
    "would",
    "say",
    "being",
    "whom",
    "whose",
];

/// Whether a word of a group counts where it stands: "last year" orders nothing, "step down" lowers nothing.
fn counts(text: &str, part: &[Word<'_>], at: usize, group: &str, key: &str) -> bool {
    let group = group.trim_start_matches('~');
    let near = |by: isize| part.get(at.checked_add_signed(by)?).filter(|w| w.text.len() < 40).map(Word::key);
    let (before, after) = (near(-1).unwrap_or_default(), near(1).unwrap_or_default());
    let number_follows = part.get(at + 1).is_some_and(Word::is_number)
        || text[part[at].end()..].trim_start().starts_with(['$', '€', '£', '%']);
    let in_turn = matches!(&*after, "year" | "week" | "month" | "season" | "night" | "few" | "two" | "three");
    let exempt = match group {
        "begin" | "order" if key == "end" && after == "of" => true,
        "order" => matches!(key, "last" | "son") && in_turn || key == "son" && after == "dakika",
        "win" => match key {
            _ if key.starts_with("galibiyet") || key.starts_with("zafer") => true,
            "lost" => matches!(&*before, "a" | "the" | "an" | "its" | "their" | "his" | "her" | "long"),
            "defeat" => !matches!(&*before, "to" | "will" | "would" | "and" | "could"),
            "conceded" | "concedes" | "concede" => number_follows || matches!(&*after, "a" | "the" | "that"),
            _ => false,
        },
        "course" => match key {
            "lost" => matches!(&*before, "a" | "the" | "an" | "its" | "their"),
            "ease" | "lift" | "slide" => before == "the",
            // Thirty more of them; more quickly.
            "more" | "fewer" | "less" => {
                let counted = part.get(at.wrapping_sub(1)).is_some_and(Word::is_number);
                after.ends_with("ly") || key != "less" && counted && after != "than"
            }
            "slow" | "slowly" => true,
            "up" | "down" => {
                !(number_follows
                    || matches!(&*before, "was" | "were" | "is" | "are" | "went" | "go" | "goes")
                    || matches!(&*after, "from" | "by" | "on")
                    || (1..=5).filter_map(|back| near(-back)).any(|key| PUSHING.contains(&&*key)))
            }
            "added" | "adds" | "adding" | "shed" | "sheds" | "shedding" => !number_follows,
            _ => false,
        },
        "verdict" | "stance" => {
            let denied = before.starts_with("vote") || matches!(&*before, "is" | "are" | "was" | "were");
            key == "back" && !matches!(&*before, "to" | "will" | "would" | "not") || key == "against" && !denied
        }
        "life" | "harm" => key == "dead" && after == "end",
        "side" => key == "left" && !matches!(&*after, "wing" | "side" | "hand"),
        "join" => {
            key == "left" && matches!(&*after, "its" | "the" | "on" | "in" | "to" | "of")
                || key.starts_with("ayril") && before.ends_with(['a', 'e'])
                || key.starts_with("gir") && before == "birbirine"
        }
        "open" if key.starts_with("aç") => before == "yol",
        "truth" => key.starts_with("right"),
        _ => false,
    };
    !exempt
}

/// Verbs that send something up or down.
const PUSHING: [&str; 12] = [
    "push", "pushed", "pushing", "drove", "driven", "driving", "sent", "sending", "pulled", "dragged", "nudged",
    "brought",
];

/// Cuts the tokens from `first` on into clauses at signs and joining words.
fn clauses(text: &str, tokens: &mut [Token<'_>], first: usize, clauses: &mut Vec<Range<usize>>) {
    let mut start = first;
    for at in first..tokens.len() {
        let gap = at > first && {
            let between = &text[tokens[at - 1].word.end()..tokens[at].word.start];
            between.len() > 3 || between.contains([',', ';', ':', '(', ')', '–', '—', '"', '“', '”'])
        };
        let after_while = at > first && tokens[at - 1].key.len() > 6 && tokens[at - 1].key.ends_with("ken");
        // "Easterby and Tarnside" is one thing.
        let pair = at > first
            && matches!(&*tokens[at].key, "and" | "ve")
            && tokens[at - 1].name
            && tokens.get(at + 1).is_some_and(|next| next.name);
        let joins = JOINING.contains(&&*tokens[at].key) && !pair;
        if at > start && (gap || joins || after_while || at - start >= CLAUSE_TOKENS_MAX) {
            clauses.push(start..at);
            start = at;
        }
        tokens[at].clause = clauses.len() as u32;
    }
    if start < tokens.len() {
        clauses.push(start..tokens.len());
    }
}

const JOINING: [&str; 22] = [
    "and", "but", "while", "whereas", "although", "though", "after", "before", "because", "who", "which", "when",
    "instead", "rather", "as", "ve", "ancak", "fakat", "ama", "with", "versus", "against",
];
