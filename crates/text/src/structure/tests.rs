use super::*;
use crate::document::Format;

fn of(text: &str, format: Format, language: Language) -> (Structure, Vec<(&'static str, String)>) {
    let document = Document::of(text, format);
    let (structure, findings) = measure(&document, &Tokens::of(&document.text), language);
    let findings = findings.into_iter().map(|finding| (finding.code, text[finding.range].to_owned())).collect();
    (structure, findings)
}

#[test]
fn the_word_lists_are_sorted() {
    use words::*;
    for list in [
        TRANSITIONS_EN,
        TRANSITIONS_TR,
        TRANSITIONS_DE,
        HEDGES_EN,
        CLICHES_EN,
        BE_FORMS,
        PARTICIPLES_EN,
        NOT_PARTICIPLES,
    ] {
        assert!(list.is_sorted());
    }
}

#[test]
fn blocks_are_counted_and_findings_point_at_the_original() {
    let text = "# Top\n\nThe bridge **was quickly built** by hand. However, it it fell.\n\n- one\n- two\n\n![](x.png) At the *end of* the day.";
    let (structure, findings) = of(text, Format::Markdown, Language::English);
    assert_eq!(
        (structure.headings, structure.top_headings, structure.list_items, structure.images_without_alt),
        (1, 1, 2, 1)
    );
    assert_eq!(structure.repeated_words, 1);
    assert_eq!(
        findings,
        [
            ("passive_voice", "was quickly built".to_owned()),
            ("word_repeated", "it it".to_owned()),
            ("image_alt_missing", "![](x.png)".to_owned()),
            ("cliche", "At the *end of* the day".to_owned()),
        ]
    );
}

#[test]
fn passive_and_transitions_are_shares_of_sentences() {
    let (structure, _) =
        of("The door was opened. He needed it. But nobody came. They are red.", Format::Plain, Language::English);
    assert_eq!(structure.passive_share, Some(0.25));
    assert_eq!(structure.transition_share, Some(0.25));
    let (structure, _) = of("Kapı açıldı. Çünkü kimse gelmedi. Yol kapatıldı.", Format::Plain, Language::Turkish);
    assert_eq!(structure.transition_share, Some(1.0 / 3.0));
    assert!(structure.passive_share.is_some_and(|share| share > 0.6));
    let (structure, _) = of("La porte est ouverte.", Format::Plain, Language::French);
    assert_eq!((structure.passive_share, structure.hedges), (None, None));
}

#[test]
fn openings_capitals_and_long_sentences_are_found() {
    let (structure, findings) = of("We came. We saw. We won. He left.", Format::Plain, Language::English);
    assert_eq!(structure.equal_openings_max, 3);
    assert_eq!(findings, [("openings_equal", "We came. We saw. We won.".to_owned())]);
    let (structure, findings) =
        of(&format!("{}.", "STOP THE PRESS NOW ".repeat(12).trim()), Format::Plain, Language::English);
    assert_eq!(structure.capitals_share, 1.0);
    assert_eq!(structure.long_sentences_share, 1.0);
    assert!(
        findings.iter().any(|(code, _)| *code == "capitals")
            && findings.iter().any(|(code, _)| *code == "sentence_long")
    );
}
