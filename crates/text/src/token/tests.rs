use super::*;

fn parts(text: &str) -> Vec<&str> {
    sentences(text).into_iter().map(|range| &text[range]).collect()
}

#[test]
fn sentences_end_where_a_reader_ends_them() {
    assert_eq!(parts("One here. Two there! Three?"), ["One here.", "Two there!", "Three?"]);
    assert_eq!(
        parts("Dr. Lind paid 3.5 dollars. \"Fine,\" she said."),
        ["Dr. Lind paid 3.5 dollars.", "\"Fine,\" she said."]
    );
    assert_eq!(parts("J. K. Moss won. He smiled."), ["J. K. Moss won.", "He smiled."]);
    assert_eq!(parts("A heading\n\nA text, e.g. this one"), ["A heading", "A text, e.g. this one"]);
    assert_eq!(parts("他来了。她走了。"), ["他来了。", "她走了。"]);
    assert_eq!(parts("Wait… what? (Really?) Yes."), ["Wait… what?", "(Really?)", "Yes."]);
    assert!(parts(" ... \n\n !! ").is_empty());
}

#[test]
fn words_keep_inner_marks_and_know_their_sentence() {
    let tokens = Tokens::of("It's a well-known 3.5 % rise, she's \"sure\". İzmir'de café bitti.");
    let words: Vec<&str> = tokens.words.iter().map(|word| word.text).collect();
    assert_eq!(words, ["It's", "a", "well-known", "3.5", "rise", "she's", "sure", "İzmir'de", "café", "bitti"]);
    assert_eq!(tokens.words[7].sentence, 1);
    assert!(tokens.words[5].after_break && !tokens.words[2].after_break);
    assert_eq!(tokens.words_of(&tokens.sentences[1]).len(), 3);
    assert!(tokens.words.iter().all(|word| tokens.text[word.range()] == *word.text));
}

#[test]
fn paragraphs_are_separated_by_empty_lines() {
    let text = "a\nb\n\n  c\n \n\nd";
    let found: Vec<&str> = paragraphs(text).into_iter().map(|range| &text[range]).collect();
    assert_eq!(found, ["a\nb", "c", "d"]);
}

#[test]
fn the_abbreviations_are_sorted() {
    assert!(ABBREVIATIONS.is_sorted());
}

#[test]
fn large_inputs_are_cut_in_linear_time() {
    for text in ["x".repeat(1_000_000), "a. ".repeat(100_000), "\n ".repeat(200_000), "'-.!".repeat(100_000)] {
        Tokens::of(&text);
    }
}
