//! The lists people work from: filters, orders, cursors, totals.
//!
//! Each order is read along an index. Where the states are given, each state's part is read along its own and the
//! parts are merged, so that a short queue is found at once among millions of posts that were published long ago.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use stdx::Timestamp;
use store::{Conn, Row, Statement, Value, params};

use super::{Post, State, posts, read, search, who};
use crate::desk::kept::kept;
use crate::people::{Action, Actor};
use crate::{Desk, Error, PipelineId, PostId, SourceId, StoryId, tags};

/// Up to here totals are exact.
pub const TOTAL_MAX: u64 = 10_000;
/// What takes a kept list away.
const TAGS: [&str; 3] = [tags::POSTS, tags::PIPELINES, tags::PEOPLE];
/// Rows of a page at most.
const LIMIT_MAX: usize = 200;

/// Which posts, in which order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Filter {
    /// None: all.
    pub states: Vec<State>,
    /// Words of title and excerpt, each at least in its beginning.
    pub query: Option<String>,
    pub topic: Option<String>,
    pub language: Option<String>,
    pub pipeline: Option<PipelineId>,
    pub story: Option<StoryId>,
    /// Posts of whose story the source has told.
    pub source: Option<SourceId>,
    pub claimed: Option<Claimed>,
    pub score_min: Option<f64>,
    pub score_max: Option<f64>,
    pub edited: Option<bool>,
    /// Made from then on.
    pub from: Option<Timestamp>,
    /// Made before then.
    pub to: Option<Timestamp>,
    pub sort: Sort,
    /// Where the last page ended.
    #[serde(skip)]
    pub after: Option<Cursor>,
    /// Rows, at most 200.
    #[serde(skip)]
    pub limit: usize,
}

/// Whose claim a post is under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Claimed {
    Me,
    None,
}

/// The order of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sort {
    #[default]
    #[serde(rename = "newest")]
    Newest,
    #[serde(rename = "oldest")]
    Oldest,
    /// Lowest score first.
    #[serde(rename = "score")]
    Score,
    /// Highest score first.
    #[serde(rename = "-score")]
    ScoreDown,
    /// What is due, soonest first; posts without a time are left out.
    #[serde(rename = "due")]
    Due,
    /// What was changed last comes first.
    #[serde(rename = "updated")]
    Updated,
}

/// Where a page of a list ended; written `ID`, or `KEY.ID` where another order than that of the ids counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Microseconds, or the bits of a score.
    key: i64,
    id: PostId,
}

impl Cursor {
    /// Behind the post `id`, in an order by ids.
    pub fn behind(id: PostId) -> Cursor {
        Cursor { key: 0, id }
    }

    /// Behind `post` in a list that is sorted so.
    pub fn of(post: &Post, sort: Sort) -> Cursor {
        let key = match sort {
            Sort::Newest | Sort::Oldest => 0,
            Sort::Score | Sort::ScoreDown => post.score.to_bits() as i64,
            Sort::Due => post.due_at.map_or(0, Timestamp::micros),
            Sort::Updated => post.updated_at.micros(),
        };
        Cursor { key, id: post.id }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.key == 0 { write!(f, "{}", self.id) } else { write!(f, "{}.{}", self.key, self.id) }
    }
}

impl FromStr for Cursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (key, id) = text.split_once('.').unwrap_or(("0", text));
        Ok(Cursor { key: key.parse().map_err(|_| ())?, id: id.parse().map_err(|_| ())? })
    }
}

/// How many posts a filter lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Total {
    pub count: u64,
    /// More than [`TOTAL_MAX`]: reckoned from how densely they lie among the first ones.
    pub is_estimate: bool,
}

/// The conditions that every list shares. The plus keeps an index from being chosen that is not in the list's order.
macro_rules! filtered {
    ($where:expr, $rest:expr) => {
        concat!(
            "WHERE ", $where,
            " AND (p.topic = $1 OR $1 = '') AND (p.language = $2 OR $2 = '') AND (p.pipeline = $3 OR $3 = 0) AND (p.story = $4 OR $4 = 0)
            AND (CAST($5 AS BIGINT) = 0 OR EXISTS (SELECT 1 FROM item i WHERE i.story = p.story AND i.source = $5))
            AND +p.score >= $6 AND +p.score <= $7 AND +p.edited >= $8 AND +p.edited <= $9 AND +p.created_at >= $10 AND +p.created_at < $11
            AND (CAST($12 AS BIGINT) = 0
                OR (CAST($12 AS BIGINT) = 1 AND EXISTS (SELECT 1 FROM claim o WHERE o.post = p.id AND o.by_actor = $13 AND o.until > $14))
                OR (CAST($12 AS BIGINT) = 2 AND NOT EXISTS (SELECT 1 FROM claim o WHERE o.post = p.id AND o.until > $14))) ",
            $rest
        )
    };
}

macro_rules! listed {
    ($where:expr, $order:expr) => {
        posts!(filtered!($where, concat!("ORDER BY ", $order, " LIMIT $15")))
    };
}

/// Those that hold the words `$18`; an identifier of the table, then the condition on each engine.
macro_rules! found {
    (sqlite $where:expr, $order:expr) => {
        listed!(concat!($where, " AND p.id IN (SELECT t.rowid FROM post_text t WHERE post_text MATCH $18) AND (p.state || '') {in_text:$19}"), $order)
    };
    (postgres $where:expr, $order:expr) => {
        listed!(concat!($where, " AND p.id IN (SELECT t.rowid FROM post_text t WHERE to_tsvector('simple', t.content) @@ to_tsquery('simple', $18))
            AND (p.state || '') {in_text:$19}"), $order)
    };
}

macro_rules! counted {
    ($where:expr) => {
        concat!(
            "SELECT count(*), coalesce(max(q.id), 0) FROM (SELECT p.id FROM post p ",
            filtered!($where, "ORDER BY p.id LIMIT 10001"),
            ") q"
        )
    };
}

store::sql! {
    NEWEST = "posts.list", listed!("p.id < $16", "p.id DESC");
    OLDEST = "posts.list_oldest", listed!("p.id > $16", "p.id");
    NEWEST_OF = "posts.list_state", listed!("p.state = $17 AND p.id < $16", "p.id DESC");
    OLDEST_OF = "posts.list_state_oldest", listed!("p.state = $17 AND p.id > $16", "p.id");
    SCORE_OF = "posts.list_state_score", listed!("p.state = $18 AND (p.score, p.id) > ($16, $17)", "p.score, p.id");
    SCORE_DOWN_OF = "posts.list_state_score_down", listed!("p.state = $18 AND (p.score, p.id) < ($16, $17)", "p.score DESC, p.id DESC");
    UPDATED_OF = "posts.list_state_updated", listed!("p.state = $18 AND (p.updated_at, p.id) < ($16, $17)", "p.updated_at DESC, p.id DESC");
    DUE = "posts.list_due",
        listed!("p.due_at IS NOT NULL AND (p.due_at, p.id) > ($16, $17) AND (p.state || '') {in_text:$18}", "p.due_at, p.id");
    FOUND_NEWEST = "posts.found_newest",
        sqlite found!(sqlite "p.id < $17 AND CAST($16 AS BIGINT) = 0", "p.id DESC"), postgres found!(postgres "p.id < $17 AND CAST($16 AS BIGINT) = 0", "p.id DESC");
    FOUND_OLDEST = "posts.found_oldest",
        sqlite found!(sqlite "p.id > $17 AND CAST($16 AS BIGINT) = 0", "p.id"), postgres found!(postgres "p.id > $17 AND CAST($16 AS BIGINT) = 0", "p.id");
    FOUND_SCORE = "posts.found_score",
        sqlite found!(sqlite "(p.score, p.id) > ($16, $17)", "p.score, p.id"), postgres found!(postgres "(p.score, p.id) > ($16, $17)", "p.score, p.id");
    FOUND_SCORE_DOWN = "posts.found_score_down",
        sqlite found!(sqlite "(p.score, p.id) < ($16, $17)", "p.score DESC, p.id DESC"), postgres found!(postgres "(p.score, p.id) < ($16, $17)", "p.score DESC, p.id DESC");
    FOUND_DUE = "posts.found_due",
        sqlite found!(sqlite "p.due_at IS NOT NULL AND (p.due_at, p.id) > ($16, $17)", "p.due_at, p.id"),
        postgres found!(postgres "p.due_at IS NOT NULL AND (p.due_at, p.id) > ($16, $17)", "p.due_at, p.id");
    FOUND_UPDATED = "posts.found_updated",
        sqlite found!(sqlite "(p.updated_at, p.id) < ($16, $17)", "p.updated_at DESC, p.id DESC"),
        postgres found!(postgres "(p.updated_at, p.id) < ($16, $17)", "p.updated_at DESC, p.id DESC");
    TOTAL = "posts.total", counted!("p.id > 0");
    TOTAL_OF = "posts.total_state", counted!("p.state = $15 AND p.id > 0");
    TOTAL_FOUND = "posts.total_found",
        sqlite counted!("p.id IN (SELECT t.rowid FROM post_text t WHERE post_text MATCH $15) AND (p.state || '') {in_text:$16}"),
        postgres counted!("p.id IN (SELECT t.rowid FROM post_text t WHERE to_tsvector('simple', t.content) @@ to_tsquery('simple', $15)) AND (p.state || '') {in_text:$16}");
    ENDS = "posts.ends", "SELECT (SELECT min(id) FROM post), (SELECT max(id) FROM post)";
}

impl Filter {
    /// Under what the list is kept; `None` where it depends on the hour, on who asks, on more than posts, or on words
    /// of which there are too many.
    fn key(&self) -> Option<String> {
        let is_kept = self.query.is_none() && self.claimed.is_none() && self.source.is_none();
        let rest = || format!("{} {}", self.limit, self.after.map_or_else(String::new, |after| after.to_string()));
        is_kept.then(|| Some(format!("{} {}", serde_json::to_string(self).ok()?, rest()))).flatten()
    }

    /// The values of the conditions that every list shares.
    fn values(&self, actor: &Actor, now: Timestamp) -> Vec<Value> {
        let (edited_min, edited_max) = self.edited.map_or((0, 1), |edited| (i64::from(edited), i64::from(edited)));
        let claimed = match self.claimed {
            None => 0i64,
            Some(Claimed::Me) => 1,
            Some(Claimed::None) => 2,
        };
        params![
            self.topic.as_deref().unwrap_or_default(),
            self.language.as_deref().unwrap_or_default(),
            self.pipeline.map_or(0, PipelineId::to_i64),
            self.story.map_or(0, StoryId::to_i64),
            self.source.map_or(0, SourceId::to_i64),
            self.score_min.unwrap_or(-1.0),
            self.score_max.unwrap_or(2.0),
            edited_min,
            edited_max,
            self.from.map_or(i64::MIN, Timestamp::micros),
            self.to.map_or(i64::MAX, Timestamp::micros),
            claimed,
            actor.principal.to_string(),
            now
        ]
    }

    /// Each state once; all of them when none is given.
    fn states(&self) -> Vec<State> {
        State::ALL.into_iter().filter(|state| self.states.is_empty() || self.states.contains(state)).collect()
    }

    /// The order's key to go on behind.
    fn order(&self) -> Value {
        let (start, after) = (self.sort.is_down(), self.after);
        let bits = |cursor: Cursor| f64::from_bits(cursor.key as u64);
        match self.sort {
            Sort::Newest | Sort::Oldest => Value::Int(0),
            Sort::Score | Sort::ScoreDown => Value::Real(after.map_or(if start { 2.0 } else { -1.0 }, bits)),
            Sort::Due | Sort::Updated => {
                Value::Int(after.map_or(if start { i64::MAX } else { i64::MIN }, |cursor| cursor.key))
            }
        }
    }

    /// The id to go on behind.
    fn id(&self) -> i64 {
        self.after.map_or(if self.sort.is_down() { i64::MAX } else { 0 }, |cursor| cursor.id.to_i64())
    }
}

impl Sort {
    fn is_down(self) -> bool {
        matches!(self, Sort::Newest | Sort::ScoreDown | Sort::Updated)
    }

    fn compare(self, a: &Post, b: &Post) -> Ordering {
        let up = match self {
            Sort::Newest | Sort::Oldest => Ordering::Equal,
            Sort::Score | Sort::ScoreDown => a.score.total_cmp(&b.score),
            Sort::Due => a.due_at.cmp(&b.due_at),
            Sort::Updated => a.updated_at.cmp(&b.updated_at),
        };
        let up = up.then(a.id.cmp(&b.id));
        if self.is_down() { up.reverse() } else { up }
    }
}

/// The posts that `filter` lets through, in its order.
pub async fn list(desk: &Desk, actor: &Actor, filter: &Filter) -> Result<Vec<Post>, Error> {
    actor.may(Action::Read)?;
    let now = desk.now();
    let Some(key) = filter.key() else { return list_in(&mut desk.store.read(), actor, filter, now).await };
    let asked = (desk.clone(), actor.clone(), filter.clone());
    let read = move || {
        let (desk, actor, filter) = asked.clone();
        async move { Ok(Arc::new(list_in(&mut desk.store.read_fresh(), &actor, &filter, now).await?)) }
    };
    let posts = kept(&desk.kept.lists, &key, &TAGS, read).await?;
    // Claims lapse without an event.
    Ok(posts.iter().map(|post| post.clone().at(now)).collect())
}

pub(crate) async fn list_in(
    conn: &mut Conn,
    actor: &Actor,
    filter: &Filter,
    now: Timestamp,
) -> Result<Vec<Post>, Error> {
    let rows = rows(conn, actor, filter, now).await?;
    let mut posts = rows.iter().map(|row| Ok(read(row)?.at(now))).collect::<Result<Vec<Post>, Error>>()?;
    posts.sort_unstable_by(|a, b| filter.sort.compare(a, b));
    posts.truncate(filter.limit.clamp(1, LIMIT_MAX));
    who::name_all(conn, &mut posts).await?;
    Ok(posts)
}

/// The first rows of each part of the list.
async fn rows(conn: &mut Conn, actor: &Actor, filter: &Filter, now: Timestamp) -> Result<Vec<Row>, Error> {
    let shared = || {
        let mut values = filter.values(actor, now);
        values.extend(params![filter.limit.clamp(1, LIMIT_MAX) as i64]);
        values
    };
    let with = |more: Vec<Value>| [shared(), more].concat();
    let (states, key, id) = (filter.states(), filter.order(), filter.id());
    let names: Vec<&str> = states.iter().map(|state| state.name()).collect();
    if let Some(asked) = &filter.query {
        let Some(words) = search::expression(conn.engine(), asked) else { return Ok(Vec::new()) };
        let statement = match filter.sort {
            Sort::Newest => &FOUND_NEWEST,
            Sort::Oldest => &FOUND_OLDEST,
            Sort::Score => &FOUND_SCORE,
            Sort::ScoreDown => &FOUND_SCORE_DOWN,
            Sort::Due => &FOUND_DUE,
            Sort::Updated => &FOUND_UPDATED,
        };
        return Ok(conn.all(statement, with(params![key, id, words, store::texts(&names)])).await?);
    }
    let by_state: (&'static Statement, bool) = match filter.sort {
        Sort::Newest if filter.states.is_empty() => return Ok(conn.all(&NEWEST, with(params![id])).await?),
        Sort::Oldest if filter.states.is_empty() => return Ok(conn.all(&OLDEST, with(params![id])).await?),
        Sort::Due => return Ok(conn.all(&DUE, with(params![key, id, store::texts(&names)])).await?),
        Sort::Newest => (&NEWEST_OF, false),
        Sort::Oldest => (&OLDEST_OF, false),
        Sort::Score => (&SCORE_OF, true),
        Sort::ScoreDown => (&SCORE_DOWN_OF, true),
        Sort::Updated => (&UPDATED_OF, true),
    };
    let mut rows = Vec::new();
    for state in names {
        let more = if by_state.1 { params![key.clone(), id, state] } else { params![id, state] };
        rows.extend(conn.all(by_state.0, with(more)).await?);
    }
    Ok(rows)
}

/// How many posts `filter` lets through: exact to [`TOTAL_MAX`].
pub async fn total(desk: &Desk, actor: &Actor, filter: &Filter) -> Result<Total, Error> {
    actor.may(Action::Read)?;
    let asked = (desk.clone(), actor.clone(), Filter { after: None, limit: 0, ..filter.clone() });
    let Some(key) = asked.2.key() else { return count_all(&mut desk.store.read(), actor, filter, desk.now()).await };
    let read = move || {
        let (desk, actor, filter) = asked.clone();
        async move { count_all(&mut desk.store.read_fresh(), &actor, &filter, desk.now()).await }
    };
    kept(&desk.kept.totals, &key, &TAGS, read).await
}

async fn count_all(conn: &mut Conn, actor: &Actor, filter: &Filter, now: Timestamp) -> Result<Total, Error> {
    let shared = || filter.values(actor, now);
    let states = filter.states();
    let mut counts: Vec<(u64, i64)> = Vec::new();
    if let Some(asked) = &filter.query {
        if let Some(words) = search::expression(conn.engine(), asked) {
            let names: Vec<&str> = states.iter().map(|state| state.name()).collect();
            let more = params![words, store::texts(&names)];
            counts.push(count(conn, &TOTAL_FOUND, [shared(), more].concat()).await?);
        }
    } else if filter.states.is_empty() {
        counts.push(count(conn, &TOTAL, shared()).await?);
    } else {
        for state in states {
            counts.push(count(conn, &TOTAL_OF, [shared(), params![state.name()]].concat()).await?);
        }
    }
    let counted: u64 = counts.iter().map(|(count, _)| count).sum();
    if counted <= TOTAL_MAX {
        return Ok(Total { count: counted, is_estimate: false });
    }
    // Ids are taken in the order of time: what the first ones take up of it tells how many the rest are.
    let ends = conn.one(&ENDS, params![]).await?;
    let (first, last) = (ends.get::<Option<i64>>(0)?.unwrap_or(0), ends.get::<Option<i64>>(1)?.unwrap_or(0));
    let reckon = |(count, until): (u64, i64)| {
        if count <= TOTAL_MAX {
            return count;
        }
        let part = (until.saturating_sub(first).max(1)) as f64 / (last.saturating_sub(first).max(1)) as f64;
        ((count as f64) / part.clamp(1e-9, 1.0)).round() as u64
    };
    Ok(Total { count: counts.into_iter().map(reckon).sum(), is_estimate: true })
}

async fn count(conn: &mut Conn, statement: &'static Statement, values: Vec<Value>) -> Result<(u64, i64), Error> {
    let row = conn.one(statement, values).await?;
    Ok((row.get::<i64>(0)? as u64, row.get(1)?))
}
