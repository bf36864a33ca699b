//! `peer-feed-rs parse LIST | bench LIST PASSES`: feed-rs, with the words and lines of `../python/reference.py`.

use std::hint::black_box;
use std::io::Write as _;
use std::panic::catch_unwind;
use std::time::Instant;

use feed_rs::model::Entry;
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [mode, list, rest @ ..] = words.as_slice() else {
        return Err("peer-feed-rs parse LIST | bench LIST PASSES".into());
    };
    let names = std::fs::read_to_string(list)?;
    let files =
        names.lines().map(|name| Ok((name, std::fs::read(name)?))).collect::<Result<Vec<_>, std::io::Error>>()?;
    // A panic is a result here, told in its line.
    std::panic::set_hook(Box::new(|_| ()));
    if mode == "parse" {
        let mut out = std::io::BufWriter::new(std::io::stdout());
        for (name, data) in &files {
            let said = catch_unwind(|| result(name, data))
                .unwrap_or_else(|_| json!({ "file": name, "error": "crash: a panic" }));
            writeln!(out, "{said}")?;
        }
        return Ok(out.flush()?);
    }
    let passes: usize = rest.first().ok_or("how many passes?")?.parse()?;
    let mut times: Vec<f64> = (0..passes)
        .map(|_| {
            let started = Instant::now();
            for (_, data) in &files {
                let _ = catch_unwind(|| drop(black_box(feed_rs::parser::parse(black_box(data.as_slice())))));
            }
            started.elapsed().as_secs_f64()
        })
        .collect();
    times.sort_by(f64::total_cmp);
    let bytes: usize = files.iter().map(|(_, data)| data.len()).sum();
    println!("{}", json!({ "files": files.len(), "bytes": bytes, "median_s": times[times.len() / 2] }));
    Ok(())
}

fn result(name: &str, data: &[u8]) -> Value {
    match feed_rs::parser::parse(data) {
        Ok(feed) => json!({ "file": name, "entries": feed.entries.iter().map(entry).collect::<Vec<_>>() }),
        Err(error) => json!({ "file": name, "error": error.to_string() }),
    }
}

fn entry(entry: &Entry) -> Value {
    let page = entry.links.iter().find(|link| matches!(link.rel.as_deref(), None | Some("alternate")));
    json!({
        "title": entry.title.as_ref().map(|title| &title.content),
        "link": page.or(entry.links.first()).map(|link| &link.href),
        "date": entry.published.or(entry.updated).map(|date| date.timestamp()),
    })
}
