use super::*;
use crate::document::Format;

fn of(text: &str, format: Format, language: Language) -> (Structure, Vec<(&'static str, String)>) {
    let document = Document::of(text, format);
    let tokens = Tokens::of(&document.text);
    let lowered = Lowered::of(&tokens, language);
    let reading = Reading { original: text, format, document: &document, tokens: &tokens, lowered: &lowered, language };
    let (structure, findings, _) = measure(&reading);
    let findings = findings.kept.into_iter().map(|finding| (finding.code, text[finding.range].to_owned())).collect();
    (structure, findings)
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

/// Whether the check passes, or `None` when it is not judged.
fn passes(text: &str, format: Format, language: Language, name: &str) -> Option<bool> {
    let (structure, _) = of(text, format, language);
    let check = structure.checks.iter().find(|check| check.name == name)?;
    assert!(!check.reason.is_empty() && !check.remedy.is_empty() && check.value >= 0.0);
    Some(check.passed)
}

#[test]
fn each_check_has_a_text_that_passes_and_one_that_fails() {
    use Language::{English, Turkish};
    let words = |word: &str, count: usize| [word].repeat(count).join(" ");
    let long_en = format!("{}.", (0..30).map(|n| format!("w{n}x")).collect::<Vec<_>>().join(" "));
    for (name, language, good, bad) in [
        ("text_length", English, words("word", 300), words("word", 20)),
        ("text_length", Turkish, words("kelime", 300), words("kelime", 20)),
        ("heading_missing", English, format!("{0}\n\n## Next\n\n{0}", words("word", 200)), words("word", 400)),
        ("heading_missing", Turkish, format!("{0}\n\n## Yeni\n\n{0}", words("kelime", 200)), words("kelime", 400)),
        ("heading_order", English, "## A\n\n### B".into(), "## A\n\n#### B".into()),
        ("heading_order", Turkish, "## Bir\n\n### İki".into(), "## Bir\n\n#### İki".into()),
        ("heading_empty", English, "## A\n\nText.".into(), "## A\n\n##\n\nText.".into()),
        ("heading_empty", Turkish, "## Bir\n\nMetin.".into(), "## Bir\n\n## #\n\nMetin.".into()),
        ("heading_long", English, "## Short".into(), format!("## {}", words("heading", 20))),
        ("heading_long", Turkish, "## Kısa".into(), format!("## {}", words("başlık", 20))),
        ("top_heading_single", English, "# A\n\n## B".into(), "# A\n\n# B".into()),
        ("top_heading_single", Turkish, "# Bir\n\n## İki".into(), "# Bir\n\n# İki".into()),
        ("paragraph_long", English, words("word", 150), words("word", 151)),
        ("paragraph_long", Turkish, words("kelime", 150), words("kelime", 151)),
        ("list_item_long", English, "- one\n- two".into(), format!("- {}", words("word", 70))),
        ("list_item_long", Turkish, "- bir\n- iki".into(), format!("- {}", words("kelime", 70))),
        ("sentence_long", English, "We met. We left.".into(), long_en.clone()),
        ("sentence_long", Turkish, "Geldik. Gördük.".into(), format!("{}.", words("kelime", 16))),
        ("passive_voice", English, "We built it.".into(), "It was built by us.".into()),
        ("passive_voice", Turkish, "Evi yaptık.".into(), "Ev geçen yıl yapıldı.".into()),
        ("transitions_few", English, "However, we met here. ".repeat(60), "We met here now. ".repeat(60)),
        ("transitions_few", Turkish, "Ancak burada buluştuk. ".repeat(70), "Dün burada buluştuk. ".repeat(70)),
        ("openings_equal", English, "We met. They left. We won.".into(), "We met. We left. We won.".into()),
        (
            "openings_equal",
            Turkish,
            "Ali geldi. Veli gitti. Ali kaldı.".into(),
            "Ali geldi. Ali gitti. Ali kaldı.".into(),
        ),
        ("word_repeated", English, "He had had it.".into(), "He saw the the man.".into()),
        ("word_repeated", Turkish, "Yavaş yavaş geldi.".into(), "Ali ve ve Veli.".into()),
        ("hedge", English, "It is so.".into(), "Perhaps. Maybe. It is sort of so.".into()),
        ("hedge", Turkish, "Bu böyle.".into(), "Belki. Galiba. Bence öyle.".into()),
        ("weasel", English, "It is big.".into(), "Very big. Really big. Truly big.".into()),
        ("weasel", Turkish, "Büyük.".into(), "Kesinlikle. Tamamen. Oldukça büyük.".into()),
        ("cliche", English, "It rained.".into(), "It was the tip of the iceberg.".into()),
        ("cliche", Turkish, "Yağmur yağdı.".into(), "Bu, buzdağının görünen kısmı.".into()),
        ("wordy", English, "He ran to win.".into(), "He ran in order to win.".into()),
        ("wordy", Turkish, "Yaklaşık on kişi.".into(), "Yaklaşık olarak on kişi.".into()),
        ("capitals", English, "A quiet word with all of you.".into(), "STOP all THE bad NEWS now please".into()),
        ("capitals", Turkish, "Herkese sakin bir söz.".into(), "DUR bütün KÖTÜ haberler İÇİN".into()),
        ("exclamation_run", English, "We won!".into(), "We won!!!".into()),
        ("exclamation_run", Turkish, "Kazandık!".into(), "Kazandık!!".into()),
        ("link_text_empty", English, "[our report](http://a.b)".into(), "[](http://a.b)".into()),
        ("link_text_empty", Turkish, "[raporumuz](http://a.b)".into(), "[ ](http://a.b)".into()),
        ("link_text_vague", English, "[our report](http://a.b)".into(), "[Click *here*](http://a.b)".into()),
        ("link_text_vague", Turkish, "[raporumuz](http://a.b)".into(), "[Buraya tıklayın](http://a.b)".into()),
        ("image_alt_missing", English, "![A bridge](x.png)".into(), "![](x.png)".into()),
        ("image_alt_missing", Turkish, "![Köprü](x.png)".into(), "![](x.png)".into()),
        ("links_outbound", English, format!("{} [a b](http://c.d)", words("word", 300)), words("word", 300)),
        (
            "links_outbound",
            Turkish,
            format!("{} [a b](http://c.d)", words("söz", 300)),
            format!("{} [a](/b)", words("söz", 300)),
        ),
        ("images_present", English, format!("{} ![a](b)", words("word", 300)), words("word", 300)),
        ("images_present", Turkish, format!("{} ![a](b)", words("söz", 300)), words("söz", 300)),
    ] {
        assert_eq!(passes(&good, Format::Markdown, language, name), Some(true), "{name}: {good}");
        assert_eq!(passes(&bad, Format::Markdown, language, name), Some(false), "{name}: {bad}");
    }
}

#[test]
fn the_passive_voice_is_told_from_adjectives_and_other_verbs() {
    let share = |text: &str, language| of(text, Format::Plain, language).0.passive_share;
    for text in [
        "It was not yet fully built.",
        "They're being watched.",
        "The bridge has been closed.",
        "He got caught.",
        "The tool is used in kitchens.",
        "It was stolen.",
    ] {
        assert_eq!(share(text, Language::English), Some(1.0), "{text}");
    }
    for text in [
        "He is tired.",
        "She was excited.",
        "We are used to it.",
        "It is red.",
        "He was, opened or not, there.",
        "They are indeed here.",
        "She has opened it.",
        "It was a broken door.",
    ] {
        assert_eq!(share(text, Language::English), Some(0.0), "{text}");
    }
    for text in [
        "Karar alındı.",
        "Yol kapatılacak.",
        "Sonuç açıklandı.",
        "Toplantı yapılmaktadır.",
        "Bu söylenebilir.",
        "Kitap okunuyor.",
        "Ev satılmadı.",
    ] {
        assert_eq!(share(text, Language::Turkish), Some(1.0), "{text}");
    }
    for text in [
        "Ali ayrıldı.",
        "O düşündü.",
        "Takım kazandı.",
        "Hava güzel değildi.",
        "Duvar yeşildi.",
        "Evi buldu.",
        "Güldü.",
        "Toplantıya katılacak.",
        "O geldi.",
        "Bizi kandırdı.",
    ] {
        assert_eq!(share(text, Language::Turkish), Some(0.0), "{text}");
    }
}

#[test]
fn links_images_and_headings_of_html_are_read() {
    let text = "<h2>A</h2><h2><b> </b></h2><!-- <h3></h3> --><p><a href=\"http://x.y\">click here</a> <a href='/b'></a> <a href='/c'><img src=q alt='A dog'></a> <a href='/d'>the report</a></p>";
    let (structure, findings) = of(text, Format::Html, Language::English);
    assert_eq!((structure.links, structure.links_outbound, structure.empty_headings), (4, 1, 1));
    assert_eq!(
        findings,
        [
            ("heading_empty", "<h2><b> </b></h2>".to_owned()),
            ("link_text_vague", "<a href=\"http://x.y\">click here</a>".to_owned()),
            ("link_text_empty", "<a href='/b'></a>".to_owned()),
        ]
    );
}

#[test]
fn code_is_not_judged_and_nothing_runs_on_across_blocks() {
    let (structure, findings) = of("```\nthe the very very\n##\n```", Format::Markdown, Language::English);
    assert_eq!((structure.repeated_words, structure.weasels, structure.empty_headings), (0, Some(0), 0));
    assert!(findings.is_empty());
    let (structure, _) = of("## Budget\n\nBudget cuts hurt.", Format::Markdown, Language::English);
    assert_eq!(structure.repeated_words, 0);
    let (structure, _) = of("The dog ran. The cat sat. The bird sang.", Format::Plain, Language::English);
    assert_eq!(structure.equal_openings_max, 1);
}

#[test]
fn what_a_language_lacks_is_named() {
    let left_out = |text: &str, language| {
        of(text, Format::Plain, language).0.not_judged.into_iter().map(|left| left.what).collect::<Vec<_>>()
    };
    assert!(left_out("The end.", Language::English).is_empty() && left_out("Son.", Language::Turkish).is_empty());
    assert_eq!(left_out("La fin.", Language::French), ["passive_voice", "hedge", "weasel", "cliche", "wordy"]);
    assert!(left_out("Конец.", Language::Russian).contains(&"transitions_few"));
    assert_eq!(passes("Och och.", Format::Plain, Language::Swedish, "word_repeated"), None);
    let (structure, _) = of("Cependant, il pleut. Il part.", Format::Plain, Language::French);
    assert_eq!(structure.transition_share, Some(0.5));
}

#[test]
fn findings_of_one_kind_are_capped_and_counted() {
    let text = "It was done. ".repeat(1000);
    let document = Document::of(&text, Format::Plain);
    let tokens = Tokens::of(&document.text);
    let lowered = Lowered::of(&tokens, Language::English);
    let (format, language) = (Format::Plain, Language::English);
    let reading =
        Reading { original: &text, format, document: &document, tokens: &tokens, lowered: &lowered, language };
    let findings = measure(&reading).1;
    assert_eq!(findings.count("passive_voice"), 1000);
    assert_eq!(findings.kept.iter().filter(|finding| finding.code == "passive_voice").count(), FINDINGS_MAX);
}
