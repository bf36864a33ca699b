use stdx::Rng;

use super::super::{Settings, summarise};
use super::*;
use crate::{ground, lift};

const LINK: &str = "https://desk.example/stories/a-rather-long-address-of-the-whole-text-that-counts-as-little";

struct Story {
    language: String,
    /// Title and text of each report.
    reports: Vec<(String, String)>,
}

/// Every plot of `fixtures/events.jsonl` with what followed, filled in by lot.
fn stories() -> Vec<Story> {
    let lines: Vec<serde_json::Value> = include_str!("../../../fixtures/events.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let dice = Rng::seeded(11);
    let mut out = Vec::new();
    for line in lines.iter().filter(|line| line.get("told").is_some()) {
        let names = lines
            .iter()
            .find(|l| l.get("names").is_some() && l["half"] == line["half"] && l["language"] == line["language"]);
        let Some(names) = names.map(|line| &line["names"]) else { continue };
        let draw = |list: &serde_json::Value| {
            let list = list.as_array().unwrap();
            list[dice.below(list.len() as u64) as usize].as_str().unwrap().to_owned()
        };
        let (first, last) = (draw(&names["first"]), draw(&names["last"]));
        let mut filled = vec![
            ("{town}".to_owned(), draw(&names["towns"])),
            ("{org}".to_owned(), draw(&names["orgs"])),
            ("{street}".to_owned(), draw(&names["streets"])),
            ("{person}".to_owned(), format!("{first} {last}")),
            ("{first}".to_owned(), first),
            ("{last}".to_owned(), last),
            ("{day}".to_owned(), day_of(&line["language"]).to_owned()),
            ("{person2}".to_owned(), format!("{} {}", draw(&names["first"]), draw(&names["last"]))),
        ];
        for (letter, range) in ('a'..).zip(line["numbers"].as_array().into_iter().flatten()) {
            let (low, high) = (range[0].as_u64().unwrap(), range[1].as_u64().unwrap());
            filled.push((format!("{{{letter}}}"), (low + dice.below(high - low + 1)).to_string()));
        }
        let fill = |text: &serde_json::Value| {
            filled.iter().fold(text.as_str().unwrap().to_owned(), |text, (name, value)| text.replace(name, value))
        };
        let reports = ["told", "later"].iter().flat_map(|part| line.get(*part)?.as_array()).flatten();
        let reports = reports.map(|report| (fill(&report[0]), fill(&report[1]))).collect();
        out.push(Story { language: line["language"].as_str().unwrap().to_owned(), reports });
    }
    out
}

fn day_of(language: &serde_json::Value) -> &'static str {
    match language.as_str() {
        Some("tr") => "salı günü",
        Some("de") => "Dienstag",
        _ => "Tuesday",
    }
}

fn documents(story: &Story) -> Vec<Document<'_>> {
    let names = ["Harbour Post", "The Gazette", "Daily Wire"];
    let addresses = ["https://harbourpost.example/a", "https://gazette.example/b", "https://wire.example/c"];
    let each = story.reports.iter().enumerate();
    each.map(|(i, (title, text))| Document {
        title,
        text,
        source: names[i % 3],
        url: addresses[i % 3],
        published_at: None,
    })
    .collect()
}

#[test]
fn every_form_of_every_story_says_only_what_its_sources_say() {
    let stories = stories();
    assert!(stories.len() >= 20, "{}", stories.len());
    let mut weak = 0;
    for story in &stories {
        let documents = documents(story);
        let summary = summarise(&documents, &Settings::default());
        let forms = forms(&summary, &documents, LINK);
        let mut sources: Vec<String> =
            story.reports.iter().map(|(title, text)| format!("{title}.\n\n{text}")).collect();
        sources.push(format!("Sources Kaynaklar Quellen {LINK}"));
        sources.extend(documents.iter().map(|d| format!("{} {}", d.source, d.url)));
        let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
        for text in [&forms.page, &forms.network, &forms.short, &forms.letter, &summary.headline]
            .into_iter()
            .chain(&summary.alternatives)
        {
            // The link and the hashtags say nothing: the latter are words of the text written as one.
            let bare = text.replace(LINK, "");
            let text = &forms.hashtags.iter().fold(bare, |text, tag| text.replace(tag, ""));
            let report = ground::check(text, &sources);
            assert!(report.supported, "{text}\n{:?}", report.unsupported);
            weak += report.unsupported.len();
        }
    }
    println!("{} stories, weak sentences told in their forms: {weak}", stories.len());
}

#[test]
fn forms_keep_their_limits_and_come_out_alike() {
    for story in &stories() {
        let documents = documents(story);
        let summary = summarise(&documents, &Settings::default());
        let made = forms(&summary, &documents, LINK);
        assert_eq!(made, forms(&summarise(&documents, &Settings::default()), &documents, LINK));
        let blocks: Vec<&str> = made.network.split("\n\n").collect();
        assert!(blocks[0].chars().count() <= HOOK_CHARS_MAX && blocks.last() == Some(&LINK), "{}", made.network);
        let bullets = made.network.lines().filter(|line| line.starts_with("• ")).count();
        assert!((1..=BULLETS).contains(&bullets), "{}", made.network);
        assert!(made.short.ends_with(LINK) && short_chars(&made.short) <= SHORT_CHARS_MAX, "{}", made.short);
        assert!(made.short.chars().count() > LINK.len() + 30, "{}", made.short);
        assert!(made.letter.starts_with(&summary.headline) && made.letter.ends_with(LINK));
        assert!(made.page.contains("https://harbourpost.example/a") || made.page.contains("example/"));
        assert!(made.hashtags.len() <= 3, "{:?}", made.hashtags);
        assert!(made.hashtags.iter().all(|tag| tag.starts_with('#') && !tag.contains(' ')));
        let label = match &*story.language {
            "tr" => "Kaynaklar:",
            "de" => "Quellen:",
            _ => "Sources:",
        };
        assert!(made.page.contains(label), "{}", made.page);
        // What is lifted is known: each sentence of a dozen words is.
        let texts: Vec<&str> = documents.iter().map(|d| d.text).collect();
        let lifted = lift::find(&summary.text(), &texts, lift::WORDS_MIN);
        let long = summary.sentences.iter().any(|pick| crate::word::words(&pick.text).count() >= lift::WORDS_MIN);
        assert_eq!(!lifted.lifts.is_empty(), long);
        assert!(lifted.lifts.iter().all(|lift| lift.words <= Settings::default().run_words_max));
    }
}

#[test]
fn a_summary_without_sentences_or_link_still_has_forms() {
    let documents =
        [Document { title: "A title and no text at all", text: "", source: "", url: "", published_at: None }];
    let summary = summarise(&documents, &Settings::default());
    let made = forms(&summary, &documents, "");
    assert_eq!(
        (&*made.page, &*made.short, &*made.letter),
        (documents[0].title, documents[0].title, documents[0].title)
    );
    assert_eq!(forms(&Summary::default(), &[], ""), Forms::default());
}

#[test]
fn a_long_first_sentence_gives_way_to_the_headline() {
    let text = format!("The council of Port Alder {} on Monday.", "voted again and ".repeat(18).trim_end());
    let documents =
        [Document { title: "Council of Port Alder votes", text: &text, source: "Post", url: "", published_at: None }];
    let long = Pick { document: 0, sentence_start: 0, sentence_end: text.len(), leans: false, text: text.clone() };
    let summary =
        Summary { headline: "Council of Port Alder votes".to_owned(), sentences: vec![long], ..Summary::default() };
    let made = forms(&summary, &documents, LINK);
    assert!(
        made.network.starts_with("Council of Port Alder votes\n\n")
            && made.short.starts_with("Council of Port Alder votes")
    );
}
