//! `ground --jsonl`: drafts with their sources in, what the sources do not hold out, without a desk.

use std::io::Write;

use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use text::ground::{self, Support, Unsupported};
use text::lift::{self, Lift};

use super::jsonl;

const SHAPE: &str = "{\"id\", \"sources\": [\"text\", …], \"draft\"}";

#[derive(Deserialize)]
struct Line {
    id: Value,
    sources: Vec<String>,
    draft: String,
}

#[derive(Serialize)]
struct Answer {
    id: Value,
    supported: bool,
    unsupported: Vec<Unsupported>,
    sentences: Vec<Support>,
    lifts: Vec<Lift>,
    lifted: f32,
    containment: Vec<f32>,
}

/// Compares the drafts of standard input with their sources, line by line.
///
/// # Errors
/// [`super::Refused`] with the number of the first line that is no draft; what came before it has been answered.
pub fn run() -> Result<()> {
    jsonl::answer(SHAPE, answer)
}

fn answer(Line { id, sources, draft }: Line, out: &mut dyn Write) -> Result<()> {
    let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
    let report = ground::check(&draft, &sources);
    let lifted = lift::find(&draft, &sources, lift::WORDS_MIN);
    let answer = Answer {
        id,
        supported: report.supported,
        unsupported: report.unsupported,
        sentences: report.sentences,
        lifts: lifted.lifts,
        lifted: lifted.share,
        containment: lifted.containment,
    };
    jsonl::write(out, &answer)
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    fn answers(lines: &str) -> (Result<()>, Vec<Value>) {
        let mut out = Vec::new();
        let done = jsonl::answer_each(&mut BufReader::new(lines.as_bytes()), &mut out, SHAPE, answer);
        let out = String::from_utf8(out).unwrap();
        (done, out.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
    }

    fn line(id: u32, draft: &str) -> String {
        let sources = [
            "The council of Port Alder approved a budget of 4.2 million euros on Monday.",
            "\"We will build,\" said Ada Price.",
        ];
        serde_json::json!({ "id": id, "sources": sources, "draft": draft }).to_string()
    }

    #[test]
    fn what_the_sources_do_not_hold_is_told_with_its_place() {
        let good = "Port Alder's council approved a budget of €4.2m on Monday.";
        let bad =
            "The council of Port Alder approved a budget of 5.2 million euros. \"We will not build,\" said Ada Price.";
        let (done, answers) = answers(&format!("{}\n{}\n", line(1, good), line(2, bad)));
        done.unwrap();
        assert_eq!(
            (&answers[0]["id"], &answers[0]["supported"]),
            (&Value::from(1), &Value::from(true)),
            "{answers:#?}"
        );
        assert_eq!(answers[1]["supported"], false);
        let found = answers[1]["unsupported"].as_array().unwrap();
        let kinds: Vec<&str> = found.iter().map(|one| one["kind"].as_str().unwrap()).collect();
        assert!(kinds.contains(&"number") && kinds.contains(&"quotation"), "{found:#?}");
        for one in found {
            let place = one["start"].as_u64().unwrap() as usize..one["end"].as_u64().unwrap() as usize;
            assert_eq!(&bad[place], one["text"].as_str().unwrap());
        }
        assert_eq!(answers[1]["sentences"][0]["source"], 0);
        assert_eq!(answers[1]["sentences"][1]["source"], 1);
    }

    #[test]
    fn what_is_lifted_is_told_with_its_source() {
        let draft = "Sources say the council of Port Alder approved a budget of 4.2 million euros on Monday.";
        let (_, answers) = answers(&line(1, draft));
        assert_eq!(answers[0]["lifts"][0]["words"], 14);
        assert_eq!(answers[0]["lifts"][0]["source"], 0);
        assert!(answers[0]["lifted"].as_f64() > Some(0.8) && answers[0]["containment"][1] == 0.0);
    }

    #[test]
    fn the_first_line_that_is_no_draft_ends_it_with_its_number() {
        for bad in ["{", "[]", "{\"id\":1,\"draft\":\"x\"}", "{\"id\":1,\"sources\":\"x\",\"draft\":\"x\"}"] {
            let (done, answers) = answers(&format!("{}\n\n{bad}\n{}", line(1, "It rains."), line(2, "It rains.")));
            assert_eq!(answers.len(), 1);
            let error = done.unwrap_err();
            let refused = error.downcast_ref::<super::super::Refused>().unwrap_or_else(|| panic!("{bad}: {error:#}"));
            assert_eq!(refused.0["line"], 3, "{bad}");
        }
    }
}
