//! How wide a title is in a list of results.

use unicode_normalization::UnicodeNormalization;

/// The width of `text` in pixels in Arial at 20 px, as results are set. Letters with signs are as wide as without, signs
/// of the scripts of East Asia fill a square, and anything unknown counts as a letter of middle width.
pub(super) fn pixels(text: &str) -> f64 {
    const SIZE: f64 = 20.0;
    let thousandths: u32 = text.trim().nfd().map(advance).sum();
    f64::from(thousandths) * SIZE / 1000.0
}

/// In thousandths of the size of the type. Source: the advance widths of Helvetica, which Arial shares.
fn advance(c: char) -> u32 {
    match c {
        'i' | 'j' | 'l' | 'ı' | '\'' => 222,
        '|' => 260,
        ' ' | '!' | ',' | '.' | '/' | ':' | ';' | 'I' | '[' | ']' | '\\' | 'f' | 't' => 278,
        '(' | ')' | '-' | 'r' | '`' | '{' | '}' | '“' | '”' => 333,
        '"' => 355,
        '*' => 389,
        '^' => 469,
        'c' | 'k' | 's' | 'v' | 'x' | 'y' | 'z' | 'J' => 500,
        '+' | '<' | '=' | '>' | '~' => 584,
        'F' | 'T' | 'Z' => 611,
        '&' | 'A' | 'B' | 'E' | 'K' | 'P' | 'S' | 'V' | 'X' | 'Y' => 667,
        'w' | 'C' | 'D' | 'H' | 'N' | 'R' | 'U' => 722,
        'G' | 'O' | 'Q' => 778,
        'm' | 'M' => 833,
        '%' => 889,
        'W' => 944,
        '—' | '…' => 1000,
        '@' => 1015,
        // Signs that stand on the letter before.
        '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200f}' | '\u{fe00}'..='\u{fe0f}' => 0,
        '\u{1100}'..='\u{11ff}' | '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' => 1000,
        '\u{ff00}'..='\u{ff60}' | '\u{1f000}'..='\u{1faff}' => 1000,
        _ => 556,
    }
}

#[cfg(test)]
mod tests {
    use super::pixels;

    #[test]
    fn wide_letters_count_for_more() {
        assert_eq!(pixels("ill"), 13.32);
        assert!(pixels("WWW") > 4.0 * pixels("ill"));
        assert_eq!(pixels("şüö"), pixels("suo"));
        assert_eq!(pixels("予算"), 40.0);
    }
}
