//! Which prompt a pipeline drafts with, what was drafted with it, and what became of that.

use std::collections::HashMap;

use serde::Serialize;
use store::{Conn, Tx, params};

use super::Completion;
use super::prompt::shown;
use crate::people::{Action, Actor};
use crate::pipelines::Pipeline;
use crate::prompts::{self, Prompt, PromptVersion, Ready, Template, Told};
use crate::stories::Member;
use crate::{Desk, Error, PostId, Version, feedback};

store::sql! {
    CHANNEL_KINDS = "drafts.channel_kinds", "SELECT DISTINCT kind FROM channel ORDER BY kind LIMIT 2";
    NOTE = "drafts.prompt_note",
        "INSERT INTO prompt_draft (completion, version, post, post_version, cost_micros) VALUES ($1, $2, $3, $4, $5)";
    // The version that was decided on is the published one, else the approved one, else the one that was rejected. Which
    // draft it goes back to says its completion, which edits inherit.
    FIGURES = "drafts.prompt_figures",
        "SELECT d.version, count(*),
            sum(CASE WHEN j.completion = d.completion THEN 1 ELSE 0 END),
            sum(CASE WHEN j.completion = d.completion AND (p.published_version IS NOT NULL OR p.approved_version IS NOT NULL) THEN 1 ELSE 0 END),
            sum(CASE WHEN j.completion = d.completion AND p.published_version IS NOT NULL THEN 1 ELSE 0 END),
            sum(CASE WHEN j.completion = d.completion AND p.published_version = d.post_version THEN 1 ELSE 0 END),
            CAST(sum(d.cost_micros) AS BIGINT)
         FROM prompt_draft d JOIN post p ON p.id = d.post
         LEFT JOIN post_version j ON j.post = p.id AND j.version =
            coalesce(p.published_version, p.approved_version, CASE WHEN p.state = 'rejected' THEN p.version END)
         WHERE d.version {in:$1} GROUP BY d.version";
    EDITED = "drafts.prompt_edited",
        "SELECT d.version, v.title, v.body, j.title, j.body
         FROM prompt_draft d JOIN post p ON p.id = d.post
         JOIN post_version j ON j.post = p.id AND j.version = p.published_version AND j.completion = d.completion
         JOIN post_version v ON v.post = p.id AND v.version = d.post_version
         WHERE d.version {in:$1} AND p.published_version <> d.post_version ORDER BY d.completion DESC LIMIT $2";
}

/// Edited drafts that are compared with what was published, the newest ones.
const COMPARED_MAX: i64 = 500;

/// What became of the drafts that a version made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Figures {
    pub drafts: u64,
    /// Those whose text, edited or not, was approved or published, or else rejected.
    pub decided: u64,
    /// Those that were not rejected.
    pub accepted: u64,
    /// 0 to 1; `None` before the first decision.
    pub acceptance_rate: Option<f64>,
    /// Mean share of the words that people replaced between the draft and what was published, 0 to 1; `None` before the first
    /// publication.
    pub edit_distance: Option<f64>,
    /// Millionths of a dollar for these drafts, failed attempts before them included.
    pub cost_micros: u64,
}

/// What a pipeline asks a model with.
pub(super) async fn of(desk: &Desk, pipeline: &Pipeline, members: &[Member]) -> Result<(Ready, Told), Error> {
    let mut conn = desk.store.read_fresh();
    let spec = &pipeline.spec;
    let template = match &spec.prompt {
        Some(name) => prompts::current(&mut conn, name).await?,
        None => prompts::current(&mut conn, usual(members)).await?.in_any_language(),
    };
    let channel = channel_kind(&mut conn).await?;
    let voice = match &spec.voice {
        Some(name) => Some(prompts::voice(&mut conn, name).await?.on(&channel)),
        None => None,
    };
    let ready = Ready { template, voice, channel, words_max: spec.words_max, sentences_max: spec.sentences_max };
    let told = tell(&ready, members.len())?;
    Ok((ready, told))
}

pub(super) fn tell(ready: &Ready, members: usize) -> Result<Told, Error> {
    ready.tell(shown(members)).map_err(|fault| Error::invalid("/prompt", fault.to_string()))
}

/// The prompt of a pipeline that names none.
fn usual(members: &[Member]) -> &'static str {
    let turkish = members.iter().filter(|member| member.language == "tr").count();
    if turkish > 0 && 2 * turkish >= members.len() { "news-post-tr" } else { "news-post-en" }
}

/// The kind of the channels when all are of one; else empty.
async fn channel_kind(conn: &mut Conn) -> Result<String, Error> {
    let kinds = conn.all(&CHANNEL_KINDS, params![]).await?;
    Ok(if let [only] = kinds.as_slice() { only.get(0)? } else { String::new() })
}

/// Notes which version made the draft that was written as `version` of `post`.
pub(super) async fn note(
    desk: &Desk,
    tx: &mut Tx,
    template: Option<&Template>,
    records: &[Completion],
    post: PostId,
    version: Version,
) -> Result<(), Error> {
    let (Some(template), Some(last)) = (template, records.last()) else { return Ok(()) };
    prompts::add_version(tx, template, "", None, desk.now()).await?;
    let cost: u64 = records.iter().map(|record| record.cost_micros).sum();
    tx.exec(
        &NOTE,
        params![last.id.to_i64(), prompts::key_of(&template.version()), post.to_i64(), version, cost as i64],
    )
    .await?;
    Ok(())
}

/// The figures of these versions; those without a draft have none.
async fn figures(desk: &Desk, versions: &[String]) -> Result<HashMap<String, Figures>, Error> {
    let mut found = HashMap::new();
    if versions.is_empty() {
        return Ok(found);
    }
    let keys: HashMap<i64, &String> = versions.iter().filter_map(|v| Some((prompts::key_of(v)?, v))).collect();
    let asked: Vec<i64> = keys.keys().copied().collect();
    let named = |row: &store::Row| {
        Ok::<_, store::Error>(keys.get(&row.get::<i64>(0)?).map(|v| v.to_string()).unwrap_or_default())
    };
    let mut conn = desk.store.read();
    let mut published: HashMap<String, (u64, u64)> = HashMap::new();
    for row in conn.all(&FIGURES, params![store::list(&asked)]).await? {
        let number = |column| Ok::<_, store::Error>(row.get::<i64>(column)? as u64);
        let (version, decided, accepted) = (named(&row)?, number(2)?, number(3)?);
        let figures = Figures {
            drafts: number(1)?,
            decided,
            accepted,
            acceptance_rate: (decided > 0).then(|| accepted as f64 / decided as f64),
            edit_distance: None,
            cost_micros: number(6)?,
        };
        published.insert(version.clone(), (number(4)?, number(5)?));
        found.insert(version, figures);
    }
    let mut pairs: Vec<(String, String, String)> = Vec::new();
    for row in conn.all(&EDITED, params![store::list(&asked), COMPARED_MAX]).await? {
        let text = |title, body| Ok::<_, store::Error>(format!("{}\n\n{}", row.text(title)?, row.text(body)?));
        pairs.push((named(&row)?, text(1, 2)?, text(3, 4)?));
    }
    drop(conn);
    let compare = move || -> HashMap<String, (f64, u64)> {
        let mut sums: HashMap<String, (f64, u64)> = HashMap::new();
        for (version, drafted, published) in pairs {
            let (sum, n) = sums.entry(version).or_default();
            *sum += feedback::changed(&drafted, &published);
            *n += 1;
        }
        sums
    };
    let compared = desk.queue.compute(compare).await?;
    for (version, figures) in &mut found {
        let (all, untouched) = published.get(version).copied().unwrap_or_default();
        let mean = compared.get(version).map_or(0.0, |(sum, n)| sum / *n as f64);
        figures.edit_distance = (all > 0).then(|| mean * (all - untouched) as f64 / all as f64);
    }
    Ok(found)
}

/// All prompts, each with the figures of its current version; `None` for one that made no draft.
pub async fn list(desk: &Desk, actor: &Actor) -> Result<Vec<(Prompt, Option<Figures>)>, Error> {
    let prompts = prompts::list(desk, actor).await?;
    let versions: Vec<String> = prompts.iter().map(|prompt| prompt.template.version()).collect();
    let figures = figures(desk, &versions).await?;
    Ok(prompts.into_iter().zip(versions).map(|(prompt, version)| (prompt, figures.get(&version).copied())).collect())
}

/// A prompt with the figures of its current version.
pub async fn get(desk: &Desk, actor: &Actor, name: &str) -> Result<(Prompt, Option<Figures>), Error> {
    actor.may(Action::Read)?;
    let prompt = prompts::get(&mut desk.store.read_fresh(), name).await?;
    let version = prompt.template.version();
    let figures = figures(desk, std::slice::from_ref(&version)).await?.remove(&version);
    Ok((prompt, figures))
}

/// The versions of a prompt with their figures, newest first.
pub async fn versions(desk: &Desk, actor: &Actor, name: &str) -> Result<Vec<(PromptVersion, Figures)>, Error> {
    actor.may(Action::Read)?;
    let versions = prompts::versions(&mut desk.store.read_fresh(), name).await?;
    let named: Vec<String> = versions.iter().map(|version| version.version.clone()).collect();
    let figures = figures(desk, &named).await?;
    Ok(versions
        .into_iter()
        .zip(named)
        .map(|(v, named)| (v, figures.get(&named).copied().unwrap_or_default()))
        .collect())
}

/// One version with its figures.
pub async fn version(desk: &Desk, actor: &Actor, name: &str, wanted: &str) -> Result<(PromptVersion, Figures), Error> {
    actor.may(Action::Read)?;
    let version = prompts::version(&mut desk.store.read_fresh(), name, wanted).await?;
    let figures = figures(desk, std::slice::from_ref(&version.version)).await?;
    let of_it = figures.get(&version.version).copied().unwrap_or_default();
    Ok((version, of_it))
}
