//! Posts: their state, their versions, and the lists people work from.

mod life;
mod version;

use serde::Serialize;
use stdx::Timestamp;
use store::{Conn, Row, Tx, params};

pub use life::{Command, Delivery, DeliveryState, Life, State};
pub use version::{Draft, Edit, SourceRef, VersionView};

use crate::people::{Action, Actor};
use crate::{Desk, Error, PipelineId, PostId, Signal, StoryId, Version, events};

/// First parts of an address that the site needs for itself.
pub const RESERVED: &[&str] = &[
    "api", "archive", "assets", "console", "docs", "feed", "health", "metrics", "page", "redoc", "robots", "search",
    "sitemap", "topic",
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
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// Events in the stream: the expected version of the next change.
    #[serde(skip)]
    pub events: u32,
}

store::sql! {
    ADD = "posts.add",
        "INSERT INTO post (id, state, events, version, pipeline, story, title, excerpt, slug, topic, language, score, grounded, edited, reason, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16) ON CONFLICT (slug) DO NOTHING";
    GET = "posts.get",
        "SELECT id, state, version, approved_version, published_version, due_at, published_at, pipeline, story, title, excerpt, slug, topic, language, score, grounded, edited, reason, created_at, updated_at, events
         FROM post WHERE id = $1";
    BY_STORY = "posts.by_story", "SELECT id FROM post WHERE story = $1 ORDER BY id DESC LIMIT 1";
    LIST = "posts.list",
        "SELECT id, state, version, approved_version, published_version, due_at, published_at, pipeline, story, title, excerpt, slug, topic, language, score, grounded, edited, reason, created_at, updated_at, events
         FROM post WHERE id < $1 ORDER BY id DESC LIMIT $2";
    LIST_STATE = "posts.list_state",
        "SELECT id, state, version, approved_version, published_version, due_at, published_at, pipeline, story, title, excerpt, slug, topic, language, score, grounded, edited, reason, created_at, updated_at, events
         FROM post WHERE state = $1 AND id < $2 ORDER BY id DESC LIMIT $3";
    LIST_STATE_OLDEST = "posts.list_state_oldest",
        "SELECT id, state, version, approved_version, published_version, due_at, published_at, pipeline, story, title, excerpt, slug, topic, language, score, grounded, edited, reason, created_at, updated_at, events
         FROM post WHERE state = $1 AND id > $2 ORDER BY id LIMIT $3";
    COUNT = "posts.count", "SELECT state, count(*) FROM post GROUP BY state";
    SLUG_TAKEN = "posts.slug_taken", "SELECT count(*) FROM post WHERE slug = $1 AND id <> $2";
    MOVE = "posts.move",
        "UPDATE post SET state = $2, events = $3, version = $4, approved_version = $5, published_version = $6, due_at = $7, published_at = $8, updated_at = $9
         WHERE id = $1 AND events = $10";
    TEXT = "posts.text",
        "UPDATE post SET title = $2, excerpt = $3, topic = $4, language = $5, score = $6, grounded = $7, edited = $8, slug = $9 WHERE id = $1";
    REASON = "posts.reason", "UPDATE post SET reason = $2 WHERE id = $1";
    VERSION_ADD = "posts.version_add",
        "INSERT INTO post_version (post, version, title, excerpt, body, sources, analysis, grounding, score, grounded, completion, by_actor, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    VERSION_GET = "posts.version_get",
        "SELECT post, version, title, excerpt, body, sources, analysis, grounding, score, grounded, completion, by_actor, created_at FROM post_version WHERE post = $1 AND version = $2";
    VERSION_LIST = "posts.version_list",
        "SELECT post, version, title, excerpt, body, sources, analysis, grounding, score, grounded, completion, by_actor, created_at FROM post_version WHERE post = $1 ORDER BY version DESC LIMIT 200";
    DELIVERIES = "posts.deliveries", "SELECT channel, state, version, key, remote_id FROM delivery WHERE post = $1 ORDER BY channel";
    DELIVERY_PUT = "posts.delivery_put",
        "INSERT INTO delivery (id, post, channel, version, state, key, remote_id, attempts, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, $8)
         ON CONFLICT (post, channel) DO UPDATE SET version = excluded.version, state = excluded.state, key = excluded.key, remote_id = excluded.remote_id, updated_at = excluded.updated_at,
         attempts = delivery.attempts + CASE WHEN excluded.state = 'sending' THEN 1 ELSE 0 END";
}

fn read(row: &Row) -> Result<Post, store::Error> {
    let state: String = row.get(1)?;
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
        created_at: row.get(18)?,
        updated_at: row.get(19)?,
        events: row.get(20)?,
    })
}

pub async fn get(conn: &mut Conn, id: PostId) -> Result<Post, Error> {
    let row = conn.opt(&GET, params![id.to_i64()]).await?.ok_or_else(|| Error::not_found("post", id))?;
    Ok(read(&row)?)
}

/// The post with its state as the workflow sees it.
pub(crate) async fn load(conn: &mut Conn, id: PostId) -> Result<(Post, Life), Error> {
    let post = get(conn, id).await?;
    let mut life = Life {
        state: post.state,
        version: post.version,
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

/// Newest first, or oldest first where people work off a state.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    pub state: Option<State>,
    pub oldest_first: bool,
    /// Where the last page ended.
    pub after: Option<PostId>,
    /// At most 200.
    pub limit: usize,
}

pub async fn list(desk: &Desk, actor: &Actor, filter: Filter) -> Result<Vec<Post>, Error> {
    actor.may(Action::Read)?;
    let limit = filter.limit.clamp(1, 200) as i64;
    let after = filter.after.map(PostId::to_i64);
    let mut conn = desk.store.read();
    let rows = match (filter.state, filter.oldest_first) {
        (Some(state), true) => conn.all(&LIST_STATE_OLDEST, params![state.name(), after.unwrap_or(0), limit]).await?,
        (Some(state), false) => conn.all(&LIST_STATE, params![state.name(), after.unwrap_or(i64::MAX), limit]).await?,
        (None, _) => conn.all(&LIST, params![after.unwrap_or(i64::MAX), limit]).await?,
    };
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

/// How many posts are in each state.
pub async fn counts(desk: &Desk) -> Result<std::collections::BTreeMap<String, u64>, Error> {
    let rows = desk.store.read_fresh().all(&COUNT, params![]).await?;
    Ok(rows.iter().map(|row| Ok((row.get(0)?, row.get::<i64>(1)? as u64))).collect::<Result<_, store::Error>>()?)
}

/// One version of a post.
pub async fn version(conn: &mut Conn, id: PostId, version: Version) -> Result<VersionView, Error> {
    let row = conn.opt(&VERSION_GET, params![id.to_i64(), version]).await?;
    version::read(&row.ok_or_else(|| Error::not_found("version", format!("{version} of post {id}")))?)
}

/// All versions, newest first, at most 200.
pub async fn versions(conn: &mut Conn, id: PostId) -> Result<Vec<VersionView>, Error> {
    conn.all(&VERSION_LIST, params![id.to_i64()]).await?.iter().map(version::read).collect()
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
            now
        ]
    };
    while tx.exec(&ADD, values(&slug)).await? == 0 {
        // Somebody else took the address since it was looked at.
        slug = with_id(&slug, id);
    }
    let facts = [events::Event::Created { pipeline, story }, events::Event::VersionAdded { version: 1 }];
    let places = events::append(tx, id, 0, &facts, &actor.principal.to_string(), now).await?;
    version::write(tx, id, 1, draft, actor, now).await?;
    announce(desk, tx, id, &facts[..1], &places, State::Draft, 1, &draft.title);
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
    let facts = life.decide(id, &command)?;
    if facts.is_empty() {
        return Ok(life);
    }
    let now = desk.now();
    for fact in &facts {
        life.apply(fact, now);
    }
    let places = events::append(tx, id, post.events, &facts, &actor.principal.to_string(), now).await?;
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
        post.events
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
    announce(desk, tx, id, &facts, &places, life.state, life.version, &post.title);
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
        slug
    ];
    tx.exec(&TEXT, values).await?;
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

#[expect(clippy::too_many_arguments, reason = "what a signal holds")]
fn announce(
    desk: &Desk,
    tx: &mut Tx,
    id: PostId,
    facts: &[events::Event],
    places: &[events::Position],
    state: State,
    version: Version,
    title: &str,
) {
    let (desk, title, now) = (desk.clone(), title.to_owned(), desk.now());
    let told: Vec<_> = facts.iter().map(|fact| fact.kind().to_owned()).zip(places.iter().copied()).collect();
    tx.after_commit(move || {
        for (event, position) in told {
            desk.signal(Signal::Post { id, event, position, state, version, title: title.clone(), at: now });
        }
    });
}
