//! What edits must not touch: code, quotations, addresses, and pieces that look like names of files or commands.

use std::ops::Range;

use crate::document::{BlockKind, Document};
use crate::token::{Tokens, paragraphs};

/// Guarded ranges of the readable text, in order and apart.
#[derive(Debug)]
pub(super) struct Guard {
    ranges: Vec<Range<usize>>,
}

impl Guard {
    pub fn of(original: &str, document: &Document, tokens: &Tokens) -> Self {
        let mut ranges: Vec<Range<usize>> = document
            .blocks
            .iter()
            .filter(|block| matches!(block.kind, BlockKind::Code | BlockKind::Quote))
            .map(|block| block.range.clone())
            .collect();
        ranges.extend(tokens.paragraphs.iter().flat_map(|paragraph| quoted(tokens.text, paragraph)));
        ranges.extend(
            tokens
                .pieces
                .iter()
                .map(|piece| piece.range.clone())
                .filter(|range| is_technical(&tokens.text[range.clone()])),
        );
        ranges.extend(marked_up(original, document, tokens));
        ranges.sort_by_key(|range| range.start);
        let mut merged: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
        for range in ranges {
            match merged.last_mut().filter(|last| range.start <= last.end) {
                Some(last) => last.end = last.end.max(range.end),
                None => merged.push(range),
            }
        }
        Self { ranges: merged }
    }

    /// Whether `range` has a guarded byte in it or beside it.
    pub fn covers(&self, range: &Range<usize>) -> bool {
        let after = self.ranges.partition_point(|guarded| guarded.end < range.start);
        self.ranges.get(after).is_some_and(|guarded| guarded.start <= range.end && guarded.end > guarded.start)
    }
}

/// What stands between quotation marks. A mark that is never closed guards the rest of its paragraph.
fn quoted(text: &str, paragraph: &Range<usize>) -> Vec<Range<usize>> {
    let (mut found, mut open): (Vec<Range<usize>>, Option<(usize, char)>) = (Vec::new(), None);
    let mut before = ' ';
    for (at, c) in text[paragraph.clone()].char_indices() {
        let at = paragraph.start + at;
        match open {
            Some((start, close)) if c == close || close == '”' && c == '“' && start < at => {
                // A German quotation ends with the mark that opens an English one.
                found.push(start..at + c.len_utf8());
                open = None;
            }
            Some(_) => {}
            None => {
                let close = match c {
                    '"' => '"',
                    '“' | '„' => '”',
                    '«' => '»',
                    '»' => '«',
                    '‹' => '›',
                    '「' => '」',
                    '『' => '』',
                    // An apostrophe has a letter before it, an opening mark has not.
                    '‘' | '‚' if !before.is_alphanumeric() => '’',
                    '\'' if before.is_whitespace() || matches!(before, '(' | '[') => '\'',
                    _ => '\0',
                };
                if close != '\0' {
                    open = Some((at, close));
                }
            }
        }
        before = c;
    }
    found.extend(open.map(|(start, _)| start..paragraph.end));
    found
}

/// Addresses, paths, handles, tags, versions: anything with signs that prose does not put inside a word.
fn is_technical(piece: &str) -> bool {
    piece.contains(['@', '/', '\\', '_', '`', '{', '}', '<', '>', '=', '|', '$', '~', '^', '*', '&'])
        || piece.strip_prefix(['#', '.', '-']).is_some_and(|rest| rest.starts_with(char::is_alphanumeric))
        || piece.starts_with("www.")
        || piece.contains("://")
        || piece.contains("::")
}

/// Text of inline code and of quotations, found by the marks around it in the original.
fn marked_up(original: &str, document: &Document, tokens: &Tokens) -> Vec<Range<usize>> {
    const TAGS: [&str; 9] = ["blockquote", "cite", "code", "kbd", "pre", "q", "samp", "tt", "var"];
    if !original.contains(['`', '<']) {
        return Vec::new();
    }
    let mut zones: Vec<Range<usize>> = Vec::new();
    let (mut open, mut depth) = (0, 0usize);
    let bytes = original.as_bytes();
    for (at, _) in original.match_indices('<') {
        let closing = bytes.get(at + 1) == Some(&b'/');
        let start = at + 1 + usize::from(closing);
        let length = bytes[start..].iter().take(12).take_while(|byte| byte.is_ascii_alphanumeric()).count();
        let name = &original[start..start + length];
        if !TAGS.iter().any(|tag| tag.eq_ignore_ascii_case(name)) {
            continue;
        }
        if closing {
            depth = depth.saturating_sub(1);
            if depth == 0 && open < at {
                zones.push(open..at);
                open = at;
            }
        } else {
            if depth == 0 {
                open = at;
            }
            depth += 1;
        }
    }
    if depth > 0 {
        zones.push(open..original.len());
    }
    // From the first backtick of a paragraph to the last; a single one guards what follows. More than the code is guarded
    // where there are several pieces of it.
    for paragraph in paragraphs(original) {
        let part = &original[paragraph.clone()];
        if let (Some(first), Some(last)) = (part.find('`'), part.rfind('`')) {
            let end = if first == last { paragraph.end } else { paragraph.start + last + 1 };
            zones.push(paragraph.start + first..end);
        }
    }
    zones.sort_by_key(|zone| zone.start);
    let mut widest = 0;
    zones.retain(|zone| {
        let fresh = zone.end > widest;
        widest = widest.max(zone.end);
        fresh
    });
    let mut next = 0;
    let mut found = Vec::new();
    for piece in tokens.pieces.iter().map(|piece| &piece.range) {
        let place = document.original(piece);
        while zones.get(next).is_some_and(|zone| zone.end <= place.start) {
            next += 1;
        }
        if zones.get(next).is_some_and(|zone| zone.start < place.end) {
            found.push(piece.clone());
        }
    }
    // Pieces beside each other: what lies between is guarded too.
    for index in 1..found.len() {
        let end = found[index - 1].end;
        if found[index].start > end && tokens.text[end..found[index].start].trim().is_empty() {
            found[index].start = end;
        }
    }
    found
}
