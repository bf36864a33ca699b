//! The measures that can be a target, each with the direction in which it is met.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::Reached;

/// Which side of the wanted value is the good one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    AtLeast,
    AtMost,
}

use Direction::{AtLeast, AtMost};

/// Where a measure stands in an analysis.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// A JSON pointer.
    At(&'static str),
    /// A part of the score.
    Part(&'static str),
}

use Place::{At, Part};

/// `sentences` counts them, so that the part of the score with that name is `score_sentences`.
#[rustfmt::skip]
const TABLE: &[(&str, Direction, Place)] = &[
    ("score", AtLeast, At("/score")),
    ("length", AtLeast, Part("length")),
    ("readability", AtLeast, Part("readability")),
    ("structure", AtLeast, Part("structure")),
    ("score_sentences", AtLeast, Part("sentences")),
    ("typography", AtLeast, Part("typography")),
    ("focus", AtLeast, Part("focus")),
    ("tone", AtLeast, Part("tone")),
    ("flow", AtLeast, Part("flow")),
    ("title", AtLeast, Part("title")),
    ("flesch_reading_ease", AtLeast, At("/readability/flesch_reading_ease")),
    ("flesch_kincaid_grade", AtMost, At("/readability/flesch_kincaid_grade")),
    ("gunning_fog", AtMost, At("/readability/gunning_fog")),
    ("smog_index", AtMost, At("/readability/smog_index")),
    ("automated_readability_index", AtMost, At("/readability/automated_readability_index")),
    ("coleman_liau_index", AtMost, At("/readability/coleman_liau_index")),
    ("coleman_liau_authors", AtMost, At("/readability/coleman_liau_authors")),
    ("dale_chall_readability_score", AtMost, At("/readability/dale_chall_readability_score")),
    ("linsear_write_formula", AtMost, At("/readability/linsear_write_formula")),
    ("spache_readability", AtMost, At("/readability/spache_readability")),
    ("lix", AtMost, At("/readability/lix")),
    ("rix", AtMost, At("/readability/rix")),
    ("mcalpine_eflaw", AtMost, At("/readability/mcalpine_eflaw")),
    ("reading_time_s", AtMost, At("/readability/reading_time_s")),
    ("atesman", AtLeast, At("/readability_tr/atesman")),
    ("bezirci_yilmaz", AtMost, At("/readability_tr/bezirci_yilmaz")),
    ("words", AtLeast, At("/structure/words")),
    ("words_max", AtMost, At("/structure/words")),
    ("sentences", AtLeast, At("/structure/sentences")),
    ("sentences_max", AtMost, At("/structure/sentences")),
    ("paragraphs", AtLeast, At("/structure/paragraphs")),
    ("headings", AtLeast, At("/structure/headings")),
    ("words_per_sentence", AtMost, At("/structure/words_per_sentence")),
    ("longest_sentence_words", AtMost, At("/structure/longest_sentence_words")),
    ("long_sentences_share", AtMost, At("/structure/long_sentences_share")),
    ("longest_paragraph_words", AtMost, At("/structure/longest_paragraph_words")),
    ("words_between_headings_max", AtMost, At("/structure/words_between_headings_max")),
    ("passive_share", AtMost, At("/structure/passive_share")),
    ("transition_share", AtLeast, At("/structure/transition_share")),
    ("equal_openings_max", AtMost, At("/structure/equal_openings_max")),
    ("repeated_words", AtMost, At("/structure/repeated_words")),
    ("hedges", AtMost, At("/structure/hedges")),
    ("weasels", AtMost, At("/structure/weasels")),
    ("cliches", AtMost, At("/structure/cliches")),
    ("wordy", AtMost, At("/structure/wordy")),
    ("capitals_share", AtMost, At("/structure/capitals_share")),
    ("exclamations", AtMost, At("/structure/exclamations")),
    ("long_words", AtMost, At("/counts/long_words")),
    ("polysyllables", AtMost, At("/counts/polysyllables")),
    ("difficult_dale_chall", AtMost, At("/counts/difficult_dale_chall")),
    ("sentiment_compound", AtLeast, At("/sentiment/compound")),
    ("sentiment_neg", AtMost, At("/sentiment/neg")),
    ("sentiment_pos", AtLeast, At("/sentiment/pos")),
];

/// Every name with its direction.
pub fn names() -> impl Iterator<Item = (&'static str, Direction)> {
    TABLE.iter().map(|(name, direction, _)| (*name, *direction))
}

/// Something to reach.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    name: &'static str,
    direction: Direction,
    place: Place,
    wanted: f64,
}

/// What is this near is met.
const CLOSE: f64 = 1e-9;

impl Target {
    /// # Errors
    /// Says what is wrong with the name or the value.
    pub fn find(name: &str, wanted: f64) -> Result<Target, String> {
        let Some((name, direction, place)) = TABLE.iter().find(|(known, ..)| *known == name) else {
            let known: Vec<&str> = names().map(|(name, _)| name).collect();
            return Err(format!("is no target; the targets are {}", known.join(", ")));
        };
        if !wanted.is_finite() {
            return Err("must be a number".to_owned());
        }
        Ok(Target { name, direction: *direction, place: *place, wanted })
    }

    /// How near the analysed text is.
    pub fn measure(&self, analysis: &Json) -> Reached {
        let value = match self.place {
            At(pointer) => analysis.pointer(pointer).and_then(Json::as_f64),
            Part(name) => {
                let parts = analysis["score_parts"].as_array();
                let part = parts.into_iter().flatten().find(|part| part["name"] == name);
                part.and_then(|part| part["value"].as_f64())
            }
        };
        let met = value.is_some_and(|value| match self.direction {
            AtLeast => value >= self.wanted - CLOSE,
            AtMost => value <= self.wanted + CLOSE,
        });
        Reached { name: self.name.to_owned(), direction: self.direction, wanted: self.wanted, value, met }
    }
}

/// How far a text is from all its targets together: for each the share of the wanted value that is missing; 0 when
/// all are met. What cannot be measured of the text cannot come nearer.
pub(super) fn distance(reached: &[Reached]) -> f64 {
    let unmet = reached.iter().filter(|target| !target.met);
    // A target of 0 has no shares: a hundredth stands in.
    unmet.filter_map(|target| Some((target.value? - target.wanted).abs() / target.wanted.abs().max(0.01))).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_leads_to_a_number() {
        let english = "# Ferry\n\nHowever, the ferry stops on Monday. It was repaired by engineers last year. ";
        let turkish = "Vapur pazartesi günü duracak. Ancak otobüsler her yirmi dakikada bir kalkacak.";
        let title = || Some("The ferry between the two towns stops for eleven days".to_owned());
        let analysed = |text: &str| {
            let format = text::document::Format::Markdown;
            serde_json::to_value(text::analyze(text, &text::Options { format, title: title(), ..Default::default() }))
        };
        let texts = [analysed(&english.repeat(12)).unwrap(), analysed(turkish).unwrap()];
        for (name, _) in names() {
            let target = Target::find(name, 0.0).unwrap();
            assert!(texts.iter().any(|text| target.measure(text).value.is_some()), "{name}");
        }
        for part in text::score::PARTS {
            let covered = TABLE.iter().any(|(.., place)| matches!(place, Part(name) if *name == part));
            assert!(covered, "{part} is no target");
        }
    }

    #[test]
    fn a_target_says_how_far_it_is() {
        let analysis = serde_json::json!({ "score": 0.5, "structure": { "words": 300 } });
        let reached: Vec<Reached> = [("score", 0.8), ("words", 200.0), ("words_max", 200.0), ("title", 1.0)]
            .map(|(name, wanted)| Target::find(name, wanted).unwrap().measure(&analysis))
            .to_vec();
        assert_eq!(reached.iter().map(|target| target.met).collect::<Vec<_>>(), [false, true, false, false]);
        assert_eq!(reached[3].value, None);
        assert!((distance(&reached) - (0.3 / 0.8 + 0.5)).abs() < 1e-12);
        assert!(Target::find("scores", 1.0).unwrap_err().contains("flesch_reading_ease"));
        assert!(Target::find("score", f64::NAN).is_err());
    }
}
