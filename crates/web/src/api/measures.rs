//! The shape of an analysis, as the document has it. The type itself is `text`'s, which knows no document.

use super::view::shape;

shape! {
    /// Everything that is known about a text. Positions are Unicode code points of the text that was sent.
    Analysis {
        /// ISO 639-1; `und` when it cannot be told.
        language: String,
        sentiment: Sentiment,
        counts: TextCounts,
        readability: Readability,
        /// Only of Turkish texts.
        #[schema(required = false)]
        readability_tr: ReadabilityTr,
        /// At most ten, best (lowest score) first.
        keywords: Vec<Keyword>,
        /// The same by the rules of the text's own language; absent where those are English.
        #[schema(required = false)]
        keywords_own: Vec<Keyword>,
        structure: Structure,
        seo: Seo,
        /// Quality, 0 to 1.
        score: f64,
        score_parts: Vec<ScorePart>,
        /// In the order of their positions.
        suggestions: Vec<Suggestion>,
        /// How many more there are than are shown.
        suggestions_left_out: usize,
        /// The changes that would raise the score most, the best one first.
        fix_first: Vec<Fix>,
    }

    /// VADER's four numbers. English.
    Sentiment {
        neg: f64,
        neu: f64,
        pos: f64,
        /// -1 to 1.
        compound: f64,
    }

    /// English rules whatever the language.
    TextCounts {
        chars: usize,
        letters: usize,
        words: usize,
        sentences: usize,
        syllables: usize,
        polysyllables: usize,
        monosyllables: usize,
        difficult_dale_chall: usize,
        difficult_fog: usize,
        difficult_spache: usize,
        long_words: usize,
    }

    /// English formulas whatever the language.
    Readability {
        flesch_reading_ease: f64,
        flesch_kincaid_grade: f64,
        gunning_fog: f64,
        smog_index: f64,
        automated_readability_index: f64,
        coleman_liau_index: f64,
        coleman_liau_authors: f64,
        dale_chall_readability_score: f64,
        linsear_write_formula: f64,
        spache_readability: f64,
        lix: f64,
        rix: f64,
        mcalpine_eflaw: f64,
        /// In seconds.
        reading_time_s: f64,
    }

    /// Turkish formulas.
    ReadabilityTr {
        /// Ateşman (1997); 90 and more is very easy.
        atesman: f64,
        /// Bezirci and Yılmaz (2010), in years of school.
        bezirci_yilmaz: f64,
        syllables: usize,
    }

    Keyword {
        text: String,
        /// The lower, the better.
        score: f64,
    }

    /// How a text is built. Shares are 0 to 1; `null` is what the language has no list for.
    Structure {
        words: usize,
        sentences: usize,
        paragraphs: usize,
        headings: usize,
        top_headings: usize,
        empty_headings: usize,
        heading_jumps: usize,
        list_items: usize,
        quotes: usize,
        links: usize,
        links_outbound: usize,
        images: usize,
        images_without_alt: usize,
        words_per_sentence: f64,
        longest_sentence_words: usize,
        long_sentences_share: f64,
        longest_paragraph_words: usize,
        words_between_headings_max: usize,
        passive_share: Option<f64>,
        transition_share: Option<f64>,
        equal_openings_max: usize,
        repeated_words: usize,
        hedges: Option<usize>,
        weasels: Option<usize>,
        cliches: Option<usize>,
        wordy: Option<usize>,
        capitals_share: f64,
        exclamations: usize,
        questions: usize,
        checks: Vec<TextCheck>,
        not_judged: Vec<NotJudged>,
    }

    /// How a text does in lists of results.
    Seo {
        checks: Vec<TextCheck>,
        /// The one given, or the one that the title would get.
        slug: Option<String>,
        /// The one given, or the beginning of the text.
        description: String,
        /// As lists of results set it.
        title_width_px: Option<f64>,
        keyphrase_count: Option<usize>,
        /// Per hundred words.
        keyphrase_density: Option<f64>,
    }

    /// One judgement.
    TextCheck {
        /// Also the code of the suggestions that show where it fails.
        name: String,
        passed: bool,
        /// What was measured, as `reason` says.
        value: f64,
        reason: String,
        remedy: String,
    }

    /// Something that was left unjudged.
    NotJudged {
        what: String,
        reason: String,
    }

    /// A part of the score.
    ScorePart {
        name: String,
        /// 0 to 1.
        value: f64,
        /// Its share of the score; all together 1.
        weight: f64,
        reason: String,
    }

    /// A remedy for the characters `start..end`; 0..0 for what stands outside the text.
    Suggestion {
        code: String,
        message: String,
        start: usize,
        end: usize,
    }

    /// A change worth making before others.
    Fix {
        code: String,
        message: String,
        /// By how much the score would rise.
        gain: f64,
        /// How many places there are.
        count: usize,
        /// The first place.
        start: usize,
        end: usize,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value as Json;

    /// Every key that is written stands in the document, and every one that must be there is written.
    fn compare(document: &Json, name: &str, written: &Json, wrong: &mut Vec<String>) {
        let schema = &document["components"]["schemas"][name];
        let known: BTreeSet<&String> = schema["properties"].as_object().unwrap().keys().collect();
        let there: BTreeSet<&String> = written.as_object().unwrap().keys().collect();
        wrong.extend(there.difference(&known).map(|key| format!("{name} has no {key}")));
        for key in schema["required"].as_array().unwrap() {
            if !there.contains(&key.as_str().unwrap().to_owned()) {
                wrong.push(format!("{name}.{key} is not written"));
            }
        }
        for (key, value) in written.as_object().unwrap() {
            let property = &schema["properties"][key];
            let inner = property["$ref"].as_str().or(property["items"]["$ref"].as_str());
            let Some(inner) = inner.and_then(|inner| inner.rsplit('/').next()) else { continue };
            match value {
                Json::Array(all) => all.iter().for_each(|one| compare(document, inner, one, wrong)),
                Json::Object(_) => compare(document, inner, value, wrong),
                _ => {}
            }
        }
    }

    #[test]
    fn the_document_says_what_is_written() {
        let document = serde_json::to_value(crate::api::document()).unwrap();
        let mut wrong = Vec::new();
        for text in
            ["The ferry was stopped. It is very very late!!! See https://a.example/x", "Vapur duracak. Çok geç kaldı."]
        {
            let title = Some("A ferry".to_owned());
            let options = text::Options { title, keyphrase: Some("ferry".to_owned()), ..Default::default() };
            let analysis = text::analyze(text, &options);
            compare(&document, "Analysis", &serde_json::to_value(&analysis).unwrap(), &mut wrong);
            assert!(!analysis.suggestions.is_empty() && !analysis.fix_first.is_empty(), "{text}");
        }
        assert_eq!(wrong, Vec::<String>::new());
    }
}
