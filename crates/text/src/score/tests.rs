use super::parts::curve;
use super::*;

fn facts() -> Facts {
    Facts {
        words: 600,
        sentences: 40,
        words_per_sentence: 15.0,
        sentence_words_limit: 20,
        long_sentences_share: 0.1,
        equal_openings_max: 1,
        longest_paragraph_words: 100,
        words_between_headings_max: 200,
        capitals_share: 0.0,
        exclamations: 0,
        repeated_words: 0,
        reading: 60.0,
        scale: facts::Scale::Flesch,
        feeling: Some(0.1),
        focus: facts::Focus::Keywords(1.0),
        transition_share: Some(0.4),
        passive_share: 0.0,
        title: Some((4, 4)),
    }
}

/// The parts as [`score`] would list them.
fn judged(facts: &Facts) -> Vec<Part> {
    let parts = PARTS.iter().zip(parts::values(facts));
    parts.filter_map(|(&name, value)| Some(Part { name, value: value?, weight: 0.0, reason: String::new() })).collect()
}

#[test]
fn a_curve_is_straight_between_its_points_and_level_outside() {
    let points = [(1.0, 0.0), (3.0, 1.0), (4.0, 0.5)];
    for (x, y) in [(0.0, 0.0), (1.0, 0.0), (2.0, 0.5), (3.0, 1.0), (3.5, 0.75), (9.0, 0.5)] {
        assert_eq!(curve(x, &points), y);
    }
}

#[test]
fn weights_are_checked_and_named() {
    assert!(Weights::default().validate("text.score").is_empty());
    assert_eq!(Weights::FIELDS.iter().map(|field| field.name).collect::<Vec<_>>(), PARTS);
    assert!((Weights::default().list().iter().sum::<f64>() - 1.07).abs() < 1e-9);
    let bad = Weights { tone: -1.0, flow: f64::NAN, ..Weights::default() };
    let keys: Vec<String> = bad.validate("text.score").into_iter().map(|problem| problem.key).collect();
    assert_eq!(keys, ["text.score.tone", "text.score.flow"]);
    let none: Weights =
        serde_json::from_str(&format!("{{{}}}", PARTS.map(|name| format!("\"{name}\":0")).join(","))).unwrap();
    assert_eq!(none.validate("text.score").len(), 1);
    assert!(serde_json::from_str::<Weights>("{\"lenght\":1}").is_err());
}

#[test]
fn weights_change_the_score_and_bad_ones_do_no_harm() {
    let worse = Facts { passive_share: 0.6, ..facts() };
    assert_eq!(total(&facts(), &Weights::default()), 1.0);
    let light = total(&worse, &Weights::default());
    let heavy = total(&worse, &Weights { flow: 1.0, ..Weights::default() });
    assert!(heavy < light && light < 1.0);
    assert_eq!(total(&worse, &Weights { flow: 0.0, ..Weights::default() }), 1.0);
    let zero = Weights { flow: -1.0, length: f64::INFINITY, ..Weights::default() };
    assert!((0.0..=1.0).contains(&total(&worse, &zero)));
    assert_eq!(total(&Facts { words: 0, ..facts() }, &Weights::default()), 0.0);
}

#[test]
fn the_largest_gain_comes_first_and_is_what_scoring_again_gives() {
    let flawed = Facts { repeated_words: 40, passive_share: 0.5, longest_paragraph_words: 300, words: 400, ..facts() };
    let weights = Weights::default();
    let flaws = [
        Flaw { code: "passive_voice", count: 20 },
        Flaw { code: "word_repeated", count: 40 },
        Flaw { code: "paragraph_long", count: 1 },
        Flaw { code: "hedge", count: 9 },
    ];
    let fixes = fix_first(&flawed, &weights, &flaws, &judged(&flawed));
    assert_eq!(
        fixes.iter().map(|fix| (fix.0, fix.2)).collect::<Vec<_>>(),
        [("word_repeated", 40), ("passive_voice", 20), ("paragraph_long", 1),]
    );
    let mended = Facts { repeated_words: 0, ..flawed };
    assert_eq!(fixes[0].1, total(&mended, &weights) - total(&flawed, &weights));
    assert!(fixes.is_sorted_by(|a, b| a.1 >= b.1));
    assert!(fix_first(&facts(), &weights, &[], &judged(&facts())).is_empty());
}

#[test]
fn a_part_without_a_place_is_named_as_a_whole() {
    let short = Facts { words: 120, ..facts() };
    let fixes = fix_first(&short, &Weights::default(), &[], &judged(&short));
    assert_eq!(fixes.iter().map(|fix| fix.0).collect::<Vec<_>>(), ["length"]);
    assert!((total(&short, &Weights::default()) + fixes[0].1 - 1.0).abs() < 1e-9);
}
