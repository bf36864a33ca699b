//! Voices: how a desk speaks, and how that differs from channel to channel.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use store::{Conn, Row, params};

use super::template::{is_language, is_name, language_name};
use crate::people::{Action, Actor};
use crate::{Desk, Error, Fault};

/// How drafts are to sound.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Voice {
    pub name: String,
    pub tone: String,
    /// Who reads it.
    pub audience: String,
    /// ISO 639-1 code of what is written; empty for the prompt's.
    pub language: String,
    /// Words of a draft at most, where that is less than the pipeline allows.
    pub words_max: Option<u32>,
    pub dos: Vec<String>,
    pub donts: Vec<String>,
    /// Texts that sound as they should.
    pub examples: Vec<String>,
    /// What differs, by the kind of the channel.
    pub channels: BTreeMap<String, Variant>,
}

/// What of a voice differs on a channel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Variant {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words_max: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dos: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub donts: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub examples: Option<Vec<String>>,
}

/// Voices at most.
const VOICES_MAX: i64 = 200;
const LIST_MAX: usize = 20;

store::sql! {
    PUT = "voices.put",
        "INSERT INTO voice (name, spec, created_at, updated_at) VALUES ($1, $2, $3, $3)
         ON CONFLICT (name) DO UPDATE SET spec = excluded.spec, updated_at = excluded.updated_at";
    GET = "voices.get", "SELECT name, spec FROM voice WHERE name = $1";
    LIST = "voices.list", "SELECT name, spec FROM voice ORDER BY name LIMIT 200";
    COUNT = "voices.count", "SELECT count(*) FROM voice WHERE name <> $1";
    DROP = "voices.drop", "DELETE FROM voice WHERE name = $1";
}

impl Voice {
    /// One that says something of everything, to try a template with.
    pub(super) fn example() -> Voice {
        let some = |text: &str| vec![text.to_owned()];
        Voice {
            name: "example".to_owned(),
            tone: "calm".to_owned(),
            audience: "commuters".to_owned(),
            language: "en".to_owned(),
            words_max: Some(100),
            dos: some("say what it costs"),
            donts: some("no exclamation marks"),
            examples: some("The ferry stops on Monday."),
            channels: BTreeMap::new(),
        }
    }

    /// The voice as it speaks on channels of `kind`.
    #[must_use]
    pub fn on(&self, kind: &str) -> Voice {
        let mut voice = Voice { channels: BTreeMap::new(), ..self.clone() };
        if let Some(other) = self.channels.get(kind).cloned() {
            let Variant { tone, audience, language, words_max, dos, donts, examples } = other;
            voice.tone = tone.unwrap_or(voice.tone);
            voice.audience = audience.unwrap_or(voice.audience);
            voice.language = language.unwrap_or(voice.language);
            voice.words_max = words_max.or(voice.words_max);
            voice.dos = dos.unwrap_or(voice.dos);
            voice.donts = donts.unwrap_or(voice.donts);
            voice.examples = examples.unwrap_or(voice.examples);
        }
        voice
    }

    /// What a model is told of it.
    pub(super) fn told(&self) -> String {
        let mut told = String::from("The voice to write in:");
        for (what, text) in [("Tone", &self.tone), ("Readers", &self.audience)] {
            if !text.is_empty() {
                told.push_str(&format!("\n- {what}: {text}"));
            }
        }
        for (what, list) in [("Do", &self.dos), ("Do not", &self.donts)] {
            list.iter().for_each(|text| told.push_str(&format!("\n- {what}: {text}")));
        }
        if !self.examples.is_empty() {
            told.push_str(
                "\nSo it sounds. These are examples of style only; nothing they tell belongs into your text:",
            );
            self.examples.iter().for_each(|text| told.push_str(&format!("\n\"\"\"\n{text}\n\"\"\"")));
        }
        told
    }

    /// What is wrong with it.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if !is_name(&self.name) {
            faults.push(Fault::new("/name", "must have 1 to 60 of a-z, 0-9 and -"));
        }
        if self.channels.len() > LIST_MAX {
            faults.push(Fault::new("/channels", format!("must be at most {LIST_MAX}")));
        }
        let whole = self.on("");
        let places = std::iter::once((String::new(), whole)).chain(
            self.channels
                .keys()
                .map(|kind| (format!("/channels/{}", kind.replace('~', "~0").replace('/', "~1")), self.on(kind))),
        );
        for (place, voice) in places {
            let mut wrong = |member: &str, detail: &str| faults.push(Fault::new(format!("{place}/{member}"), detail));
            for (member, text) in [("tone", &voice.tone), ("audience", &voice.audience)] {
                if text.chars().count() > 500 || has_control(text) {
                    wrong(member, "must have at most 500 characters, and no control character");
                }
            }
            if !voice.language.is_empty() && !is_language(&voice.language) {
                wrong("language", &format!("must be a known ISO 639-1 code, or empty for {}", language_name("")));
            }
            if voice.words_max.is_some_and(|words| !(20..=5_000).contains(&words)) {
                wrong("words_max", "must be 20 to 5000");
            }
            let lists = [("dos", &voice.dos, 500), ("donts", &voice.donts, 500), ("examples", &voice.examples, 2_000)];
            for (member, list, most) in lists {
                let is_wrong =
                    |text: &String| text.trim().is_empty() || text.chars().count() > most || has_control(text);
                if list.len() > LIST_MAX || list.iter().any(is_wrong) {
                    wrong(
                        member,
                        &format!(
                            "must be at most {LIST_MAX} texts of 1 to {most} characters, without control characters"
                        ),
                    );
                }
            }
        }
        // What is inherited is told once.
        let own: Vec<String> = faults
            .iter()
            .filter(|fault| !fault.pointer.starts_with("/channels"))
            .map(|fault| fault.pointer.clone())
            .collect();
        faults.retain(|fault| {
            !fault.pointer.starts_with("/channels/")
                || !own.iter().any(|member| fault.pointer.ends_with(member.as_str()))
        });
        faults
    }
}

fn has_control(text: &str) -> bool {
    text.chars().any(|c| c.is_control() && c != '\n' && c != '\t')
}

fn read(row: &Row) -> Result<Voice, store::Error> {
    let name: String = row.get(0)?;
    // Written by us from a valid value.
    let voice: Voice = serde_json::from_str(row.text(1)?).unwrap_or_default();
    Ok(Voice { name, ..voice })
}

/// Adds the voice, or changes the one of that name.
pub async fn put_voice(desk: &Desk, actor: &Actor, voice: Voice) -> Result<Voice, Error> {
    actor.may(Action::Configure)?;
    let faults = voice.faults();
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let (row, now) = (voice.clone(), desk.now());
    desk.store
        .write(move |tx| {
            Box::pin(async move {
                if tx.one(&COUNT, params![row.name]).await?.get::<i64>(0)? >= VOICES_MAX {
                    return Err(Error::invalid("/name", format!("there are {VOICES_MAX} voices; more are not kept")));
                }
                let spec = serde_json::to_string(&row).expect("a voice is plain data");
                tx.exec(&PUT, params![row.name, spec, now]).await?;
                Ok(())
            })
        })
        .await?;
    Ok(voice)
}

pub async fn voice(conn: &mut Conn, name: &str) -> Result<Voice, Error> {
    let row = conn.opt(&GET, params![name]).await?.ok_or_else(|| Error::not_found("voice", name))?;
    Ok(read(&row)?)
}

/// All voices, at most 200.
pub async fn voices(desk: &Desk, actor: &Actor) -> Result<Vec<Voice>, Error> {
    actor.may(Action::Read)?;
    let rows = desk.store.read().all(&LIST, params![]).await?;
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

/// # Errors
/// [`Error::InUse`] while a pipeline speaks with it.
pub async fn delete_voice(desk: &Desk, actor: &Actor, name: &str) -> Result<(), Error> {
    actor.may(Action::Configure)?;
    let name = name.to_owned();
    desk.store
        .write(move |tx| {
            Box::pin(async move {
                super::refuse_if_used(tx, "voice", &name).await?;
                match tx.exec(&DROP, params![name]).await? {
                    0 => Err(Error::not_found("voice", name)),
                    _ => Ok(()),
                }
            })
        })
        .await
}
