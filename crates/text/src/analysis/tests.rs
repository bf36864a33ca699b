use proptest::prelude::*;

use super::*;

const NEWS: &str = "The city council approved a new budget on Tuesday after six hours of debate. Members voted nine to four in favour of the plan, which raises spending on schools by 12 percent. Critics said the increase came too late for many families.\n\nThe largest share of the money goes to the repair of roofs and heating in eleven schools in the harbour district. Work should begin in June, provided that contractors can be found in time. \"We have waited for this since the storm,\" said Marta Lind, who teaches at one of them.\n\nHowever, the plan also cuts the support for evening bus lines. Drivers and shop owners had warned that fewer buses would hurt the old town. The mayor answered that the lines carried hardly any passengers after nine. A review of the decision is planned for next spring.";

fn titled(title: &str) -> Options {
    Options { title: Some(title.to_owned()), ..Options::default() }
}

#[test]
fn clean_news_scores_high_and_each_part_is_explained() {
    let analysis = analyze(NEWS, &titled("Council approves larger budget for schools"));
    assert!((0.8..=0.95).contains(&analysis.score), "{} {:#?}", analysis.score, analysis.score_parts);
    assert_eq!(analysis.language, Language::English);
    assert_eq!(analysis.keywords.len(), 10);
    assert!((analysis.score_parts.iter().map(|part| part.weight).sum::<f64>() - 1.0).abs() < 1e-9);
    assert!(analysis.score_parts.iter().all(|part| !part.reason.is_empty() && (0.0..=1.0).contains(&part.value)));
    let untitled = analyze(NEWS, &Options::default());
    assert!(untitled.score > 0.8 && untitled.score_parts.len() + 1 == analysis.score_parts.len());
}

#[test]
fn stubs_and_shouting_score_clearly_lower() {
    let stub = analyze("The council met on Tuesday. It approved the budget.", &titled("Council approves the budget"));
    assert!(stub.score < 0.65, "{}", stub.score);
    let shouted = analyze(&NEWS.to_uppercase(), &titled("Council approves larger budget for schools"));
    assert!(shouted.score < 0.7, "{}", shouted.score);
    let excited = analyze(&NEWS.replace('.', "!!!"), &titled("Council approves larger budget for schools"));
    assert!(excited.score < 0.75, "{}", excited.score);
    for nothing in ["", "  \n", "...", "😀"] {
        assert_eq!(analyze(nothing, &Options::default()).score, 0.0, "{nothing:?}");
    }
}

#[test]
fn turkish_and_german_are_judged_by_their_own_rules() {
    let turkish = analyze(
        "Belediye meclisi yeni bütçeyi salı günü kabul etti. Okullara ayrılan pay yüzde on iki arttı.",
        &Options::default(),
    );
    assert_eq!(turkish.language, Language::Turkish);
    assert!(turkish.readability_tr.is_some_and(|reading| (20.0..110.0).contains(&reading.atesman)));
    let german = analyze("Der Stadtrat hat am Dienstag den neuen Haushalt beschlossen.", &Options::default());
    assert!(german.readability_tr.is_none());
    assert!(german.score_parts.iter().any(|part| part.reason.starts_with("LIX")));
}

#[test]
fn the_result_has_the_documented_shape() {
    let options =
        Options { keyphrase: Some("budget".to_owned()), ..titled("Council approves larger budget for schools") };
    let value = serde_json::to_value(analyze(NEWS, &options)).expect("serialises");
    assert_eq!(value["language"], "en");
    for (object, fields) in [
        ("sentiment", "neg neu pos compound"),
        (
            "counts",
            "chars letters words sentences syllables polysyllables monosyllables difficult_dale_chall difficult_fog difficult_spache long_words",
        ),
        (
            "readability",
            "flesch_reading_ease flesch_kincaid_grade gunning_fog smog_index automated_readability_index coleman_liau_index coleman_liau_authors dale_chall_readability_score linsear_write_formula spache_readability lix rix mcalpine_eflaw",
        ),
    ] {
        assert!(fields.split(' ').all(|field| value[object][field].is_number()), "{object}");
    }
    assert!(
        value["keywords"][0]["text"].is_string() && value["score"].is_number() && value["seo"]["checks"].is_array()
    );
    assert!(
        value["score_parts"][0]["weight"].is_number()
            && value["suggestions"].is_array()
            && value["structure"].is_object()
    );
}

#[test]
fn positions_are_characters_of_the_original() {
    let text = "<p>Çok güzel &amp; şık.</p><p>The <b>the</b> end was written by us.</p>";
    let options = Options { format: Format::Html, language: Some(Language::English), ..Options::default() };
    let characters: Vec<char> = text.chars().collect();
    let found: Vec<(&str, String)> = analyze(text, &options)
        .suggestions
        .iter()
        .map(|suggestion| (suggestion.code, characters[suggestion.start..suggestion.end].iter().collect()))
        .collect();
    assert_eq!(found, [("word_repeated", "The <b>the".to_owned()), ("passive_voice", "was written".to_owned())]);
}

#[test]
fn large_and_strange_inputs_take_linear_time() {
    for text in [
        "a".repeat(1_000_000),
        "é".repeat(100_000),
        "the the ".repeat(10_000),
        "😀".repeat(20_000),
        "Was done! ".repeat(10_000),
        "\u{0}\u{1}\n".repeat(20_000),
        format!("{} {}", "x".repeat(100_000), "y".repeat(100_000)),
    ] {
        for format in [Format::Plain, Format::Html] {
            analyze(&text, &Options { format, keyphrase: Some("the end".to_owned()), ..Options::default() });
        }
    }
}

proptest! {
    #[test]
    fn any_text_has_a_score_and_positions_within_it(text in "\\PC{0,200}", html in any::<bool>()) {
        let format = if html { Format::Html } else { Format::Markdown };
        let analysis = analyze(&text, &Options { format, title: Some(text.clone()), ..Options::default() });
        prop_assert!((0.0..=1.0).contains(&analysis.score));
        prop_assert!(serde_json::to_string(&analysis).is_ok_and(|json| !json.contains("null,\"smog")));
        let characters = text.chars().count();
        prop_assert!(analysis.suggestions.iter().all(|s| s.start <= s.end && s.end <= characters));
    }
}
