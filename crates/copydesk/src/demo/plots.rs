//! The patterns that events are written from: what can happen, and several ways to say each part.
//!
//! Placeholders: `{town}` `{town2}` `{person}` `{last}` (the surname of `{person}`) `{person2}`
//! `{last2}` `{firm}` `{day}` `{day2}` `{year}` `{pop}` `{km}`, the numbers `{a}` to `{d}`, the quotations `{q1}` `{q2}`.

mod english_life;
mod english_town;
mod german;
mod names;
mod turkish;

pub use names::{Names, names};

/// The language of an event and of the outlets that tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Language {
    English,
    German,
    Turkish,
}

impl Language {
    /// As in BCP 47.
    pub fn code(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::German => "de",
            Language::Turkish => "tr",
        }
    }
}

/// One thing that can happen.
#[derive(Debug)]
pub struct Plot {
    pub theme: &'static str,
    /// Least and largest value of `{a}`, `{b}`, `{c}` and `{d}`.
    pub numbers: [(u64, u64); 4],
    /// Several headlines, so that outlets differ.
    pub titles: &'static [&'static str],
    /// One of each is what `{q1}` and `{q2}` say, in every telling of the event.
    pub q1: &'static [&'static str],
    pub q2: &'static [&'static str],
    /// The parts of the text in order, each with its wordings. The first two are always told.
    pub beats: &'static [&'static [&'static str]],
}

/// Plot number `n` of a language, counted round and round.
pub fn plot(language: Language, n: u64) -> &'static Plot {
    let lists: &[&'static [Plot]] = match language {
        Language::English => &[english_town::PLOTS, english_life::PLOTS],
        Language::German => &[german::PLOTS],
        Language::Turkish => &[turkish::PLOTS],
    };
    let mut place = n % count(language);
    for list in lists {
        if let Some(plot) = list.get(place as usize) {
            return plot;
        }
        place -= list.len() as u64;
    }
    &english_town::PLOTS[0]
}

/// How many plots a language has.
pub fn count(language: Language) -> u64 {
    match language {
        Language::English => (english_town::PLOTS.len() + english_life::PLOTS.len()) as u64,
        Language::German => german::PLOTS.len() as u64,
        Language::Turkish => turkish::PLOTS.len() as u64,
    }
}
