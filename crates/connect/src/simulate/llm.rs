//! A provider that speaks OpenAI's chat completions and misbehaves on demand.
//!
//! The answer is a pure function of the script, the number of the request and its body, so that a
//! test and a demonstration can be repeated.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde_json::{Map, Value, json};

/// What the provider does with one request. Written as in the names below, with a number after a
/// colon where there is one: `429:2`, `slow:1500`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// `ok`: sentences taken from the question.
    Ok,
    /// `429:SECONDS`: too many requests, come back after so long.
    RateLimited { retry_after_s: u64 },
    /// `401`: the key is wrong.
    Unauthorized,
    /// `500`: an error that passes.
    ServerError,
    /// `slow:MILLISECONDS`: a good answer, late.
    Slow { delay_ms: u64 },
    /// `truncated`: the JSON ends in the middle.
    Truncated,
    /// `garbage`: status 200 and a page of HTML.
    Garbage,
    /// `refusal`: the model declines.
    Refusal,
    /// `invented`: a good answer with a sentence of numbers that the question does not hold.
    Invented,
    /// `cut`: the limit of tokens ends the text.
    Cut,
    /// `empty`: no text at all.
    Empty,
    /// `error`: an error under status 200.
    InBandError,
}

/// The steps of a provider, one for each request; the last one stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script(Vec<Step>);

/// An answer for some server to send, after a delay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
    pub delay: Duration,
}

/// The text names no step.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no step; the steps are ok, 429:SECONDS, 401, 500, slow:MILLISECONDS, truncated, garbage, refusal, invented, \
     cut, empty and error"
)]
pub struct NoStep(String);

impl Script {
    /// Does `first`, then `rest`, and stays with the last of them.
    pub fn new(first: Step, rest: &[Step]) -> Self {
        Script([&[first], rest].concat())
    }

    /// The answer to the request number `index`, which is counted from 0.
    pub fn reply(&self, index: usize, request: &[u8]) -> Reply {
        let step = self.0[index.min(self.0.len() - 1)];
        match serde_json::from_slice(request) {
            Ok(Value::Object(question)) => step.reply(index, &question),
            _ => error(400, "the body is not a JSON object"),
        }
    }
}

impl Step {
    fn reply(self, index: usize, question: &Map<String, Value>) -> Reply {
        match self {
            Step::Ok => completion(index, question, "stop", &text(question, None)),
            Step::Slow { delay_ms } => {
                Reply { delay: Duration::from_millis(delay_ms), ..Step::Ok.reply(index, question) }
            }
            Step::Invented => completion(index, question, "stop", &text(question, Some(&invention(question)))),
            Step::Cut => {
                let whole = text(question, None);
                let half: String = whole.chars().take(whole.chars().count().div_ceil(2)).collect();
                completion(index, question, "length", &half)
            }
            Step::Empty => completion(index, question, "stop", ""),
            Step::Truncated => {
                let mut reply = Step::Ok.reply(index, question);
                reply.body.truncate(reply.body.len() * 2 / 3);
                reply
            }
            Step::Refusal => {
                let message = json!({ "role": "assistant", "content": null, "refusal": "I am sorry, but I cannot help with that." });
                reply(200, completed(index, question, "stop", message, 10))
            }
            Step::RateLimited { retry_after_s } => {
                let mut reply = error(429, "the limit of requests is reached");
                reply.headers.push(("retry-after", retry_after_s.to_string()));
                reply
            }
            Step::Unauthorized => error(401, "the key is not known here"),
            Step::ServerError => error(500, "something broke for a moment"),
            Step::InBandError => Reply { status: 200, ..error(503, "the model is overloaded") },
            Step::Garbage => {
                let headers = vec![("content-type", "text/html".to_owned())];
                let body = b"<html><body><h1>502 Bad Gateway</h1></body></html>".to_vec();
                Reply { status: 200, headers, body, delay: Duration::ZERO }
            }
        }
    }
}

fn reply(status: u16, body: Value) -> Reply {
    let headers = vec![("content-type", "application/json".to_owned())];
    Reply { status, headers, body: body.to_string().into_bytes(), delay: Duration::ZERO }
}

fn error(status: u16, message: &str) -> Reply {
    reply(status, json!({ "error": { "message": message, "type": "simulated", "code": status } }))
}

fn completion(index: usize, question: &Map<String, Value>, finish: &str, text: &str) -> Reply {
    let message = json!({ "role": "assistant", "content": text, "refusal": null });
    reply(200, completed(index, question, finish, message, text.split_whitespace().count()))
}

fn completed(index: usize, question: &Map<String, Value>, finish: &str, message: Value, tokens: usize) -> Value {
    let asked: usize = said(question, None).map(|text| text.split_whitespace().count()).sum();
    json!({
        "id": format!("chatcmpl-{index}"),
        "object": "chat.completion",
        "model": question.get("model").and_then(Value::as_str).unwrap_or("simulated"),
        "choices": [{ "index": 0, "message": message, "finish_reason": finish }],
        // A word counts as a token, which is close and can be checked by eye.
        "usage": { "prompt_tokens": asked, "completion_tokens": tokens, "total_tokens": asked + tokens },
    })
}

/// What a careful model would say: sentences of the last question, and `extra` at their end. In JSON
/// mode an object with the keys that the messages show between braces.
fn text(question: &Map<String, Value>, extra: Option<&str>) -> String {
    let asked = said(question, Some("user")).last().unwrap_or_default();
    let mut sentences = sentences(asked);
    if sentences.is_empty() {
        sentences.push("There is nothing to say.");
    }
    let long = |n: usize| sentences.iter().take(n).copied().chain(extra).collect::<Vec<_>>().join(" ");
    let json_mode =
        question.get("response_format").and_then(|f| f.get("type")).and_then(Value::as_str) == Some("json_object");
    if !json_mode {
        return long(5);
    }
    let mut keys = said(question, None).map(keys_shown).find(|keys| !keys.is_empty()).unwrap_or_default();
    // The longest text belongs into the last one.
    let last = keys.pop().unwrap_or("text");
    let short = |i: usize| sentences.get(i).unwrap_or(&sentences[0]).trim_end_matches('.').to_owned();
    let mut object: Map<String, Value> =
        keys.iter().enumerate().map(|(i, key)| ((*key).to_owned(), short(i).into())).collect();
    object.insert(last.to_owned(), long(5).into());
    Value::Object(object).to_string()
}

/// The texts of the messages, of one role or of all.
fn said<'a>(question: &'a Map<String, Value>, role: Option<&'a str>) -> impl Iterator<Item = &'a str> {
    let messages = question.get("messages").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    messages
        .iter()
        .filter(move |m| role.is_none() || m.get("role").and_then(Value::as_str) == role)
        .filter_map(|m| m.get("content")?.as_str())
}

/// Runs of at least four words that end with a full stop.
fn sentences(text: &str) -> Vec<&str> {
    text.lines()
        .flat_map(|line| line.split_inclusive(". "))
        .map(str::trim)
        .filter(|s| s.ends_with('.') && s.split_whitespace().count() >= 4)
        .collect()
}

/// The names in quotation marks before a colon or comma inside the first pair of braces.
fn keys_shown(text: &str) -> Vec<&str> {
    let Some((_, after)) = text.split_once('{') else { return Vec::new() };
    let inside = after.split('}').next().unwrap_or_default();
    let pieces: Vec<&str> = inside.split('"').collect();
    let is_name = |s: &str| !s.is_empty() && s.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_');
    pieces
        .windows(2)
        .skip(1)
        .step_by(2)
        .filter(|pair| is_name(pair[0]) && !pair[1].trim_start().starts_with(|c: char| c.is_alphanumeric()))
        .filter(|pair| pair[1].trim_start().starts_with([':', ',']) || pair[1].trim().is_empty())
        .map(|pair| pair[0])
        .collect()
}

/// A sentence with two numbers that stand nowhere in the question.
fn invention(question: &Map<String, Value>) -> String {
    let known: Vec<&str> = said(question, None).collect();
    let mut fresh =
        (48_213..).step_by(7_919).map(|n: u64| n.to_string()).filter(|n| !known.iter().any(|text| text.contains(n)));
    let mut next = || fresh.next().expect("there are more numbers than a question can hold");
    format!("Analysts expect {} visitors and a cost of {} euros.", next(), next())
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Step::RateLimited { retry_after_s } => return write!(f, "429:{retry_after_s}"),
            Step::Slow { delay_ms } => return write!(f, "slow:{delay_ms}"),
            Step::Ok => "ok",
            Step::Unauthorized => "401",
            Step::ServerError => "500",
            Step::Truncated => "truncated",
            Step::Garbage => "garbage",
            Step::Refusal => "refusal",
            Step::Invented => "invented",
            Step::Cut => "cut",
            Step::Empty => "empty",
            Step::InBandError => "error",
        };
        f.write_str(name)
    }
}

impl FromStr for Step {
    type Err = NoStep;

    fn from_str(text: &str) -> Result<Self, NoStep> {
        let no_step = || NoStep(text.chars().take(40).collect());
        if let Some((name, number)) = text.split_once(':') {
            let number = number.parse().map_err(|_| no_step())?;
            return match name {
                "429" => Ok(Step::RateLimited { retry_after_s: number }),
                "slow" => Ok(Step::Slow { delay_ms: number }),
                _ => Err(no_step()),
            };
        }
        let plain = [
            Step::Ok,
            Step::Unauthorized,
            Step::ServerError,
            Step::Truncated,
            Step::Garbage,
            Step::Refusal,
            Step::Invented,
            Step::Cut,
            Step::Empty,
            Step::InBandError,
        ];
        plain.into_iter().find(|step| step.to_string() == text).ok_or_else(no_step)
    }
}

impl FromStr for Script {
    type Err = NoStep;

    /// Steps with commas between: `429:1,500,ok`.
    fn from_str(text: &str) -> Result<Self, NoStep> {
        text.split(',').map(|step| step.trim().parse()).collect::<Result<_, _>>().map(Script)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(json_mode: bool) -> Vec<u8> {
        let mut question = json!({ "model": "m", "messages": [
            { "role": "system", "content": "Answer as {\"title\": \"…\", \"excerpt\": \"…\", \"body\": \"…\"} and nothing else." },
            { "role": "user", "content": "The bridge opened on 4 May. It cost 48213 euros in all. Short. Nobody was hurt at the opening." },
        ] });
        if json_mode {
            question["response_format"] = json!({ "type": "json_object" });
        }
        question.to_string().into_bytes()
    }

    fn content(script: &str, json_mode: bool) -> String {
        let reply = script.parse::<Script>().unwrap().reply(0, &question(json_mode));
        let body: Value = serde_json::from_slice(&reply.body).unwrap();
        body["choices"][0]["message"]["content"].as_str().unwrap().to_owned()
    }

    #[test]
    fn good_answers_come_from_the_question() {
        assert_eq!(
            content("ok", false),
            "The bridge opened on 4 May. It cost 48213 euros in all. Nobody was hurt at the opening."
        );
        let object: Value = serde_json::from_str(&content("ok", true)).unwrap();
        assert_eq!(
            object,
            json!({
                "title": "The bridge opened on 4 May", "excerpt": "It cost 48213 euros in all",
                "body": "The bridge opened on 4 May. It cost 48213 euros in all. Nobody was hurt at the opening.",
            })
        );
        assert!(content("invented", false).ends_with("Analysts expect 56132 visitors and a cost of 64051 euros."));
        assert!(content("ok", false).starts_with(&content("cut", false)));
    }

    #[test]
    fn steps_go_in_order_and_the_last_one_stays() {
        let script: Script = "429:3, 500,slow:50,ok".parse().unwrap();
        let statuses: Vec<_> = (0..6).map(|i| script.reply(i, &question(false)).status).collect();
        assert_eq!(statuses, [429, 500, 200, 200, 200, 200]);
        assert!(script.reply(0, &question(false)).headers.contains(&("retry-after", "3".into())));
        assert_eq!(script.reply(2, &question(false)).delay, Duration::from_millis(50));
        assert_eq!(script.reply(4, &question(false)).delay, Duration::ZERO);
        assert_eq!(script.reply(1, &question(true)), script.reply(1, &question(true)));
    }

    #[test]
    fn bad_scripts_and_bad_questions() {
        for bad in ["", "ok,", "ok:1", "429", "429:x", "slow:-1", "yes"] {
            assert!(bad.parse::<Script>().is_err(), "{bad}");
        }
        let script = Script::new(Step::Ok, &[]);
        for bad in [&b""[..], b"[]", b"{", b"\xff"] {
            assert_eq!(script.reply(0, bad).status, 400);
        }
        for odd in ["{}", r#"{"messages":7}"#, r#"{"messages":[1,{"role":"user"}]}"#] {
            assert_eq!(script.reply(0, odd.as_bytes()).status, 200);
        }
    }
}
