//! The headline: one of the source titles, cleaned.

use std::collections::HashMap;

use super::Document;
use super::candidate::Candidate;
use crate::vector::{Model, Terms, Vector, cosine};
use crate::word::{fold, words};

/// The longest headline of our own making.
pub(super) const CHARS_MAX: usize = 110;

/// Lengths between which a headline reads well.
const WORDS_GOOD: std::ops::RangeInclusive<usize> = 5..=16;

/// Headlines of one summary.
const RANKED_MAX: usize = 5;

/// Different titles, the best first: nearest to what the sentences say, of good length, no question, no bait. After the first one
/// only those without a fault. None when no document has one.
pub(super) fn ranked(documents: &[Document<'_>], candidates: &[Candidate], scores: &[f32]) -> Vec<String> {
    let titles: Vec<String> = documents.iter().map(|d| clean(d, documents)).collect();
    let terms: Vec<Terms> = titles.iter().map(|title| Terms::of(title)).collect();
    let bodies: Vec<Terms> =
        documents.iter().map(|d| Terms::of(&d.text[..d.text.floor_char_boundary(4_000)])).collect();
    // An empty model weighs all terms alike. Frequencies from a handful of documents about one event
    // would make light of exactly the words they share.
    let model = Model::default();
    let centre = Vector::centroid(&bodies.iter().map(|body| model.vector(body)).collect::<Vec<_>>());
    // Among equals the title of the document with the best sentence.
    let best_sentence = |document: usize| {
        let own = candidates.iter().zip(scores).filter(|(c, _)| c.document == document);
        own.map(|(_, score)| *score).fold(0.0, f32::max)
    };
    let good: Vec<bool> =
        titles.iter().map(|t| WORDS_GOOD.contains(&words(t).count()) && t.chars().count() <= CHARS_MAX).collect();
    let bait: Vec<bool> =
        titles.iter().zip(documents).map(|(title, d)| is_bait(title) || is_shouted(d.title)).collect();
    let worth: Vec<f32> = (0..titles.len())
        .map(|i| {
            let near = cosine(&model.vector(&terms[i]), &centre) + 0.1 * best_sentence(i);
            near * if good[i] { 1.0 } else { 0.6 } * if bait[i] { 0.4 } else { 1.0 }
        })
        .collect();
    let mut order: Vec<usize> = (0..titles.len()).filter(|i| !titles[*i].is_empty()).collect();
    order.sort_by(|a, b| worth[*b].total_cmp(&worth[*a]).then(a.cmp(b)));
    let mut out: Vec<String> = Vec::new();
    for i in order {
        let title = super::excerpt(&titles[i], CHARS_MAX * 2);
        let is_other = out.iter().all(|other| fold(other) != fold(&title));
        if out.is_empty() || good[i] && !bait[i] && is_other {
            out.push(title);
        }
        if out.len() == RANKED_MAX {
            break;
        }
    }
    out
}

/// A title without its site's name, its label ("BREAKING:") and its shouting.
fn clean(document: &Document<'_>, documents: &[Document<'_>]) -> String {
    let title = document.title.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut title = &*title;
    for _ in 0..2 {
        title = without_label(without_site(title, document));
    }
    let title = title.trim_end_matches(['.', ' ', '|', '-', '–', '—', ':']).trim();
    let title = if document.title.trim_end().ends_with("...") { title.trim_end_matches('…') } else { title };
    if is_shouted(title) { calmed(title, documents) } else { title.to_owned() }
}

/// Cuts ` - Site name`, when it is the source's name or its host, and anything short after a bar.
fn without_site<'a>(title: &'a str, document: &Document<'_>) -> &'a str {
    let separators = [" | ", " - ", " – ", " — ", " · ", " :: ", " « ", " » "];
    let last = separators.iter().filter_map(|s| title.rfind(s).map(|at| (at, *s))).max_by_key(|(at, _)| *at);
    let Some((at, separator)) = last else { return title };
    let (head, site) = (&title[..at], &title[at + separator.len()..]);
    let squeeze = |text: &str| words(text).map(|w| fold(w.text)).collect::<String>();
    let (site_name, source) = (squeeze(site), squeeze(document.source));
    let host = document.url.split("//").nth(1).and_then(|rest| rest.split(['/', ':', '?']).next()).unwrap_or("");
    let host = squeeze(&host.replace('.', ""));
    let named = site_name.len() > 2 && (source.contains(&site_name) || host.contains(&site_name))
        || (source.len() > 2 && site_name.contains(&source));
    let short = separator != " - " && separator != " – " && separator != " — " && words(site).count() <= 4;
    if words(head).count() >= 2 && (named || short) { head } else { title }
}

fn without_label(title: &str) -> &str {
    let Some((label, rest)) = title.split_once([':', '|']) else { return title };
    let label = fold(label.trim());
    let known =
        LABELS.iter().any(|l| label == *l || label.strip_prefix(*l).is_some_and(|n| n.trim().parse::<u16>().is_ok()));
    if known && !rest.trim().is_empty() { rest.trim() } else { title }
}

fn is_shouted(title: &str) -> bool {
    let letters = title.chars().filter(|c| c.is_alphabetic()).count();
    let capitals = title.chars().filter(|c| c.is_uppercase()).count();
    letters >= 8 && capitals * 10 > letters * 7
}

/// `title` in ordinary case, each word as the texts write it where they do.
fn calmed(title: &str, documents: &[Document<'_>]) -> String {
    let turkish = documents.iter().any(|d| d.text.contains(['ı', 'ğ', 'ş', 'İ'])) || title.contains(['İ', 'Ğ', 'Ş']);
    let lower = |word: &str| {
        let lower = |c: char| match c {
            'I' if turkish => vec!['ı'],
            'İ' => vec!['i'],
            _ => c.to_lowercase().collect(),
        };
        word.chars().flat_map(lower).collect::<String>()
    };
    let mut written: HashMap<String, HashMap<&str, usize>> = HashMap::new();
    for document in documents {
        let text = &document.text[..document.text.floor_char_boundary(20_000)];
        for range in crate::sentence::split(text) {
            // The first word of a sentence has a capital anyway, and shouted ones say nothing.
            for word in words(&text[range]).skip(1) {
                let stem = word.stem();
                *written.entry(word.key()).or_default().entry(stem).or_default() += 1;
            }
        }
    }
    let mut out = String::with_capacity(title.len());
    let mut end = 0;
    for word in words(title) {
        out.push_str(&title[end..word.start]);
        let stem = word.stem();
        let forms = written.get(&word.key());
        // The commonest form, the alphabetically first among equals.
        let form = forms.and_then(|forms| forms.iter().min_by_key(|(form, n)| (std::cmp::Reverse(**n), **form)));
        let first = out.trim().is_empty();
        match form {
            Some((form, _)) if first => out.push_str(&capitalised(form, turkish)),
            Some((form, _)) => out.push_str(form),
            None if first => out.push_str(&capitalised(&lower(stem), turkish)),
            None => out.push_str(&lower(stem)),
        }
        out.push_str(&lower(&word.text[stem.len()..]));
        end = word.end();
    }
    out.push_str(&title[end..]);
    out
}

fn capitalised(word: &str, turkish: bool) -> String {
    let mut chars = word.chars();
    match chars.next() {
        Some('i') if turkish => format!("İ{}", chars.as_str()),
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

fn is_bait(title: &str) -> bool {
    let folded = fold(title);
    title.trim_end().ends_with(['?', '!']) || BAIT.iter().any(|phrase| folded.contains(phrase))
}

/// Folded.
#[rustfmt::skip]
static LABELS: &[&str] = &[
    "breaking", "breaking news", "update", "updated", "watch", "video", "live", "exclusive", "opinion", "photos", "just in",
    "son dakika", "flaş", "özel haber", "canli", "eilmeldung", "liveticker", "kommentar",
];

/// Folded.
#[rustfmt::skip]
static BAIT: &[&str] = &[
    "you won't believe", "you need to know", "here's why", "here is why", "this is why", "what happened next", "the reason why",
    "unbelievable", "will shock you", "will surprise you", "goes viral", "işte", "şok", "inanamayacaksiniz", "das müssen sie wissen", "unglaublich",
];
