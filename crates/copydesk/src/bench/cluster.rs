//! `copydesk bench cluster`: how many items a second find their story while so many are in memory, on one core.

use std::time::Instant;

use ::text::cluster::{Clusters, Document, Placed, Settings};
use anyhow::Result;
use serde_json::json;
use stdx::{Rng, Timestamp};

use crate::cli::cluster::BenchCluster;
use crate::commands::{say, say_json};

const WORDS: usize = 100;
const TITLE_WORDS: usize = 9;
/// Different words of the invented language. Which of them come is settled by Zipf's law: a few come all the time and
/// most hardly ever, as in any language.
const VOCABULARY: f64 = 30_000.0;
/// Numbers of words that are names and never anything else.
const NAMES: u64 = 20_000;

pub fn run(args: &BenchCluster) -> Result<()> {
    let (items, live) = (args.items as usize, args.live as usize);
    let told = invented(live + items);
    let before = resident_bytes();
    let mut clusters = Clusters::new(Settings { documents_max: live, ..Settings::default() });
    let push = |clusters: &mut Clusters, number: usize| -> Placed {
        let (title, text) = &told[number];
        // A second apart: none is too old, the number alone decides who goes.
        let at = Timestamp::from_seconds(1_795_000_000 + (number / 2) as i64);
        clusters.push(&Document { key: number as u64, title, text, at })
    };
    for number in 0..live {
        push(&mut clusters, number);
    }
    let (mut joined, mut copies) = (0u64, 0u64);
    let (work, started) = (clusters.work(), Instant::now());
    for number in live..live + items {
        let placed = push(&mut clusters, number);
        joined += u64::from(placed.group != number as u64);
        copies += u64::from(placed.copy_of.is_some());
    }
    let seconds = started.elapsed().as_secs_f64();
    let done = clusters.work();
    let each = |total: u64| total as f64 / items.max(1) as f64;
    let figures = json!({
        "items": items, "live": clusters.len(), "stories": clusters.groups(), "terms": clusters.terms(),
        "words_per_item": WORDS, "seconds": seconds, "items_per_s": items as f64 / seconds,
        "us_per_item": seconds * 1e6 / items.max(1) as f64, "joined": joined, "copies": copies,
        "listings_per_item": each(done.listings - work.listings), "compared_per_item": each(done.compared - work.compared),
        "memory_bytes": resident_bytes().saturating_sub(before),
    });
    if args.json {
        return say_json(&figures);
    }
    say(format!(
        "{items} items of {WORDS} words in {seconds:.2} s: {:.0} a second, {:.1} µs each",
        items as f64 / seconds,
        seconds * 1e6 / items.max(1) as f64
    ))?;
    say(format!(
        "{} items, {} stories and {} terms in memory, {} MB",
        clusters.len(),
        clusters.groups(),
        clusters.terms(),
        resident_bytes().saturating_sub(before) >> 20
    ))
}

/// Titles and texts: events that one to four sources tell in words of their own, with the names and numbers of the
/// event, and now and then a copy.
fn invented(count: usize) -> Vec<(String, String)> {
    let dice = Rng::seeded(7);
    let mut all: Vec<(String, String)> = Vec::with_capacity(count + 8);
    while all.len() < count {
        let event = Event::new(&dice);
        for _ in 0..=dice.below(4) {
            let report = (event.told(&dice, TITLE_WORDS), event.told(&dice, WORDS - TITLE_WORDS));
            if dice.below(8) == 0 {
                all.push(report.clone());
            }
            all.push(report);
        }
    }
    all.truncate(count);
    all
}

struct Event {
    names: Vec<String>,
    numbers: Vec<String>,
    topic: Vec<String>,
}

impl Event {
    fn new(dice: &Rng) -> Self {
        let name = |_| {
            let mut name = word(VOCABULARY as u64 + dice.below(NAMES));
            name[..1].make_ascii_uppercase();
            name
        };
        Self {
            names: (0..4).map(name).collect(),
            numbers: (0..4).map(|_| (10 + dice.below(990)).to_string()).collect(),
            topic: (0..14).map(|_| common_word(dice)).collect(),
        }
    }

    fn told(&self, dice: &Rng, words: usize) -> String {
        let one = |list: &[String]| dice.pick(list).cloned().unwrap_or_default();
        let mut text = String::with_capacity(words * 8);
        for number in 1..=words {
            let word = match dice.below(20) {
                0..=6 => dice.pick(&FUNCTION_WORDS).map(|word| (*word).to_owned()).unwrap_or_default(),
                7 | 8 => one(&self.names),
                9 => one(&self.numbers),
                10..=13 => one(&self.topic),
                _ => common_word(dice),
            };
            text.push_str(&word);
            text.push_str(if number % 12 == 0 { ". " } else { " " });
        }
        text
    }
}

const FUNCTION_WORDS: [&str; 10] = ["the", "of", "and", "in", "to", "a", "was", "on", "for", "with"];

fn common_word(dice: &Rng) -> String {
    word(VOCABULARY.powf(dice.unit()) as u64)
}

/// A word for every number.
fn word(number: u64) -> String {
    const SYLLABLES: [&str; 16] =
        ["ba", "ko", "ri", "ten", "mul", "sa", "vor", "li", "dan", "pe", "gra", "tis", "o", "um", "fel", "ny"];
    let (mut word, mut rest) = (String::new(), number + 17);
    while rest > 0 {
        word.push_str(SYLLABLES[(rest % 16) as usize]);
        rest /= 16;
    }
    word
}

/// Memory of this process.
fn resident_bytes() -> u64 {
    let now = Timestamp::EPOCH;
    observe::process::read(now, now).resident_bytes.unwrap_or_default()
}
