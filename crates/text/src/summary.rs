//! The extractive summariser: chooses sentences from several documents about one event.
//!
//! It cannot invent: each sentence is a slice of a source. On news clusters this family of methods comes
//! within one ROUGE point of a trained ranker (WCEP: TextRank 0.341, BERT regression 0.350). The same
//! documents and settings give the same summary on every machine.

mod candidate;
pub mod forms;
mod headline;
mod rank;

use std::collections::HashSet;

use stdx::Timestamp;

use crate::sentence;
use candidate::Candidate;

/// Documents and sentences looked at; what lies beyond is old or far from the lead. They bound the time,
/// which grows with the square of the sentences.
const DOCUMENTS_MAX: usize = 24;
const SENTENCES_MAX: usize = 240;

/// Bytes read per document, cut at a character.
const TEXT_BYTES_MAX: usize = 64 * 1024;

/// One source of a summary, as plain text.
#[derive(Clone, Copy, Debug)]
pub struct Document<'a> {
    pub title: &'a str,
    pub text: &'a str,
    /// The name of the publication, to be cut from its titles; may be empty.
    pub source: &'a str,
    pub url: &'a str,
    pub published_at: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Sentences at most.
    pub sentences: usize,
    /// Words at most.
    pub words_max: usize,
    /// The share of one document's words that may be taken, 0–1. One sentence may always be taken.
    pub share_max: f32,
    /// Words that may follow each other as they do in one document. One sentence may always be taken.
    pub run_words_max: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { sentences: 10, words_max: 220, share_max: 0.6, run_words_max: 90 }
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// The most telling title, without its site's name or shouting; empty when there is nothing to say.
    pub headline: String,
    /// Other titles that would do, cleaned too, best first, at most 4.
    pub alternatives: Vec<String>,
    /// In reading order.
    pub sentences: Vec<Pick>,
}

impl Summary {
    /// The sentences as one paragraph.
    pub fn text(&self) -> String {
        self.sentences.iter().map(|pick| &*pick.text).collect::<Vec<_>>().join(" ")
    }
}

/// A chosen sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pick {
    /// The position in the list of documents.
    pub document: usize,
    /// The byte range in that document's text.
    pub sentence_start: usize,
    pub sentence_end: usize,
    /// It needs the sentence before it to be understood.
    pub leans: bool,
    pub text: String,
}

/// Summarises documents about one event.
///
/// Sentences are scored by their nearness to the centre of all of them, by LexRank, by their place in
/// the document, by words shared with the titles and by names and numbers; then chosen one by one for score
/// and novelty, and put in the order of their first place in a source. Advertising, captions and
/// unfinished quotations are passed over; a sentence that leans on the one before ("However, he …") only
/// comes directly after it.
pub fn summarise(documents: &[Document<'_>], settings: &Settings) -> Summary {
    let candidates = candidate::collect(documents);
    let holders = rank::holders(&candidates);
    let scores = rank::scores(documents, &candidates, &holders);
    let chosen = choose(documents, &candidates, &holders, &scores, settings);
    let sentences: Vec<Pick> = reading_order(documents, &candidates, chosen)
        .into_iter()
        .map(|i| {
            let Candidate { document, start, end, leans, .. } = candidates[i];
            let text = documents[document].text[start..end].to_owned();
            Pick { document, sentence_start: start, sentence_end: end, leans, text }
        })
        .collect();
    let mut titles = headline::ranked(documents, &candidates, &scores).into_iter();
    let headline = titles
        .next()
        .or_else(|| sentences.first().map(|pick| excerpt(&pick.text, headline::CHARS_MAX)))
        .unwrap_or_default();
    Summary { headline, alternatives: titles.collect(), sentences }
}

/// `text` on one line, at most `max_chars` characters: ends with a sentence if one ends in the second
/// half, else with a word and `…`.
pub fn excerpt(text: &str, max_chars: usize) -> String {
    // Four bytes hold any character; blanks collapse, so look a little farther.
    let mut line = String::new();
    let mut chars = 0;
    let mut whole = true;
    for word in text.split_whitespace() {
        let len = word.chars().count() + usize::from(!line.is_empty());
        if chars + len > max_chars {
            whole = false;
            break;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        chars += len;
    }
    if whole {
        return line;
    }
    if line.is_empty() {
        // One endless word.
        return text.trim_start().chars().take(max_chars.saturating_sub(1)).chain(['…']).take(max_chars).collect();
    }
    let sentences = sentence::split(&line);
    let complete = sentences.iter().rev().map(|r| r.end).find(|end| line[..*end].ends_with(['.', '!', '?', '”', '"']));
    if let Some(end) = complete.filter(|end| *end * 2 >= line.len()) {
        line.truncate(end);
        return line;
    }
    if chars == max_chars {
        line.truncate(line.rfind(' ').unwrap_or(0));
    }
    line.truncate(line.trim_end_matches([',', ';', ':', '-', '–', '—', '(', ' ']).len());
    if line.chars().count() < max_chars {
        line.push('…');
    }
    line
}

/// How much of a sentence's worth is its own score; the rest is how little of it was said before.
/// Source: maximal marginal relevance, Carbonell and Goldstein 1998, with what is known taken from all
/// chosen sentences together: three sentences may repeat a fourth that none of them is near to.
const RELEVANCE: f32 = 0.5;

/// A sentence of which this share is known, or that repeats this share of the word pairs of another,
/// adds nothing.
const KNOWN_MAX: f32 = 0.5;
const PAIRS_SHARED_MAX: f32 = 0.40;

/// Chosen candidates in the order of choice.
fn choose(
    documents: &[Document<'_>],
    candidates: &[Candidate],
    holders: &rank::Holders,
    scores: &[f32],
    settings: &Settings,
) -> Vec<usize> {
    let mut chosen: Vec<usize> = Vec::new();
    let mut open: Vec<usize> = (0..candidates.len()).collect();
    let mut taken = vec![0; documents.len()];
    let mut words_taken = 0;
    let mut said: HashSet<u32> = HashSet::new();
    // The share of the weight of each that lies on terms already said, 0–1.
    let mut known = vec![0.0f32; candidates.len()];
    while chosen.len() < settings.sentences {
        let allowed = |i: &usize| {
            let c = &candidates[*i];
            let share = (taken[c.document] + c.words) as f32 / c.document_words.max(1) as f32;
            words_taken + c.words <= settings.words_max
                && (taken[c.document] == 0 || share <= settings.share_max)
                && run_words(candidates, &chosen, *i) <= settings.run_words_max.max(c.words)
                && (!c.leans || chosen.iter().any(|p| c.follows(&candidates[*p])))
        };
        let worth = |i: usize| RELEVANCE * scores[i] - (1.0 - RELEVANCE) * known[i];
        // The first of equals: `max_by` would take the last.
        let best = open.iter().copied().filter(allowed).min_by(|a, b| worth(*b).total_cmp(&worth(*a)).then(a.cmp(b)));
        let Some(best) = best else { break };
        chosen.push(best);
        taken[candidates[best].document] += candidates[best].words;
        words_taken += candidates[best].words;
        for (hash, _) in candidates[best].vector.terms().iter().filter(|(hash, _)| said.insert(*hash)) {
            for (i, weight) in holders.get(hash).map_or(&[][..], Vec::as_slice) {
                known[*i] += weight * weight;
            }
        }
        open.retain(|i| {
            *i != best && known[*i] <= KNOWN_MAX && candidates[*i].repeats(&candidates[best]) <= PAIRS_SHARED_MAX
        });
    }
    chosen
}

/// Words in a row of one document that there would be with `candidate`, of the chosen sentences before and behind it.
fn run_words(candidates: &[Candidate], chosen: &[usize], candidate: usize) -> usize {
    let at = |position: usize| {
        let here = |c: &Candidate| c.document == candidates[candidate].document && c.position == position;
        chosen.iter().map(|i| &candidates[*i]).find(|c| here(c)).map(|c| c.words)
    };
    let place = candidates[candidate].position;
    let before = (0..place).rev().map_while(at).sum::<usize>();
    let behind = (place + 1..).map_while(at).sum::<usize>();
    before + candidates[candidate].words + behind
}

/// By place in the source, at equal places the earlier publication; leaning sentences after their support.
fn reading_order(documents: &[Document<'_>], candidates: &[Candidate], chosen: Vec<usize>) -> Vec<usize> {
    let (leaning, mut order): (Vec<usize>, Vec<usize>) = chosen.into_iter().partition(|i| candidates[*i].leans);
    order.sort_by_key(|i| {
        let c = &candidates[*i];
        let published = documents[c.document].published_at;
        (c.position, published.is_none(), published, c.document)
    });
    let mut leaning = leaning;
    leaning.sort_by_key(|i| candidates[*i].position);
    for i in leaning {
        let support = order.iter().position(|p| candidates[i].follows(&candidates[*p]));
        order.insert(support.map_or(order.len(), |at| at + 1), i);
    }
    order
}

#[cfg(test)]
mod tests;
