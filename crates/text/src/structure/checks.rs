//! The checks of structure and wording, from the measures.
//!
//! The bounds follow Yoast's public scoring criteria where it has them: at most 150 words in a paragraph, 300 without a
//! heading, a quarter of long sentences, 15 % passive voice, a fifth of the sentences tied by transitions.

use super::{Survey, sentence_words_limit};
use crate::check::{Check, NotJudged};
use crate::document::Format;
use crate::language::Language;
use crate::phrase::{Lexicon, Trait};

pub const TEXT_WORDS: usize = 300;
pub const PARAGRAPH_WORDS: usize = 150;
pub const HEADING_WORDS: usize = 300;
pub const HEADING_CHARS: usize = 80;
pub const ITEM_WORDS: usize = 60;
pub const LONG_SHARE: f64 = 0.25;
pub const PASSIVE_SHARE: f64 = 0.15;
pub const TRANSITION_SHARE: f64 = 0.2;
/// Shorter texts need no transitions.
pub const TRANSITION_WORDS: usize = 200;
pub const OPENINGS: usize = 3;
/// From here on capitals are shouting rather than names.
pub const CAPITALS_SHARE: f64 = 0.2;
/// Of a hundred words, so many may hedge, and so many may merely strengthen.
const HEDGES_PERCENT: f64 = 1.0;
const WEASELS_PERCENT: f64 = 2.0;

impl Survey<'_> {
    pub(super) fn checks(&mut self) {
        self.check_blocks();
        self.check_sentences();
        self.check_wording();
        self.check_links();
        self.leave_out();
    }

    fn check(&mut self, name: &'static str, passed: bool, value: f64, reason: String, remedy: &'static str) {
        self.structure.checks.push(Check { name, passed, value, reason, remedy });
    }

    /// A check that passes when there is nothing of a kind.
    fn check_none(&mut self, name: &'static str, count: usize, of_what: &str, remedy: &'static str) {
        self.check(name, count == 0, count as f64, format!("{count} {of_what}"), remedy);
    }

    fn check_blocks(&mut self) {
        let s = &self.structure;
        let (words, headings, tops, empty, jumps) =
            (s.words, s.headings, s.top_headings, s.empty_headings, s.heading_jumps);
        let (between, paragraph, items) = (s.words_between_headings_max, s.longest_paragraph_words, s.list_items);
        self.check(
            "text_length",
            words >= TEXT_WORDS,
            words as f64,
            format!("the text has {words} words; {TEXT_WORDS} or more say enough to be found"),
            "Say more: answer what a reader would ask next.",
        );
        if words > HEADING_WORDS {
            self.check(
                "heading_missing",
                between <= HEADING_WORDS,
                between as f64,
                format!("at most {between} words run on without a heading; {HEADING_WORDS} are enough"),
                "Put a heading wherever a new thought begins.",
            );
        }
        if headings + empty > 0 {
            self.check_none(
                "heading_order",
                jumps,
                "headings skip a level",
                "Let each heading be at most one level below the one before.",
            );
            self.check_none("heading_empty", empty, "headings have no words", "Fill empty headings or take them out.");
            let long = self.findings.count("heading_long");
            self.check_none(
                "heading_long",
                long,
                "headings are too long to be seen at a glance",
                "Shorten headings to 80 characters.",
            );
            self.check(
                "top_heading_single",
                tops <= 1,
                tops as f64,
                format!("{tops} headings of the first level; the title is the only one needed"),
                "Make the other headings second-level ones.",
            );
        }
        if paragraph > 0 {
            self.check(
                "paragraph_long",
                paragraph <= PARAGRAPH_WORDS,
                paragraph as f64,
                format!("the longest paragraph has {paragraph} words; {PARAGRAPH_WORDS} are enough"),
                "Split long paragraphs where the thought turns.",
            );
        }
        if items > 0 {
            let long = self.findings.count("list_item_long");
            self.check_none(
                "list_item_long",
                long,
                "list items are long",
                "Shorten list items or make them paragraphs.",
            );
        }
    }

    fn check_sentences(&mut self) {
        let s = &self.structure;
        if s.sentences == 0 {
            return;
        }
        let (long, openings, words) = (s.long_sentences_share, s.equal_openings_max, s.words);
        let (passive, tied) = (s.passive_share, s.transition_share);
        let limit = sentence_words_limit(self.reading.language);
        self.check(
            "sentence_long",
            long <= LONG_SHARE,
            long,
            format!("{:.0} % of the sentences have over {limit} words; a quarter may", 100.0 * long),
            "Split long sentences; one thought each.",
        );
        if let Some(passive) = passive {
            self.check(
                "passive_voice",
                passive <= PASSIVE_SHARE,
                passive,
                format!("{:.0} % of the sentences are in the passive voice; 15 % may", 100.0 * passive),
                "Name who acts and put them first.",
            );
        }
        if let Some(tied) = tied.filter(|_| words >= TRANSITION_WORDS) {
            self.check(
                "transitions_few",
                tied >= TRANSITION_SHARE,
                tied,
                format!("{:.0} % of the sentences have a transition word; 20 % guide the reader", 100.0 * tied),
                "Tie sentences together with words such as those for cause, contrast and order.",
            );
        }
        self.check(
            "openings_equal",
            openings < OPENINGS,
            openings as f64,
            format!("at most {openings} sentences in a row begin with the same word; {OPENINGS} are too many"),
            "Vary how sentences begin.",
        );
    }

    fn check_wording(&mut self) {
        let s = &self.structure;
        if s.words == 0 {
            return;
        }
        let (repeated, capitals, words) = (s.repeated_words, s.capitals_share, s.words as f64);
        let (hedges, weasels, cliches, wordy) = (s.hedges, s.weasels, s.cliches, s.wordy);
        if Lexicon::of(self.reading.language).has_any(Trait::Transition) {
            self.check_none("word_repeated", repeated, "words stand twice in a row", "Take the second one out.");
        }
        for (name, count, percent, remedy) in [
            ("hedge", hedges, HEDGES_PERCENT, "Say it or leave it; keep doubt only where it is real."),
            ("weasel", weasels, WEASELS_PERCENT, "Put facts in the place of force."),
        ] {
            let Some(count) = count else { continue };
            let share = 100.0 * count as f64 / words;
            // One or two in a short text are no habit.
            let passed = count <= 2 || share <= percent;
            self.check(
                name,
                passed,
                share,
                format!("{count} in {words:.0} words, {share:.1} per hundred; {percent} is enough"),
                remedy,
            );
        }
        if let Some(count) = cliches {
            self.check_none("cliche", count, "phrases are worn out", "Say it in plain words of your own.");
        }
        if let Some(count) = wordy {
            self.check_none("wordy", count, "phrases are wordy", "Use the shorter phrase.");
        }
        self.check(
            "capitals",
            capitals <= CAPITALS_SHARE,
            capitals,
            format!("{:.0} % of the words are in capitals; more than 20 % read as shouting", 100.0 * capitals),
            "Write in small letters; stress by the order of words.",
        );
        let runs = self.findings.count("exclamation_run");
        self.check_none("exclamation_run", runs, "runs of exclamation marks", "One exclamation mark is enough.");
    }

    fn check_links(&mut self) {
        let s = &self.structure;
        let (links, outbound, images, without, words) =
            (s.links, s.links_outbound, s.images, s.images_without_alt, s.words);
        if links > 0 && self.reading.format != Format::Plain {
            let (empty, vague) = (self.findings.count("link_text_empty"), self.findings.count("link_text_vague"));
            self.check_none("link_text_empty", empty, "links have no words", "Put each link on words.");
            if Lexicon::of(self.reading.language).has_any(Trait::Link) {
                self.check_none(
                    "link_text_vague",
                    vague,
                    "links do not say where they lead",
                    "Put links on words that name what is behind them.",
                );
            }
        }
        if images > 0 {
            self.check(
                "image_alt_missing",
                without == 0,
                without as f64,
                format!("{without} of {images} images have no alternative text"),
                "Say in the alternative text what the image shows.",
            );
        }
        // A short note needs neither links nor pictures.
        if words >= TEXT_WORDS && self.reading.format != Format::Plain {
            self.check(
                "links_outbound",
                outbound > 0,
                outbound as f64,
                format!("{outbound} of {links} links lead to other sites"),
                "Link to what the text rests on.",
            );
            self.check(
                "images_present",
                images > 0,
                images as f64,
                format!("the text has {images} images"),
                "Add a picture where it shows more than words.",
            );
        }
    }

    /// What the language has no list for.
    fn leave_out(&mut self) {
        let language = self.reading.language;
        let lexicon = Lexicon::of(language);
        let mut leave = |what, why: &str| {
            let reason = format!("{why} for {}", language.name());
            self.structure.not_judged.push(NotJudged { what, reason });
        };
        if !matches!(language, Language::English | Language::Turkish) {
            leave("passive_voice", "there are no rules of the passive voice");
            for what in ["hedge", "weasel", "cliche", "wordy"] {
                leave(what, "there is no list of such phrases");
            }
        }
        if !lexicon.has_any(Trait::Transition) {
            leave("transitions_few", "there is no list of transition words");
            leave("word_repeated", "it is not known which words are doubled rightly");
            leave("link_text_vague", "there is no list of such phrases");
        }
    }
}
