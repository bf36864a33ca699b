//! A keyphrase and where it stands, in any order and inflected.

use std::ops::Range;

use crate::language::Language;
use crate::phrase::Lowered;
use crate::stem;
use crate::token::Tokens;

/// The words of a keyphrase that carry meaning, in lower case.
#[derive(Debug)]
pub(super) struct Keyphrase {
    pub words: Vec<String>,
    language: Language,
}

impl Keyphrase {
    /// `Err` holds the words when all of them are function words; `Ok(None)` is a phrase without any word.
    pub fn of(phrase: &str, language: Language) -> Result<Option<Self>, String> {
        const WORDS: usize = 20;
        let all: Vec<String> =
            Tokens::of(phrase).words.iter().take(WORDS).map(|word| language.lower(word.text)).collect();
        if all.is_empty() {
            return Ok(None);
        }
        let words: Vec<String> = all.iter().filter(|word| !language.is_stop(word)).cloned().collect();
        if words.is_empty() { Err(all.join(" ")) } else { Ok(Some(Self { words, language })) }
    }

    /// Which word of the phrase `word` is a form of.
    fn index(&self, word: &str) -> Option<usize> {
        self.words.iter().position(|wanted| stem::same(word, wanted, self.language))
    }

    /// How often all words of the phrase stand in words `range`, in any order.
    fn count(&self, lowered: &Lowered, range: Range<usize>) -> usize {
        let mut counts = vec![0usize; self.words.len()];
        for index in range.filter_map(|at| self.index(lowered.word(at))) {
            counts[index] += 1;
        }
        // A word that the phrase has twice is needed once.
        self.words.iter().filter_map(|word| self.index(word)).map(|index| counts[index]).min().unwrap_or(0)
    }

    /// The sentences that hold the phrase, each as often as it does.
    pub fn sentences(&self, tokens: &Tokens, lowered: &Lowered) -> Vec<usize> {
        let mut found = Vec::new();
        for (index, sentence) in tokens.sentences.iter().enumerate() {
            found.extend(std::iter::repeat_n(index, self.count(lowered, sentence.words.clone())));
        }
        found
    }

    pub fn stands_in(&self, tokens: &Tokens, lowered: &Lowered, bytes: &Range<usize>) -> bool {
        let at = |byte: usize| tokens.words.partition_point(|word| word.start < byte);
        self.count(lowered, at(bytes.start)..at(bytes.end)) > 0
    }

    /// Whether a short text such as a title holds the phrase.
    pub fn within(&self, text: &str) -> bool {
        let tokens = Tokens::of(text);
        self.count(&Lowered::of(&tokens, self.language), 0..tokens.words.len()) > 0
    }

    /// Whether the title begins with the phrase; function words before it do not count.
    pub fn begins(&self, text: &str) -> bool {
        let tokens = Tokens::of(text);
        let lowered = Lowered::of(&tokens, self.language);
        let content = (0..lowered.len()).map(|at| lowered.word(at)).filter(|word| !self.language.is_stop(word));
        let mut met = 0;
        for word in content.take(self.words.len()) {
            met += usize::from(self.index(word).is_some());
        }
        met == self.words.len()
    }

    /// Whether the words of a slug hold the phrase; a slug has no letters beyond ASCII.
    pub fn in_slug(&self, slug: &str) -> bool {
        const LONGEST: usize = 100;
        let plain = |word: &str| crate::slug::slugify(word, LONGEST);
        self.words.iter().all(|wanted| {
            let wanted = plain(wanted);
            slug.split('-').any(|word| {
                // Without its signs a Turkish word is no longer one that the rules know: endings may differ freely.
                stem::same(word, &wanted, self.language)
                    || self.language != Language::English && stem::same(word, &wanted, Language::Undetermined)
            })
        })
    }
}
