use proptest::prelude::*;

use super::*;

/// `-gone-` and `+come+`, so that a case reads in one line.
fn shown(old: &str, new: &str) -> String {
    let mark = |span: &Span| match span.op {
        Op::Same => span.text.clone(),
        Op::Del => format!("-{}-", span.text),
        Op::Add => format!("+{}+", span.text),
    };
    words(old, new).iter().map(mark).collect()
}

#[test]
fn shows_what_changed() {
    let check = |old: &str, new: &str, expected: &str| assert_eq!(shown(old, new), expected);
    check("same text", "same text", "same text");
    check("the red boat sank", "the blue boat sank", "the -red-+blue+ boat sank");
    check("one two", "one two three", "one two+ three+");
    check("", "İzmir", "+İzmir+");
    check("gone", "", "-gone-");
    check("", "", "");
}

#[test]
fn very_long_texts_are_told_whole() {
    let (old, new) = ("a-".repeat(10) + &" a".repeat(3_000), "b-".repeat(10) + &" b".repeat(3_000) + "!");
    assert_eq!(words(&old, &new).len(), 2);
}

proptest! {
    /// Both texts can be read out of the spans again.
    #[test]
    fn the_spans_hold_both_texts(old in "([a-cğ] {0,2}|\n){0,60}", new in "([a-cğ] {0,2}|\n){0,60}") {
        let spans = words(&old, &new);
        let read = |not: Op| spans.iter().filter(|span| span.op != not).map(|span| span.text.as_str()).collect::<String>();
        prop_assert_eq!(read(Op::Add), old);
        prop_assert_eq!(read(Op::Del), new);
        prop_assert!(spans.iter().all(|span| !span.text.is_empty()));
        prop_assert!(spans.windows(2).all(|pair| pair[0].op != pair[1].op));
    }
}
