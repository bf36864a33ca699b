//! What a model is told, and how its answer is read.

use connect::llm::structured::Fault;
use connect::llm::{Completion, Format, Message};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use stdx::Rng;
use text::untrusted::clean_text;

use super::ask::{self, Unusable};
use super::output;
use crate::prompts::form::Answer;
use crate::prompts::{self, Kind, Told};
use crate::stories::Member;

/// Characters of one source that are passed on.
const SOURCE_CHARS: usize = 6_000;
/// Sources that are passed on.
const SOURCES_MAX: usize = 10;

/// First 16 hex digits of the rules' SHA-256.
pub(crate) fn version_of(rules: &str) -> String {
    prompts::version_of(rules)
}

/// How many of so many sources stand in the data block.
pub(crate) fn shown(members: usize) -> usize {
    members.min(SOURCES_MAX)
}

/// Material in one block under a marker that it cannot know, without what is hidden from a reader's eye.
pub(crate) fn marked(data: &str, rng: &Rng) -> String {
    let marker = format!("DATA-{:016X}", rng.next_u64());
    // Elements are not told from words here: what came as HTML was made text before.
    let data = clean_text(data).text.replace(&marker, "");
    format!("<{marker}>\n{data}</{marker}>")
}

/// The question for a model. The sources stand in one block under a marker that they cannot know.
pub(crate) fn question(told: &Told, members: &[Member], rng: &Rng) -> Completion {
    let mut data = String::new();
    for (i, member) in members.iter().take(SOURCES_MAX).enumerate() {
        let text: String = member.text.chars().take(SOURCE_CHARS).collect();
        data.push_str(&format!("[{}] {} — {}\n{}\n\n", i + 1, member.source, member.title, text));
    }
    let block = marked(&data, rng);
    let parts = [told.before.as_str(), &block, &told.after];
    let user = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n");
    Completion {
        messages: vec![Message::system(told.system.clone()), Message::user(user)],
        tokens_max: Some(told.words_max * 4 + 400),
        temperature: Some(told.temperature),
        format: Format::Schema { name: told.kind.name().to_owned(), schema: told.kind.schema().clone() },
        passed: None,
    }
}

/// Says of two questions whether they ask the same: SHA-256 over what is told and the sources, without the marker, which is
/// never the same.
pub(crate) fn hash(told: &Told, members: &[Member]) -> String {
    let mut hash = Sha256::new();
    // Each with its length, so that no text can lean into the next one.
    let mut add = |part: &str| {
        hash.update(format!("{} ", part.len()));
        hash.update(part);
    };
    let Told { kind, system, before, after, temperature, words_max, guarded: _ } = told;
    [kind.name(), system, before, after, &format!("{temperature} {words_max}")].into_iter().for_each(&mut add);
    for member in members.iter().take(SOURCES_MAX) {
        [&member.source, &member.title, &member.text].into_iter().for_each(|part| add(part));
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads an answer to [`question`]: the JSON object, also inside a code fence or between other words, of the form that was
/// asked for and without what a draft must not hold.
///
/// # Errors
/// All that is wrong with it.
pub(crate) fn read(told: &Told, answer: &str, members: &[Member]) -> Result<Answer, Unusable> {
    let parsed: Json = ask::object(answer, told.kind.schema())?;
    let (answer, pieces) = Answer::of(told.kind, &parsed);
    let fault = |pointer: &str, detail: &str| Fault { pointer: pointer.to_owned(), detail: detail.to_owned() };
    let mut faults = Vec::new();
    if answer.title.is_empty() {
        faults.push(fault(if told.kind == Kind::NewsletterItem { "/subject" } else { "/title" }, "is empty"));
    }
    if answer.body.split_whitespace().count() < 5 {
        faults.push(fault(told.kind.body_at(), "is all but empty"));
    }
    for (pointer, said) in &pieces {
        if said.is_empty() && pointer.matches('/').count() > 1 {
            faults.push(fault(pointer, "is empty"));
        }
        faults.extend(output::faults(pointer, said, &told.guarded, members));
    }
    if faults.is_empty() { Ok(answer) } else { Err(Unusable::Wrong(faults)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompts::{Ready, Template, built_in};

    fn told(name: &str) -> Told {
        let template = Template::read(built_in(name).unwrap()).unwrap();
        Ready { template, voice: None, channel: String::new(), words_max: 240, sentences_max: 9 }.tell(1).unwrap()
    }

    #[test]
    fn answers_are_read_in_the_forms_models_give() {
        let news = told("news-post-en");
        let read = |answer: &str| read(&news, answer, &[]);
        let plain = r#"{"title":" A  ferry ","excerpt":"e","body":"One two three four five six."}"#;
        let careless = "{title: ' A  ferry ', 'body': \"One two three\nfour five six.\",}";
        for answer in [
            plain.to_owned(),
            format!("```json\n{plain}\n```"),
            format!("Here you are:\n{plain}\nHope it helps"),
            careless.to_owned(),
            plain.replace("\"e\"", "null"),
        ] {
            assert_eq!(read(&answer).map(|a| a.title), Ok("A ferry".to_owned()), "{answer}");
        }
        for (bad, part) in [
            ("", "cannot be read: line 1"),
            ("{\"title\": \"x\"", "cannot be read: line 1"),
            ("{\"title\": \"x\"}", "body"),
            (r#"{"title":"","body":"one two three four five"}"#, "title"),
            (r#"{"title":" ","body":"one two three four five"}"#, "title: is empty"),
            (r#"{"title":"x","body":"short"}"#, "all but empty"),
            (r#"{"title":"x","body":["one two three four five"]}"#, "body"),
            (r#"{"title":"x","body":"one two three four [five](http://evil.example)"}"#, "a link"),
            (
                r#"{"title":"x","excerpt":"ask at evil.example","body":"one two three four five"}"#,
                "excerpt: names an address",
            ),
            (r#"{"title":"x","body":"You write a news post for a newsroom from the source texts."}"#, "the rules"),
        ] {
            let error = read(bad).unwrap_err().to_string();
            assert!(error.contains(part), "{bad}: {error}");
        }
        let zero = read("{\"title\":\"a\\u0000b\",\"body\":\"one two three four five\"}");
        assert_eq!(zero.map(|a| a.title), Ok("ab".to_owned()));
    }

    #[test]
    fn hidden_characters_do_not_reach_the_model() {
        let said = marked("a\u{200B}b\u{202E}c\u{E0041}d", &Rng::seeded(1));
        assert!(said.contains("\nabcd</DATA-"), "{said}");
    }
}
