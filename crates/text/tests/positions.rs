//! Every suggestion's positions cut exactly what it is about out of the original, whatever the markup around it.

use proptest::prelude::*;
use text::document::Format;
use text::language::Language;
use text::{Options, analyze};

/// A sentence with at most one thing to find: its code, and the words that must be cut out.
#[derive(Clone, Debug)]
struct Piece {
    words: &'static str,
    found: Option<(&'static str, &'static str)>,
}

const LONG: &str = "Nine busy ferries and seven small boats went over to that far grey island with bread, milk, \
wood, coal, fish, salt, wool, glass, rope, tea, seeds, nets, tools and all our mail.";

fn pieces() -> impl Strategy<Value = Piece> {
    let plain = |words| Piece { words, found: None };
    let with = |words, code, cut| Piece { words, found: Some((code, cut)) };
    prop::sample::select(vec![
        plain("Ships came home."),
        plain("Çok güzel 😀 şehir e\u{301} n\u{303}."),
        plain("Tom & Jerry < Ann \"x\" ate."),
        plain("日本語 𝒳 here."),
        with("Kids saw the the dog.", "word_repeated", "the the"),
        with("Dogs were not quickly fed.", "passive_voice", "were not quickly fed"),
        with("Éva sang in order to live.", "wordy", "in order to"),
        with("Perhaps cats sleep.", "hedge", "Perhaps"),
        with("Rain was very cold.", "weasel", "very"),
        with("Now at the end of the day all sleep.", "cliche", "at the end of the day"),
        with("Ann won 😀 gold!!!", "exclamation_run", "!!!"),
        with(LONG, "sentence_long", LONG),
    ])
}

/// Characters that mean something in the format written so that they stand for themselves. `&` and its like are given as
/// references of different lengths.
fn written(words: &str, format: Format) -> String {
    let mut out = String::new();
    for c in words.chars() {
        match (format, c) {
            (Format::Html, '&') => out.push_str("&amp;"),
            (Format::Html, '<') => out.push_str("&lt;"),
            (Format::Html, '"') => out.push_str("&#34;"),
            (Format::Html, 'É') => out.push_str("&#xC9;"),
            (Format::Markdown, '<') => out.push_str("\\<"),
            (Format::Markdown, '&') => out.push_str("&amp;"),
            (_, c) => out.push(c),
        }
    }
    out
}

/// The original, and the (code, cut) pairs to be found in it, in order. Cuts are given as they are written.
fn build(pieces: &[(Piece, usize)], format: Format) -> (String, Vec<(&'static str, String)>) {
    let (mut text, mut expected) = (String::new(), Vec::new());
    for (piece, dress) in pieces {
        let body = written(piece.words, format);
        let (open, close) = match (format, dress % 4) {
            (Format::Plain, _) => ("", "\n\n"),
            (Format::Markdown, 0) => ("", "\n\n"),
            (Format::Markdown, 1) => ("> ", "\n\n"),
            (Format::Markdown, 2) => ("- ", "\n\n---\n\n"),
            (Format::Markdown, _) => ("**b** [l](http://é.de/😀) ", "\n\n"),
            (Format::Html, 0) => ("<p>", "</p>\n"),
            (Format::Html, 1) => ("<div title=\"the the 😀\">", "</div><!-- the the -->"),
            (Format::Html, 2) => ("<ul><li>", "</li></ul>"),
            (Format::Html, _) => ("<p><b>b</b> <a href='x'>l&nbsp;k</a> ", "</p>"),
        };
        text.push_str(open);
        text.push_str(&body);
        text.push_str(close);
        if let Some((code, cut)) = piece.found {
            // A dressed sentence begins at its dress.
            let dressed = code == "sentence_long" && dress % 4 == 3 && format != Format::Plain;
            if !dressed {
                expected.push((code, written(cut, format)));
            }
        }
    }
    (text, expected)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn suggestions_cut_out_what_they_are_about(pieces in prop::collection::vec((pieces(), 0..4_usize), 1..12)) {
        for format in [Format::Plain, Format::Markdown, Format::Html] {
            let (original, expected) = build(&pieces, format);
            let options = Options { format, language: Some(Language::English), ..Options::default() };
            let characters: Vec<char> = original.chars().collect();
            let codes = ["word_repeated", "passive_voice", "wordy", "hedge", "weasel", "cliche", "exclamation_run", "sentence_long"];
            let mut dressed = pieces.iter().filter(|(piece, dress)| {
                piece.found.is_some_and(|(code, _)| code == "sentence_long") && dress % 4 == 3 && format != Format::Plain
            }).count();
            let mut found = Vec::new();
            for suggestion in analyze(&original, &options).suggestions {
                if !codes.contains(&suggestion.code) {
                    continue;
                }
                let cut: String = characters[suggestion.start..suggestion.end].iter().collect();
                if suggestion.code == "sentence_long" && cut.contains('b') && cut.contains("http") | cut.contains("href") {
                    // It begins in its dress and ends as the sentence does.
                    prop_assert!(cut.ends_with(&written("and all our mail.", format)), "{cut}");
                    dressed -= 1;
                    continue;
                }
                found.push((suggestion.code, cut));
            }
            prop_assert_eq!(dressed, 0, "{:?}", original);
            prop_assert_eq!(&found, &expected, "{:?} {:?}", format, original);
        }
    }

    #[test]
    fn fix_first_points_at_a_suggestion(pieces in prop::collection::vec((pieces(), 0..4_usize), 1..12)) {
        let (original, _) = build(&pieces, Format::Markdown);
        let analysis = analyze(&original, &Options { format: Format::Markdown, title: Some("x".to_owned()), ..Options::default() });
        prop_assert!(analysis.fix_first.len() <= 3 && analysis.fix_first.is_sorted_by(|a, b| a.gain >= b.gain));
        for fix in &analysis.fix_first {
            prop_assert!(fix.gain > 0.0 && analysis.score + fix.gain <= 1.0 + 1e-9 && !fix.message.is_empty());
            let stands = analysis.suggestions.iter().any(|s| (s.code, s.start, s.end) == (fix.code, fix.start, fix.end));
            let part = analysis.score_parts.iter().any(|part| part.name == fix.code) && fix.end == 0;
            prop_assert!(stands || part, "{:?}", fix);
        }
    }
}
