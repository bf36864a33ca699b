use proptest::prelude::*;

use super::*;

fn list(text: &str) -> Vec<&str> {
    words(text).map(|w| w.text).collect()
}

#[test]
fn stop_words_are_sorted_and_folded() {
    assert!(STOP.is_sorted_by(|a, b| a < b));
    assert!(STOP.iter().all(|w| fold(w) == *w));
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

proptest! {
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
