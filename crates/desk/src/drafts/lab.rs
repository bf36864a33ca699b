//! The rule lab: what rules would make of the items that are already there. Nothing is changed.

use std::collections::HashSet;
use std::sync::Arc;

use serde::Serialize;
use stdx::Timestamp;
use store::{Row, params};

use super::embedded::embedded;
use super::used;
use crate::items::{self, Standing};
use crate::people::{Action, Actor};
use crate::prompts::form::Answer;
use crate::sources::rules::{Rule, Rules, Subject, Verdict};
use crate::stories::{self, Member};
use crate::{Desk, Error, ItemId, PipelineId, SourceId, StoryId, pipelines, sources};

/// Whose items the rules are tried on.
#[derive(Clone, Copy, Debug)]
pub enum Scope {
    Source(SourceId),
    /// The sources of a pipeline.
    Pipeline(PipelineId),
}

/// What the rules would have done.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Trial {
    /// Items looked at, the newest ones.
    pub items: usize,
    /// Those that would be news.
    pub passed: usize,
    /// Those that would pass, but say what an earlier item says.
    pub duplicates: usize,
    /// Those that each rule would drop, by the rule's place.
    pub dropped: Vec<usize>,
    /// Those that no rule would keep, where there are rules that keep.
    pub not_kept: usize,
    /// Different stories among those that would be news.
    pub stories: usize,
    /// The newest, with what would become of each.
    pub shown: Vec<Tried>,
    /// Of the newest stories, what the embedded generator would write.
    pub drafts: Vec<Draft>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Tried {
    pub id: ItemId,
    pub title: String,
    pub source_name: String,
    pub published_at: Timestamp,
    /// `passes`, `duplicate` or `dropped`.
    pub fate: &'static str,
    /// The place of the rule that dropped it; `None` also when no rule kept it.
    pub rule: Option<usize>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Draft {
    pub title: String,
    pub excerpt: String,
    /// Markdown.
    pub body: String,
    /// From how many items.
    pub items: usize,
}

pub const ITEMS_MAX: u32 = 10_000;
const SHOWN: usize = 100;
const DRAFTS: usize = 3;
/// Items in memory at a time.
const PAGE: u32 = 200;

store::sql! {
    OF_SOURCE = "lab.of_source",
        "SELECT i.id, i.title, i.text, i.authors, i.categories, i.url, i.language, i.published_at, i.standing, i.story, s.name
         FROM item i JOIN source s ON s.id = i.source WHERE i.source = $1 AND i.id < $2 ORDER BY i.id DESC LIMIT $3";
    OF_PIPELINE = "lab.of_pipeline",
        "SELECT i.id, i.title, i.text, i.authors, i.categories, i.url, i.language, i.published_at, i.standing, i.story, s.name
         FROM item i JOIN source s ON s.id = i.source WHERE s.pipeline = $1 AND i.id < $2 ORDER BY i.id DESC LIMIT $3";
}

struct Candidate {
    tried: Tried,
    text: String,
    authors: Vec<String>,
    categories: Vec<String>,
    url: Option<String>,
    language: String,
    is_copy: bool,
    story: Option<StoryId>,
}

/// Tries `rules` on the last `items_max` items of `scope`, as if they came now.
///
/// # Errors
/// [`Error::Invalid`] for rules that cannot be asked, [`Error::NotFound`] for a scope that does not exist.
pub async fn try_rules(
    desk: &Desk,
    actor: &Actor,
    scope: Scope,
    rules: &[Rule],
    items_max: u32,
) -> Result<Trial, Error> {
    actor.may(Action::Read)?;
    let rules = Arc::new(Rules::read(rules, "/rules").map_err(Error::Invalid)?);
    let mut conn = desk.store.read();
    let (sql, id, pipeline) = match scope {
        Scope::Source(id) => (&OF_SOURCE, id.to_i64(), sources::get(&mut conn, id).await?.pipeline),
        Scope::Pipeline(id) => (&OF_PIPELINE, id.to_i64(), id),
    };
    let pipeline = pipelines::get(&mut conn, pipeline).await?;
    let mut trial = Trial { dropped: vec![0; rules.len()], ..Trial::default() };
    let (mut stories, mut drafted): (HashSet<StoryId>, Vec<Vec<Member>>) = Default::default();
    let (mut before, mut left) = (i64::MAX, items_max.clamp(1, ITEMS_MAX));
    while left > 0 {
        let rows = conn.all(sql, params![id, before, left.min(PAGE)]).await?;
        let Some(last) = rows.last() else { break };
        before = last.get::<stdx::Id>(0)?.to_i64();
        left -= u32::try_from(rows.len()).unwrap_or(left).min(left);
        let page = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let asked = rules.clone();
        let page =
            desk.queue.compute(move || page.into_iter().map(|one| judged(&asked, one)).collect::<Vec<_>>()).await?;
        for (candidate, verdict) in page {
            trial.count(&candidate, verdict);
            if trial.shown.len() < SHOWN {
                trial.shown.push(candidate.tried.clone());
            }
            if candidate.tried.fate == "passes" {
                // What is in no story yet would be one by itself.
                match candidate.story {
                    Some(story) if !stories.insert(story) => {}
                    story => {
                        trial.stories += 1;
                        if drafted.len() < DRAFTS {
                            drafted.push(members(&mut conn, candidate.tried.id, story).await?);
                        }
                    }
                }
            }
        }
    }
    for members in drafted {
        let (count, wanted) = (members.len(), used::wanted(desk, &pipeline, &members).await?);
        let Answer { title, excerpt, body } = desk.queue.compute(move || embedded(wanted, &members)).await?;
        trial.drafts.push(Draft { title, excerpt, body, items: count });
    }
    Ok(trial)
}

impl Trial {
    fn count(&mut self, candidate: &Candidate, verdict: Verdict) {
        self.items += 1;
        match verdict {
            Verdict::Passes if candidate.is_copy => self.duplicates += 1,
            Verdict::Passes => self.passed += 1,
            Verdict::Dropped(rule) => self.dropped[rule] += 1,
            Verdict::NotKept => self.not_kept += 1,
        }
    }
}

fn judged(rules: &Rules, mut candidate: Candidate) -> (Candidate, Verdict) {
    let verdict = rules.judge(&Subject {
        title: &candidate.tried.title,
        text: &candidate.text,
        authors: &candidate.authors,
        categories: &candidate.categories,
        url: candidate.url.as_deref(),
        language: &candidate.language,
    });
    (candidate.tried.fate, candidate.tried.rule) = match verdict {
        Verdict::Passes if candidate.is_copy => ("duplicate", None),
        Verdict::Passes => ("passes", None),
        Verdict::Dropped(rule) => ("dropped", Some(rule)),
        Verdict::NotKept => ("dropped", None),
    };
    (candidate, verdict)
}

/// The items that a draft of an item's story would be made from.
async fn members(conn: &mut store::Conn, item: ItemId, story: Option<StoryId>) -> Result<Vec<Member>, Error> {
    match story {
        Some(story) => stories::members(conn, story).await,
        None => items::members(conn, &[item]).await,
    }
}

fn read(row: &Row) -> Result<Candidate, store::Error> {
    Ok(Candidate {
        tried: Tried {
            id: ItemId(row.get(0)?),
            title: row.get(1)?,
            source_name: row.get(10)?,
            published_at: row.get(7)?,
            fate: "passes",
            rule: None,
        },
        text: row.get(2)?,
        authors: items::read_list(row, 3)?,
        categories: items::read_list(row, 4)?,
        url: row.get(5)?,
        language: row.get(6)?,
        is_copy: row.get::<String>(8)? == Standing::Copy.name(),
        story: row.get::<Option<stdx::Id>>(9)?.map(StoryId),
    })
}

#[cfg(test)]
mod tests;
