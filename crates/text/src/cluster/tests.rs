use std::time::Duration;

use super::*;

const HOUR: Duration = Duration::from_secs(3_600);

fn at(hours: u64) -> Timestamp {
    Timestamp::from_seconds(1_795_219_200) + HOUR * u32::try_from(hours).unwrap()
}

fn push(clusters: &mut Clusters, key: u64, (title, text): (&str, &str), hours: u64) -> Placed {
    clusters.push(&Document { key, title, text, at: at(hours) })
}

const FIRE: (&str, &str) = (
    "Blaze tears through warehouse in Port Alder",
    "A fire destroyed a warehouse belonging to Bluefin Marine on Quay Street in Port Alder on Monday. 14 people were \
     treated for smoke, and 120 residents had to leave their homes, chief Helen Ashcombe said.",
);
const FIRE_AGAIN: (&str, &str) = (
    "120 evacuated as Bluefin Marine depot burns",
    "Thick smoke hung over Port Alder after flames swept a depot run by Bluefin Marine. Families from 120 flats slept in \
     a hall. Chief Helen Ashcombe said nobody had died.",
);
const OTHER_FIRE: (&str, &str) = (
    "Blaze tears through warehouse in Dunmere",
    "A fire destroyed a warehouse belonging to Pinnacle Glass on Mill Road in Dunmere on Monday. 9 people were treated \
     for smoke, and 75 residents had to leave their homes, chief Owen Szabo said.",
);
const BASIL: (&str, &str) =
    ("How to keep basil alive", "Basil wants light, warm feet and a drink in the morning. Cut the tips often.");

#[test]
fn one_event_in_other_words_is_one_group_and_another_in_the_same_words_is_not() {
    let mut clusters = Clusters::new(Settings::default());
    assert_eq!(push(&mut clusters, 10, FIRE, 0), Placed { group: 10, copy_of: None, copies: vec![], shared: vec![] });
    assert_eq!(
        push(&mut clusters, 20, OTHER_FIRE, 1),
        Placed { group: 20, copy_of: None, copies: vec![], shared: vec![] }
    );
    let again = push(&mut clusters, 30, FIRE_AGAIN, 2);
    assert_eq!((again.group, again.copy_of), (10, None));
    for word in ["Bluefin Marine", "Chief Helen Ashcombe", "Port Alder"] {
        assert!(again.shared.iter().any(|shared| shared == word), "{word} of {:?}", again.shared);
    }
    assert!(again.shared.len() <= SHARED);
    assert_eq!(push(&mut clusters, 40, BASIL, 2).group, 40);
    assert_eq!((clusters.len(), clusters.groups()), (4, 3));
    assert_eq!([10, 20, 30, 50].map(|key| clusters.group_of(key)), [Some(10), Some(20), Some(10), None]);
}

#[test]
fn a_number_is_shown_with_what_it_counts() {
    let mut clusters = Clusters::new(Settings::default());
    push(&mut clusters, 1, FIRE, 0);
    let text = "120 residents of Port Alder left their homes when Bluefin Marine burned, and 14 people were treated.";
    let placed = push(&mut clusters, 2, ("Port Alder", text), 1);
    assert_eq!(placed.group, 1);
    assert!(placed.shared.iter().any(|shared| shared == "120 residents"), "{:?}", placed.shared);
}

#[test]
fn a_copy_is_attributed_to_the_first_of_its_family() {
    let mut clusters = Clusters::new(Settings::default());
    push(&mut clusters, 1, FIRE, 0);
    push(&mut clusters, 2, OTHER_FIRE, 0);
    let wire = format!("By our correspondents, with reports from agencies. {}", FIRE.1);
    assert_eq!(push(&mut clusters, 3, ("What we know so far", &wire), 1).copy_of, Some(1));
    let cut = &wire[..wire.len() * 2 / 3];
    let placed = push(&mut clusters, 4, ("News in brief", cut), 2);
    assert_eq!((placed.group, placed.copy_of), (1, Some(1)));
    // When the original has gone, the eldest that is known.
    clusters.forget_before(at(1));
    assert_eq!(clusters.group_of(1), None);
    assert_eq!(push(&mut clusters, 5, FIRE, 3).copy_of, Some(3));
    assert_eq!(clusters.group_of(5), Some(1));
}

#[test]
fn what_appeared_earlier_and_comes_later_takes_over_its_copies() {
    let mut clusters = Clusters::new(Settings::default());
    push(&mut clusters, 1, FIRE, 10);
    push(&mut clusters, 2, ("What we know so far", &format!("From our partners: {}", FIRE.1)), 11);
    push(&mut clusters, 3, OTHER_FIRE, 11);
    let placed = push(&mut clusters, 4, FIRE, 4);
    assert_eq!((placed.group, placed.copy_of, placed.copies), (1, None, vec![1, 2]));
    assert_eq!(push(&mut clusters, 5, FIRE, 12).copy_of, Some(4));
    // Of one moment the first that came.
    assert_eq!(push(&mut clusters, 6, FIRE, 4).copy_of, Some(4));
    let known = |clusters: &mut Clusters, key| push(clusters, key, FIRE, 12).copy_of;
    assert_eq!([1, 2, 4].map(|key| known(&mut clusters, key)), [Some(4), Some(4), None]);
    clusters.forget_before(at(1_000));
    assert_eq!((clusters.groups(), clusters.terms()), (0, 0));
}

#[test]
fn the_same_sentences_with_other_facts_are_no_copy() {
    let weather = |town: &str, high: u32, wind: u32| {
        format!(
            "Today in {town} will be mostly cloudy with a high of {high} degrees and winds of up to {wind} \
                 kilometres an hour. Tomorrow it will be cooler, with sunny spells in the afternoon."
        )
    };
    let mut clusters = Clusters::new(Settings::default());
    for (key, town) in (1..).zip(["Tarnside", "Easterby", "Kessington", "Marlow", "Hollowell", "Stavering"]) {
        let text = weather(town, 10 + 3 * key as u32, 20 + 7 * key as u32);
        let placed = push(&mut clusters, key, ("The weather", &text), key);
        assert_eq!((placed.group, placed.copy_of), (key, None), "{text}");
    }
}

#[test]
fn short_texts_are_copies_only_when_they_are_the_same() {
    let mut clusters = Clusters::new(Settings::default());
    push(&mut clusters, 1, ("Storm hits Dunmere", "Read more"), 0);
    assert_eq!(push(&mut clusters, 2, ("Mayor of Oakhaven resigns", "Read more"), 0).copy_of, None);
    assert_eq!(push(&mut clusters, 3, ("Storm hits Dunmere", "Read more"), 0).copy_of, Some(1));
    assert_eq!(push(&mut clusters, 4, ("Storm hits Easterby", "Read more"), 0).copy_of, None);
}

#[test]
fn nothing_meets_beyond_the_window_and_slightly_late_is_not_too_late() {
    let mut clusters = Clusters::new(Settings { window: HOUR * 24, ..Settings::default() });
    push(&mut clusters, 1, FIRE, 10);
    assert_eq!(push(&mut clusters, 2, FIRE_AGAIN, 8).group, 1);
    assert_eq!(
        push(&mut clusters, 3, FIRE_AGAIN, 36),
        Placed { group: 3, copy_of: None, copies: vec![], shared: vec![] }
    );
    assert_eq!(push(&mut clusters, 4, FIRE, 34).copy_of, Some(1));
    clusters.forget_before(at(35));
    assert_eq!((clusters.len(), clusters.groups()), (1, 1));
    clusters.forget_before(at(100));
    assert_eq!((clusters.len(), clusters.groups(), clusters.terms()), (0, 0, 0));
}

#[test]
fn what_was_forgotten_leaves_nothing() {
    let mut clusters = Clusters::new(Settings { documents_max: 50, ..Settings::default() });
    for key in 0..2_000u64 {
        let text = format!("{} {key} {}", FIRE.1, "word ".repeat(key as usize % 7));
        match key % 3 {
            0 => push(&mut clusters, key, (FIRE.0, &text), key / 10),
            1 => push(&mut clusters, key, (BASIL.0, &format!("Report{key} of Town{}", key % 11)), 500 - key / 10),
            _ => push(&mut clusters, key, FIRE_AGAIN, 9_000),
        };
        assert!(clusters.len() <= 50 && clusters.live.span() <= 101, "{} {}", clusters.len(), clusters.live.span());
    }
    clusters.forget_before(at(10_000));
    assert_eq!((clusters.len(), clusters.groups(), clusters.terms(), clusters.live.span()), (0, 0, 0, 0));
    assert_eq!(clusters.keys.len(), 0);
}

#[test]
fn people_bring_groups_together() {
    let mut clusters = Clusters::new(Settings::default());
    for (key, report) in [(1, FIRE), (2, OTHER_FIRE), (3, FIRE_AGAIN), (4, BASIL)] {
        push(&mut clusters, key, report, 0);
    }
    clusters.bind(2, 3);
    assert_eq!([1, 2, 3, 4].map(|key| clusters.group_of(key).unwrap()), [1, 1, 1, 4]);
    assert_eq!(clusters.groups(), 2);
    // The groups have become one for whatever follows.
    assert_eq!(
        push(&mut clusters, 5, (OTHER_FIRE.0, "Pinnacle Glass will rebuild in Dunmere, Owen Szabo said."), 5).group,
        1
    );
    // Somebody who is yet to come, and tells something else.
    clusters.bind(6, 4);
    assert_eq!(push(&mut clusters, 6, ("Chess", "The club celebrates fifty years of Thursdays."), 6).group, 4);
    clusters.forget_before(at(1_000));
    assert_eq!((clusters.groups(), clusters.terms()), (0, 0));
}

#[test]
fn people_part_what_belongs_apart_and_it_stays_apart() {
    let mut clusters = Clusters::new(Settings::default());
    push(&mut clusters, 1, FIRE, 0);
    push(&mut clusters, 2, FIRE_AGAIN, 1);
    push(&mut clusters, 3, FIRE, 1);
    clusters.part(1, 2);
    assert_eq!([1, 2, 3].map(|key| clusters.group_of(key).unwrap()), [1, 2, 1]);
    // A copy of the first is in its group and never in the other's.
    clusters.part(1, 3);
    assert_eq!([1, 2, 3].map(|key| clusters.group_of(key).unwrap()), [1, 2, 3]);
    clusters.part(4, 1);
    clusters.part(4, 3);
    let placed = push(&mut clusters, 4, FIRE, 2);
    assert!(![Some(1), Some(3)].contains(&placed.copy_of) && ![1, 3].contains(&placed.group), "{placed:?}");
    // The last word counts.
    clusters.bind(1, 2);
    assert_eq!(clusters.group_of(2), Some(1));
    clusters.bind(2, 3);
    assert_eq!(clusters.group_of(3), Some(3), "somebody has parted 1 and 3");
    // The name goes with the first.
    clusters.part(2, 1);
    assert_eq!([1, 2].map(|key| clusters.group_of(key).unwrap()), [1, 2]);
    clusters.forget_before(at(1_000));
    assert_eq!((clusters.groups(), clusters.terms()), (0, 0));
}

#[test]
fn a_document_that_is_known_stays_where_it_is() {
    let mut clusters = Clusters::new(Settings::default());
    push(&mut clusters, 1, FIRE, 0);
    push(&mut clusters, 2, FIRE, 0);
    assert_eq!(push(&mut clusters, 2, BASIL, 4), Placed { group: 1, copy_of: Some(1), copies: vec![], shared: vec![] });
    assert_eq!(clusters.len(), 2);
}

#[test]
fn scripts_never_meet_by_accident() {
    let mut clusters = Clusters::new(Settings::default());
    let texts = [
        ("Port Alder 2026", "Bluefin 737 14 120 22 1999 in Port Alder"),
        ("2026 年", "737 14 120 22 1999 阿尔德港 火灾 之后 居民 撤离"),
        ("2026", "737 14 120 22 1999 пожар в порту"),
        ("2026", "737 14 120 22 1999 حريق في الميناء"),
        ("2026", "737 14 120 22 1999 πυρκαγιά στο λιμάνι"),
    ];
    for (key, report) in (1..).zip(texts) {
        assert_eq!(push(&mut clusters, key, report, 0).group, key, "{report:?}");
    }
}

#[test]
fn scripts_without_blanks_are_read_too() {
    let mut clusters = Clusters::new(Settings::default());
    let first = (
        "阿尔德港仓库大火",
        "星期一阿尔德港码头街的蓝鳍海运公司仓库发生大火，14人受伤，120名居民被疏散。消防队长海伦说火势已经得到控制。",
    );
    let again = (
        "蓝鳍海运公司仓库起火120人疏散",
        "阿尔德港上空浓烟滚滚，蓝鳍海运公司的仓库被烧毁，120名居民在学校过夜。消防队长海伦表示没有人死亡。",
    );
    let other =
        ("国际象棋俱乐部庆祝成立五十周年", "俱乐部现有六十名成员，每周四晚上在酒吧后面下棋，还有一只名叫楚格的猫。");
    assert_eq!(push(&mut clusters, 1, first, 0).group, 1);
    assert_eq!(push(&mut clusters, 2, other, 0).group, 2);
    assert_eq!(push(&mut clusters, 3, again, 1).group, 1);
    assert_eq!(push(&mut clusters, 4, ("大火", first.1), 1).copy_of, Some(1));
}

#[test]
fn an_order_gives_one_result() {
    let place = || {
        let mut clusters = Clusters::new(Settings { documents_max: 300, ..Settings::default() });
        (0..1_500u64)
            .map(|key| {
                let report = [FIRE, FIRE_AGAIN, OTHER_FIRE, BASIL][(stdx_mix(key) % 4) as usize];
                let text = format!("{} Report {} of Town{}.", report.1, key % 90, stdx_mix(key + 1) % 40);
                push(&mut clusters, key, (report.0, &text), key / 20)
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(place(), place());
}

fn stdx_mix(key: u64) -> u64 {
    crate::word::mix(key + 1)
}

#[test]
fn whatever_comes_is_placed() {
    let mut clusters = Clusters::new(Settings { documents_max: 1_000, ..Settings::default() });
    let long_word = "a".repeat(3 << 20);
    let repeated = "fire ".repeat(500_000);
    let strange =
        "\u{301}\u{301}'’’' \u{307}İ\u{307}ı 'x' 1'2'3 4.5.6. .,: 3,,3 ７７ ٣ ½ 💥💥 \u{0}\u{feff} İ’İ a’b’c ﬀ ǅ ß"
            .repeat(20);
    let texts = ["", " \n\t", "a", "1", "!?", "…", &long_word, &repeated, &strange, "ก็ฉันไม่รู้ว่าอะไร", "漢", "漢字", "é"];
    for (key, (title, text)) in (0..).zip(texts.iter().flat_map(|title| texts.iter().map(move |text| (title, text)))) {
        push(&mut clusters, key, (title, text), key % 100);
    }
    for (key, micros) in (10_000..).zip([i64::MIN, i64::MAX, 0, -1]) {
        clusters.push(&Document { key, title: FIRE.0, text: FIRE.1, at: Timestamp::from_micros(micros) });
    }
    clusters.forget_before(Timestamp::from_micros(i64::MAX));
    assert_eq!(clusters.len(), 1, "what appears at the end of time is never old");
}

#[test]
fn documents_without_words_have_nothing_in_common() {
    let mut clusters = Clusters::new(Settings::default());
    for key in 0..5 {
        assert_eq!(
            push(&mut clusters, key, ("", "…"), 0),
            Placed { group: key, copy_of: None, copies: vec![], shared: vec![] }
        );
    }
}

#[test]
fn a_document_costs_the_same_among_few_and_among_many() {
    // Same words, same names, same shingles: the worst that can come.
    let per_document = |count: u64| {
        let mut clusters = Clusters::new(Settings::default());
        for key in 0..count {
            let text = format!("{} Number {key} of {}.", FIRE.1, key % 13);
            push(&mut clusters, key, (FIRE.0, &text), key / 100);
        }
        let work = clusters.work();
        (work.listings / count, work.compared / count)
    };
    let (few, many) = (per_document(1_000), per_document(8_000));
    assert!(many.0 <= few.0 * 3 / 2 && many.1 <= few.1 * 3 / 2 + 1, "{few:?} {many:?}");
    assert!(
        many.0 <= (ASKED * 200) as u64 && many.1 <= (GROUPS + 2 * (SUSPECTS + SUSPECTS_BY_TERMS)) as u64,
        "{many:?}"
    );
}

#[test]
fn of_a_long_text_only_the_beginning_is_read() {
    let mut clusters = Clusters::new(Settings::default());
    let long = format!("{} {}", FIRE.1, "And so it went on for many pages more. ".repeat(100_000));
    push(&mut clusters, 1, (FIRE.0, &long), 0);
    assert!(clusters.work().words <= 810, "{:?}", clusters.work());
    assert_eq!(push(&mut clusters, 2, FIRE_AGAIN, 1).group, 1);
}

#[test]
fn what_was_told_before_is_put_back_where_it_was() {
    let told = |clusters: &mut Clusters, key, (title, text): (&str, &str), with, copy_of| {
        clusters.put(&Document { key, title, text, at: at(key) }, with, copy_of);
    };
    let mut clusters = Clusters::new(Settings::default());
    // People had parted the two tellings and put the other fire to the first; 4 is a copy of the third.
    told(&mut clusters, 1, FIRE, None, None);
    told(&mut clusters, 2, OTHER_FIRE, Some(1), None);
    told(&mut clusters, 3, FIRE_AGAIN, Some(99), None);
    told(&mut clusters, 4, FIRE_AGAIN, Some(3), Some(3));
    told(&mut clusters, 5, BASIL, None, Some(3));
    told(&mut clusters, 1, BASIL, Some(5), None);
    assert_eq!([1, 2, 3, 4, 5].map(|key| clusters.group_of(key)), [1, 1, 3, 3, 5].map(Some));
    // What comes then is placed among them as ever.
    let again = push(&mut clusters, 6, FIRE_AGAIN, 6);
    assert_eq!((again.group, again.copy_of), (3, Some(3)));
    let other = push(&mut clusters, 7, OTHER_FIRE, 6);
    assert_eq!((other.group, other.copy_of), (1, Some(2)));
    assert_eq!(push(&mut clusters, 8, BASIL, 6).copy_of, Some(5));
}
