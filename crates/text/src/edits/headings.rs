//! Headings that skip a level.

use super::Edit;
use crate::document::{BlockKind, Document};

/// Brings the headings of Markdown to at most one level below the heading they belong to. Headings that were on one level
/// under the same heading stay on one level.
pub(super) fn level(original: &str, document: &Document, edits: &mut Vec<Edit>) {
    // The headings above the current one: level as written, level as mended.
    let mut above: Vec<(u8, u8)> = Vec::new();
    for block in &document.blocks {
        let BlockKind::Heading(level) = block.kind else { continue };
        while above.last().is_some_and(|(written, _)| *written >= level) {
            above.pop();
        }
        let mended = above.last().map_or(level, |(_, parent)| level.min(parent + 1));
        above.push((level, mended));
        if mended == level {
            continue;
        }
        let start = document.original(&block.range).start;
        let line = original[..start].rfind('\n').map_or(0, |at| at + 1);
        let marks = &original[line..start];
        let from = line + marks.len() - marks.trim_start_matches([' ', '>', '\t']).len();
        // Only marks that are surely those of this heading: the same number, and a space after them.
        let marks = original[from..start].bytes().take_while(|&b| b == b'#').count();
        if marks == usize::from(level) && original[from + marks..].starts_with([' ', '\t']) {
            edits.push(Edit {
                start: from,
                end: from + marks,
                replacement: "#".repeat(usize::from(mended)),
                code: "heading_order",
                reason: "the heading skipped a level",
            });
        }
    }
}
