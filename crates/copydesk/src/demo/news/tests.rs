use std::collections::BTreeSet;

use super::*;

fn words(telling: &Telling) -> usize {
    telling.sentences.iter().map(|p| p.split_whitespace().count()).sum()
}

fn shingles(telling: &Telling) -> BTreeSet<String> {
    let text = telling.sentences.join(" ");
    let words: Vec<&str> = text.split_whitespace().collect();
    words.windows(3).map(|w| w.join(" ")).collect()
}

fn containment(one: &Telling, other: &Telling) -> f64 {
    shared(&shingles(one), &shingles(other))
}

fn shared(a: &BTreeSet<String>, b: &BTreeSet<String>) -> f64 {
    a.intersection(b).count() as f64 / a.len().min(b.len()) as f64
}

#[test]
fn the_same_seed_gives_the_same_news() {
    for index in 0..200 {
        assert_eq!(event(7, index), event(7, index));
    }
    assert!((0..20).any(|i| event(7, i) != event(8, i)));
}

#[test]
fn texts_are_whole() {
    for index in 0..2000 {
        let event = event(1, index);
        let outlets: BTreeSet<usize> = event.tellings.iter().map(|t| t.outlet).collect();
        assert_eq!(outlets.len(), event.tellings.len());
        assert!((1..=4).contains(&outlets.len()));
        for telling in &event.tellings {
            let text = telling.title.clone() + " " + &telling.sentences.join(" ");
            assert!(!text.contains(['{', '}']), "{text}");
            assert!(telling.paragraphs().iter().all(|p| p.ends_with(['.', '”', '“', '!'])), "{text}");
            assert_eq!(OUTLETS[telling.outlet].language, event.language);
            let least = if event.language == Language::English { 115 } else { 70 };
            match telling.kind {
                Kind::Full | Kind::Copy => {
                    assert!((least..=260).contains(&words(telling)), "{} {text}", words(telling));
                }
                Kind::NearCopy => assert!(words(telling) >= least - 20, "{text}"),
                Kind::Thin => assert!((10..60).contains(&words(telling)), "{text}"),
                Kind::Shouty => assert!(text.matches('!').count() >= 6, "{text}"),
            }
        }
    }
}

#[test]
fn tellings_share_facts_and_not_words() {
    let (mut compared, mut alike) = (0, 0.0);
    for index in 0..800 {
        let event = event(3, index);
        let full: Vec<_> = event.tellings.iter().filter(|t| t.kind == Kind::Full).collect();
        for pair in full.windows(2) {
            compared += 1;
            let containment = containment(pair[0], pair[1]);
            alike += containment;
            assert!(containment < 0.6, "{containment} {event:#?}");
            for telling in pair {
                assert!(telling.sentences[0].contains(event.town) || telling.title.contains(event.town), "{telling:?}");
            }
        }
        for copy in event.tellings.iter().filter(|t| t.kind == Kind::Copy) {
            let first = &event.tellings[0];
            assert_eq!((&copy.title, &copy.sentences), (&first.title, &first.sentences));
        }
    }
    assert!(compared > 300 && alike / f64::from(compared) < 0.3, "{compared} {alike}");
}

#[test]
fn different_events_are_not_near_copies() {
    // 0.8 is where a reader of feeds calls two texts the same.
    let first = |i| {
        let event = event(3, i);
        let full = event.tellings.iter().find(|t| t.kind == Kind::Full)?;
        Some((event.theme, i, shingles(full)))
    };
    let texts: Vec<_> = (0..240).filter_map(first).collect();
    for (i, (theme, index, one)) in texts.iter().enumerate() {
        for (_, earlier, other) in texts[..i].iter().filter(|(t, ..)| t == theme) {
            assert!(shared(one, other) < 0.75, "{index} {earlier} {theme}: {}", shared(one, other));
        }
    }
}

#[test]
fn every_kind_of_telling_and_every_outlet_occurs_early() {
    for seed in 0..10 {
        let tellings: Vec<Telling> = (0..120).flat_map(|i| event(seed, i).tellings).collect();
        for kind in [Kind::Full, Kind::Thin, Kind::Shouty, Kind::Copy, Kind::NearCopy] {
            assert!(tellings.iter().any(|t| t.kind == kind), "{kind:?}");
        }
        for (place, outlet) in OUTLETS.iter().enumerate() {
            assert!(tellings.iter().any(|t| t.outlet == place), "{}", outlet.name);
        }
    }
}

#[test]
fn a_cycle_tells_each_plot_once() {
    let themes: BTreeSet<_> = (0..13).map(|n| plot_number(5, Language::English, n) % 13).collect();
    assert_eq!(themes.len(), 13);
    let numbers: Vec<_> = (0..24).map(language_of).filter(|(l, _)| *l == Language::English).map(|(_, n)| n).collect();
    assert_eq!(numbers, (0..18).collect::<Vec<_>>());
}
