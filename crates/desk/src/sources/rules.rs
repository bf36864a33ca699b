//! Rules: which entries of a source count as news. A rule asks one question of an entry and drops or keeps it.
//!
//! An entry passes when no rule drops it and, if there are rules that keep, one of them holds. What is dropped is stored
//! as seen, with the rule's name, so that it never comes back as news and one can see what a rule costs.

use std::fmt;

use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};
use text::word::{fold, words};

use crate::error::Fault;

/// A question to an entry, and what follows from a yes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Shown beside what it dropped.
    pub name: String,
    pub field: Field,
    pub test: Test,
    /// Words or phrases with commas between them, a regular expression, or a number.
    pub value: String,
    pub action: Action,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Field {
    /// Title, text and categories.
    Any,
    Title,
    Text,
    Author,
    Category,
    Url,
    /// ISO 639-1, or `und`.
    Language,
    /// The number of words in the text.
    Length,
    /// The quality of the text, from 0 to 1.
    Score,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Test {
    /// One of the words or phrases stands there, whole and in any case.
    Has,
    /// One of the texts is all that stands there, in any case.
    Is,
    /// The regular expression matches somewhere, in any case unless it says `(?-i)`.
    Matches,
    Below,
    Above,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    Drop,
    Keep,
}

/// Of one source.
pub const RULES_MAX: usize = 50;
pub const NAME_CHARS: usize = 80;
pub const VALUE_CHARS: usize = 500;
/// Memory that one regular expression may take once it is read.
const REGEX_BYTES: usize = 1 << 20;

/// What rules look at.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    pub title: &'a str,
    pub text: &'a str,
    pub authors: &'a [String],
    pub categories: &'a [String],
    pub url: Option<&'a str>,
    pub language: &'a str,
}

/// What they make of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Passes,
    /// By the rule at this place.
    Dropped(usize),
    /// There are rules that keep, and none of them holds.
    NotKept,
}

/// The rules of a source, ready to be asked.
#[derive(Debug, Default)]
pub struct Rules(Vec<(Rule, Question)>);

enum Question {
    /// Alternatives of folded words.
    Has(Vec<Vec<String>>),
    /// Folded alternatives.
    Is(Vec<String>),
    Matches(Regex),
    Below(f64),
    Above(f64),
}

impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Question::Has(_) => "has",
            Question::Is(_) => "is",
            Question::Matches(_) => "matches",
            Question::Below(_) => "below",
            Question::Above(_) => "above",
        })
    }
}

impl Rules {
    /// # Errors
    /// Everything that is wrong with the rules, with pointers below `pointer`.
    pub fn read(rules: &[Rule], pointer: &str) -> Result<Self, Vec<Fault>> {
        let (mut ready, mut faults) = (Vec::new(), Vec::new());
        if rules.len() > RULES_MAX {
            faults.push(Fault::new(pointer, format!("has {} rules; at most {RULES_MAX} are asked", rules.len())));
        }
        for (index, rule) in rules.iter().take(RULES_MAX).enumerate() {
            let mut wrong = |key: &str, why: String| faults.push(Fault::new(format!("{pointer}/{index}/{key}"), why));
            if rule.name.trim().is_empty() || rule.name.chars().count() > NAME_CHARS {
                wrong("name", format!("must have 1 to {NAME_CHARS} characters"));
            }
            match Question::of(rule) {
                Ok(question) => ready.push((rule.clone(), question)),
                Err((key, why)) => wrong(key, why),
            }
        }
        if faults.is_empty() { Ok(Self(ready)) } else { Err(faults) }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn judge(&self, subject: &Subject) -> Verdict {
        let mut asked = Asked { subject, score: None };
        let of = |action: Action| self.0.iter().enumerate().filter(move |(_, (rule, _))| rule.action == action);
        if let Some((index, _)) = of(Action::Drop).find(|(_, (rule, question))| asked.holds(rule.field, question)) {
            return Verdict::Dropped(index);
        }
        let mut keeping = of(Action::Keep).peekable();
        if keeping.peek().is_none() || keeping.any(|(_, (rule, question))| asked.holds(rule.field, question)) {
            Verdict::Passes
        } else {
            Verdict::NotKept
        }
    }

    /// Why an entry was not taken, in words that are stored beside it; `None` for one that passes.
    pub fn why(&self, verdict: Verdict) -> Option<String> {
        match verdict {
            Verdict::Passes => None,
            Verdict::Dropped(index) => Some(format!("rule: {}", self.0.get(index)?.0.name.trim())),
            Verdict::NotKept => Some("rule: none that keeps".to_owned()),
        }
    }
}

impl Question {
    /// The key of what is wrong, and why.
    fn of(rule: &Rule) -> Result<Self, (&'static str, String)> {
        let value = rule.value.trim();
        if value.is_empty() || value.chars().count() > VALUE_CHARS {
            return Err(("value", format!("must have 1 to {VALUE_CHARS} characters")));
        }
        let counted = matches!(rule.field, Field::Length | Field::Score);
        if counted != matches!(rule.test, Test::Below | Test::Above) {
            return Err(("test", "length and score are below or above a number, and nothing else is".to_owned()));
        }
        let number = || match value.parse::<f64>() {
            Ok(number) if number.is_finite() && number >= 0.0 => Ok(number),
            _ => Err(("value", format!("{value:?} is no number"))),
        };
        Ok(match rule.test {
            Test::Below => Self::Below(number()?),
            Test::Above => Self::Above(number()?),
            Test::Is | Test::Has if alternatives(value).next().is_none() => {
                return Err(("value", "has nothing between its commas".to_owned()));
            }
            Test::Is => Self::Is(alternatives(value).map(fold).collect()),
            Test::Has => {
                let phrases: Vec<Vec<String>> =
                    alternatives(value).map(|phrase| words(phrase).map(|word| fold(word.text)).collect()).collect();
                if phrases.iter().any(Vec::is_empty) {
                    return Err(("value", "has something between its commas that is no word".to_owned()));
                }
                Self::Has(phrases)
            }
            Test::Matches => {
                let read = RegexBuilder::new(value).case_insensitive(true).size_limit(REGEX_BYTES).build();
                Self::Matches(read.map_err(|error| ("value", regex_fault(&error)))?)
            }
        })
    }
}

fn alternatives(value: &str) -> impl Iterator<Item = &str> {
    value.split(',').map(str::trim).filter(|part| !part.is_empty())
}

/// The last line says what is wrong; those before it draw the place.
fn regex_fault(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
    format!("is no regular expression that can be used: {last}")
}

/// An entry with what was found out about it on the way.
struct Asked<'a> {
    subject: &'a Subject<'a>,
    score: Option<f64>,
}

impl Asked<'_> {
    fn holds(&mut self, field: Field, question: &Question) -> bool {
        match question {
            Question::Below(limit) => self.number(field) < *limit,
            Question::Above(limit) => self.number(field) > *limit,
            Question::Has(phrases) => self.texts(field).any(|text| has(text, phrases)),
            Question::Is(texts) => self.texts(field).any(|text| texts.contains(&fold(text.trim()))),
            Question::Matches(regex) => self.texts(field).any(|text| regex.is_match(text)),
        }
    }

    fn number(&mut self, field: Field) -> f64 {
        let text = self.subject.text;
        match field {
            Field::Score => *self.score.get_or_insert_with(|| text::analyze(text, &text::Options::default()).score),
            _ => words(text).count() as f64,
        }
    }

    fn texts(&self, field: Field) -> impl Iterator<Item = &str> {
        let Subject { title, text, authors, categories, url, language } = *self.subject;
        let any = field == Field::Any;
        let one = |wanted: bool, text| Some(text).filter(|_| wanted);
        [
            one(any || field == Field::Title, title),
            one(any || field == Field::Text, text),
            url.filter(|_| field == Field::Url),
            one(field == Field::Language, language),
        ]
        .into_iter()
        .flatten()
        .chain(authors.iter().filter(move |_| field == Field::Author).map(String::as_str))
        .chain(categories.iter().filter(move |_| any || field == Field::Category).map(String::as_str))
    }
}

/// Whether the words of one of `phrases` stand in a row in `text`.
fn has(text: &str, phrases: &[Vec<String>]) -> bool {
    let longest = phrases.iter().map(Vec::len).max().unwrap_or_default();
    // The last words, as many as the longest phrase has.
    let mut last: Vec<String> = Vec::with_capacity(longest + 1);
    words(text).any(|word| {
        last.push(fold(word.text));
        if last.len() > longest {
            last.remove(0);
        }
        phrases.iter().any(|phrase| ends_with(&last, phrase))
    })
}

/// The last word may have an ending after an apostrophe: `Ankara'da`, `town's`.
fn ends_with(words: &[String], phrase: &[String]) -> bool {
    let Some((tail, start)) =
        words.len().checked_sub(phrase.len()).map(|from| (&words[from..], &phrase[..phrase.len() - 1]))
    else {
        return false;
    };
    let last = &phrase[phrase.len() - 1];
    tail.starts_with(start)
        && tail.last().is_some_and(|word| {
            word.strip_prefix(last.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('\''))
        })
}

#[cfg(test)]
mod tests;
