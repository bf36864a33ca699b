//! One question to one model, asked again once when the answer is not of the form that was asked for.

use std::fmt;
use std::time::{Duration, Instant};

use connect::llm::structured::{self, Refusal, Schema, Trouble};
use connect::llm::{Completion as Question, Message, Purpose, Role, Router};
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::Completion;
use super::models::{describe, outcome};

/// What keeps an answer from being used.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Unusable {
    Unread(Refusal),
    /// It can be read, and this is wrong with it.
    Wrong(Vec<structured::Fault>),
}

impl Unusable {
    pub fn of(pointer: &str, detail: impl Into<String>) -> Unusable {
        Unusable::Wrong(vec![structured::Fault { pointer: pointer.to_owned(), detail: detail.into() }])
    }

    /// What the model is told of it.
    fn told(&self) -> String {
        structured::reask(match self {
            Unusable::Unread(refusal) => Trouble::Unread(refusal),
            Unusable::Wrong(faults) => Trouble::Invalid(faults),
        })
    }
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unusable::Unread(refusal) => write!(f, "the answer's JSON cannot be read: {refusal}"),
            Unusable::Wrong(faults) => {
                for (i, fault) in faults.iter().take(3).enumerate() {
                    let what =
                        if fault.pointer.is_empty() { "the answer" } else { fault.pointer.trim_start_matches('/') };
                    write!(f, "{}{what}: {}", if i > 0 { "; " } else { "" }, fault.detail)?;
                }
                Ok(())
            }
        }
    }
}

/// Who asks, and for whose money.
pub(crate) struct Asking<'a> {
    pub router: &'a Router,
    pub purpose: &'a Purpose,
    /// For both questions together.
    pub time_max: Duration,
}

/// Why a model gave nothing: the word for the record, and the reason.
pub(crate) type Failed = (&'static str, String);

/// Asks one model. What it took is added to `record`, whatever comes of it; with the answer goes the model that gave it.
///
/// # Errors
/// The failure of the last call, or `unusable`.
pub(crate) async fn ask<T>(
    asking: Asking<'_>,
    question: &Question,
    record: &mut Completion,
    read: impl Fn(&str) -> Result<T, Unusable>,
) -> Result<(T, String), Failed> {
    let Asking { router, purpose, time_max } = asking;
    let started = Instant::now();
    let call = router.complete_for(question, purpose, time_max).await;
    record.took(&call);
    let kind = outcome(&call);
    let answer = call.result.map_err(|failure| (kind, describe(&failure)))?;
    let trouble = match read(&answer.text) {
        Ok(made) => return Ok((made, answer.model)),
        Err(trouble) => trouble,
    };
    let left = time_max.saturating_sub(started.elapsed());
    tracing::debug!(provider = answer.provider, error = %trouble, "an answer is asked for again");
    let mut again = question.clone();
    again.messages.push(Message { role: Role::Assistant, text: answer.text });
    again.messages.push(Message::user(trouble.told()));
    let call = router.complete_for(&again, purpose, left).await;
    record.took(&call);
    // Who cannot be asked again has answered all the same: that answer is what is wrong.
    let Ok(answer) = call.result else { return Err(("unusable", trouble.to_string())) };
    match read(&answer.text) {
        Ok(made) => Ok((made, answer.model)),
        Err(trouble) => Err(("unusable", format!("also when asked again, {trouble}"))),
    }
}

/// The JSON value of an answer, mended where it has one reading, of the form of `schema`.
pub(crate) fn object<T: DeserializeOwned>(answer: &str, schema: &Schema) -> Result<T, Unusable> {
    let read = structured::read(answer).map_err(Unusable::Unread)?;
    if !read.repairs.is_empty() {
        tracing::debug!(repairs = ?read.repairs, "a model's JSON was mended");
    }
    let mut value = read.value;
    schema.drop_nulls(&mut value);
    let faults = schema.check(&value);
    if !faults.is_empty() {
        return Err(Unusable::Wrong(faults));
    }
    without_zeros(&mut value);
    serde_json::from_value(value).map_err(|error| Unusable::of("", error.to_string()))
}

/// PostgreSQL cannot hold them.
fn without_zeros(value: &mut Json) {
    match value {
        Json::String(text) if text.contains('\0') => *text = text.replace('\0', ""),
        Json::Array(list) => list.iter_mut().for_each(without_zeros),
        Json::Object(members) => members.values_mut().for_each(without_zeros),
        _ => {}
    }
}
