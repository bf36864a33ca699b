//! Two rounds of edits as one.

use super::Edit;

/// The edits of `text` that do what `first` and then `second`, which belongs to the text after `first`, do.
pub(super) fn compose(text: &str, first: Vec<Edit>, second: Vec<Edit>) -> Vec<Edit> {
    let mut out: Vec<Edit> = Vec::with_capacity(first.len() + second.len());
    let (mut first, mut second) = (first.into_iter().peekable(), second.into_iter().peekable());
    // Position in the middle text minus position in `text`, after the edits of `first` that were taken.
    let mut shift: isize = 0;
    let middle = |edit: &Edit, shift: isize| {
        let start = edit.start.wrapping_add_signed(shift);
        (start, start + edit.replacement.len())
    };
    loop {
        let ahead = match (first.peek(), second.peek()) {
            (None, None) => return out,
            (Some(edit), Some(other)) => middle(edit, shift).1 < other.start,
            (edit, _) => edit.is_some(),
        };
        if ahead {
            let edit = first.next().expect("it was looked at");
            shift += edit.replacement.len() as isize - (edit.end - edit.start) as isize;
            out.push(edit);
            continue;
        }
        let Some(seed) = second.next() else { continue };
        // Everything that touches the seed, from both rounds, becomes one edit.
        let (mut group, mut inner) = (vec![seed], Vec::new());
        let (mut low, mut high) = (group[0].start, group[0].end);
        let before = shift;
        loop {
            if let Some(edit) = first.peek().filter(|edit| middle(edit, shift).0 <= high) {
                let (start, end) = middle(edit, shift);
                (low, high) = (low.min(start), high.max(end));
                shift += edit.replacement.len() as isize - (edit.end - edit.start) as isize;
                inner.extend(first.next());
            } else if let Some(edit) = second.peek().filter(|edit| edit.start <= high) {
                high = high.max(edit.end);
                group.extend(second.next());
            } else {
                break;
            }
        }
        let (start, end) = (low.wrapping_add_signed(-before), high.wrapping_add_signed(-shift));
        // The middle text of the group, then the second round on it.
        let mut between = String::new();
        let mut at = start;
        for edit in &inner {
            between.push_str(&text[at..edit.start]);
            between.push_str(&edit.replacement);
            at = edit.end;
        }
        between.push_str(&text[at..end]);
        let (mut replacement, mut at) = (String::new(), low);
        for edit in &group {
            replacement.push_str(&between[at - low..edit.start - low]);
            replacement.push_str(&edit.replacement);
            at = edit.end;
        }
        replacement.push_str(&between[at - low..]);
        let (code, reason) = inner.first().map_or((group[0].code, group[0].reason), |edit| (edit.code, edit.reason));
        out.push(Edit { start, end, replacement, code, reason });
    }
}
