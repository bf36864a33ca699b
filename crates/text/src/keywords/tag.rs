//! What a token looks like, which is half of what YAKE knows about it.

use crate::token::{Plain, is_upper};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tag {
    /// A number: digits, commas, at most one point.
    Digit,
    /// Letters and digits mixed, neither of them, or two punctuation marks and more.
    Unparsable,
    /// All in capitals.
    Acronym,
    /// A capital and no other, not first in its sentence.
    Proper,
    Plain,
}

impl Tag {
    /// [`Tag::of`] the word of a plain piece.
    pub fn of_plain(word: &str, plain: Plain, inside: bool) -> Self {
        if plain.has_digit() {
            Self::of(word, inside)
        } else if plain.is_upper() {
            Self::Acronym
        } else if inside && plain.is_capitalised() {
            Self::Proper
        } else {
            Self::Plain
        }
    }

    /// `inside` is false for the first token of a sentence.
    pub fn of(word: &str, inside: bool) -> Self {
        let (mut digits, mut letters, mut marks, mut capitals, mut commas, mut points, mut all) = (0, 0, 0, 0, 0, 0, 0);
        for c in word.chars() {
            all += 1;
            if c.is_ascii() {
                digits += usize::from(c.is_ascii_digit());
                letters += usize::from(c.is_ascii_alphabetic());
                marks += usize::from(c.is_ascii_punctuation());
                capitals += usize::from(c.is_ascii_uppercase());
                commas += usize::from(c == ',');
                points += usize::from(c == '.');
            } else {
                let digit = is_digit(c);
                digits += usize::from(digit);
                letters += usize::from(!digit && is_letter(c));
                capitals += usize::from(is_capital(c));
            }
        }
        if digits > 0 && points <= 1 && digits + commas + points == all {
            Self::Digit
        } else if (digits > 0) == (letters > 0) || marks > 1 {
            Self::Unparsable
        } else if is_upper(word) {
            Self::Acronym
        } else if inside && capitals == 1 && word.starts_with(is_capital) {
            Self::Proper
        } else {
            Self::Plain
        }
    }
}

use unicode_general_category::{GeneralCategory as Category, get_general_category};

/// Decimal digits, and the raised, lowered and circled ones that Python calls digits.
fn is_digit(c: char) -> bool {
    matches!(c, '²' | '³' | '¹' | '⁰' | '⁴'..='⁹' | '₀'..='₉' | '①'..='⑨' | '⑴'..='⑼' | '⒈'..='⒐' | '⓪' | '⓵'..='⓽' | '⓿' | '❶'..='❾' | '➀'..='➈' | '➊'..='➒')
        || get_general_category(c) == Category::DecimalNumber
}

fn is_letter(c: char) -> bool {
    use Category::{LowercaseLetter, ModifierLetter, OtherLetter, TitlecaseLetter, UppercaseLetter};
    matches!(
        get_general_category(c),
        UppercaseLetter | LowercaseLetter | TitlecaseLetter | ModifierLetter | OtherLetter
    )
}

fn is_capital(c: char) -> bool {
    c.is_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_equal_the_reference() {
        use Tag::{Acronym, Digit, Plain, Proper, Unparsable};
        for (word, tag) in [
            ("Hello", Proper),
            ("HELLO", Acronym),
            ("hello", Plain),
            ("H", Acronym),
            ("1,234", Digit),
            ("1.", Digit),
            ("a1", Unparsable),
            ("a-b", Plain),
            ("a-b-c", Unparsable),
            ("U.S", Acronym),
            ("A.B.", Unparsable),
            ("½", Unparsable),
            ("²", Digit),
            ("١٢", Digit),
            ("1e5", Unparsable),
            ("+5", Plain),
            ("—", Unparsable),
            ("McD", Plain),
            ("5%", Plain),
            ("日本", Plain),
            ("ǅ", Plain),
            ("Ⅷ", Unparsable),
            ("AT&T", Acronym),
        ] {
            assert_eq!(Tag::of(word, true), tag, "{word}");
        }
        assert_eq!(Tag::of("Hello", false), Plain);
    }
}
