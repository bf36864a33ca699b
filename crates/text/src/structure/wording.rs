//! Words: repeated, in capitals, hedging, worn out or wordy.

use std::borrow::Cow;

use super::{CAPITALS_SHARE, Kinds, Survey};
use crate::document::BlockKind;
use crate::language::Language;
use crate::phrase::{Lexicon, Phrase, Trait};
use crate::token::is_upper;

impl Survey<'_> {
    pub(super) fn words(&mut self) {
        let reading = self.reading;
        let (tokens, lowered) = (reading.tokens, reading.lowered);
        let lexicon = Lexicon::of(reading.language);
        let listed = lexicon.has_any(Trait::Transition);
        let styled = matches!(reading.language, Language::English | Language::Turkish);
        let (mut shouted, mut judged) = (0usize, 0usize);
        let mut counts = [0usize; 4];
        // The end of the phrase found last: what lies in it is not judged again.
        let mut taken = 0;
        let mut kinds = Kinds::of(reading.document);
        for (at, word) in tokens.words.iter().enumerate() {
            if kinds.at(word.start) == BlockKind::Code {
                continue;
            }
            if has_two_letters(word.text) {
                judged += 1;
                shouted += usize::from(!word.text.as_bytes()[0].is_ascii_lowercase() && is_upper(word.text));
            }
            if listed && self.is_repeated(at) {
                self.structure.repeated_words += 1;
                self.find_words("word_repeated", at - 1, at, || {
                    let shown: String = word.text.chars().take(40).collect();
                    format!("\u{201c}{shown}\u{201d} stands here twice.").into()
                });
            }
            let entry = lowered.entry(at);
            if styled && at >= taken && !(entry.traits.is_empty() && entry.begins.is_empty()) {
                let phrase = lowered.phrases(tokens, at).find(|phrase| style(phrase.kind).is_some());
                let alone = || STYLES.iter().position(|(kind, _)| entry.traits.has(*kind));
                let found = match phrase {
                    Some(phrase) => style(phrase.kind).map(|index| (index, phrase.words)),
                    None => alone().map(|index| (index, 1)),
                };
                if let Some((index, words)) = found {
                    counts[index] += 1;
                    taken = at + words;
                    self.find_words(STYLES[index].1, at, at + words - 1, || advice(index, phrase));
                }
            }
        }
        self.structure.capitals_share = shouted as f64 / judged.max(1) as f64;
        if self.structure.capitals_share > CAPITALS_SHARE && judged >= 5 {
            let percent = (100.0 * self.structure.capitals_share).round();
            self.find("capitals", &(0..tokens.text.len()), || {
                format!("{percent} % of the words are in capitals, which reads as shouting.").into()
            });
        }
        if styled {
            let [hedges, weasels, cliches, wordy] = counts;
            self.structure.hedges = Some(hedges);
            self.structure.weasels = Some(weasels);
            self.structure.cliches = Some(cliches);
            self.structure.wordy = Some(wordy);
        }
        self.exclamations();
    }

    /// Whether the word stands twice in a row by mistake: same sentence, nothing between, and no word that is rightly
    /// doubled. Turkish doubles words to mean something ("yavaş yavaş"), so there only a few function words count.
    fn is_repeated(&self, at: usize) -> bool {
        let (tokens, lowered) = (self.reading.tokens, self.reading.lowered);
        let Some(before) = at.checked_sub(1) else { return false };
        if !lowered.same(at, before) {
            return false;
        }
        let word = &tokens.words[at];
        let traits = lowered.entry(at).traits;
        !word.after_break
            && word.sentence == tokens.words[before].sentence
            && !word.text.starts_with(char::is_numeric)
            && match self.reading.language {
                Language::Turkish => traits.has(Trait::Doubled),
                _ => !traits.has(Trait::Twice),
            }
    }

    /// Runs such as "!!!".
    fn exclamations(&mut self) {
        if self.structure.exclamations < 2 {
            return;
        }
        let text = self.reading.tokens.text;
        let mut at = 0;
        while let Some(start) = text[at..].find("!!").map(|found| at + found) {
            let length = text[start..].bytes().take_while(|&b| b == b'!').count();
            self.find("exclamation_run", &(start..start + length), || {
                "One exclamation mark says it; more read as shouting.".into()
            });
            at = start + length;
        }
    }
}

/// The lists of style and the codes of their findings.
const STYLES: [(Trait, &str); 4] =
    [(Trait::Hedge, "hedge"), (Trait::Weasel, "weasel"), (Trait::Cliche, "cliche"), (Trait::Wordy, "wordy")];

fn style(kind: Trait) -> Option<usize> {
    let kind = if kind == Trait::Plain { Trait::Wordy } else { kind };
    STYLES.iter().position(|(known, _)| *known == kind)
}

fn advice(index: usize, phrase: Option<&Phrase>) -> Cow<'static, str> {
    match (index, phrase) {
        (0, _) => "This takes back what is said; keep it only if the doubt is real.".into(),
        (1, _) => "This adds force but no facts; give the number or the name, or leave it out.".into(),
        (2, _) => "This phrase is worn out; say it in plain words.".into(),
        (_, Some(Phrase { text, better: Some(better), .. })) => match better.starts_with('(') {
            true => format!("\u{201c}{text}\u{201d} says nothing; leave it out.").into(),
            false => format!("\u{201c}{text}\u{201d} is wordy; write \u{201c}{better}\u{201d}.").into(),
        },
        _ => "This is wordy; say it in fewer words.".into(),
    }
}

fn has_two_letters(word: &str) -> bool {
    match word.as_bytes() {
        [a, b, ..] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => true,
        _ => word.chars().filter(|c| c.is_alphabetic()).nth(1).is_some(),
    }
}
