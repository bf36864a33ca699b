//! `copydesk bench text`: what it costs to analyse a text, measure by measure and whole.

use std::fs::File;
use std::hint::black_box;
use std::io::{BufWriter, Write as _};
use std::time::Instant;

use ::text::keywords::{self, Rules};
use ::text::summary::{self, Document, forms};
use ::text::token::Tokens;
use ::text::{Options, analysis, language, readability, vader};
use anyhow::{Context as _, Result};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cli::BenchText;
use crate::commands::{read_input, say, say_json};
use crate::demo::news;

const POST_WORDS: usize = 500;
const LONG_WORDS: usize = 100_000;
const DRAFT_SOURCES: usize = 10;

#[derive(Deserialize)]
struct Row {
    id: String,
    text: String,
}

/// Microseconds: the fastest call, and the one that half of the calls beat.
#[derive(Clone, Copy)]
struct Time {
    best: f64,
    p50: f64,
}

/// Measures an invented post and a text of 100,000 words; with `--texts` each of these instead, with its results.
///
/// # Errors
/// Those of the files.
pub fn run(args: &BenchText) -> Result<()> {
    if let Some(texts) = &args.texts {
        let rows = std::str::from_utf8(&read_input(texts)?)
            .with_context(|| format!("{} is not UTF-8", texts.display()))?
            .lines()
            .map(|line| serde_json::from_str(line).context("a line is no {\"id\", \"text\"}"))
            .collect::<Result<Vec<Row>>>()?;
        return each(&rows, args);
    }
    let post = invented(POST_WORDS);
    let long = invented(LONG_WORDS);
    let mut figures = json!({});
    for (name, text, reps) in [("post", &post, args.reps), ("long", &long, args.reps.div_ceil(500).max(3))] {
        let mut measures = json!({ "words": text.split_whitespace().count() });
        for (measure, time) in times(text, reps) {
            measures[measure] = json!({ "best_us": time.best, "p50_us": time.p50 });
        }
        figures[name] = measures;
    }
    let draft = drafting(args.reps);
    figures["draft"] = json!({ "sources": DRAFT_SOURCES, "best_us": draft.best, "p50_us": draft.p50 });
    let p50 = figures["post"]["whole"]["p50_us"].as_f64().unwrap_or(f64::INFINITY);
    figures["posts_per_s_per_core"] = json!(1e6 / p50);
    if args.json {
        return say_json(&figures);
    }
    for name in ["post", "long"] {
        say(format!("{} words", figures[name]["words"]))?;
        for (measure, _) in MEASURES {
            let time = &figures[name][measure];
            let of = |what: &str| time[what].as_f64().unwrap_or_default();
            say(format!("  {measure:<12} best {:>10.1} µs   p50 {:>10.1} µs", of("best_us"), of("p50_us")))?;
        }
    }
    say(format!(
        "draft of {DRAFT_SOURCES} sources, with its forms: best {:.1} µs, p50 {:.1} µs",
        draft.best, draft.p50
    ))?;
    say(format!("{:.0} posts a second on one core", 1e6 / p50))
}

/// The embedded generator: a summary of invented reports and all its forms.
fn drafting(reps: u32) -> Time {
    let tellings: Vec<(String, String)> = (0..)
        .flat_map(|index| news::event(1, index).tellings)
        .take(DRAFT_SOURCES)
        .map(|telling| (telling.title.clone(), telling.paragraphs().join("\n\n")))
        .collect();
    let documents: Vec<Document<'_>> = tellings
        .iter()
        .map(|(title, text)| Document {
            title,
            text,
            source: "Post",
            url: "https://post.example/a",
            published_at: None,
        })
        .collect();
    spent(reps, || {
        let summary = summary::summarise(black_box(&documents), &summary::Settings::default());
        drop(black_box(forms::forms(&summary, &documents, "https://desk.example/a")));
    })
}

/// The time of `work`, which has run once before: the first call builds the tables of the word lists.
fn spent(reps: u32, work: impl Fn()) -> Time {
    work();
    let mut times: Vec<f64> = (0..reps.max(1))
        .map(|_| {
            let started = Instant::now();
            work();
            started.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    times.sort_by(f64::total_cmp);
    Time { best: times[0], p50: times[times.len() / 2] }
}

/// A measure on a text and its tokens.
type Measure = fn(&str, &Tokens);

const MEASURES: [(&str, Measure); 6] = [
    ("tokens", |text, _| drop(black_box(Tokens::of(text)))),
    ("language", |_, tokens| _ = black_box(language::detect(tokens))),
    ("vader", |_, tokens| _ = black_box(vader::score(tokens))),
    ("readability", |_, tokens| _ = black_box(readability::measure(tokens))),
    ("keywords", |_, tokens| drop(black_box(keywords::extract(tokens, Rules::Reference, analysis::KEYWORDS)))),
    ("whole", |text, _| drop(black_box(::text::analyze(text, &Options::default())))),
];

fn times(text: &str, reps: u32) -> Vec<(&'static str, Time)> {
    let tokens = Tokens::of(text);
    let time = |measure: Measure| spent(reps, || measure(black_box(text), &tokens));
    MEASURES.iter().map(|(name, measure)| (*name, time(*measure))).collect()
}

/// One line a text: its results, and the seconds of the fastest call by measure.
fn each(rows: &[Row], args: &BenchText) -> Result<()> {
    let mut results: Box<dyn std::io::Write> = match &args.results {
        Some(file) => {
            Box::new(BufWriter::new(File::create(file).with_context(|| format!("writing {}", file.display()))?))
        }
        None => Box::new(std::io::stdout().lock()),
    };
    for row in rows {
        let tokens = Tokens::of(&row.text);
        let (counts, formulas) = readability::measure(&tokens);
        let words: Vec<Value> = keywords::extract(&tokens, Rules::Reference, analysis::KEYWORDS)
            .into_iter()
            .map(|keyword| json!([keyword.text, keyword.score]))
            .collect();
        let seconds: serde_json::Map<String, Value> = times(&row.text, args.reps)
            .into_iter()
            .map(|(name, time)| (name.to_owned(), json!(time.best / 1e6)))
            .collect();
        let line = json!({
            "id": row.id, "sentiment": vader::score(&tokens), "counts": counts, "readability": formulas, "keywords": words,
            "seconds": seconds,
        });
        writeln!(results, "{line}")?;
    }
    Ok(results.flush()?)
}

/// News that never happened, of so many words.
fn invented(words: usize) -> String {
    let (mut text, mut count) = (String::new(), 0);
    for index in 0.. {
        for paragraph in news::event(1, index).tellings.iter().flat_map(news::Telling::paragraphs) {
            for word in paragraph.split_inclusive(' ') {
                if count == words {
                    return text;
                }
                text.push_str(word);
                count += 1;
            }
            text.push_str("\n\n");
        }
    }
    text
}
