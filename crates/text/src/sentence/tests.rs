use proptest::prelude::*;

use super::*;

/// `|` marks the breaks that are expected.
fn check(marked: &str) {
    let text = marked.replace('|', " ");
    let found: Vec<&str> = split(&text).into_iter().map(|r| &text[r]).collect();
    let expected: Vec<&str> = marked.split('|').map(str::trim).collect();
    assert_eq!(found, expected);
}

#[test]
fn lists_are_sorted_and_folded() {
    for list in [TITLES, ABBREVIATIONS] {
        assert!(list.is_sorted_by(|a, b| a < b));
    }
    assert!(TITLES.iter().chain(ABBREVIATIONS).chain(DATES).all(|w| crate::word::fold(w) == *w));
}

#[test]
fn english() {
    check("Dr. Smith met J. R. Hartley at 3.30 p.m. on Tuesday.|They left.");
    check("Growth was 2.9 percent.|It beat forecasts!|Really?|Yes.");
    check("He moved to the U.S. in May.|She is in the U.S.|The talks go on.");
    check("Acme Inc. Chief Jane Roe resigned.|Shares of Acme Inc. fell, etc.|But why?");
    check("\"We won.\"|\"Did we?\" she asked.|(It was late.)|Nobody knew…|So it goes... or not.");
    check("See fig. 3 and e.g. No. 10 at example.com today.|In 2024.|Next");
    check("“One thing.”|‘Another!’|[A note.]|Version 1.2.3 is out.");
}

#[test]
fn turkish() {
    check("Prof. Dr. Ayşe Yılmaz 3. Ocak tarihinde konuştu.|Enflasyon %2,9 oldu.|Bkz. sayfa 4.");
    check("Elma, armut vb. ürünler arttı.|T.C. Merkez Bankası açıkladı.|İstanbul'da yağmur var!|“Geldim.” dedi.");
    check("20. yüzyıl bitti.|Şti. adına Av. Can konuştu.");
}

#[test]
fn german() {
    check("Am 3. Oktober wird gefeiert.|Das kostet z.B. 3,5 Mio. Euro.|Dr. Müller sagte: „Wir gehen.“|Er ging.");
    check("Äpfel, Birnen usw. sind teurer.|Es war spät.");
}

#[test]
fn lines_and_lists_break_hard() {
    let text = "A heading\n\n- first item\n• second. Third\r\n1. Results matter";
    let found: Vec<&str> = split(text).into_iter().map(|r| &text[r]).collect();
    assert_eq!(found, ["A heading", "first item", "second.", "Third", "1. Results matter"]);
    assert!(split(" \n\t ").is_empty() && split("").is_empty());
    let cjk = "東京で地震。被害なし！";
    assert_eq!(split(cjk).len(), 2);
}

#[test]
fn datelines_fall_away() {
    for (sentence, body) in [
        ("ANKARA, Nov 3 (Reuters) - Prices rose.", "Prices rose."),
        ("İSTANBUL (AA) – Fiyatlar arttı.", "Fiyatlar arttı."),
        ("Berlin (dpa) - Die Preise steigen.", "Die Preise steigen."),
        ("The bank - a lender - failed.", "The bank - a lender - failed."),
        ("UN - ", "UN - "),
        ("No dash here.", "No dash here."),
    ] {
        assert_eq!(without_dateline(sentence), body);
    }
}

proptest! {
    #[test]
    fn sentences_cover_the_text(text in "[A-Za-zçğıöşüİ0-9 .!?…\"”“()\n\r•*-]{0,200}") {
        let mut end = 0;
        for range in split(&text) {
            prop_assert!(range.start >= end && range.start < range.end);
            let gap = &text[end..range.start];
            prop_assert!(gap.chars().all(|c| c.is_whitespace() || "-*•".contains(c)), "{:?}", gap);
            prop_assert_eq!(text[range.clone()].trim(), &text[range.clone()]);
            end = range.end;
        }
        prop_assert!(text[end..].chars().all(|c| c.is_whitespace() || "-*•".contains(c)));
    }

    #[test]
    fn any_text_is_split(text in ".{0,200}") {
        for range in split(&text) {
            let _ = without_dateline(&text[range]);
        }
    }
}
