use super::*;
use crate::token::Tokens;

const LISTED: [Language; 8] = [
    Language::English,
    Language::Turkish,
    Language::German,
    Language::French,
    Language::Spanish,
    Language::Italian,
    Language::Portuguese,
    Language::Dutch,
];

#[test]
fn every_line_of_every_list_is_found_again() {
    for language in LISTED {
        let lexicon = Lexicon::of(language);
        assert!(lexicon.entries.len() > 50);
        for phrase in &lexicon.phrases {
            assert!(lexicon.lists(phrase.text, phrase.kind) || phrase.words == 1, "{}", phrase.text);
            assert_eq!(language.lower(phrase.text), phrase.text);
            assert!(!phrase.text.contains("  "));
        }
        assert_eq!(lexicon.get("qwertz").traits, Traits::default());
    }
    assert_eq!(Lexicon::of(Language::Korean).entries.len(), 1);
}

#[test]
fn each_listed_word_is_known_as_what_it_is_listed_for() {
    let (mut kind, mut words) = (None, 0);
    for line in
        include_str!("../../data/style_en.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            kind = SECTIONS.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind);
        } else if !line.contains(' ') {
            words += 1;
            assert!(Lexicon::of(Language::English).has(line, kind.expect("each list has a name")), "{line}");
        }
    }
    assert!(words > 500, "{words}");
}

#[test]
fn each_phrase_is_one_that_tokens_can_give() {
    for language in LISTED {
        for phrase in &Lexicon::of(language).phrases {
            let tokens = Tokens::of(phrase.text);
            let lowered = Lowered::of(&tokens, language);
            assert!(lowered.phrases(&tokens, 0).any(|found| found.text == phrase.text), "{}", phrase.text);
        }
    }
}

#[test]
fn turkish_capitals_and_apostrophes_are_lowered() {
    let tokens = Tokens::of("IŞIK İZMİR’de Don't");
    let lowered = Lowered::of(&tokens, Language::Turkish);
    assert_eq!([lowered.word(0), lowered.word(1), lowered.word(2)], ["ışık", "izmir'de", "don't"]);
    assert_eq!(Lowered::of(&tokens, Language::English).word(0), "işik");
}

#[test]
fn phrases_need_their_words_side_by_side() {
    let at = |text: &str| {
        let tokens = Tokens::of(text);
        let lowered = Lowered::of(&tokens, Language::English);
        lowered.phrases(&tokens, 0).map(|phrase| phrase.text).collect::<Vec<_>>()
    };
    assert_eq!(at("At the end of the day, all slept."), ["at the end of the day"]);
    assert!(at("At the end, of the day").is_empty());
    assert!(at("At the\n\nend of the day").is_empty());
}
