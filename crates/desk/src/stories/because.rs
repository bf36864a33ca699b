//! Why items are one story: the names, numbers and words they share, for people to check.

use std::collections::HashMap;

use text::word::{self, Word};

/// A title and the beginning of a text.
pub(super) type Lead = (String, String);

const TERMS: usize = 6;

/// One sentence about what the items share.
pub(super) fn because(leads: &[Lead]) -> String {
    if leads.len() < 2 {
        return "one report so far".to_owned();
    }
    let mut shared: HashMap<String, (String, f32, usize)> = HashMap::new();
    for lead in leads {
        for (key, (shown, weight)) in terms(lead) {
            let entry = shared.entry(key).or_insert((shown, weight, 0));
            entry.1 = entry.1.max(weight);
            entry.2 += 1;
        }
    }
    let mut shared: Vec<(String, f32, usize)> = shared.into_values().filter(|(.., items)| *items >= 2).collect();
    shared.sort_by(|a, b| {
        let worth = |t: &(String, f32, usize)| t.1 * t.2 as f32;
        worth(b).total_cmp(&worth(a)).then_with(|| a.0.cmp(&b.0))
    });
    let words: Vec<&str> = shared.iter().take(TERMS).map(|(shown, ..)| shown.as_str()).collect();
    if words.is_empty() {
        format!("{} reports with one text", leads.len())
    } else {
        format!("{} reports share {}", leads.len(), words.join(", "))
    }
}

/// The telling words of one item by their caseless form, as written and weighted: names 3, numbers 2,
/// other words 1, and half as much again in the headline.
fn terms((title, text): &Lead) -> HashMap<String, (String, f32)> {
    let mut found: HashMap<String, (String, f32)> = HashMap::new();
    for (part, factor) in [(title, 1.5), (text, 1.0)] {
        for range in text::sentence::split(part) {
            for (i, word) in word::words(&part[range]).enumerate() {
                let Some(weight) = weight(&word, i > 0) else { continue };
                let entry = found.entry(word.key()).or_insert_with(|| (word.stem().to_owned(), 0.0));
                entry.1 = entry.1.max(weight * factor);
            }
        }
    }
    found
}

fn weight(word: &Word<'_>, inside: bool) -> Option<f32> {
    if word.is_number() {
        return (word.text.len() > 1).then_some(2.0);
    }
    if word::is_stop(&word.key()) || word.stem().chars().count() < 4 {
        return None;
    }
    Some(if inside && word.is_capitalised() { 3.0 } else { 1.0 })
}
