//! Sentences: length, voice, what ties them together, how they begin.

use super::{Kinds, LONG_SHARE, OPENINGS, Survey, TRANSITION_SHARE, TRANSITION_WORDS, passive, sentence_words_limit};
use crate::document::BlockKind;
use crate::language::Language;
use crate::phrase::{Lexicon, Trait};
use crate::token::Sentence;

impl Survey<'_> {
    pub(super) fn sentences(&mut self) {
        let reading = self.reading;
        let (language, lexicon) = (reading.language, Lexicon::of(reading.language));
        let tying = lexicon.has_any(Trait::Transition);
        let voiced = matches!(language, Language::English | Language::Turkish);
        let limit = sentence_words_limit(language);
        let mut kinds = Kinds::of(reading.document);
        let (mut judged, mut long, mut passive, mut tied) = (0, 0, 0, 0);
        let mut run = Run::default();
        for (index, sentence) in reading.tokens.sentences.iter().enumerate() {
            let kind = kinds.at(sentence.range.start);
            let words = sentence.words.len();
            if kind == BlockKind::Code {
                self.end_run(&mut run);
                continue;
            }
            judged += 1;
            self.structure.longest_sentence_words = self.structure.longest_sentence_words.max(words);
            long += usize::from(words > limit);
            if voiced {
                passive += usize::from(self.passive(sentence, lexicon));
            }
            tied += usize::from(tying && self.is_tied(sentence));
            match kind {
                BlockKind::Heading(_) => self.end_run(&mut run),
                _ => self.opening(&mut run, index),
            }
        }
        self.end_run(&mut run);
        let all = judged.max(1) as f64;
        self.structure.words_per_sentence =
            reading.tokens.words.len() as f64 / reading.tokens.sentences.len().max(1) as f64;
        self.structure.long_sentences_share = long as f64 / all;
        self.structure.transition_share = tying.then_some(tied as f64 / all);
        self.structure.passive_share = voiced.then_some(passive as f64 / all);
        self.long_sentences(limit);
        if tying && reading.tokens.words.len() >= TRANSITION_WORDS && (tied as f64 / all) < TRANSITION_SHARE {
            self.find("transitions_few", &(0..reading.tokens.text.len()), || {
                format!("Only {tied} of {judged} sentences have a transition word; tie more of them together.").into()
            });
        }
    }

    /// A little over the limit is for the share to judge: only where too many sentences are long is each of them shown,
    /// elsewhere those that are far over it.
    fn long_sentences(&mut self, limit: usize) {
        let shown = if self.structure.long_sentences_share > LONG_SHARE { limit } else { limit + limit / 2 };
        let mut kinds = Kinds::of(self.reading.document);
        for sentence in self.reading.tokens.sentences.iter().filter(|sentence| sentence.words.len() > shown) {
            if kinds.at(sentence.range.start) != BlockKind::Code {
                let words = sentence.words.len();
                self.find("sentence_long", &sentence.range, || {
                    format!("This sentence has {words} words; aim at {limit} or fewer.").into()
                });
            }
        }
    }

    /// Notes each passive of the sentence; whether there is one.
    fn passive(&mut self, sentence: &Sentence, lexicon: &Lexicon) -> bool {
        let reading = self.reading;
        let message = || "Say who does it: this is in the passive voice.".into();
        if reading.language == Language::Turkish {
            let Some(last) = sentence.words.end.checked_sub(1).filter(|last| sentence.words.contains(last)) else {
                return false;
            };
            let found = passive::is_turkish(reading.lowered.word(last), lexicon);
            if found {
                self.find_words("passive_voice", last, last, message);
            }
            return found;
        }
        let mut from = sentence.words.start;
        while let Some((first, last)) = passive::english(reading.tokens, reading.lowered, from..sentence.words.end) {
            self.find_words("passive_voice", first, last, message);
            from = last + 1;
        }
        from > sentence.words.start
    }

    fn is_tied(&self, sentence: &Sentence) -> bool {
        let (lowered, tokens) = (self.reading.lowered, self.reading.tokens);
        sentence.words.clone().any(|at| {
            let entry = lowered.entry(at);
            entry.traits.has(Trait::Transition)
                || entry.begins.has(Trait::Transition)
                    && lowered.phrases(tokens, at).any(|phrase| phrase.kind == Trait::Transition)
        })
    }

    /// Adds sentence `index` to the run of equal openings, or begins a new one. After an article or a pronoun such as
    /// "this" the second word decides too.
    fn opening(&mut self, run: &mut Run, index: usize) {
        let reading = self.reading;
        let opening = |index: usize| {
            let words = reading.tokens.sentences[index].words.clone();
            let first = words.clone().next()?;
            let second = Some(first + 1)
                .filter(|second| *second < words.end && reading.lowered.entry(first).traits.has(Trait::Opener));
            Some((reading.lowered.word(first), second.map(|second| reading.lowered.word(second))))
        };
        let same = run.length > 0 && opening(index).is_some() && opening(index) == opening(run.first);
        if !same {
            self.end_run(run);
            *run = Run { first: index, length: 0, last: index };
        }
        run.length += 1;
        run.last = index;
    }

    fn end_run(&mut self, run: &mut Run) {
        let Run { first, last, length } = std::mem::take(run);
        self.structure.equal_openings_max = self.structure.equal_openings_max.max(length);
        if length >= OPENINGS {
            let sentences = &self.reading.tokens.sentences;
            let range = sentences[first].range.start..sentences[last].range.end;
            self.find("openings_equal", &range, || {
                format!("{length} sentences in a row begin with the same word; vary their openings.").into()
            });
        }
    }
}

/// Sentences in a row that begin alike.
#[derive(Default)]
struct Run {
    first: usize,
    last: usize,
    length: usize,
}
