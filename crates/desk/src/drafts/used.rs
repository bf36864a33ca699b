//! Which prompt a pipeline drafts with, what was drafted with it, and what became of that.

use std::collections::HashMap;

use serde::Serialize;
use store::{Conn, Tx, params};

use super::Completion;
use super::embedded::Wanted;
use super::prompt::shown;
use crate::people::{Action, Actor};
use crate::pipelines::Pipeline;
use crate::prompts::{self, Kind, Prompt, PromptVersion, Ready, Template, Told};
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
pub(crate) async fn of(desk: &Desk, pipeline: &Pipeline, members: &[Member]) -> Result<(Ready, Told), Error> {
    let mut conn = desk.store.read_fresh();
    let spec = &pipeline.spec;
    let channel = channel_kind(&mut conn).await?;
    let template = match &spec.prompt {
        Some(name) => prompts::current(&mut conn, name).await?,
        None => prompts::current(&mut conn, &usual(&channel, members)).await?.in_any_language(),
    };
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

/// What the embedded generator writes for a pipeline: of the kind of its prompt, else of its channels.
pub(super) async fn wanted(desk: &Desk, pipeline: &Pipeline, members: &[Member]) -> Result<Wanted, Error> {
    match of(desk, pipeline, members).await {
        Ok((ready, _)) => Ok(Wanted::of(&ready, 0)),
        Err(Error::Invalid(_) | Error::NotFound { .. }) => plain(&mut desk.store.read_fresh(), pipeline, 0).await,
        Err(error) => Err(error),
    }
}

/// As [`wanted`] where the prompt or the voice cannot be used.
pub(super) async fn plain(conn: &mut Conn, pipeline: &Pipeline, variant: usize) -> Result<Wanted, Error> {
    let (kind, spec) = (Kind::of_channel(&channel_kind(conn).await?), &pipeline.spec);
    Ok(Wanted { kind, sentences_max: spec.sentences_max as usize, words_max: spec.words_max as usize, variant })
}

/// The prompt of a pipeline that names none: the product's own for what the channels take.
fn usual(channel: &str, members: &[Member]) -> String {
    let turkish = members.iter().filter(|member| member.language == "tr").count();
    let language = if turkish > 0 && 2 * turkish >= members.len() { "tr" } else { "en" };
    format!("{}-{language}", Kind::of_channel(channel).name().replace('_', "-"))
}

/// The kind of the channels when all are of one; else empty.
pub(crate) async fn channel_kind(conn: &mut Conn) -> Result<String, Error> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompts::built_in;

    #[test]
    fn every_channel_has_a_prompt_of_its_kind_in_both_languages() {
        let given = crate::drafts::GivenText {
            title: "Vapur".into(),
            text: "Vapur duruyor.".into(),
            url: String::new(),
            source: String::new(),
        };
        let mut member = given.member(stdx::Timestamp::EPOCH);
        for language in ["en", "tr"] {
            member.language = language.into();
            for channel in ["", "site", "linkedin", "newsletter", "shop", "mastodon"] {
                let name = usual(channel, std::slice::from_ref(&member));
                let template = Template::read(built_in(&name).unwrap()).unwrap();
                assert_eq!((template.kind, &*template.language), (Kind::of_channel(channel), language), "{name}");
            }
        }
        assert_eq!(usual("linkedin", &[]), "linkedin-post-en");
    }
}
