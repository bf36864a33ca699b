//! What a fuzzer calls.

use super::clean::{Unseen, unseen};
use super::{clean, clean_text, inspect};
use crate::html;

/// Cleans and inspects any bytes.
///
/// # Panics
/// Never, unless there is a fault: cleaning twice differs from cleaning once, something is left that is to be taken out, or a place
/// that is told lies outside the text or within a character.
pub fn fuzz(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for cleaned in [clean_text(&text).text, clean(&text).text] {
        assert_eq!(clean_text(&cleaned).text, cleaned, "cleaning again changes the text");
        let left = cleaned
            .chars()
            .any(|c| matches!(unseen(c), Some(Unseen::ZeroWidth | Unseen::Bidi | Unseen::Format | Unseen::Control)));
        assert!(!left && !cleaned.contains('\r'), "something is left that does not show");
    }
    let cleaned = clean(&text).text;
    assert_eq!(clean(&cleaned).text, cleaned, "cleaning again changes the text");
    assert!(html::hidden(&cleaned).is_empty(), "something hidden is left");
    for reason in inspect(&text).reasons {
        assert!(reason.start <= reason.end && text.get(reason.start..reason.end).is_some(), "a place lies in the text");
    }
}
