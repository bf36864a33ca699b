//! Posts: their state, their versions, and the lists people work from.

mod life;
mod lifts;
pub(crate) mod list;
pub(crate) mod search;
pub mod variants;
mod version;
pub(crate) mod who;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use stdx::Timestamp;
use store::{Conn, Row, Tx, params};

pub use life::{Approval, Command, Delivery, DeliveryState, Life, State};
pub use lifts::{Containment, Lift, Lifts};
pub use list::{Claimed, Cursor, Filter, Sort, TOTAL_MAX, Total, list, total};
pub use search::reindex;
pub use version::{Cost, Draft, Edit, SourceRef, VersionView};
pub use who::names;

use crate::desk::kept::kept;
use crate::people::Actor;
use crate::{Desk, Error, PipelineId, PostId, Signal, StoryId, Version, events, pipelines, tags};

/// First parts of an address that the site needs for itself.
pub const RESERVED: &[&str] = &[
    "api", "archive", "assets", "console", "docs", "feed", "health", "metrics", "page", "redoc", "review", "robots",
    "search", "sitemap", "topic",
];

/// A post as the lists show it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Post {
    pub id: PostId,
    pub state: State,
    /// The newest version.
    pub version: Version,
    pub approved_version: Option<Version>,
    pub published_version: Option<Version>,
    /// When it is to be published, while it is scheduled.
    pub due_at: Option<Timestamp>,
    pub published_at: Option<Timestamp>,
    pub pipeline: PipelineId,
    pub story: Option<StoryId>,
    pub title: String,
    pub excerpt: String,
    pub slug: String,
    pub topic: String,
    pub language: String,
    /// Quality of the newest version, 0 to 1.
    pub score: f64,
    pub grounded: bool,
    /// A person has changed the text.
    pub edited: bool,
    /// Why the last decision fell as it did.
    pub reason: String,
    /// Who wrote the newest version.
    pub author: String,
    /// Who approved the newest version, first to last.
    pub approvals: Vec<Approved>,
    /// How many people must approve it, as its pipeline has it now.
    pub approvals_needed: u32,
    /// What people think of it.
    pub rating: Option<Rating>,
    /// Names of the newest version's sources, each once.
    pub source_names: Vec<String>,
    /// Who looks at it just now; [`Post::at`] leaves out a claim that has lapsed.
    pub claim: Option<Claim>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// Events in the stream: the expected version of the next change.
    #[serde(skip)]
    pub events: u32,
}

/// An approval as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Approved {
    /// The principal.
    pub by: String,
    /// What people call them.
    pub name: String,
    pub at: Timestamp,
}

/// Somebody has taken a post upon themselves for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Claim {
    pub by: String,
    pub name: String,
    pub until: Timestamp,
}

/// The mean of what people gave, 1 to 5.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Rating {
    pub mean: f64,
    pub count: u32,
}

impl Post {
    /// As it is shown at `now`.
    #[must_use]
    pub fn at(mut self, now: Timestamp) -> Post {
        self.claim = self.claim.filter(|claim| claim.until > now);
        self
    }
}

/// What [`read`] reads, and where it stands.
macro_rules! posts {
    ($rest:expr) => {
        concat!(
            "SELECT p.id, p.state, p.version, p.approved_version, p.published_version, p.due_at, p.published_at, p.pipeline, p.story, p.title,
            p.excerpt, p.slug, p.topic, p.language, p.score, p.grounded, p.edited, p.reason, p.created_at, p.updated_at, p.events, p.author,
            p.approvals, p.source_names, p.rating_sum, p.rating_count, l.spec, c.by_actor, c.name, c.until
            FROM post p LEFT JOIN pipeline l ON l.id = p.pipeline LEFT JOIN claim c ON c.post = p.id ",
            $rest
        )
    };
}
pub(crate) use posts;

store::sql! {
    ADD = "posts.add",
        "INSERT INTO post (id, state, events, version, pipeline, story, title, excerpt, slug, topic, language, score, grounded, edited, reason, created_at, updated_at, author, source_names)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16, $17, $18) ON CONFLICT (slug) DO NOTHING";
    GET = "posts.get", posts!("WHERE p.id = $1");
    BY_STORY = "posts.by_story", "SELECT id FROM post WHERE story = $1 ORDER BY id DESC LIMIT 1";
    COUNT = "posts.count", "SELECT state, count(*) FROM post GROUP BY state";
    SLUG_TAKEN = "posts.slug_taken", "SELECT count(*) FROM post WHERE slug = $1 AND id <> $2";
    MOVE = "posts.move",
        "UPDATE post SET state = $2, events = $3, version = $4, approved_version = $5, published_version = $6, due_at = $7, published_at = $8, updated_at = $9,
         author = $11, approvals = $12 WHERE id = $1 AND events = $10";
    TEXT = "posts.text",
        "UPDATE post SET title = $2, excerpt = $3, topic = $4, language = $5, score = $6, grounded = $7, edited = $8, slug = $9, source_names = $10 WHERE id = $1";
    REASON = "posts.reason", "UPDATE post SET reason = $2 WHERE id = $1";
    VERSION_ADD = "posts.version_add",
        "INSERT INTO post_version (post, version, title, excerpt, body, sources, analysis, grounding, score, grounded, completion, by_actor, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    VERSION_GET = "posts.version_get",
        "SELECT post, version, title, excerpt, body, sources, analysis, grounding, score, grounded, completion, by_actor, created_at FROM post_version WHERE post = $1 AND version = $2";
    VERSION_LIST = "posts.version_list",
        "SELECT post, version, title, excerpt, body, sources, analysis, grounding, score, grounded, completion, by_actor, created_at FROM post_version WHERE post = $1 ORDER BY version DESC LIMIT 200";
    COSTS = "posts.version_costs",
        "SELECT draft, max(CASE WHEN id = draft THEN provider END), max(CASE WHEN id = draft THEN model END), CAST(sum(attempts) AS BIGINT),
             CAST(sum(prompt_tokens) AS BIGINT), CAST(sum(completion_tokens) AS BIGINT), CAST(sum(cost_micros) AS BIGINT)
         FROM completion WHERE draft {in:$1} GROUP BY draft";
    DELIVERIES = "posts.deliveries", "SELECT channel, state, version, key, remote_id FROM delivery WHERE post = $1 ORDER BY channel";
    DELIVERY_PUT = "posts.delivery_put",
        "INSERT INTO delivery (id, post, channel, version, state, key, remote_id, attempts, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, $8)
         ON CONFLICT (post, channel) DO UPDATE SET version = excluded.version, state = excluded.state, key = excluded.key, remote_id = excluded.remote_id, updated_at = excluded.updated_at,
         attempts = delivery.attempts + CASE WHEN excluded.state = 'sending' THEN 1 ELSE 0 END";
}

/// The post of a row, without the names of those who approved it.
fn read(row: &Row) -> Result<Post, store::Error> {
    let state: String = row.get(1)?;
    let (stars, ratings): (i64, u32) = (row.get(24)?, row.get(25)?);
    let names: String = row.get(23)?;
    let until: Option<Timestamp> = row.get(29)?;
    let approved = |given: Approval| Approved { by: given.by, name: String::new(), at: given.at };
    Ok(Post {
        id: PostId(row.get(0)?),
        state: state.parse().map_err(|()| store::Error::Decode {
            column: 1,
            wanted: "a post's state",
            found: "another word",
        })?,
        version: row.get(2)?,
        approved_version: row.get(3)?,
        published_version: row.get(4)?,
        due_at: row.get(5)?,
        published_at: row.get(6)?,
        pipeline: PipelineId(row.get(7)?),
        story: row.get::<Option<stdx::Id>>(8)?.map(StoryId),
        title: row.get(9)?,
        excerpt: row.get(10)?,
        slug: row.get(11)?,
        topic: row.get(12)?,
        language: row.get(13)?,
        score: row.get(14)?,
        grounded: row.get(15)?,
        edited: row.get(16)?,
        reason: row.get(17)?,
        author: row.get(21)?,
        approvals: approvals(&row.get::<String>(22)?).into_iter().map(approved).collect(),
        approvals_needed: pipelines::people_of(row.get::<Option<String>>(26)?.as_deref().unwrap_or_default()),
        rating: (ratings > 0).then(|| Rating { mean: stars as f64 / f64::from(ratings), count: ratings }),
        source_names: serde_json::from_str(&names).unwrap_or_default(),
        claim: match until {
            None => None,
            Some(until) => Some(Claim { by: row.get(27)?, name: row.get(28)?, until }),
        },
        created_at: row.get(18)?,
        updated_at: row.get(19)?,
        events: row.get(20)?,
    })
}

/// Approvals as they are stored: principal, who vouched, microseconds.
fn approvals(text: &str) -> Vec<Approval> {
    let stored: Vec<(String, Option<String>, i64)> = serde_json::from_str(text).unwrap_or_default();
    let read = |(by, vouched_by, at)| Approval { by, vouched_by, at: Timestamp::from_micros(at) };
    stored.into_iter().map(read).collect()
}

fn stored(approvals: &[Approval]) -> String {
    let plain: Vec<_> = approvals.iter().map(|given| (&given.by, &given.vouched_by, given.at.micros())).collect();
    serde_json::to_string(&plain).expect("approvals are plain data")
}

/// The post, with a claim even if it has lapsed.
pub async fn get(conn: &mut Conn, id: PostId) -> Result<Post, Error> {
    let row = conn.opt(&GET, params![id.to_i64()]).await?.ok_or_else(|| Error::not_found("post", id))?;
    let mut post = read(&row)?;
    who::name_all(conn, std::slice::from_mut(&mut post)).await?;
    Ok(post)
}

/// The post with its state as the workflow sees it.
pub(crate) async fn load(conn: &mut Conn, id: PostId) -> Result<(Post, Life), Error> {
    let row = conn.opt(&GET, params![id.to_i64()]).await?.ok_or_else(|| Error::not_found("post", id))?;
    let post = read(&row)?;
    let mut life = Life {
        state: post.state,
        version: post.version,
        author: post.author.clone(),
        approvals: approvals(&row.get::<String>(22)?),
        approved: post.approved_version,
        published: post.published_version,
        due_at: post.due_at,
        published_at: post.published_at,
        deliveries: Default::default(),
    };
    for row in conn.all(&DELIVERIES, params![id.to_i64()]).await? {
        let state: String = row.get(1)?;
        let damaged = |()| store::Error::Decode { column: 1, wanted: "a delivery's state", found: "another word" };
        let state = state.parse().map_err(damaged)?;
        let delivery = Delivery { state, version: row.get(2)?, key: row.get(3)?, remote_id: row.get(4)? };
        life.deliveries.insert(crate::ChannelId(row.get(0)?), delivery);
    }
    Ok((post, life))
}

/// The newest post about a story.
pub async fn of_story(conn: &mut Conn, story: StoryId) -> Result<Option<PostId>, Error> {
    let row = conn.opt(&BY_STORY, params![story.to_i64()]).await?;
    Ok(row.map(|row| row.get(0)).transpose()?.map(PostId))
}

/// How many posts are in each state.
pub async fn counts(desk: &Desk) -> Result<BTreeMap<String, u64>, Error> {
    let d = desk.clone();
    let read = move || {
        let desk = d.clone();
        async move {
            let rows = desk.store.read_fresh().all(&COUNT, params![]).await?;
            let count = |row: &Row| Ok((row.get(0)?, row.get::<i64>(1)? as u64));
            Ok(Arc::new(rows.iter().map(count).collect::<Result<_, store::Error>>()?))
        }
    };
    Ok(kept(&desk.kept.counts, "state", &[tags::POSTS], read).await?.as_ref().clone())
}

/// One version of a post.
pub async fn version(conn: &mut Conn, id: PostId, version: Version) -> Result<VersionView, Error> {
    let row = conn.opt(&VERSION_GET, params![id.to_i64(), version]).await?;
    let mut found = version::read(&row.ok_or_else(|| Error::not_found("version", format!("{version} of post {id}")))?)?;
    version::price(conn, std::slice::from_mut(&mut found)).await?;
    Ok(found)
}

/// As [`version`], from the cache if it is there: for those who only look.
pub async fn kept_version(desk: &Desk, id: PostId, number: Version) -> Result<Arc<VersionView>, Error> {
    let d = desk.clone();
    let read = move || {
        let desk = d.clone();
        async move { Ok(Arc::new(version(&mut desk.store.read_fresh(), id, number).await?)) }
    };
    kept(&desk.kept.versions, &format!("{id}/{number}"), &[], read).await
}

/// As [`versions`], from the cache if they are there.
pub async fn kept_versions(desk: &Desk, id: PostId) -> Result<Arc<Vec<VersionView>>, Error> {
    let d = desk.clone();
    let read = move || {
        let desk = d.clone();
        async move {
            let mut conn = desk.store.read_fresh();
            get(&mut conn, id).await?;
            Ok(Arc::new(versions(&mut conn, id).await?))
        }
    };
    kept(&desk.kept.version_lists, &id.to_string(), &[&tags::of_post(id)], read).await
}

/// All versions, newest first, at most 200.
pub async fn versions(conn: &mut Conn, id: PostId) -> Result<Vec<VersionView>, Error> {
    let rows = conn.all(&VERSION_LIST, params![id.to_i64()]).await?;
    let mut all: Vec<VersionView> = rows.iter().map(version::read).collect::<Result<_, _>>()?;
    version::price(conn, &mut all).await?;
    Ok(all)
}

/// Makes a post in the draft state with its first version.
pub(crate) async fn create(
    desk: &Desk,
    tx: &mut Tx,
    actor: &Actor,
    pipeline: PipelineId,
    story: Option<StoryId>,
    draft: &Draft,
) -> Result<PostId, Error> {
    let (id, now) = (PostId(desk.next_id()), desk.now());
    let mut slug = free_slug(tx, &draft.title, id).await?;
    let values = |slug: &str| {
        params![
            id.to_i64(),
            State::Draft.name(),
            2,
            1,
            pipeline.to_i64(),
            story.map(StoryId::to_i64),
            draft.title,
            draft.excerpt,
            slug,
            draft.topic,
            draft.language,
            draft.score,
            draft.grounded,
            draft.by_person,
            "",
            now,
            actor.principal.to_string(),
            draft.source_names()
        ]
    };
    while tx.exec(&ADD, values(&slug)).await? == 0 {
        // Somebody else took the address since it was looked at.
        slug = with_id(&slug, id);
    }
    let facts = [events::Event::Created { pipeline, story }, events::Event::VersionAdded { version: 1 }];
    let places = events::append(tx, id, 0, &facts, &actor.principal.to_string(), now).await?;
    version::write(tx, id, 1, draft, actor, now).await?;
    search::put(tx, id, &draft.title, &draft.excerpt).await?;
    announce(desk, tx, id, &facts[..1], &places, State::Draft, 1, &draft.title).await?;
    Ok(id)
}

/// Carries out `command`: decides, records the facts, and brings the read model up to date.
pub(crate) async fn execute(
    desk: &Desk,
    tx: &mut Tx,
    actor: &Actor,
    id: PostId,
    command: Command,
) -> Result<Life, Error> {
    let (post, mut life) = load(tx, id).await?;
    let by = actor.principal.to_string();
    let facts = life.decide(id, &by, &command)?;
    if facts.is_empty() {
        return Ok(life);
    }
    let now = desk.now();
    for fact in &facts {
        life.apply(fact, &by, now);
    }
    let places = events::append(tx, id, post.events, &facts, &by, now).await?;
    let events = post.events + facts.len() as u32;
    let values = params![
        id.to_i64(),
        life.state.name(),
        events,
        life.version,
        life.approved,
        life.published,
        life.due_at,
        life.published_at,
        now,
        post.events,
        life.author,
        stored(&life.approvals)
    ];
    if tx.exec(&MOVE, values).await? == 0 {
        return Err(Error::Conflict(id));
    }
    for (channel, delivery) in &life.deliveries {
        if facts.iter().any(|fact| life::touches(fact, *channel)) {
            let values = params![
                desk.next_id(),
                id.to_i64(),
                channel.to_i64(),
                delivery.version,
                delivery.state.name(),
                delivery.key,
                delivery.remote_id,
                now
            ];
            tx.exec(&DELIVERY_PUT, values).await?;
        }
    }
    announce(desk, tx, id, &facts, &places, life.state, life.version, &post.title).await?;
    Ok(life)
}

/// Adds a version to a post; what that means for its state is the workflow's to say.
pub(crate) async fn add_version(
    desk: &Desk,
    tx: &mut Tx,
    actor: &Actor,
    id: PostId,
    on: Version,
    draft: &Draft,
) -> Result<Version, Error> {
    let life = execute(desk, tx, actor, id, Command::AddVersion { on }).await?;
    version::write(tx, id, life.version, draft, actor, desk.now()).await?;
    let edited = draft.by_person || get(tx, id).await?.edited;
    // An address that readers may know stays; until then it follows the title.
    let slug = match life.published_at {
        Some(_) => get(tx, id).await?.slug,
        None => free_slug(tx, &draft.title, id).await?,
    };
    let values = params![
        id.to_i64(),
        draft.title,
        draft.excerpt,
        draft.topic,
        draft.language,
        draft.score,
        draft.grounded,
        edited,
        slug,
        draft.source_names()
    ];
    tx.exec(&TEXT, values).await?;
    search::put(tx, id, &draft.title, &draft.excerpt).await?;
    Ok(life.version)
}

pub(crate) async fn set_reason(tx: &mut Tx, id: PostId, reason: &str) -> Result<(), Error> {
    tx.exec(&REASON, params![id.to_i64(), reason]).await?;
    Ok(())
}

/// The title's slug, with the id's tail when another post has it.
async fn free_slug(tx: &mut Tx, title: &str, id: PostId) -> Result<String, Error> {
    let slug = text::slug::slugify(title, 80);
    let taken: i64 = tx.one(&SLUG_TAKEN, params![slug, id.to_i64()]).await?.get(0)?;
    if taken == 0 && !RESERVED.contains(&slug.as_str()) {
        return Ok(slug);
    }
    Ok(with_id(&slug, id))
}

fn with_id(slug: &str, id: PostId) -> String {
    format!("{slug}-{}", id.to_string().to_lowercase())
}

/// Once this is committed, everything that shows the post is read anew.
pub(crate) async fn forget(desk: &Desk, tx: &mut Tx, id: PostId) -> Result<(), Error> {
    desk.purge_with(tx, &[&tags::of_post(id), tags::POSTS]).await
}

/// Tells those who watch, once this is committed, of something that is no fact of the log.
pub(crate) async fn tell(desk: &Desk, tx: &mut Tx, post: &Post, event: &'static str) -> Result<(), Error> {
    // First, so that whoever is told reads what is new.
    forget(desk, tx, post.id).await?;
    let (desk, now) = (desk.clone(), desk.now());
    let (id, state, version, title) = (post.id, post.state, post.version, post.title.clone());
    tx.after_commit(move || {
        // It has no place in the log: whoever resumes reads the post anew.
        let position = events::Position { xid: 0, pos: 0 };
        desk.signal(Signal::Post { id, event: event.to_owned(), position, state, version, title, at: now });
    });
    Ok(())
}

#[expect(clippy::too_many_arguments, reason = "what a signal holds")]
async fn announce(
    desk: &Desk,
    tx: &mut Tx,
    id: PostId,
    facts: &[events::Event],
    places: &[events::Position],
    state: State,
    version: Version,
    title: &str,
) -> Result<(), Error> {
    forget(desk, tx, id).await?;
    let (desk, title, now) = (desk.clone(), title.to_owned(), desk.now());
    let told: Vec<_> = facts.iter().map(|fact| fact.kind().to_owned()).zip(places.iter().copied()).collect();
    tx.after_commit(move || {
        for (event, position) in told {
            desk.signal(Signal::Post { id, event, position, state, version, title: title.clone(), at: now });
        }
    });
    Ok(())
}
