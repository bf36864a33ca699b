use std::collections::HashMap;

use serde_json::Value as Json;
use text::markdown::to_text;

use super::*;
use crate::analysis;
use crate::drafts::GivenText;

fn member(title: &str, text: &str, source: &str) -> Member {
    let given = GivenText { title: title.into(), text: text.into(), url: String::new(), source: source.into() };
    given.member(stdx::Timestamp::EPOCH)
}

fn wanted(kind: Kind) -> Wanted {
    Wanted { kind, sentences_max: 9, words_max: 240, variant: 0 }
}

/// Every plot of the text crate's invented events, with the first names and the lowest numbers of each.
fn stories() -> Vec<Vec<Member>> {
    let lines: Vec<Json> = include_str!("../../../../text/fixtures/events.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let mut out = Vec::new();
    for line in lines.iter().filter(|line| line.get("told").is_some()) {
        let is_of =
            |l: &&Json| l.get("names").is_some() && l["half"] == line["half"] && l["language"] == line["language"];
        let Some(names) = lines.iter().find(is_of).map(|line| &line["names"]) else { continue };
        let name = |list: &str, i: usize| names[list][i].as_str().unwrap().to_owned();
        let mut filled = vec![("{day}".to_owned(), "Tuesday".to_owned())];
        for (key, value) in
            [("town", "towns"), ("org", "orgs"), ("street", "streets"), ("first", "first"), ("last", "last")]
        {
            filled.push((format!("{{{key}}}"), name(value, 0)));
        }
        filled.push(("{person}".to_owned(), format!("{} {}", name("first", 0), name("last", 0))));
        filled.push(("{person2}".to_owned(), format!("{} {}", name("first", 1), name("last", 1))));
        for (letter, range) in ('a'..).zip(line["numbers"].as_array().into_iter().flatten()) {
            filled.push((format!("{{{letter}}}"), range[0].to_string()));
        }
        let fill = |text: &Json| {
            filled.iter().fold(text.as_str().unwrap().to_owned(), |text, (name, value)| text.replace(name, value))
        };
        let reports = ["told", "later"].iter().flat_map(|part| line.get(*part)?.as_array()).flatten();
        let names = ["Harbour Post", "The Gazette", "Daily Wire"];
        let each = reports.enumerate().map(|(i, report)| member(&fill(&report[0]), &fill(&report[1]), names[i % 3]));
        out.push(each.collect());
    }
    out
}

#[test]
fn every_kind_of_every_story_has_its_form_and_says_only_what_its_sources_say() {
    let stories = stories();
    assert!(stories.len() >= 20, "{}", stories.len());
    let mut told: HashMap<Kind, usize> = HashMap::new();
    for members in &stories {
        let facts = analysis::facts(members);
        for kind in Kind::ALL {
            let faults = kind.schema().check(&said(kind, &summary(wanted(kind), members)));
            assert!(faults.is_empty(), "{kind:?}: {faults:?}");
            let answer = embedded(wanted(kind), members);
            assert_eq!(answer, embedded(wanted(kind), members), "the same sources give the same draft");
            let plain = to_text(&answer.body);
            let (report, grounded) = analysis::ground(&plain, &answer.title, &facts);
            assert!(grounded, "{kind:?}: {}\n{plain}\n{:?}", answer.title, report.unsupported);
            assert!(!answer.title.is_empty() && !answer.excerpt.is_empty() && !answer.body.is_empty(), "{answer:?}");
            *told.entry(kind).or_default() += to_text(&answer.body).split_whitespace().count();
        }
    }
    assert!(told[&Kind::NewsletterItem] < told[&Kind::NewsPost], "an item of a newsletter is short: {told:?}");
}

#[test]
fn no_source_gives_more_than_its_share_in_any_kind() {
    for members in &stories() {
        for kind in Kind::ALL {
            let summary = summary(wanted(kind), members);
            for (i, member) in members.iter().enumerate() {
                let taken: Vec<_> = summary.sentences.iter().filter(|pick| pick.document == i).collect();
                let words: usize = taken.iter().map(|pick| pick.text.split_whitespace().count()).sum();
                let all = member.text.split_whitespace().count();
                assert!(taken.len() < 2 || words as f64 <= 0.65 * all as f64, "{words} of {all}: {}", member.text);
            }
        }
    }
}

const FERRY: &str = "The harbour ferry between Port Alder and Saint Brannoc will stop for eleven days from Monday. \
 Engineers found cracks in two of the four shafts on Thursday night. However, none of them is deep. The repair costs 2.4 million \
 crowns. About 3,800 commuters use the line on a working day, and two buses will run around the bay every twenty minutes.";

#[test]
fn each_kind_has_its_shape() {
    let members = [
        member("Ferry to Saint Brannoc stops for eleven days", FERRY, "Alder Mail"),
        member("Cracked shafts halt harbour ferry", &FERRY.replace("Engineers", "Divers"), "Bay Post"),
        member("Shoes and *stars*", "Two buses replace the ferry. [Tickets](x) stay valid on both lines.", "Wire"),
    ];
    let of = |kind| embedded(wanted(kind), &members);
    let thread = of(Kind::SocialThread);
    let messages: Vec<&str> = thread.body.lines().collect();
    assert!(messages.len() >= 2 && messages[0].starts_with("1. ") && messages[1].starts_with("2. "), "{thread:?}");
    assert!(to_text(&thread.body).lines().all(|line| line.chars().count() <= 280), "{thread:?}");
    let set = of(Kind::HeadlineSet);
    assert!(set.body.lines().count() >= 3 && set.body.lines().all(|line| line.starts_with("- ")), "{set:?}");
    assert!(set.body.contains(&set.title), "the first is the title: {set:?}");
    let network = of(Kind::LinkedinPost);
    assert!(network.body.contains("\n\n• ") && network.body.lines().last().unwrap().starts_with('#'), "{network:?}");
    let item = of(Kind::NewsletterItem);
    assert!(item.title.chars().count() <= 90 && item.body.split_whitespace().count() <= 90, "{item:?}");
    let product = of(Kind::ProductText);
    assert!(product.body.lines().any(|line| line.starts_with("- ")), "{product:?}");
    assert_eq!(of(Kind::NewsPost).title, product.title);
    for kind in Kind::ALL {
        assert!(!of(kind).body.contains("[Tickets]"), "what a source says is no markup: {:?}", of(kind));
    }
}

#[test]
fn variants_differ_in_headline_and_lead_and_stay_true() {
    for members in &stories() {
        let facts = analysis::facts(members);
        let mut bodies = Vec::new();
        for variant in 0..3 {
            let wanted = Wanted { variant, ..wanted(Kind::NewsPost) };
            let answer = embedded(wanted, members);
            assert_eq!(answer, embedded(wanted, members));
            assert!(analysis::ground(&to_text(&answer.body), &answer.title, &facts).1, "{answer:?}");
            bodies.push((answer.title, answer.body));
        }
        bodies.dedup();
        assert!(bodies.len() >= 2, "{bodies:?}");
    }
}

#[test]
fn too_little_to_choose_from_is_told_as_it_stands() {
    for (title, text) in [("A title and no text", ""), ("Rain", "It rains."), ("Rain", &*"word ".repeat(400))] {
        for kind in Kind::ALL {
            let answer = embedded(wanted(kind), &[member(title, text, "")]);
            assert!(!answer.body.trim().is_empty(), "{kind:?} of {title:?} and {text:.20?}");
        }
    }
}

#[test]
fn channels_tell_the_kind() {
    assert_eq!(Kind::of_channel("site"), Kind::NewsPost);
    assert_eq!(Kind::of_channel(""), Kind::NewsPost);
    assert_eq!(Kind::of_channel("linkedin"), Kind::LinkedinPost);
    assert_eq!(Kind::of_channel("mastodon"), Kind::SocialThread);
}
