//! `/posts`: content with versions and a workflow state.

use axum::extract::State;
use axum::response::Response;
use desk::people::Action;
use desk::posts::{self, SourceRef};
use desk::{ChannelId, CompletionId, PipelineId, PostId, ReviewId, StoryId, events, moderation};
use http::{HeaderMap, HeaderValue, header};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use stdx::Timestamp;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::view::{Asking, DeliveryState, Id, Page, Paging, Place, PostState, Time, request, view};
use crate::App;
use crate::auth::Caller;
use crate::problem::{self, Problem};
use crate::respond::{Asked, created, json};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, update))
        .routes(routes!(versions))
        .routes(routes!(version))
        .routes(routes!(history))
}

view! {
    /// A post as the lists show it.
    Post of posts::Post {
        id: PostId as Id,
        state: posts::State as PostState,
        /// The newest version.
        version: u32,
        approved_version: Option<u32>,
        published_version: Option<u32>,
        /// When it is to be published, while it is scheduled.
        due_at: Option<Timestamp> as Option<Time>,
        published_at: Option<Timestamp> as Option<Time>,
        pipeline: PipelineId as Id,
        story: Option<StoryId> as Option<Id>,
        title: String,
        excerpt: String,
        slug: String,
        topic: String,
        language: String,
        /// Quality of the newest version, 0 to 1.
        score: f64,
        /// Everything in it stands in the sources.
        grounded: bool,
        /// A person has changed the text.
        edited: bool,
        /// Why the last decision fell as it did.
        reason: String,
        created_at: Timestamp as Time,
        updated_at: Timestamp as Time,
    }
}

view! {
    /// What a post said at a time; never changed once written.
    PostVersion of posts::VersionView {
        post: PostId as Id,
        version: u32,
        title: String,
        excerpt: String,
        /// Markdown.
        body: String,
        sources: Vec<SourceRef> as Vec<PostSource>,
        /// What was measured of the text, as `/analyze` gives it.
        analysis: Json as Object,
        /// What was found of it in the sources, and what was not.
        grounding: Json as Object,
        score: f64,
        grounded: bool,
        completion: Option<CompletionId> as Option<Id>,
        by: String,
        created_at: Timestamp as Time,
    }
}

view! {
    /// A source as a post names it.
    PostSource of SourceRef {
        /// Who published it.
        name: String,
        title: String,
        /// Empty when the item had no address.
        url: String,
    }
}

view! {
    /// A decision on a version.
    Review of moderation::Review {
        id: ReviewId as Id,
        post: PostId as Id,
        version: u32,
        /// `approved`, `rejected`, `held` (the policy left it to a person) or `withdrawn`.
        decision: String,
        by: String,
        reason: String,
        at: Timestamp as Time,
    }
}

view! {
    /// A fact of the post's log.
    PostEvent of events::Recorded {
        /// Place in the whole log.
        pos: i64,
        post: PostId as Id,
        /// Place in the post's log, from 1.
        version: u32,
        actor: String,
        at: Timestamp as Time,
        /// `kind` and the fact's own fields.
        event: events::Event as Object,
    }
}

/// A post on one channel.
#[derive(Serialize, ToSchema)]
struct Delivery {
    #[schema(value_type = Id)]
    channel: ChannelId,
    #[schema(value_type = DeliveryState)]
    state: &'static str,
    version: u32,
    /// What the channel calls it, once it is live.
    remote_id: Option<String>,
}

/// A post with all that is known of it.
#[derive(Serialize, ToSchema)]
struct PostInFull {
    #[serde(flatten)]
    post: Post,
    newest: PostVersion,
    /// Newest first.
    reviews: Vec<Review>,
    deliveries: Vec<Delivery>,
    /// In the order they happened.
    events: Vec<PostEvent>,
}

/// Which posts.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct PostFilter {
    #[param(value_type = Option<PostState>)]
    state: Option<posts::State>,
    /// `newest` (the default) or `oldest` first; `oldest` needs a `state`.
    #[param(value_type = Option<String>)]
    order: Option<Order>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Order {
    Newest,
    Oldest,
}

request! {
    /// A post of one's own.
    NewPost {
        title: String,
        #[serde(default)]
        excerpt: String,
        /// Markdown.
        body: String,
        #[serde(default = "default_topic")]
        topic: String,
        /// Without one: the default pipeline.
        pipeline: Option<PipelineId> as Option<Id>,
    }
}

fn default_topic() -> String {
    "News".to_owned()
}

request! {
    /// A new version: what is to differ from the newest one.
    PostChange {
        /// The version that was read; `If-Match` says the same.
        version: Option<u32>,
        title: Option<String>,
        excerpt: Option<String>,
        /// Markdown.
        body: Option<String>,
        topic: Option<String>,
    }
}

/// Lists posts, newest first.
#[utoipa::path(get, path = "/posts", tag = "posts", params(Paging, PostFilter), responses((status = 200, body = Page<Post>)))]
async fn list(
    caller: Caller,
    State(app): State<App>,
    Asking(paging): Asking<Paging>,
    Asking(filter): Asking<PostFilter>,
) -> Result<Response, Problem> {
    let oldest_first = filter.order == Some(Order::Oldest);
    if oldest_first && filter.state.is_none() {
        return Err(Problem::new(&problem::MALFORMED, "order: oldest needs a state"));
    }
    let filter = posts::Filter {
        state: filter.state,
        oldest_first,
        after: paging.after()?.map(PostId),
        limit: paging.rows()? as usize,
    };
    let rows = posts::list(&app.desk, &caller.actor, filter).await?;
    Ok(json(&Page::<Post>::of(rows, &paging, |post| post.id.to_string())?))
}

/// Writes a post of one's own and submits it to moderation.
#[utoipa::path(post, path = "/posts", tag = "posts", request_body = NewPost, responses((status = 201, body = Post)))]
async fn create(State(app): State<App>, Asked(caller, new): Asked<NewPost>) -> Result<Response, Problem> {
    let new = moderation::NewPost {
        title: new.title,
        excerpt: new.excerpt,
        body: new.body,
        topic: new.topic,
        pipeline: new.pipeline,
    };
    let post = moderation::write_own(&app.desk, &caller.actor, new).await?;
    Ok(created(&path(post.id), &Post::from(post)))
}

/// Shows a post with its newest version, reviews, deliveries and events. `ETag` is the newest version.
#[utoipa::path(get, path = "/posts/{id}", tag = "posts", params(("id" = Id, Path)), responses((status = 200, body = PostInFull)))]
async fn get(caller: Caller, State(app): State<App>, Place(id): Place<PostId>) -> Result<Response, Problem> {
    caller.actor.may(Action::Read)?;
    let read = app.desk.store.snapshot(move |conn| {
        Box::pin(async move {
            let post = posts::get(conn, id).await?;
            let newest = posts::version(conn, id, post.version).await?;
            let reviews = moderation::reviews(conn, id).await?;
            Ok::<_, desk::Error>((post, newest, reviews, events::stream(conn, id).await?))
        })
    });
    let (post, newest, reviews, log) = read.await?;
    let life = posts::Life::replay(log.iter().map(|recorded| (&recorded.event, recorded.at)));
    let deliveries = life.deliveries.into_iter().map(|(channel, delivery)| {
        let posts::Delivery { state, version, key: _, remote_id } = delivery;
        Delivery { channel, state: state.name(), version, remote_id }
    });
    let version = post.version;
    let full = PostInFull {
        post: post.into(),
        newest: newest.into(),
        reviews: reviews.into_iter().map(Review::from).collect(),
        deliveries: deliveries.collect(),
        events: log.into_iter().map(PostEvent::from).collect(),
    };
    Ok(with_version(json(&full), version))
}

/// Writes a new version and submits it. 412 when it was made from an older one than the newest.
#[utoipa::path(patch, path = "/posts/{id}", tag = "posts", request_body = PostChange,
    params(("id" = Id, Path), ("If-Match" = Option<String>, Header, description = "The version that was read, in quotation marks.")),
    responses((status = 200, body = Post)))]
async fn update(
    State(app): State<App>,
    Place(id): Place<PostId>,
    headers: HeaderMap,
    Asked(caller, change): Asked<PostChange>,
) -> Result<Response, Problem> {
    let version = read_version(&headers, change.version)?;
    let PostChange { version: _, title, excerpt, body, topic } = change;
    let edit = moderation::Edit { title, excerpt, body, topic };
    let post = moderation::edit(&app.desk, &caller.actor, id, version, edit).await?;
    let version = post.version;
    Ok(with_version(json(&Post::from(post)), version))
}

/// Lists a post's versions, newest first, at most 200.
#[utoipa::path(get, path = "/posts/{id}/versions", tag = "posts", params(("id" = Id, Path)), responses((status = 200, body = Page<PostVersion>)))]
async fn versions(_: Caller, State(app): State<App>, Place(id): Place<PostId>) -> Result<Response, Problem> {
    let mut conn = app.desk.store.read();
    posts::get(&mut conn, id).await?;
    Ok(json(&Page::<PostVersion>::whole(posts::versions(&mut conn, id).await?)))
}

/// Shows one version.
#[utoipa::path(get, path = "/posts/{id}/versions/{version}", tag = "posts", params(("id" = Id, Path), ("version" = u32, Path)),
    responses((status = 200, body = PostVersion)))]
async fn version(
    _: Caller,
    State(app): State<App>,
    Place((id, version)): Place<(PostId, u32)>,
) -> Result<Response, Problem> {
    let version = posts::version(&mut app.desk.store.read(), id, version).await?;
    Ok(json(&PostVersion::from(version)))
}

/// Lists the facts of a post's log, in the order they happened.
#[utoipa::path(get, path = "/posts/{id}/events", tag = "posts", params(("id" = Id, Path)), responses((status = 200, body = Page<PostEvent>)))]
async fn history(_: Caller, State(app): State<App>, Place(id): Place<PostId>) -> Result<Response, Problem> {
    let mut conn = app.desk.store.read();
    posts::get(&mut conn, id).await?;
    Ok(json(&Page::<PostEvent>::whole(events::stream(&mut conn, id).await?)))
}

/// The address of a post.
pub fn path(id: PostId) -> String {
    format!("/api/v3/posts/{id}")
}

/// The version that a decision is about, from the body or from `If-Match`.
pub fn read_version(headers: &HeaderMap, given: Option<u32>) -> Result<u32, Problem> {
    let tag = match headers.get(header::IF_MATCH) {
        None => None,
        Some(value) => {
            let text = value.to_str().unwrap_or_default().trim();
            let version = text.trim_matches('"').parse().ok();
            Some(version.ok_or_else(|| {
                Problem::new(&problem::MALFORMED, "If-Match must be a version in quotation marks, such as \"3\"")
            })?)
        }
    };
    match (given, tag) {
        (Some(version), None) | (None, Some(version)) => Ok(version),
        (Some(a), Some(b)) if a == b => Ok(a),
        (Some(_), Some(_)) => Err(desk::Error::invalid("/version", "says another version than If-Match").into()),
        (None, None) => Err(desk::Error::invalid("/version", "is needed: the version that was read").into()),
    }
}

fn with_version(mut response: Response, version: u32) -> Response {
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{version}\"")) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}
