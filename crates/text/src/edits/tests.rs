use proptest::prelude::*;

use super::*;

fn mend(text: &str, format: Format, language: Language) -> String {
    apply(text, &safe(text, format, language))
}

#[test]
fn slips_are_mended() {
    for (before, after) in [
        ("We saw the the bridge.", "We saw the bridge."),
        ("The the the bridge.", "The bridge."),
        ("A  wide   gap.", "A wide gap."),
        ("Red,, green and blue.", "Red, green and blue."),
        ("Red , green and blue .", "Red, green and blue."),
        ("It ended.The crowd left.", "It ended. The crowd left."),
        ("We won!!! At last!!", "We won! At last!"),
        ("In order to win, he ran.", "To win, he ran."),
        ("He ran in order to to to win due to the fact that it rained.", "He ran to to to win because it rained."),
        ("It fell. \nIt rose.  ", "It fell.\nIt rose."),
    ] {
        assert_eq!(mend(before, Format::Plain, Language::English), after, "{before}");
    }
    for (before, after) in [
        ("Kitap ve ve defter.", "Kitap ve defter."),
        ("Yaklaşık olarak on kişi geri iade istedi !", "Yaklaşık on kişi iade istedi !"),
        ("Toplantı bitti.Bu karar önemli!!!", "Toplantı bitti. Bu karar önemli!"),
    ] {
        assert_eq!(mend(before, Format::Plain, Language::Turkish), after, "{before}");
    }
}

#[test]
fn what_may_be_meant_stays() {
    for text in [
        "He had had enough, and that that is was clear.",
        "The The played \"the the\" and “in order to” twice.",
        "See foo  /a,,b and www.a.b ,x or Node.Js and 1,,2 and a..b and user@the.The end",
        "What it is made of of course matters.",
        "His affairs in order to please her.",
        "It sold a large number Of things.",
        "NASA SAID SO AND LEFT.",
        "name    value\tend",
        "Wait... and then?!",
    ] {
        assert_eq!(mend(text, Format::Plain, Language::English), text);
    }
    assert_eq!(
        mend("Yavaş yavaş, bir bir geldiler.", Format::Plain, Language::Turkish),
        "Yavaş yavaş, bir bir geldiler."
    );
    assert_eq!(mend("Die die Frau sah.", Format::Plain, Language::German), "Die die Frau sah.");
}

#[test]
fn markup_code_and_addresses_are_left_alone() {
    for (text, format) in [
        ("`the the` and ``x  y``", Format::Markdown),
        ("```\nthe the  x\n```", Format::Markdown),
        ("> the the end", Format::Markdown),
        ("[x](http://a/the the)", Format::Markdown),
        ("the <b>the</b> end", Format::Html),
        ("<p title=\"the the\">x</p><code>the the</code>", Format::Html),
        ("<blockquote><p>the the</p></blockquote>", Format::Html),
        ("the&nbsp;the &amp;  x", Format::Html),
    ] {
        assert_eq!(mend(text, format, Language::English), text);
    }
    let html = mend("<p>See <code>a  b</code> and the the end.</p>", Format::Html, Language::English);
    assert_eq!(html, "<p>See <code>a  b</code> and the end.</p>");
}

#[test]
fn headings_are_brought_up_and_siblings_stay_siblings() {
    let text = "## A\n\n#### B\n\ntext\n\n#### C\n\n##### D\n\n## E\n\n### F\n";
    assert_eq!(
        mend(text, Format::Markdown, Language::English),
        "## A\n\n### B\n\ntext\n\n### C\n\n#### D\n\n## E\n\n### F\n"
    );
}

#[test]
fn long_sentences_are_cut_only_where_it_is_certain() {
    let long = "The council approved the new budget for the schools on Tuesday; it was the third attempt in a year and the first that passed.";
    assert_eq!(
        mend(long, Format::Plain, Language::English),
        "The council approved the new budget for the schools on Tuesday. It was the third attempt in a year and the first that passed."
    );
    let and = "The old bridge over the wide river was closed in the spring, and they have built a new one since then for all.";
    assert!(mend(and, Format::Plain, Language::English).contains("spring. They have built"));
    for kept in [
        "The mayor said the bridge over the wide river was closed in the spring, and they have built a new one since then.",
        "The council met; it was late.",
    ] {
        assert_eq!(mend(kept, Format::Plain, Language::English), kept);
    }
}

#[test]
fn edits_say_what_and_why_and_others_do_no_harm() {
    let text = "Çok güzel ve ve iyi.";
    let edits = safe(text, Format::Plain, Language::Turkish);
    assert_eq!(edits.len(), 1);
    assert_eq!((&text[edits[0].start..edits[0].end], edits[0].code), (" ve", "word_repeated"));
    assert!(!edits[0].reason.is_empty());
    let wrong = Edit { start: 1, end: 900, ..edits[0].clone() };
    assert_eq!(apply(text, &[wrong]), text);
}

#[test]
fn odd_and_large_texts_are_mended_in_linear_time() {
    for text in [
        "the ".repeat(100_000),
        "!! ".repeat(50_000),
        "x ,, ".repeat(50_000),
        "` \" “ ".repeat(50_000),
        "<code>".repeat(50_000),
        "in order to ".repeat(30_000),
        "# a\n\n###### b\n\n".repeat(10_000),
    ] {
        for format in [Format::Plain, Format::Markdown, Format::Html] {
            safe(&text, format, Language::English);
        }
    }
}

fn piece() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "the",
        "The",
        "a",
        "and",
        "in order to",
        "due to the fact that",
        "prior to",
        "bridge",
        "Marta Lind",
        "12.5",
        "3,000",
        "“the the end”",
        "\"in order to\"",
        "it was",
        "; it was built here by",
        ", and they have",
        ".",
        ". ",
        "!!",
        "!!!",
        ",,",
        " ,",
        " .",
        "  ",
        "\n\n",
        "\n",
        "`the the`",
        "**",
        "[x](http://a.b/c)",
        "&amp;",
        "é",
        "e\u{301}",
        "😀",
        "ve",
        "yaklaşık olarak",
        "ended.The",
        "# ",
        "### ",
        "<b>",
        "</b>",
        "<code>",
        "</code>",
        "> ",
        "- ",
        "of",
        "İstanbul",
        "which",
        "seven more words stand here to count",
        "\u{ad}",
        "\t",
    ])
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec((piece(), prop::sample::select(vec![" ", " ", " ", ""])), 0..60)
        .prop_map(|pieces| pieces.into_iter().map(|(piece, gap)| format!("{piece}{gap}")).collect())
}

/// The runs of digits, the quotations and the names of a text, sorted.
fn facts(text: &str) -> (Vec<String>, Vec<String>, Vec<String>) {
    let sorted = |mut list: Vec<String>| {
        list.sort();
        list
    };
    let numbers = text.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty()).map(str::to_owned).collect();
    let quotations = ["“the the end”", "\"in order to\"", "`the the`", "[x](http://a.b/c)"]
        .iter()
        .flat_map(|quotation| text.matches(quotation).map(str::to_owned))
        .collect();
    let names =
        ["Marta Lind", "İstanbul", "NASA"].iter().flat_map(|name| text.matches(name).map(str::to_owned)).collect();
    (sorted(numbers), sorted(quotations), sorted(names))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]
    #[test]
    fn edits_are_apart_idempotent_and_keep_the_facts(text in text(), format in 0..3, turkish in any::<bool>()) {
        let format = [Format::Plain, Format::Markdown, Format::Html][format as usize];
        let language = if turkish { Language::Turkish } else { Language::English };
        let edits = safe(&text, format, language);
        let mut at = 0;
        for edit in &edits {
            prop_assert!(at <= edit.start && edit.start <= edit.end);
            prop_assert!(text.is_char_boundary(edit.start) && text.is_char_boundary(edit.end));
            at = edit.end;
        }
        let after = apply(&text, &edits);
        prop_assert_eq!(safe(&after, format, language), vec![], "{:?} became {:?}", text, after);
        prop_assert_eq!(facts(&text), facts(&after), "{:?} became {:?}", text, after);
    }

    #[test]
    fn any_text_can_be_mended(text in "\\PC{0,200}", format in 0..3) {
        let format = [Format::Plain, Format::Markdown, Format::Html][format as usize];
        apply(&text, &safe(&text, format, Language::English));
    }
}
