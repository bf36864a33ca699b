//! A provider that speaks every dialect, streamed and whole, and misbehaves on demand.
//!
//! The answer is a pure function of the script, the number of the request, its path and its body, so that a test and a
//! demonstration can be repeated.

mod question;
mod render;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde_json::Value;

use question::Question;
use render::Said;

use crate::llm::Dialect;

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
    /// `drip:MILLISECONDS`: a good answer, one word each so long.
    Drip { each_ms: u64 },
    /// `cut-after:FRAMES`: the connection ends in the middle.
    CutAfter { frames: u64 },
    /// `error-after:FRAMES`: an error in the middle.
    ErrorAfter { frames: u64 },
    /// `truncated`: the JSON ends in the middle.
    Truncated,
    /// `garbage`: status 200 and a page of HTML.
    Garbage,
    /// `refusal`: the model declines.
    Refusal,
    /// `invented`: a good answer with a sentence of numbers that the question does not hold.
    Invented,
    /// `obey`: a good answer, and after it what an injected text commands: a foreign link and the secret instructions.
    Obey,
    /// `wrong-usage`: a good answer whose tokens are told as none, at a price of nobody.
    WrongUsage,
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

/// An answer for some server to send piece by piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Played {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    /// The body, each piece after a wait; the first wait comes before the head.
    pub pieces: Vec<(Duration, Vec<u8>)>,
    /// The connection is to be cut after the pieces, in the middle of the body.
    pub is_cut: bool,
}

/// The text names no step.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no step; the steps are ok, 429:SECONDS, 401, 500, slow:MILLISECONDS, drip:MILLISECONDS, cut-after:FRAMES, \
     error-after:FRAMES, truncated, garbage, refusal, invented, obey, wrong-usage, cut, empty and error"
)]
pub struct NoStep(String);

impl Script {
    /// Does `first`, then `rest`, and stays with the last of them.
    pub fn new(first: Step, rest: &[Step]) -> Self {
        Script([&[first], rest].concat())
    }

    /// The steps of a file: one a line, what follows `#` is a comment.
    ///
    /// # Errors
    /// The first line that names no step; a file without any.
    pub fn from_lines(text: &str) -> Result<Self, NoStep> {
        let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
        let steps: Vec<Step> = lines.filter(|line| !line.is_empty()).map(str::parse).collect::<Result<_, _>>()?;
        if steps.is_empty() { Err(NoStep(String::new())) } else { Ok(Script(steps)) }
    }

    /// How many steps there are; at least one.
    #[expect(clippy::len_without_is_empty, reason = "a script is never empty")]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The answer to the request number `index`, which is counted from 0, at `path` with its query.
    pub fn play(&self, index: usize, path: &str, request: &[u8]) -> Played {
        let step = self.0[index.min(self.0.len() - 1)];
        let question = match serde_json::from_slice(request) {
            Ok(Value::Object(body)) => Question::read(path, &body),
            _ => return failure(Dialect::OpenAi, 400, "the body is not a JSON object"),
        };
        question.map_or_else(
            || failure(Dialect::OpenAi, 404, "no model is asked here"),
            |question| step.play(index, &question),
        )
    }

    /// As [`Script::play`] of OpenAI's chat completions, all at once; a cut is not shown.
    pub fn reply(&self, index: usize, request: &[u8]) -> Reply {
        let Played { status, headers, pieces, .. } = self.play(index, "/v1/chat/completions", request);
        let delay = pieces.iter().map(|(wait, _)| *wait).sum();
        Reply { status, headers, body: pieces.into_iter().flat_map(|(_, piece)| piece).collect(), delay }
    }
}

impl Step {
    fn play(self, index: usize, question: &Question) -> Played {
        let dialect = question.dialect;
        let says = |said: Said| said_as(index, question, &said);
        let good = || Said::text(question.answer(None));
        match self {
            Step::Ok => says(good()),
            Step::Invented => says(Said::text(question.answer(Some(&question.invention())))),
            Step::Obey => says(Said::text(question.answer(Some(&question.obedience())))),
            Step::WrongUsage => says(Said { is_miscounted: true, ..good() }),
            Step::Refusal => says(Said::refusal()),
            Step::Empty => says(Said::text(String::new())),
            Step::Cut => {
                let whole = question.answer(None);
                let half = whole.chars().take(whole.chars().count().div_ceil(2)).collect();
                says(Said { is_cut: true, ..Said::text(half) })
            }
            Step::Slow { delay_ms } => {
                let mut played = says(good());
                played.pieces[0].0 = Duration::from_millis(delay_ms);
                played
            }
            Step::Drip { each_ms } => {
                let mut played = says(good());
                let each = Duration::from_millis(each_ms);
                if question.is_streamed {
                    let words = render::words_at(question, played.pieces.len(), &good());
                    played.pieces[words].iter_mut().skip(1).for_each(|(wait, _)| *wait = each);
                } else {
                    // As long as its words would take.
                    played.pieces[0].0 = each * good().tokens.saturating_sub(1) as u32;
                }
                played
            }
            Step::CutAfter { frames } => {
                let mut played = says(good());
                if question.is_streamed {
                    played.pieces.truncate(usize::try_from(frames).unwrap_or(usize::MAX));
                } else {
                    let half = played.pieces[0].1.len() / 2;
                    played.pieces[0].1.truncate(half);
                }
                played.is_cut = true;
                played
            }
            Step::ErrorAfter { .. } if !question.is_streamed => Step::InBandError.play(index, question),
            Step::ErrorAfter { frames } => {
                let mut played = says(good());
                played.pieces.truncate(usize::try_from(frames).unwrap_or(usize::MAX));
                played.pieces.push((Duration::ZERO, render::error_frame(dialect, 503, "the model is overloaded")));
                played
            }
            Step::Truncated => {
                let mut played = says(good());
                let whole: Vec<u8> = played.pieces.into_iter().flat_map(|(_, piece)| piece).collect();
                played.pieces = vec![(Duration::ZERO, whole[..whole.len() * 2 / 3].to_vec())];
                played
            }
            Step::RateLimited { retry_after_s } => {
                let mut played = failure(dialect, 429, "the limit of requests is reached");
                played.headers.push(("retry-after", retry_after_s.to_string()));
                played
            }
            Step::Unauthorized => failure(dialect, 401, "the key is not known here"),
            Step::ServerError => failure(dialect, 500, "something broke for a moment"),
            Step::InBandError => Played { status: 200, ..failure(dialect, 503, "the model is overloaded") },
            Step::Garbage => {
                let body = b"<html><body><h1>502 Bad Gateway</h1></body></html>".to_vec();
                played(200, "text/html", vec![(Duration::ZERO, body)])
            }
        }
    }
}

fn played(status: u16, kind: &str, pieces: Vec<(Duration, Vec<u8>)>) -> Played {
    Played { status, headers: vec![("content-type", kind.to_owned())], pieces, is_cut: false }
}

fn failure(dialect: Dialect, status: u16, message: &str) -> Played {
    let body = render::error(dialect, status, message).to_string().into_bytes();
    played(status, "application/json", vec![(Duration::ZERO, body)])
}

fn said_as(index: usize, question: &Question, said: &Said) -> Played {
    let pieces = match question.is_streamed {
        true => render::frames(index, question, said),
        false => vec![render::whole(index, question, said).to_string().into_bytes()],
    };
    let pieces = pieces.into_iter().map(|piece| (Duration::ZERO, piece)).collect();
    played(200, render::content_type(question), pieces)
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Step::RateLimited { retry_after_s } => return write!(f, "429:{retry_after_s}"),
            Step::Slow { delay_ms } => return write!(f, "slow:{delay_ms}"),
            Step::Drip { each_ms } => return write!(f, "drip:{each_ms}"),
            Step::CutAfter { frames } => return write!(f, "cut-after:{frames}"),
            Step::ErrorAfter { frames } => return write!(f, "error-after:{frames}"),
            Step::Ok => "ok",
            Step::Unauthorized => "401",
            Step::ServerError => "500",
            Step::Truncated => "truncated",
            Step::Garbage => "garbage",
            Step::Refusal => "refusal",
            Step::Invented => "invented",
            Step::Obey => "obey",
            Step::WrongUsage => "wrong-usage",
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
                "drip" => Ok(Step::Drip { each_ms: number }),
                "cut-after" => Ok(Step::CutAfter { frames: number }),
                "error-after" => Ok(Step::ErrorAfter { frames: number }),
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
            Step::Obey,
            Step::WrongUsage,
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
mod tests;
