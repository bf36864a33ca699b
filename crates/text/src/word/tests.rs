use proptest::prelude::*;

use super::*;

fn list(text: &str) -> Vec<&str> {
    words(text).map(|w| w.text).collect()
}

#[test]
fn stop_words_are_sorted_and_folded() {
    assert!(STOP.is_sorted_by(|a, b| a < b));
    assert!(STOP.iter().all(|w| fold(w) == *w && w.len() <= STOP_BYTES_MAX && is_stop(w)));
    assert!(["", "x", "which's", "ünder", "\u{7f}", "zz"].iter().all(|w| !is_stop(w)));
}

#[test]
fn words_keep_their_apostrophes_and_numbers() {
    assert_eq!(list("Ankara'da 1.250,5 kişi — \"evet\"."), ["Ankara'da", "1.250,5", "kişi", "evet"]);
    assert_eq!(list("it's 14:30, F-16s; end."), ["it's", "14:30", "F", "16s", "end"]);
    assert_eq!(list("東京 tower"), ["東", "京", "tower"]);
    assert_eq!(list("..."), Vec::<&str>::new());
    assert_eq!(words("Türkiye’nin").next().map(|w| w.key()).as_deref(), Some("türkiye"));
}

#[test]
fn folding_joins_the_four_i() {
    assert_eq!(fold("IŞIK"), fold("ışık"));
    assert_eq!(fold("İstanbul"), fold("istanbul"));
    assert_eq!(fold("ISTANBUL"), "istanbul");
}

#[test]
fn the_hash_stays_the_same_for_ever() {
    assert_eq!(hash("copydesk"), 642_015_285_357_429_136);
}

/// The rules as they are told, a character at a time.
fn words_plainly(text: &str) -> Vec<&str> {
    let chars: Vec<(usize, char)> = text.char_indices().collect();
    let (mut found, mut at) = (Vec::new(), 0);
    while at < chars.len() {
        if !is_word_char(chars[at].1) {
            at += 1;
            continue;
        }
        let first = at;
        at += 1;
        while let Some((_, c)) = chars.get(at) {
            let last = chars[at - 1].1;
            let next = chars.get(at + 1).map(|(_, next)| *next);
            let joins = is_word_char(*c)
                || matches!(c, '\'' | '’') && last.is_alphanumeric() && next.is_some_and(char::is_alphabetic)
                || matches!(c, '.' | ',' | ':')
                    && last.is_ascii_digit()
                    && next.is_some_and(|next| next.is_ascii_digit());
            if is_ideographic(last) || is_ideographic(*c) || !joins {
                break;
            }
            at += 1;
        }
        found.push(&text[chars[first].0..chars.get(at).map_or(text.len(), |(end, _)| *end)]);
    }
    found
}

proptest! {
    #[test]
    fn words_are_found_as_the_rules_tell(text in "[a9İı\u{307}é'’.,: 東カ\\-]{0,24}|.{0,60}") {
        prop_assert_eq!(list(&text), words_plainly(&text));
    }

    #[test]
    fn folding_is_the_same_for_letters_of_one_byte(text in "[a-zA-Z0-9'.]{0,20}") {
        let long = fold(&format!("{text}é"));
        prop_assert_eq!(format!("{}é", fold(&text)), long);
    }

    #[test]
    fn words_are_ordered_slices(text in ".{0,120}") {
        let mut end = 0;
        for word in words(&text) {
            prop_assert!(word.start >= end && !word.text.is_empty());
            end = word.end();
            prop_assert_eq!(&text[word.start..end], word.text);
        }
    }
}
