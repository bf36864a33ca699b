use super::*;

#[derive(serde::Deserialize)]
struct Case {
    id: String,
    half: String,
    sources: Vec<String>,
    draft: String,
    supported: bool,
    fault: Option<String>,
}

fn cases(lines: &str) -> Vec<Case> {
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn ours() -> Vec<Case> {
    cases(include_str!("../../../fixtures/grounding.jsonl"))
}

/// Unsupported drafts, of them flagged, faithful drafts, of them flagged.
fn figures(cases: &[Case], half: &str) -> [usize; 4] {
    let mut counts = [0; 4];
    for case in cases.iter().filter(|case| case.half == half) {
        let sources: Vec<&str> = case.sources.iter().map(String::as_str).collect();
        let report = check(&case.draft, &sources);
        let at = if case.supported { 2 } else { 0 };
        counts[at] += 1;
        counts[at + 1] += usize::from(!report.supported);
        if half != "sealed" && report.supported != case.supported {
            let told: Vec<_> = report.unsupported.iter().map(|u| (u.kind, u.text.as_str())).collect();
            println!("{} {:?}: {}\n    {:?}\n    {told:?}", case.id, case.fault, case.draft, case.sources);
        }
    }
    println!(
        "{half}: {} of {} unsupported flagged, {} of {} faithful flagged",
        counts[1], counts[0], counts[3], counts[2]
    );
    counts
}

#[test]
fn the_open_cases_are_told_apart() {
    let [wrong, flagged, faithful, alarms] = figures(&ours(), "open");
    assert!(wrong >= 200 && faithful >= 100);
    assert!(flagged * 100 >= wrong * 98 && alarms * 100 <= faithful * 2);
}

/// Honest paraphrase of many kinds, and what is near to it and wrong: 67 of 74 and 6 of 60 at the first look.
#[test]
fn paraphrases_are_told_apart() {
    let [wrong, flagged, faithful, alarms] =
        figures(&cases(include_str!("../../../fixtures/grounding_more.jsonl")), "more");
    assert!(wrong >= 60 && faithful >= 60);
    assert!(flagged * 100 >= wrong * 98 && alarms == 0);
}

/// Whole drafts of two and three sentences, freely retold, written before the comparison was asked. What it said at the first look
/// stands in docs/grounding.md.
#[test]
fn retold_drafts_are_told_apart() {
    let [wrong, flagged, faithful, alarms] =
        figures(&cases(include_str!("../../../fixtures/grounding_later.jsonl")), "later");
    assert!(wrong >= 60 && faithful >= 60);
    assert!(flagged * 100 >= wrong * 83 && alarms * 100 <= faithful * 4);
}

/// Drafts retold by twelve hands, of whom one wrote faithful ones alone, as news posts, items and short cases. What the comparison said at the
/// first look stands in docs/grounding.md; tables and rules were mended by all of them.
#[test]
fn natural_drafts_are_told_apart() {
    let [wrong, flagged, faithful, alarms] =
        figures(&cases(include_str!("../../../fixtures/grounding_natural.jsonl")), "natural");
    assert!(wrong >= 590 && faithful >= 700);
    assert!(flagged * 100 >= wrong * 84 && alarms * 100 <= faithful * 10);
}

/// Written when the tables stood; 31 of 35 were flagged and 1 of 25 false at the first look.
#[test]
fn later_cases_are_told_apart() {
    let [wrong, flagged, faithful, alarms] =
        figures(&cases(include_str!("../../../fixtures/grounding_fresh.jsonl")), "fresh");
    assert!(faithful >= 25 && flagged * 100 >= wrong * 97 && alarms == 0);
}

#[test]
fn what_is_put_together_from_sources_is_supported() {
    let dice = stdx::Rng::seeded(8);
    let mut texts: Vec<String> = ours().into_iter().flat_map(|case| case.sources).collect();
    texts.dedup();
    let strange = include_str!("../../../fixtures/injections.jsonl").lines().step_by(5);
    texts.extend(
        strange
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["text"].as_str().unwrap().to_owned()),
    );
    for _ in 0..150 {
        let sources: Vec<&str> =
            (0..1 + dice.below(5)).map(|_| &*texts[dice.below(texts.len() as u64) as usize]).collect();
        let titles: Vec<String> =
            sources.iter().map(|s| s.split(['.', '\n']).next().unwrap_or("").to_owned()).collect();
        let documents: Vec<_> = sources
            .iter()
            .zip(&titles)
            .map(|(text, title)| crate::summary::Document {
                title,
                text,
                source: "Post",
                url: "https://a.example/",
                published_at: None,
            })
            .collect();
        let summary = crate::summary::summarise(&documents, &crate::summary::Settings::default());
        if summary.sentences.is_empty() {
            continue;
        }
        let report = check(&summary.text(), &sources);
        assert!(report.supported && report.verbatim && report.unsupported.is_empty(), "{report:?}");
        let facts: Vec<String> =
            sources.iter().zip(&titles).map(|(text, title)| format!("{title}.\n\n{text}")).collect();
        let facts: Vec<&str> = facts.iter().map(String::as_str).collect();
        let headline = check(&summary.headline, &facts);
        assert!(headline.supported, "{}: {:?} {titles:?}", summary.headline, headline.unsupported);
    }
}

#[test]
fn much_of_one_thing_is_bounded() {
    for part in [
        "rose fell ",
        "not ",
        "Ali beat Veli ",
        "3 to 5 ",
        "12 March 2026 ",
        "18:30 ",
        "Ankara'da ",
        "A",
        "1.",
        "gitmedi ",
        "EU ",
        "$1m, ",
        "ve bin ",
        "dört bin beş yüz ",
        "iddia reddetti ",
        "denied the claim ",
        "14 km an hour ",
    ] {
        let text = part.repeat(60_000 / part.len());
        let _ = check(&text, &[&text[..text.len() - 1]]);
    }
    let numbers: String = (0..4_000).map(|n| format!("{n} of {} men beat Ali{n}. ", n + 7)).collect();
    let turned: String = (0..4_000).rev().map(|n| format!("Ali{n} beat {n} men, {} of them not; ", n + 7)).collect();
    let report = check(&turned, &[&numbers, &turned[1..]]);
    assert!(report.sentences.len() <= 501);
}

/// Tables and weights were chosen without it. What is wrong in it is bounded, not mended: it would be no measure any more.
#[test]
fn the_sealed_cases_are_told_apart() {
    let [wrong, flagged, faithful, alarms] = figures(&ours(), "sealed");
    assert!(wrong >= 40 && faithful >= 20);
    assert!(flagged * 100 >= wrong * 96 && alarms * 100 <= faithful * 6);
}
