//! `stories --jsonl`: items in, the story of each and what it copies out, without a desk.

use std::io::Write;
use std::time::Duration;

use anyhow::Result;
use serde::Deserialize;
use serde_json::Value;
use stdx::Timestamp;
use text::cluster::{Clusters, Document, Settings};

use super::jsonl;
use crate::cli::cluster::Stories;

/// What else a line holds is the caller's own.
#[derive(Deserialize)]
struct Item {
    id: Value,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    text: Option<String>,
    published_at: Timestamp,
}

const SHAPE: &str = "{\"id\", \"title\", \"text\", \"published_at\"}";

/// Puts the items of standard input into stories, line by line.
///
/// # Errors
/// [`super::Refused`] with the number of the first line that is no item; what came before it has been answered.
pub fn run(args: &Stories) -> Result<()> {
    jsonl::answer(SHAPE, placing(Duration::from_secs(u64::from(args.window_h) * 3_600)))
}

fn placing(window: Duration) -> impl FnMut(Item, &mut dyn Write) -> Result<()> {
    let mut clusters = Clusters::new(Settings { window, ..Settings::default() });
    // As JSON, by the order of the lines: a story keeps the name of an item that has long gone.
    let mut ids: Vec<String> = Vec::new();
    let mut previous: Option<Timestamp> = None;
    move |item, out| {
        let key = ids.len() as u64;
        ids.push(item.id.to_string());
        let (title, text) = (item.title.unwrap_or_default(), item.text.unwrap_or_default());
        let placed = clusters.push(&Document { key, title: &title, text: &text, at: item.published_at });
        let copy_of = placed.copy_of.map_or("null", |key| ids[key as usize].as_str());
        writeln!(
            out,
            "{{\"id\":{},\"story\":{},\"copy_of\":{copy_of}}}",
            ids[key as usize], ids[placed.group as usize]
        )?;
        // One date far ahead must not make everything old.
        let now = previous.map_or(item.published_at, |previous| previous.min(item.published_at));
        clusters.forget_before(now - window);
        previous = Some(item.published_at);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use serde_json::json;

    use super::super::Refused;
    use super::*;

    fn answers(lines: &str) -> (Result<()>, Vec<Value>) {
        let mut out = Vec::new();
        let placing = placing(Duration::from_secs(72 * 3_600));
        let done = jsonl::answer_each(&mut BufReader::new(lines.as_bytes()), &mut out, SHAPE, placing);
        let out = String::from_utf8(out).unwrap();
        (done, out.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
    }

    fn item(id: &str, text: &str, at: &str) -> String {
        json!({ "id": id, "title": "Fire in Port Alder", "text": text, "published_at": at, "source": 4 }).to_string()
    }

    const FIRE: &str = "A fire destroyed the depot of Bluefin Marine on Quay Street in Port Alder; 14 people were treated \
                        for smoke and 120 residents had to leave their homes while 22 crews fought the flames.";

    #[test]
    fn a_story_is_named_by_its_first_item_and_a_copy_by_its_original() {
        let lines = [
            item("a\"1", FIRE, "2026-11-21T08:00:00Z"),
            String::new(),
            item("b", &format!("From our partners. {FIRE}"), "2026-11-21T10:00:00+01:00"),
            item("c", "Knitting is for everybody.", "2026-11-21T09:30:00Z").replace("Fire in Port Alder", "A new club"),
            item("d", FIRE, "2026-11-28T08:00:00Z"),
        ];
        let (done, answers) = answers(&lines.join("\n"));
        done.unwrap();
        let told = |id: &str, story: &str, of: Value| json!({ "id": id, "story": story, "copy_of": of });
        let expected = [
            told("a\"1", "a\"1", json!(null)),
            told("b", "a\"1", json!("a\"1")),
            told("c", "c", json!(null)),
            told("d", "d", json!(null)),
        ];
        assert_eq!(answers, expected);
    }

    #[test]
    fn the_first_line_that_is_no_item_ends_it_with_its_number() {
        for bad in ["{", "[]", "{\"id\":1,\"title\":\"t\",\"text\":\"x\"}", "{\"id\":1,\"published_at\":\"yesterday\"}"]
        {
            let (done, answers) = answers(&format!("{}\n\n{bad}\n{}", item("a", FIRE, "2026-11-21T08:00:00Z"), "{}"));
            assert_eq!(answers.len(), 1);
            let error = done.unwrap_err();
            let refused = error.downcast_ref::<Refused>().unwrap_or_else(|| panic!("{bad}: {error:#}"));
            assert_eq!(refused.0["line"], 3, "{bad}");
        }
    }
}
