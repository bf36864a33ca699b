//! `/posts`: content with versions and a workflow state.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use desk::people::Action;
use desk::posts::{self, SourceRef};
use desk::{ChannelId, CompletionId, PipelineId, PostId, ReviewId, SourceId, StoryId, events, moderation};
use http::{HeaderMap, HeaderValue, header};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use stdx::Timestamp;
use text::diff::{self, Span};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::view::{
    Asking, ClaimWord, DeliveryState, Id, Page, Paging, Place, PostSort, PostState, SpanOp, Time, request, view,
};
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
        .routes(routes!(changes))
        .routes(routes!(restore))
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
        /// The principal that wrote the newest version.
        author: String,
        /// Who approved the newest version, first to last; the first of two stands here while the second is missing.
        approvals: Vec<posts::Approved> as Vec<PostApproval>,
        /// How many people must approve it: 1 or 2.
        approvals_needed: u32,
        rating: Option<posts::Rating> as Option<PostRating>,
        /// Names of the newest version's sources.
        source_names: Vec<String>,
        /// Who looks at it just now.
        claim: Option<posts::Claim> as Option<PostClaim>,
        created_at: Timestamp as Time,
        updated_at: Timestamp as Time,
    }
}

view! {
    /// Somebody's word for the newest version.
    PostApproval of posts::Approved {
        /// The principal.
        by: String,
        name: String,
        at: Timestamp as Time,
    }
}

view! {
    /// What people gave the post, on average.
    PostRating of posts::Rating {
        /// 1 to 5.
        mean: f64,
        count: u32,
    }
}

view! {
    /// Who looks at a post, and how long that is believed.
    PostClaim of posts::Claim {
        /// The principal.
        by: String,
        name: String,
        until: Timestamp as Time,
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
        /// What of it stands word for word in its sources; without sources, and of versions of earlier releases, nothing.
        lifts: Option<posts::Lifts> as Option<PostLifts>,
        score: f64,
        grounded: bool,
        completion: Option<CompletionId> as Option<Id>,
        /// What it took to make the text; `null` for one that a person wrote.
        cost: Option<posts::Cost> as Option<DraftCost>,
        by: String,
        created_at: Timestamp as Time,
    }
}

view! {
    /// What a text took: of every call that was made for it, failed ones too.
    DraftCost of posts::Cost {
        /// Who gave the text; `embedded` needs no model.
        provider: String,
        model: String,
        /// Attempts at all providers.
        attempts: u32,
        prompt_tokens: u64,
        completion_tokens: u64,
        /// Millionths of a dollar.
        micros: u64,
    }
}

view! {
    /// What of a text stands word for word in its sources: to be quoted or rewritten.
    PostLifts of posts::Lifts {
        /// The share of the text's words that lies in such runs, 0 to 1.
        share: f64,
        /// Runs of twelve words and more, in the order of the text; at most 200.
        passages: Vec<posts::Lift> as Vec<PostLift>,
        /// How much each source has of the text.
        containment: Vec<posts::Containment> as Vec<PostContainment>,
        /// It in one sentence; empty when there is no such run.
        note: String,
    }
}

view! {
    /// So many words in a row, from a source.
    PostLift of posts::Lift {
        words: usize,
        /// Characters (Unicode code points) of the body.
        start: usize,
        end: usize,
        /// Who published the source.
        source: String,
        /// The source's title.
        title: String,
        /// Characters of the source's text.
        source_start: usize,
        source_end: usize,
    }
}

view! {
    /// The share of the text's runs of three words that stand in a source.
    PostContainment of posts::Containment {
        /// Who published the source.
        source: String,
        title: String,
        /// 0 to 1.
        share: f64,
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
        /// `approved`, `endorsed` (the first of two people), `rejected`, `held` (the policy left it to a person),
        /// `withdrawn` or `reopened`.
        decision: String,
        by: String,
        reason: String,
        /// What the policy looked at; empty for people.
        reasons: Vec<moderation::Check> as Vec<PolicyCheck>,
        at: Timestamp as Time,
    }
}

view! {
    /// One thing that a policy looked at.
    PolicyCheck of moderation::Check {
        /// `automatic`, `two_people`, `score`, `grounded`, `trust`, `engagement`, `topic`, `variants` or `sources` (also for what is taken from
        /// them word for word, which holds nothing up).
        check: String,
        passed: bool,
        detail: String,
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
    /// What people call the principals of the post's reviews and events.
    names: BTreeMap<String, String>,
}

/// Declares a filter of posts: once for the query of a list, once for the body of a bulk decision.
macro_rules! post_filter {
    ($noted:ident: $(#[$outer:meta])* $name:ident) => {
        $(#[$outer])*
        #[derive(Default, Deserialize)]
        pub struct $name {
            /// States with commas between; all when nothing is said.
            pub state: Option<String>,
            /// Words of title and excerpt, at least in their beginnings.
            pub q: Option<String>,
            pub topic: Option<String>,
            /// Such as `en`.
            pub language: Option<String>,
            #[$noted(value_type = Option<Id>)]
            pub pipeline: Option<PipelineId>,
            #[$noted(value_type = Option<Id>)]
            pub story: Option<StoryId>,
            /// A source that has told of the post's story.
            #[$noted(value_type = Option<Id>)]
            pub source: Option<SourceId>,
            /// `me`: what the caller has claimed; `none`: what nobody has.
            #[$noted(value_type = Option<ClaimWord>)]
            pub claimed: Option<posts::Claimed>,
            pub score_min: Option<f64>,
            pub score_max: Option<f64>,
            /// Whether a person has changed the text.
            pub edited: Option<bool>,
            /// Made from then on.
            #[$noted(value_type = Option<Time>)]
            pub from: Option<Timestamp>,
            /// Made before then.
            #[$noted(value_type = Option<Time>)]
            pub to: Option<Timestamp>,
            #[$noted(value_type = Option<PostSort>)]
            pub sort: Option<posts::Sort>,
        }

        impl $name {
            /// As the desk understands it.
            pub fn read(self) -> Result<posts::Filter, Problem> {
                Ok(posts::Filter {
                    states: super::posts::states(self.state.as_deref())?,
                    query: self.q.filter(|asked| !asked.trim().is_empty()),
                    topic: self.topic.filter(|topic| !topic.is_empty()),
                    language: self.language.filter(|language| !language.is_empty()),
                    pipeline: self.pipeline,
                    story: self.story,
                    source: self.source,
                    claimed: self.claimed,
                    score_min: self.score_min,
                    score_max: self.score_max,
                    edited: self.edited,
                    from: self.from,
                    to: self.to,
                    sort: self.sort.unwrap_or_default(),
                    ..posts::Filter::default()
                })
            }
        }
    };
}
pub(super) use post_filter;

post_filter! {
    param:
    /// Which posts.
    #[derive(IntoParams)]
    #[into_params(parameter_in = Query)]
    PostFilter
}

/// The states that are written with commas between.
pub(super) fn states(text: Option<&str>) -> Result<Vec<posts::State>, Problem> {
    let words = text.unwrap_or_default().split(',').map(str::trim).filter(|word| !word.is_empty());
    let read = |word: &str| {
        let shown: String = word.chars().take(40).collect();
        word.parse().map_err(|()| Problem::new(&problem::MALFORMED, format!("state: {shown} is no state of a post")))
    };
    words.map(read).collect()
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

/// Lists posts, newest first unless `sort` says otherwise.
#[utoipa::path(get, path = "/posts", tag = "posts", params(Paging, PostFilter), responses((status = 200, body = Page<Post>)))]
async fn list(
    caller: Caller,
    State(app): State<App>,
    Asking(paging): Asking<Paging>,
    Asking(filter): Asking<PostFilter>,
) -> Result<Response, Problem> {
    let filter = posts::Filter { after: paging.after()?, limit: paging.rows()? as usize, ..filter.read()? };
    let rows = posts::list(&app.desk, &caller.actor, &filter).await?;
    let total = posts::total(&app.desk, &caller.actor, &filter).await?;
    let page = Page::<Post>::of(rows, &paging, |post| posts::Cursor::of(post, filter.sort).to_string())?;
    Ok(json(&page.with_total(total)))
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
            let log = events::stream(conn, id).await?;
            let actors = log.iter().map(|event| event.actor.clone());
            let principals = actors.chain(reviews.iter().map(|review| review.by.clone())).collect();
            let names = posts::names(conn, principals).await?;
            Ok::<_, desk::Error>((post, newest, reviews, log, names))
        })
    });
    let (post, newest, reviews, log, names) = read.await?;
    let life = posts::Life::of(&log);
    let deliveries = life.deliveries.into_iter().map(|(channel, delivery)| {
        let posts::Delivery { state, version, key: _, remote_id } = delivery;
        Delivery { channel, state: state.name(), version, remote_id }
    });
    let version = post.version;
    let full = PostInFull {
        post: post.at(app.desk.now()).into(),
        newest: newest.into(),
        reviews: reviews.into_iter().map(Review::from).collect(),
        deliveries: deliveries.collect(),
        events: log.into_iter().map(PostEvent::from).collect(),
        names,
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
async fn versions(caller: Caller, State(app): State<App>, Place(id): Place<PostId>) -> Result<Response, Problem> {
    caller.actor.may(Action::Read)?;
    let versions = posts::kept_versions(&app.desk, id).await?;
    Ok(json(&Page::<PostVersion>::whole(versions.as_ref().clone())))
}

/// Shows one version.
#[utoipa::path(get, path = "/posts/{id}/versions/{version}", tag = "posts", params(("id" = Id, Path), ("version" = u32, Path)),
    responses((status = 200, body = PostVersion)))]
async fn version(
    caller: Caller,
    State(app): State<App>,
    Place((id, version)): Place<(PostId, u32)>,
) -> Result<Response, Problem> {
    caller.actor.may(Action::Read)?;
    let version = posts::kept_version(&app.desk, id, version).await?;
    Ok(json(&PostVersion::from(version.as_ref().clone())))
}

/// A stretch of text and what became of it.
#[derive(Serialize, ToSchema)]
struct TextSpan {
    #[schema(value_type = SpanOp)]
    op: &'static str,
    text: String,
}

/// What differs between two versions, word by word. What is `same` and `del` reads as the old text, what is `same`
/// and `add` as the new one.
#[derive(Serialize, ToSchema)]
struct VersionChanges {
    from: u32,
    to: u32,
    title: Vec<TextSpan>,
    excerpt: Vec<TextSpan>,
    body: Vec<TextSpan>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Since {
    /// The version to compare with; the one before when nothing is said.
    from: Option<u32>,
}

/// Shows what a version changed. The first one is compared with nothing.
#[utoipa::path(get, path = "/posts/{id}/versions/{version}/changes", tag = "posts", params(("id" = Id, Path), ("version" = u32, Path), Since),
    responses((status = 200, body = VersionChanges)))]
async fn changes(
    caller: Caller,
    State(app): State<App>,
    Place((id, version)): Place<(PostId, u32)>,
    Asking(since): Asking<Since>,
) -> Result<Response, Problem> {
    caller.actor.may(Action::Read)?;
    let new = posts::kept_version(&app.desk, id, version).await?;
    let from = since.from.unwrap_or(version - 1);
    let (title, excerpt, body) = match from {
        0 => Default::default(),
        from => {
            let old = posts::kept_version(&app.desk, id, from).await?;
            (old.title.clone(), old.excerpt.clone(), old.body.clone())
        }
    };
    let spans = |old: &str, new: &str| {
        let span = |Span { op, text }: Span| TextSpan { op: op.name(), text };
        diff::words(old, new).into_iter().map(span).collect()
    };
    Ok(json(&VersionChanges {
        from,
        to: version,
        title: spans(&title, &new.title),
        excerpt: spans(&excerpt, &new.excerpt),
        body: spans(&body, &new.body),
    }))
}

request! {
    /// On top of which version the old text is written.
    Restoration {
        /// The newest version that was read; `If-Match` says the same.
        version: Option<u32>,
    }
}

/// Writes the text of an old version as a new one, and submits it.
#[utoipa::path(post, path = "/posts/{id}/versions/{version}/restoration", tag = "posts", request_body = Restoration,
    params(("id" = Id, Path), ("version" = u32, Path), ("If-Match" = Option<String>, Header, description = "The version that was read, in quotation marks.")),
    responses((status = 201, body = Post)))]
async fn restore(
    State(app): State<App>,
    Place((id, old)): Place<(PostId, u32)>,
    headers: HeaderMap,
    Asked(caller, asked): Asked<Restoration>,
) -> Result<Response, Problem> {
    caller.actor.may(Action::Write)?;
    let newest = read_version(&headers, asked.version)?;
    let post = moderation::restore(&app.desk, &caller.actor, id, newest, old).await?;
    let version = post.version;
    let made = created(&format!("{}/versions/{version}", path(id)), &Post::from(post));
    Ok(with_version(made, version))
}

/// Lists the facts of a post's log, in the order they happened.
#[utoipa::path(get, path = "/posts/{id}/events", tag = "posts", params(("id" = Id, Path)), responses((status = 200, body = Page<PostEvent>)))]
async fn history(caller: Caller, State(app): State<App>, Place(id): Place<PostId>) -> Result<Response, Problem> {
    caller.actor.may(Action::Read)?;
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
