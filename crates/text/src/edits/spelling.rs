//! Spaces and punctuation.

use super::Draft;
use crate::document::Format;

impl Draft<'_> {
    /// One walk over the readable text.
    pub(super) fn spelling(&mut self, format: Format) {
        let text = self.tokens.text;
        let bytes = text.as_bytes();
        let mut at = 0;
        while let Some(found) = bytes[at..].iter().position(|b| matches!(b, b' ' | b'\t' | b'!' | b',' | b';')) {
            let start = at + found;
            let byte = bytes[start];
            let length = bytes[start..].iter().take_while(|&&b| b == byte || byte == b' ' && b == b'\t').count();
            let end = start + length;
            at = end;
            let before = text[..start].chars().next_back();
            let after = text[end..].chars().next();
            match byte {
                b' ' | b'\t' => self.spaces(start..end, before, after, format),
                b'!' => {
                    let ends = after.is_none_or(|c| c.is_whitespace() || matches!(c, ')' | '<'));
                    if length > 1 && ends && before.is_some_and(char::is_alphanumeric) {
                        self.replace(start..end, "!".to_owned(), "exclamation_run", "one exclamation mark is enough");
                    }
                }
                // Commas and semicolons; dots may be an ellipsis, colons a path.
                _ => {
                    let ends = after.is_some_and(|c| c == ' ' || c == '\n');
                    if length == 2 && ends && before.is_some_and(char::is_alphabetic) {
                        let single = text[start..start + 1].to_owned();
                        self.replace(start..end, single, "punctuation_doubled", "the mark stood there twice");
                    }
                }
            }
        }
        self.stops();
    }

    fn spaces(&mut self, range: std::ops::Range<usize>, before: Option<char>, after: Option<char>, format: Format) {
        let text = self.tokens.text;
        let (Some(before), Some(after)) = (before, after) else {
            if format == Format::Plain && after.is_none() && before.is_some_and(|c| c != '\n') {
                self.replace(range, String::new(), "space_trailing", "spaces stood at the end of the line");
            }
            return;
        };
        if before == '\n' {
            return;
        }
        if after == '\n' || after == '\r' {
            // In Markdown two spaces at the end of a line break it.
            if format == Format::Plain {
                self.replace(range, String::new(), "space_trailing", "spaces stood at the end of the line");
            }
            return;
        }
        let next = text[range.end..].chars().nth(1);
        let stops = next.is_none_or(char::is_whitespace);
        if before.is_alphabetic() && matches!(after, ',' | '.') && stops {
            self.replace(range, String::new(), "space_before_mark", "a space stood before the mark");
            return;
        }
        // Wide gaps may be columns, and so may tabs: two or three spaces between words of a sentence are slips.
        let inside = (before.is_alphanumeric() || matches!(before, ',' | '.' | ';' | ':' | '!' | '?' | ')'))
            && (after.is_alphanumeric() || after == '(');
        let blanks = text[range.clone()].bytes().all(|b| b == b' ');
        if inside && blanks && matches!(range.len(), 2 | 3) {
            self.replace(range, " ".to_owned(), "space_doubled", "more than one space stood between words");
        }
    }

    /// `ended.The` becomes `ended. The`, where the second word is a function word: others may be names such as `Node.Js`.
    fn stops(&mut self) {
        for piece in &self.tokens.pieces {
            let body = &self.tokens.text[piece.range.clone()];
            let Some((left, right)) = body.split_once('.') else { continue };
            let right = right.trim_end_matches([',', ';', ':', '!', '?', '.']);
            let starts = right.starts_with(char::is_uppercase) && right.chars().skip(1).all(char::is_lowercase);
            let word = left.chars().filter(|c| c.is_alphabetic()).nth(2).is_some()
                && left.chars().all(char::is_alphabetic)
                && left.chars().skip(1).all(char::is_lowercase);
            let function = right.chars().nth(1).is_some() && self.language.is_stop(&self.language.lower(right));
            if word && starts && function {
                let dot = piece.range.start + left.len();
                self.replace(
                    dot..dot + 1,
                    ". ".to_owned(),
                    "space_after_stop",
                    "the space after the full stop was missing",
                );
            }
        }
    }
}
