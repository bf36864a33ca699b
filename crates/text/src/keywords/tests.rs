use super::*;

fn tokens(text: &str) -> Vec<Vec<String>> {
    let given = Tokens::of(text);
    let reader = Reader::of(&given);
    reader.sentences().map(|range| range.map(|at| reader.token(at).to_owned()).collect()).collect()
}

/// What yake 0.7.3 makes of the same texts.
#[test]
fn sentences_and_tokens_equal_the_reference() {
    for (text, expected) in [
        ("1. Hello there. Two", vec!["1|.", "Hello|there|.", "Two"]),
        ("A. Hello there. Two", vec!["A.|Hello|there|.", "Two"]),
        ("first line\nSecond line\n\nthird\nline.", vec!["first|line|Second|line|third|line|."]),
        ("Don't we'll Tom’s O'Reilly's", vec!["Do|n't|we|Tom|’s|O'Reilly's"]),
        ("AT&T U.S. a.m", vec!["AT|&|T|U.S.|a.m"]),
        ("x@y.com http://ex.com/a?b=1 C++ foo_bar", vec!["x@y.com|http://ex.com/a?b=1|C|++|foo|_|bar"]),
        ("&amp; caf&eacute; test", vec!["&|café|test"]),
        ("... What? !!! ok", vec!["...", "What|?", "!!|!", "ok"]),
        ("", vec![]),
    ] {
        let actual: Vec<String> = tokens(text).iter().map(|sentence| sentence.join("|")).collect();
        assert_eq!(actual, expected, "{text}");
    }
}

#[test]
fn a_turkish_text_is_read_with_its_own_function_words() {
    let text = "İstanbul'da bir deprem oldu ve deprem için ekipler geldi. Deprem ekipleri İstanbul için yola çıktı.";
    let keywords = extract(&Tokens::of(text), Rules::Of(Language::Turkish), 10);
    assert!(keywords.iter().all(|keyword| !keyword.text.split(' ').any(|word| word == "bir" && word == keyword.text)));
    assert!(keywords.iter().any(|keyword| keyword.text.eq_ignore_ascii_case("deprem")));
}

/// One long word, and what could make each of many places look far ahead: with a step more than linear these would not end.
#[test]
fn long_texts_are_read_in_linear_time() {
    let texts = ["a", "a.", "A.-", "(a. ", "http://a ", "a@", "'", "x and y. and ", "É", "H₂", "{'"];
    for part in texts {
        let text = part.repeat(600_000 / part.len());
        assert!(extract(&Tokens::of(&text), Rules::Reference, 10).len() <= 10, "{part}");
    }
}

#[test]
fn no_text_has_no_keywords_and_strange_ones_do_no_harm() {
    for text in ["", " \n\t", "!!!", "the of and", "1 2 3", "\u{0}\u{1}", "((((", "@", "://", "a@", "'", "’’"] {
        assert!(extract(&Tokens::of(text), Rules::Reference, 10).is_empty(), "{text:?}");
    }
}
