//! What a model would be told: a template that is being written, with real items. No model is asked.

use connect::llm::Role;
use serde::Serialize;
use stdx::Rng;

use super::{GivenText, prompt};
use crate::people::{Action, Actor};
use crate::prompts::{self, Ready, Template, TemplateFault, Voice, version_of};
use crate::stories::{self, Member};
use crate::{Desk, Error, ItemId, StoryId, items, pipelines};

/// A template, and what it is tried with.
#[derive(Clone, Debug, Default)]
pub struct Trial {
    pub source: String,
    /// The name of a voice.
    pub voice: Option<String>,
    pub story: Option<StoryId>,
    /// Without a story and items, a text that was made up.
    pub items: Vec<ItemId>,
    /// The kind of a channel.
    pub channel: Option<String>,
}

/// What would be said.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Preview {
    /// None when there are faults.
    pub messages: Vec<Said>,
    /// Four bytes count as one.
    pub tokens_estimated: u64,
    /// Of the template.
    pub version: String,
    pub faults: Vec<TemplateFault>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Said {
    /// `system` or `user`.
    pub role: String,
    pub text: String,
}

/// Fills a template in as a draft of the default pipeline's length would have it.
///
/// # Errors
/// [`Error::NotFound`] for a voice, story or item that does not exist; a template's faults are part of the answer.
pub async fn preview(desk: &Desk, actor: &Actor, trial: &Trial) -> Result<Preview, Error> {
    actor.may(Action::Read)?;
    if trial.items.len() > 50 {
        return Err(Error::invalid("/items", "must name at most 50 items"));
    }
    if trial.story.is_some() && !trial.items.is_empty() {
        return Err(Error::invalid("/items", "must be empty when a story is named"));
    }
    let mut conn = desk.store.read();
    let members = match trial.story {
        Some(story) => {
            stories::get(&mut conn, story).await?;
            stories::members(&mut conn, story).await?
        }
        None if !trial.items.is_empty() => items::members(&mut conn, &trial.items).await?,
        None => vec![made_up().member(desk.now())],
    };
    let voice = match &trial.voice {
        Some(name) => Some(prompts::voice(&mut conn, name).await?),
        None => None,
    };
    let channel = trial.channel.clone().unwrap_or_default();
    Ok(fill(&trial.source, voice.as_ref(), &channel, &members, &desk.rng))
}

/// As [`preview`], without a desk.
///
/// # Errors
/// [`Error::Invalid`] for a voice that could not be stored.
pub fn alone(
    source: &str,
    voice: Option<&Voice>,
    channel: &str,
    sources: &[GivenText],
    rng: &Rng,
) -> Result<Preview, Error> {
    check_voice(voice)?;
    let members: Vec<Member> = sources.iter().map(|given| given.member(stdx::Timestamp::EPOCH)).collect();
    Ok(fill(source, voice, channel, &members, rng))
}

pub(super) fn check_voice(voice: Option<&Voice>) -> Result<(), Error> {
    let faults = voice.map(Voice::faults).unwrap_or_default();
    if faults.is_empty() { Ok(()) } else { Err(Error::Invalid(faults)) }
}

fn fill(source: &str, voice: Option<&Voice>, channel: &str, members: &[Member], rng: &Rng) -> Preview {
    let spec = pipelines::Spec::default();
    let told = Template::read(source).and_then(|template| {
        let (words_max, sentences_max) = (spec.words_max, spec.sentences_max);
        let voice = voice.map(|voice| voice.on(channel));
        let ready = Ready { template, voice, channel: channel.to_owned(), words_max, sentences_max };
        let told = ready.tell(prompt::shown(members.len())).map_err(|fault| vec![fault])?;
        Ok((ready.template.version(), told))
    });
    match told {
        Err(faults) => Preview { version: version_of(&source.replace("\r\n", "\n")), faults, ..Preview::default() },
        Ok((version, told)) => {
            let asked = prompt::question(&told, members, rng);
            let messages: Vec<Said> = asked
                .messages
                .into_iter()
                .map(|message| Said { role: role(message.role).to_owned(), text: message.text })
                .collect();
            let tokens_estimated = messages.iter().map(|said| said.text.len() as u64).sum::<u64>().div_ceil(4);
            Preview { messages, tokens_estimated, version, faults: Vec::new() }
        }
    }
}

fn role(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}

fn made_up() -> GivenText {
    GivenText {
        title: "Ferry to Saint Brannoc stops for eleven days".to_owned(),
        text: "The harbour ferry between Port Alder and Saint Brannoc will stop for eleven days from Monday, the port authority said. \
               Engineers found cracks in two of the four shafts. The repair costs 2.4 million crowns. About 3,800 commuters \
               use the line on a working day; two buses will run around the bay every twenty minutes."
            .to_owned(),
        url: String::new(),
        source: "Alder Mail".to_owned(),
    }
}
