//! What of a text stands word for word in its sources.

use text::document::{Document, Format};
use text::lift::{self, WORDS_MIN};

use crate::posts::{Containment, Lift, Lifts};
use crate::stories::Member;

/// Holds `body`, which is Markdown, against its sources; `None` without any.
pub(super) fn find(body: &str, sources: &[Member]) -> Option<Lifts> {
    if sources.is_empty() {
        return None;
    }
    let read = Document::of(body, Format::Markdown);
    let texts: Vec<&str> = sources.iter().map(|member| member.text.as_str()).collect();
    let report = lift::find(&read.text, &texts, WORDS_MIN);
    let passage = |lift: &lift::Lift| {
        let (place, member) = (read.original(&(lift.start..lift.end)), &sources[lift.source]);
        let (start, source_start) = (characters(&body[..place.start]), characters(&member.text[..lift.source_start]));
        Lift {
            words: lift.words,
            start,
            end: start + characters(&body[place]),
            source: member.source.clone(),
            title: member.title.clone(),
            source_start,
            source_end: source_start + characters(&member.text[lift.source_start..lift.source_end]),
        }
    };
    let passages: Vec<Lift> = report.lifts.iter().map(passage).collect();
    let contained = |(member, share): (&Member, &f32)| Containment {
        source: member.source.clone(),
        title: member.title.clone(),
        share: rounded(*share),
    };
    let note = note(&passages, report.share);
    let containment = sources.iter().zip(&report.containment).map(contained).collect();
    Some(Lifts { share: rounded(report.share), passages, containment, note })
}

fn note(passages: &[Lift], share: f32) -> String {
    // The first of the longest.
    let Some(longest) = passages.iter().rev().max_by_key(|lift| lift.words) else { return String::new() };
    let more = match passages.len() - 1 {
        0 => String::new(),
        1 => " and one more such run".to_owned(),
        more => format!(" and {more} more such runs"),
    };
    let percent = (share * 100.0).round();
    format!(
        "{} words in a row from {}{more}: {percent} % of the text stands word for word in its sources, to be quoted or rewritten",
        longest.words, longest.source
    )
}

fn characters(text: &str) -> usize {
    text.chars().count()
}

/// As many digits as mean something, so that the same text is stored the same.
fn rounded(share: f32) -> f64 {
    (f64::from(share) * 10_000.0).round() / 10_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(source: &str, text: &str) -> Member {
        Member {
            id: None,
            title: "Ferry stops".to_owned(),
            text: text.to_owned(),
            url: String::new(),
            source: source.to_owned(),
            categories: Vec::new(),
            language: String::new(),
            published_at: stdx::Timestamp::EPOCH,
            is_copy: false,
            suspicious: Vec::new(),
        }
    }

    const SOURCE: &str =
        "Ça va: the harbour master said on Monday that forty ships had been waiting outside the bay since Friday.";

    #[test]
    fn runs_are_told_with_their_places_in_characters() {
        let body = "Öz: *all* is well.\n\nThe **forty ships** had been waiting, he said on Monday that forty ships had been waiting \
                    outside the bay since Friday, again.";
        let lifts = find(body, &[member("Wire", "Nothing alike."), member("Alder Mail", SOURCE)]).unwrap();
        let [lift] = lifts.passages.as_slice() else { panic!("{lifts:?}") };
        let cut = |text: &str, from: usize, to: usize| text.chars().skip(from).take(to - from).collect::<String>();
        assert_eq!(
            cut(body, lift.start, lift.end),
            "said on Monday that forty ships had been waiting \
                    outside the bay since Friday"
        );
        assert_eq!(
            cut(SOURCE, lift.source_start, lift.source_end),
            "said on Monday that forty ships had been waiting outside the bay since Friday"
        );
        assert_eq!((lift.words, lift.source.as_str()), (14, "Alder Mail"));
        assert!(lifts.note.starts_with("14 words in a row from Alder Mail: 5"), "{}", lifts.note);
        assert_eq!(lifts.containment[0].share, 0.0);
        assert!(lifts.containment[1].share > 0.4);
    }

    #[test]
    fn a_text_of_its_own_has_no_note_and_without_sources_there_is_nothing_to_say() {
        let lifts = find("The ferry will run again from Friday on.", &[member("Alder Mail", SOURCE)]).unwrap();
        assert_eq!((lifts.note.as_str(), lifts.passages.len(), lifts.share), ("", 0, 0.0));
        assert_eq!(find("The ferry will run again.", &[]), None);
    }
}
