//! Approved posts as a set for fine-tuning: what a model was asked, and what people or the policy let stand of it.
//!
//! A line is one example in the chat form of OpenAI's fine-tuning, `{"messages": [system, user, assistant]}`, which others take as
//! "conversational data". Source: docs.together.ai/docs/fine-tuning/data-preparation, which also says why a line has no other member.
//! Nothing of people is in it: no names, notes or decisions.

mod asked;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, VecDeque};

use connect::llm::Role;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use stdx::{Rng, Timestamp};
use store::params;

use crate::drafts::prompt;
use crate::people::{Action, Actor};
use crate::pipelines::{self, Pipeline};
use crate::posts::SourceRef;
use crate::prompts::form::Answer;
use crate::stories::{self, Member};
use crate::{ChannelId, Desk, Error, Fault, PipelineId, PostId, StoryId};

store::sql! {
    // The version that counts is the one approved last; what was rejected or withdrawn has none.
    PAGE = "tuning.page",
        "SELECT p.id, p.story, p.pipeline, v.title, v.excerpt, v.body, v.sources, v.grounded, v.grounding, c.prompt_version
         FROM post p JOIN post_version v ON v.post = p.id AND v.version = coalesce(p.approved_version, p.published_version)
         LEFT JOIN completion c ON c.id = v.completion
         WHERE p.id > $1 AND p.state IN ('approved', 'scheduled', 'publishing', 'published', 'failed')
            AND (p.pipeline = $2 OR $2 = 0) AND (p.language = $3 OR $3 = '') AND p.created_at >= $4
            AND (CAST($5 AS BIGINT) = 0 OR EXISTS (SELECT 1 FROM delivery d WHERE d.post = p.id AND d.channel = $5 AND d.state = 'live'))
         ORDER BY p.id LIMIT $6";
}

/// Posts in memory at a time.
const PAGE_POSTS: i64 = 20;

/// Which posts, and how they are divided.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    pub pipeline: Option<PipelineId>,
    /// Those that are live there.
    pub channel: Option<ChannelId>,
    /// ISO 639-1 code.
    pub language: Option<String>,
    /// Posts made from then on.
    pub since: Option<Timestamp>,
    /// The share of a text's sentences, 0 to 1, in which nothing is that its sources do not hold. 1 takes what the desk calls
    /// grounded, the headline included.
    pub grounding_min: f64,
    /// So many stories of a hundred are for validation, 0 to 99.
    pub validation_percent: u32,
}

impl Default for Asked {
    fn default() -> Self {
        Asked { pipeline: None, channel: None, language: None, since: None, grounding_min: 1.0, validation_percent: 0 }
    }
}

/// What an example is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    Train,
    Validation,
}

impl Part {
    pub const ALL: [Part; 2] = [Part::Train, Part::Validation];

    pub fn name(self) -> &'static str {
        match self {
            Part::Train => "train",
            Part::Validation => "validation",
        }
    }

    /// By the hash of the story, so that a story stands in the same part in every set of the same share.
    fn of(story: StoryId, percent: u32) -> Part {
        let hash = Sha256::digest(story.to_string());
        let lot = u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]) % 100;
        if lot < percent { Part::Validation } else { Part::Train }
    }
}

/// One example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    pub post: PostId,
    pub part: Part,
    /// JSON on one line, without a line end.
    pub json: String,
}

/// How many posts became examples, and why others did not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub train: u64,
    pub validation: u64,
    /// Left out: the text says what its sources do not.
    pub not_grounded: u64,
    /// Left out: a source speaks to a model instead of a reader.
    pub suspicious: u64,
    /// Left out: the sources are not there any more, or were given with the request and never kept.
    pub without_sources: u64,
    /// Left out: the text has no longer the form that its prompt asks for, or the prompt cannot be used any more.
    pub other_form: u64,
    /// Taken, though voice or rules have changed since: the example has those of today.
    pub changed_prompt: u64,
}

/// A set that is being written, post by post, in the order of their ids.
pub struct Export {
    desk: Desk,
    asked: Asked,
    after: i64,
    page: VecDeque<Candidate>,
    is_last: bool,
    pipelines: HashMap<PipelineId, Pipeline>,
    counts: Counts,
}

struct Candidate {
    post: PostId,
    story: Option<StoryId>,
    pipeline: PipelineId,
    text: Answer,
    sources: Vec<SourceRef>,
    grounded: bool,
    grounding: Json,
    /// That of the draft it goes back to; empty for one without a model.
    prompt: String,
}

#[derive(Serialize)]
struct Line {
    messages: Vec<Said>,
}

#[derive(Serialize)]
struct Said {
    role: &'static str,
    content: String,
}

/// Begins a set.
///
/// # Errors
/// [`Error::Forbidden`] for who may not configure, [`Error::Invalid`] for a filter that names nothing.
pub async fn export(desk: &Desk, actor: &Actor, asked: Asked) -> Result<Export, Error> {
    actor.may(Action::Configure)?;
    let mut faults = Vec::new();
    if !(0.0..=1.0).contains(&asked.grounding_min) {
        faults.push(Fault::new("/grounding_min", "must be 0 to 1"));
    }
    if asked.validation_percent > 99 {
        faults.push(Fault::new("/validation", "must be 0 to 99"));
    }
    let mut conn = desk.store.read();
    if let Some(id) = asked.pipeline {
        match pipelines::get(&mut conn, id).await {
            Err(Error::NotFound { .. }) => faults.push(Fault::new("/pipeline", format!("there is no pipeline {id}"))),
            other => drop(other?),
        }
    }
    if let Some(id) = asked.channel
        && !crate::channels::list(&mut conn).await?.iter().any(|channel| channel.id == id)
    {
        faults.push(Fault::new("/channel", format!("there is no channel {id}")));
    }
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    Ok(Export {
        desk: desk.clone(),
        asked,
        after: 0,
        page: VecDeque::new(),
        is_last: false,
        pipelines: HashMap::new(),
        counts: Counts::default(),
    })
}

impl Export {
    /// The next example; `None` behind the last one.
    pub async fn next(&mut self) -> Result<Option<Example>, Error> {
        loop {
            match self.page.pop_front() {
                Some(candidate) => {
                    if let Some(example) = self.example(candidate).await? {
                        return Ok(Some(example));
                    }
                }
                None if self.is_last => return Ok(None),
                None => self.turn().await?,
            }
        }
    }

    /// So far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    async fn turn(&mut self) -> Result<(), Error> {
        let Asked { pipeline, channel, language, since, .. } = &self.asked;
        let values = params![
            self.after,
            pipeline.map_or(0, PipelineId::to_i64),
            language.clone().unwrap_or_default(),
            since.unwrap_or(Timestamp::EPOCH),
            channel.map_or(0, ChannelId::to_i64),
            PAGE_POSTS
        ];
        let rows = self.desk.store.read().all(&PAGE, values).await?;
        self.is_last = rows.len() < PAGE_POSTS as usize;
        for row in &rows {
            let candidate = read(row)?;
            self.after = candidate.post.to_i64();
            self.page.push_back(candidate);
        }
        Ok(())
    }

    async fn example(&mut self, candidate: Candidate) -> Result<Option<Example>, Error> {
        if candidate.grounding_share() < self.asked.grounding_min {
            self.counts.not_grounded += 1;
            return Ok(None);
        }
        let Some((story, members)) = self.members(&candidate).await? else {
            self.counts.without_sources += 1;
            return Ok(None);
        };
        if members.iter().any(|member| !member.suspicious.is_empty()) {
            self.counts.suspicious += 1;
            return Ok(None);
        }
        let pipeline = self.pipeline(candidate.pipeline).await?;
        let found = asked::of(&self.desk, &pipeline, &candidate.prompt, &members).await?;
        let answer = found.as_ref().and_then(|found| candidate.text.written(found.told.kind));
        let (Some(found), Some(answer)) = (found, answer) else {
            self.counts.other_form += 1;
            return Ok(None);
        };
        // The marker is drawn by the post, so that the same set is the same bytes.
        let dice = Rng::seeded(candidate.post.to_i64().cast_unsigned());
        let question = prompt::question(&found.told, &members, &dice);
        let mut messages: Vec<Said> = question
            .messages
            .into_iter()
            .map(|message| Said {
                role: if message.role == Role::System { "system" } else { "user" },
                content: message.text,
            })
            .collect();
        messages.push(Said { role: "assistant", content: answer });
        let json = serde_json::to_string(&Line { messages }).expect("messages are plain data");
        let part = Part::of(story, self.asked.validation_percent);
        match part {
            Part::Train => self.counts.train += 1,
            Part::Validation => self.counts.validation += 1,
        }
        self.counts.changed_prompt += u64::from(found.is_changed);
        Ok(Some(Example { post: candidate.post, part, json }))
    }

    /// The items that the text was made from, in their order; `None` when one of them is missing.
    async fn members(&self, candidate: &Candidate) -> Result<Option<(StoryId, Vec<Member>)>, Error> {
        let Some(story) = candidate.story.filter(|_| !candidate.sources.is_empty()) else { return Ok(None) };
        let mut known = stories::members(&mut self.desk.store.read(), story).await?;
        let mut members = Vec::with_capacity(candidate.sources.len());
        for source in &candidate.sources {
            let is_it = |m: &Member| m.source == source.name && m.title == source.title && m.url == source.url;
            let Some(at) = known.iter().position(is_it) else { return Ok(None) };
            members.push(known.remove(at));
        }
        Ok(Some((story, members)))
    }

    async fn pipeline(&mut self, id: PipelineId) -> Result<Pipeline, Error> {
        if let Some(pipeline) = self.pipelines.get(&id) {
            return Ok(pipeline.clone());
        }
        let pipeline = pipelines::get(&mut self.desk.store.read(), id).await?;
        self.pipelines.insert(id, pipeline.clone());
        Ok(pipeline)
    }
}

impl Candidate {
    /// 1 for a grounded text; else the share of its sentences that are, which is less.
    fn grounding_share(&self) -> f64 {
        if self.grounded {
            return 1.0;
        }
        let place = |one: &Json| Some(one["start"].as_u64()?..one["end"].as_u64()?);
        let list = |name: &str| self.grounding[name].as_array().into_iter().flatten().filter_map(place);
        let unsupported: Vec<_> = list("unsupported").collect();
        let sentences: Vec<_> = list("sentences").collect();
        let is_held = |sentence: &&std::ops::Range<u64>| {
            !unsupported.iter().any(|piece| piece.start < sentence.end && sentence.start < piece.end)
        };
        let held = sentences.iter().filter(is_held).count();
        // What the headline alone says falsely is no whole text either.
        (held as f64 / sentences.len().max(1) as f64).min(0.999)
    }
}

fn read(row: &store::Row) -> Result<Candidate, store::Error> {
    Ok(Candidate {
        post: PostId(row.get(0)?),
        story: row.get::<Option<stdx::Id>>(1)?.map(StoryId),
        pipeline: PipelineId(row.get(2)?),
        text: Answer { title: row.get(3)?, excerpt: row.get(4)?, body: row.get(5)? },
        sources: serde_json::from_str(row.text(6)?).unwrap_or_default(),
        grounded: row.get(7)?,
        grounding: serde_json::from_str(row.text(8)?).unwrap_or_default(),
        prompt: row.get::<Option<String>>(9)?.unwrap_or_default(),
    })
}
