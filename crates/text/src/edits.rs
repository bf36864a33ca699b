//! Changes that a machine may make by itself: they mend what is surely a slip and leave the meaning as it is.
//!
//! Nothing is touched in code, in quotations, between quotation marks, in tags and their attributes, in addresses, or
//! where the text is not written out in the original (character references, words across tags). Capitals and the form of
//! quotation marks stay. What English and Turkish lists do not hold is left alone; rules without lists (spaces,
//! punctuation, levels of headings) serve every language.

use std::ops::Range;

use serde::Serialize;

use crate::document::{Document, Format};
use crate::language::Language;
use crate::phrase::Lowered;
use crate::token::Tokens;

mod compose;
mod guard;
mod headings;
mod spelling;
mod wording;

use guard::Guard;

/// Bytes `start..end` of the text are to be replaced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Edit {
    pub start: usize,
    pub end: usize,
    pub replacement: String,
    pub code: &'static str,
    /// What was wrong.
    pub reason: &'static str,
}

/// The safe edits of `text`, in order and apart; after [`apply`] there are none left. Linear in the length of the text.
pub fn safe(text: &str, format: Format, language: Language) -> Vec<Edit> {
    // A mended slip can uncover another ("in order to to"); each round makes the text shorter or mends for good, and
    // hardly any text needs a third one.
    const ROUNDS: usize = 8;
    let mut edits = Vec::new();
    let mut current = text.to_owned();
    for _ in 0..ROUNDS {
        let more = once(&current, format, language);
        if more.is_empty() {
            return edits;
        }
        current = apply(&current, &more);
        edits = compose::compose(text, edits, more);
    }
    // A text that is still not at rest is an odd one: better left as it is than half mended.
    if once(&current, format, language).is_empty() { edits } else { Vec::new() }
}

/// `text` with `edits` made; they must be in order, apart, and on the bounds of characters, as [`safe`] gives them. Others
/// are passed over.
pub fn apply(text: &str, edits: &[Edit]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        let Some(kept) = text.get(at..edit.start).filter(|_| text.get(edit.start..edit.end).is_some()) else {
            continue;
        };
        out.push_str(kept);
        out.push_str(&edit.replacement);
        at = edit.end;
    }
    out.push_str(&text[at..]);
    out
}

/// One round.
fn once(text: &str, format: Format, language: Language) -> Vec<Edit> {
    let document = Document::of(text, format);
    let tokens = Tokens::of(&document.text);
    let lowered = Lowered::of(&tokens, language);
    let mut draft = Draft {
        original: text,
        guard: Guard::of(text, &document, &tokens),
        document: &document,
        tokens: &tokens,
        lowered: &lowered,
        language,
        edits: Vec::new(),
    };
    draft.wording();
    draft.spelling(format);
    if format == Format::Markdown {
        headings::level(text, &document, &mut draft.edits);
    }
    let mut edits = draft.edits;
    edits.sort_by_key(|edit| (edit.start, edit.end));
    // The first of two that touch is made; the other has its turn in the next round.
    let mut end = None;
    edits.retain(|edit| {
        let free = end.is_none_or(|end| edit.start > end);
        if free {
            end = Some(edit.end);
        }
        free
    });
    edits
}

struct Draft<'a> {
    original: &'a str,
    guard: Guard,
    document: &'a Document,
    tokens: &'a Tokens<'a>,
    lowered: &'a Lowered<'a>,
    language: Language,
    edits: Vec<Edit>,
}

impl Draft<'_> {
    /// Replaces `range` of the readable text, if it stands as such in the original and nothing guards it.
    fn replace(&mut self, range: Range<usize>, replacement: String, code: &'static str, reason: &'static str) -> bool {
        if self.guard.covers(&range) {
            return false;
        }
        let place = self.document.original(&range);
        let verbatim = self.original.get(place.clone()) == Some(&self.document.text[range.clone()]);
        // A range that ends where a tag begins could be read on either side of it.
        let whole = place.len() == range.len();
        let done = verbatim && whole && !range.is_empty();
        if done {
            self.edits.push(Edit { start: place.start, end: place.end, replacement, code, reason });
        }
        done
    }
}

#[cfg(test)]
mod tests;
