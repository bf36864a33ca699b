//! `/sources`: where items come from.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use desk::drafts::lab;
use desk::people::Action;
use desk::sources::rules::Rule;
use desk::sources::{self, Candidate, Kind, NewOther, Sample, hook};
use desk::{ItemId, PipelineId, SourceId};
use serde::{Deserialize, Deserializer, Serialize};
use stdx::Timestamp;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::jobs::Accepted;
use super::subscription;
use super::view::{
    Asking, Id, LoginKind, Page, Paging, Place, RuleAction, RuleFate, RuleField, RuleTest, SourceKind, SourceState,
    SubscriptionState, Time, VisitOutcome, request, view,
};
use crate::App;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::respond::{Asked, accepted, created, json};
use crate::site::Visit;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(preview))
        .routes(routes!(export, import))
        .routes(routes!(try_rules))
        .routes(routes!(fetch_all))
        .routes(routes!(get, update))
        .routes(routes!(fetch))
        .routes(routes!(visits))
        .routes(routes!(move_back))
        .routes(routes!(show_hook))
        .routes(routes!(rotate_hook))
        .routes(routes!(subscription::show))
}

view! {
    /// Where items come from: a feed that is read again and again, a hook to which others push, or a hand by which people add.
    Source of sources::Source {
        id: SourceId as Id,
        kind: Kind as SourceKind,
        /// Of a feed; of another source its kind and id, which lead nowhere.
        url: String,
        name: String,
        state: sources::State as SourceState,
        pipeline: PipelineId as Id,
        /// The site that the feed names as its own.
        site_url: Option<String>,
        /// As the feed declares it.
        language: Option<String>,
        /// Wished time between two visits, in seconds; while `adaptive`, only until the source's own pace is known.
        interval_s: u32,
        /// It is visited at its own pace.
        adaptive: bool,
        /// The time between two visits at its own pace, in seconds; `null` before anything is known.
        rhythm_s: Option<u32>,
        /// How long an entry stays in the feed before newer ones push it out, in seconds: it is visited three times in that.
        window_s: Option<u32>,
        /// Entries of the first fetch that count as news.
        backfill: u32,
        /// How far it is believed, 0 to 1; `trust_min` of a pipeline's policy may ask for more.
        trust: f64,
        polled_at: Option<Timestamp> as Option<Time>,
        next_poll_at: Option<Timestamp> as Option<Time>,
        /// What the last poll brought, in a few words.
        outcome: Option<String>,
        /// Why the last poll failed, in one sentence.
        error: Option<String>,
        /// Polls that failed in a row.
        failures: u32,
        failing_since: Option<Timestamp> as Option<Time>,
        /// Items it has brought so far.
        items: i64,
        created_at: Timestamp as Time,
        /// A sign-in is stored for it; how it reads is shown to nobody.
        has_login: bool,
        /// How it stands with the hub that tells of it (`…/subscription` says more); `null` while its feed has named none, or no
        /// hub can reach the desk.
        hub: Option<sources::subscription::Standing> as Option<SubscriptionState>,
        /// Where it was until its site moved it for good; `DELETE …/move` goes back there.
        url_before: Option<String>,
        moved_at: Option<Timestamp> as Option<Time>,
        /// Which of its entries count as news: none that a rule drops, and where rules keep, only those that one keeps.
        rules: Vec<Rule> as Vec<SourceRule>,
    }
}

view! {
    /// One visit to a source.
    SourceVisit of sources::Visit {
        at: Timestamp as Time,
        outcome: sources::Outcome as VisitOutcome,
        /// What it brought in a few words, or why it failed in one sentence.
        detail: String,
        /// From the question to the whole answer, in milliseconds; `null` without an answer.
        ms: Option<u32>,
        /// Of the body, as they came.
        bytes: i64,
        new_items: u32,
    }
}

/// How we say who we are: `{"kind":"basic","user":…,"password":…}`, `{"kind":"bearer","token":…}` or
/// `{"kind":"header","name":…,"value":…}`. It is stored sealed, told to the source's own scheme, host and port alone, and never shown.
#[derive(utoipa::ToSchema)]
#[schema(as = SourceLogin)]
#[expect(dead_code, reason = "only its schema is used")]
pub struct SourceLogin {
    kind: LoginKind,
    user: Option<String>,
    password: Option<String>,
    token: Option<String>,
    name: Option<String>,
    value: Option<String>,
}

view! {
    /// What stands at an address: a feed, or a page that names feeds.
    SourcePreview of sources::Preview {
        url: String,
        /// Where redirects led.
        final_url: String,
        /// `rss`, `atom`, `json` or `cdf`; `null` for a page.
        kind: Option<&'static str> as Option<String>,
        title: Option<String>,
        site_url: Option<String>,
        language: Option<String>,
        /// How many entries the feed has.
        entries: usize,
        newest_at: Option<Timestamp> as Option<Time>,
        /// The first five entries.
        items: Vec<Sample> as Vec<SourceSample>,
        /// What the reader forgave.
        warnings: Vec<feed::Warning> as Vec<Object>,
        /// The feeds of a page: those that it names, else what its links lead to, else what stands at the usual addresses.
        found: Vec<Candidate> as Vec<SourceFound>,
    }
}

view! {
    /// An entry of a feed that is only looked at.
    SourceSample of Sample {
        title: Option<String>,
        url: Option<String>,
        published_at: Option<Timestamp> as Option<Time>,
        /// The first 200 characters of its text.
        excerpt: String,
    }
}

view! {
    /// A feed of a page, with a look inside.
    SourceFound of Candidate {
        url: String,
        title: Option<String>,
        /// `named` by the page, `linked` from it, or `guessed`.
        found: desk::sources::FoundBy as String,
        /// As of the preview; `null` when it could not be read.
        kind: Option<&'static str> as Option<String>,
        entries: usize,
        newest_at: Option<Timestamp> as Option<Time>,
        /// The first five entries.
        items: Vec<Sample> as Vec<SourceSample>,
        /// Why it could not be read, or was not.
        problem: Option<String>,
    }
}

view! {
    /// What became of a list of feeds.
    SourceImport of sources::opml::Import {
        added: usize,
        /// Sources that were there before.
        known: usize,
        refused: usize,
        /// One for each feed of the list, in its order.
        lines: Vec<sources::opml::Line> as Vec<SourceImportLine>,
        /// What of the list could not be read.
        warnings: Vec<feed::Warning> as Vec<Object>,
    }
}

view! {
    /// One feed of a list.
    SourceImportLine of sources::opml::Line {
        url: String,
        title: Option<String>,
        /// The source that it is now.
        source: Option<SourceId> as Option<Id>,
        is_new: bool,
        /// Why it was refused.
        problem: Option<String>,
    }
}

request! {
    /// A list of feeds in OPML.
    SourceList {
        opml: String,
        /// For feeds that stand in no folder with the name of a pipeline; without one, the default pipeline.
        pipeline: Option<PipelineId> as Option<Id>,
    }
}

request! {
    /// A new source.
    NewSource {
        /// `feed` when nothing is said.
        kind: Option<Kind> as Option<SourceKind>,
        /// Address of a feed; the others have none.
        url: Option<String>,
        /// Without one: the feed's title, once it has been read. The others need one.
        name: Option<String>,
        /// Without one: the default pipeline.
        pipeline: Option<PipelineId> as Option<Id>,
        /// Without one: the source's own pace.
        interval_s: Option<u32>,
        /// Entries of the first fetch that count as news.
        backfill: Option<u32>,
        /// How far it is believed, 0 to 1; 0.5 when nothing is said.
        trust: Option<f64>,
        login: Option<sources::Login> as Option<SourceLogin>,
        rules: Option<Vec<Rule>> as Option<Vec<SourceRule>>,
    }
}

/// A source that was made.
#[derive(Serialize, ToSchema)]
pub struct MadeSource {
    #[serde(flatten)]
    source: Source,
    /// Of a hook, when it is made; a repeated request is not told it again.
    #[serde(skip_serializing_if = "Option::is_none")]
    hook: Option<HookSecret>,
}

/// Where and with what to push.
#[derive(Serialize, ToSchema)]
pub struct HookSecret {
    /// The address for deliveries.
    url: String,
    /// `whsec_…`, as Standard Webhooks has it; never shown again.
    secret: String,
}

impl HookSecret {
    fn of(visit: &Visit, path: &str, secret: &stdx::config::Secret) -> HookSecret {
        HookSecret { url: format!("{}{path}", visit.origin()), secret: secret.reveal().to_owned() }
    }
}

/// A hook.
#[derive(Serialize, ToSchema)]
pub struct SourceHook {
    /// The address for deliveries; `null` when the desk's secret key is another one than it was sealed with.
    url: Option<String>,
    /// When its secret was made.
    #[schema(value_type = Time)]
    rotated_at: Timestamp,
    /// Until when the secret before that is good, too.
    #[schema(value_type = Option<Time>)]
    before_until: Option<Timestamp>,
}

impl SourceHook {
    fn of(visit: &Visit, hook: hook::Hook) -> SourceHook {
        let url = hook.path.map(|path| format!("{}{path}", visit.origin()));
        SourceHook { url, rotated_at: hook.rotated_at, before_until: hook.before_until }
    }
}

/// A hook with its new secret.
#[derive(Serialize, ToSchema)]
pub struct RotatedHook {
    #[serde(flatten)]
    hook: SourceHook,
    /// Never shown again.
    secret: String,
}

request! {
    /// What is to be changed; the rest stays.
    SourceChange {
        name: Option<String>,
        state: Option<sources::State> as Option<SourceState>,
        pipeline: Option<PipelineId> as Option<Id>,
        /// Another one than before ends the source's own pace.
        interval_s: Option<u32>,
        /// Whether it has its own pace; `true` goes back to it.
        adaptive: Option<bool>,
        /// How far it is believed, 0 to 1; `null` puts it back to 0.5.
        #[serde(default, deserialize_with = "nullable")]
        trust: Option<Option<f64>> as Option<f64>,
        /// `null` forgets it.
        #[serde(default, deserialize_with = "nullable")]
        login: Option<Option<sources::Login>> as Option<SourceLogin>,
        /// All of them, in place of those before; items that are there already stay what they are.
        rules: Option<Vec<Rule>> as Option<Vec<SourceRule>>,
    }
}

request! {
    /// Rules to be tried on the items that are there.
    RuleTrial {
        rules: Vec<Rule> as Vec<SourceRule>,
        /// On the items of this source, or
        source: Option<SourceId> as Option<Id>,
        /// of all sources of this pipeline.
        pipeline: Option<PipelineId> as Option<Id>,
        /// How many of the newest items, up to 10,000; 1,000 when nothing is said.
        items: Option<u32>,
    }
}

view! {
    /// What rules would have made of the newest items.
    RuleOutcome of lab::Trial {
        items: usize,
        /// Those that would be news.
        passed: usize,
        /// Those that would pass, but say what an earlier item says.
        duplicates: usize,
        /// Those that each rule would drop, by its place.
        dropped: Vec<usize>,
        /// Those that no rule would keep, where there are rules that keep.
        not_kept: usize,
        /// Different stories among those that would be news.
        stories: usize,
        /// The newest hundred.
        shown: Vec<lab::Tried> as Vec<RuleTried>,
        /// What the embedded generator would write of the three newest stories.
        drafts: Vec<lab::Draft> as Vec<RuleDraft>,
    }
}

view! {
    /// An item, and what would become of it.
    RuleTried of lab::Tried {
        id: ItemId as Id,
        title: String,
        source_name: String,
        published_at: Timestamp as Time,
        fate: &'static str as RuleFate,
        /// The place of the rule that dropped it; `null` also when no rule kept it.
        rule: Option<usize>,
    }
}

view! {
    /// A draft that nobody keeps.
    RuleDraft of lab::Draft {
        title: String,
        excerpt: String,
        /// Markdown.
        body: String,
        /// From how many items.
        items: usize,
    }
}

/// One question to an entry, and what follows from a yes.
#[derive(utoipa::ToSchema)]
#[schema(as = SourceRule)]
#[expect(dead_code, reason = "only its schema is used")]
pub struct SourceRule {
    /// Shown beside what it dropped.
    name: String,
    field: RuleField,
    test: RuleTest,
    /// Words or phrases with commas between them (`has`, `is`), a regular expression (`matches`), a number (`below`, `above`).
    value: String,
    action: RuleAction,
}

request! {
    /// An address to look at.
    Look {
        url: String,
        /// For this look alone; it is told to the address's own scheme, host and port.
        login: Option<sources::Login> as Option<SourceLogin>,
    }
}

request! {
    /// Which sources to fetch.
    FetchRequest {
        /// All active ones when absent.
        sources: Option<Vec<SourceId>> as Option<Vec<Id>>,
        /// A reading that is no older, in seconds, does as well; 0 asks every source. Half an hour when nothing is said
        /// and no sources are named, else 0.
        age_max_s: Option<u32>,
    }
}

request! {
    /// A request that says nothing.
    Nothing {}
}

/// Reads a value that `null` clears: what is absent stays as it is.
fn nullable<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// Lists sources, oldest first.
#[utoipa::path(get, path = "/sources", tag = "sources", params(Paging), responses((status = 200, body = Page<Source>)))]
async fn list(caller: Caller, State(app): State<App>, Asking(paging): Asking<Paging>) -> Result<Response, Problem> {
    let after = paging.after()?.map(SourceId);
    let rows = sources::list(&app.desk, &caller.actor, after, paging.rows()?).await?;
    Ok(json(&Page::<Source>::of(rows, &paging, |source| source.id.to_string())?))
}

/// Adds a source. A feed is polled at once; of a hook the answer tells address and secret, this once.
#[utoipa::path(post, path = "/sources", tag = "sources", request_body = NewSource, responses((status = 201, body = MadeSource)))]
async fn create(
    State(app): State<App>,
    visit: Visit,
    Asked(caller, new): Asked<NewSource>,
) -> Result<Response, Problem> {
    let NewSource { kind, url, name, pipeline, interval_s, backfill, trust, login, rules } = new;
    let rules = rules.unwrap_or_default();
    let made = match kind.unwrap_or_default() {
        Kind::Feed => {
            let url = url.unwrap_or_default();
            let new = sources::NewSource { url, name, pipeline, interval_s, backfill, trust, login, rules };
            sources::Made { source: sources::create(&app.desk, &caller.actor, new).await?, hook: None }
        }
        kind => {
            let given =
                [("/url", url.is_some()), ("/interval_s", interval_s.is_some()), ("/backfill", backfill.is_some())];
            let given = given.into_iter().chain([("/login", login.is_some())]).filter(|(_, is_given)| *is_given);
            let faults: Vec<_> =
                given.map(|(at, _)| desk::Fault::new(at, format!("a {} is not visited", kind.name()))).collect();
            if !faults.is_empty() {
                return Err(desk::Error::Invalid(faults).into());
            }
            let new = NewOther { kind, name: name.unwrap_or_default(), pipeline, trust, rules };
            sources::create_other(&app.desk, &caller.actor, new).await?
        }
    };
    let hook = made.hook.map(|door| HookSecret::of(&visit, &door.path(), &door.secret()));
    let location = format!("/api/v3/sources/{}", made.source.id);
    Ok(created(&location, &MadeSource { source: made.source.into(), hook }))
}

/// Shows a hook's address and when its secret was made; the secret itself is shown to nobody.
#[utoipa::path(get, path = "/sources/{id}/hook", tag = "sources", params(("id" = Id, Path)), responses((status = 200, body = SourceHook)))]
async fn show_hook(
    caller: Caller,
    State(app): State<App>,
    Place(id): Place<SourceId>,
    visit: Visit,
) -> Result<Response, Problem> {
    let hook = hook::show(&app.desk, &caller.actor, id).await?;
    Ok(json(&SourceHook::of(&visit, hook)))
}

/// Gives a hook a new secret, which the answer tells this once. The one before stays good for 24 hours.
#[utoipa::path(post, path = "/sources/{id}/hook/secret", tag = "sources", params(("id" = Id, Path)),
    responses((status = 201, body = RotatedHook)))]
async fn rotate_hook(
    State(app): State<App>,
    Place(id): Place<SourceId>,
    visit: Visit,
    Asked(caller, _): Asked<Nothing>,
) -> Result<Response, Problem> {
    let (hook, secret) = hook::rotate(&app.desk, &caller.actor, id).await?;
    let shown = RotatedHook { hook: SourceHook::of(&visit, hook), secret: secret.reveal().to_owned() };
    Ok(created(&format!("/api/v3/sources/{id}/hook"), &shown))
}

/// Looks at an address without storing anything: a feed with its first entries, or the feeds a page names.
#[utoipa::path(post, path = "/sources/preview", tag = "sources", request_body = Look, responses((status = 200, body = SourcePreview)))]
async fn preview(State(app): State<App>, Asked(caller, look): Asked<Look>) -> Result<Response, Problem> {
    let preview = sources::preview(&app.desk, &caller.actor, &look.url, look.login.as_ref()).await?;
    Ok(json(&SourcePreview::from(preview)))
}

/// Gives all sources as a list for feed readers (OPML), those of a pipeline in a folder of its name.
#[utoipa::path(get, path = "/sources/opml", tag = "sources", responses((status = 200, body = String, content_type = "text/x-opml")))]
async fn export(caller: Caller, State(app): State<App>) -> Result<Response, Problem> {
    let list = sources::opml::export(&app.desk, &caller.actor).await?;
    let headers = [
        (header::CONTENT_TYPE, "text/x-opml; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"sources.opml\""),
    ];
    Ok((headers, list).into_response())
}

/// Adds the feeds of a list, each by itself: what is wrong with one does not keep the others out.
#[utoipa::path(post, path = "/sources/opml", tag = "sources", request_body = SourceList, responses((status = 200, body = SourceImport)))]
async fn import(State(app): State<App>, Asked(caller, list): Asked<SourceList>) -> Result<Response, Problem> {
    let import = sources::opml::import(&app.desk, &caller.actor, list.opml.as_bytes(), list.pipeline).await?;
    Ok(json(&SourceImport::from(import)))
}

/// Tries rules on the newest items of a source or a pipeline, as if they came now: what would pass, be dropped and by which
/// rule, be a duplicate, and what would be written of the newest stories. Nothing is changed.
#[utoipa::path(post, path = "/sources/rules/trial", tag = "sources", request_body = RuleTrial, responses((status = 200, body = RuleOutcome)))]
async fn try_rules(State(app): State<App>, Asked(caller, trial): Asked<RuleTrial>) -> Result<Response, Problem> {
    let scope = match (trial.source, trial.pipeline) {
        (Some(source), None) => lab::Scope::Source(source),
        (None, Some(pipeline)) => lab::Scope::Pipeline(pipeline),
        _ => return Err(desk::Error::invalid("/source", "name either a source or a pipeline").into()),
    };
    let items = trial.items.unwrap_or(1_000);
    let outcome = lab::try_rules(&app.desk, &caller.actor, scope, &trial.rules, items).await?;
    Ok(json(&RuleOutcome::from(outcome)))
}

/// Fetches the named sources, or all active ones, in one job.
#[utoipa::path(post, path = "/sources/fetch", tag = "sources", request_body = FetchRequest, responses((status = 202, body = Accepted)))]
async fn fetch_all(State(app): State<App>, Asked(caller, wanted): Asked<FetchRequest>) -> Result<Response, Problem> {
    let default = if wanted.sources.is_none() { app.desk.settings.fetch_ttl_s } else { 0 };
    let age_max_s = wanted.age_max_s.unwrap_or(default);
    let (job, due) = sources::fetch(&app.desk, &caller.actor, wanted.sources, age_max_s).await?;
    Ok(accepted(job, due, "the sources will be fetched"))
}

/// Shows a source.
#[utoipa::path(get, path = "/sources/{id}", tag = "sources", params(("id" = Id, Path)), responses((status = 200, body = Source)))]
async fn get(caller: Caller, State(app): State<App>, Place(id): Place<SourceId>) -> Result<Response, Problem> {
    caller.actor.may(Action::Read)?;
    let source = sources::get(&mut app.desk.store.read(), id).await?;
    Ok(json(&Source::from(source)))
}

/// Changes a source. One that becomes active again is polled at once.
#[utoipa::path(patch, path = "/sources/{id}", tag = "sources", params(("id" = Id, Path)), request_body = SourceChange,
    responses((status = 200, body = Source)))]
async fn update(
    State(app): State<App>,
    Place(id): Place<SourceId>,
    Asked(caller, change): Asked<SourceChange>,
) -> Result<Response, Problem> {
    let SourceChange { name, state, pipeline, interval_s, adaptive, trust, login, rules } = change;
    let trust = trust.map(|trust| trust.unwrap_or(sources::TRUST));
    let change = sources::Change { name, state, pipeline, interval_s, adaptive, trust, login, rules };
    let source = sources::update(&app.desk, &caller.actor, id, change).await?;
    Ok(json(&Source::from(source)))
}

/// Fetches one source.
#[utoipa::path(post, path = "/sources/{id}/fetch", tag = "sources", params(("id" = Id, Path)), responses((status = 202, body = Accepted)))]
async fn fetch(
    State(app): State<App>,
    Place(id): Place<SourceId>,
    Asked(caller, _): Asked<Nothing>,
) -> Result<Response, Problem> {
    let (job, due) = sources::fetch(&app.desk, &caller.actor, Some(vec![id]), 0).await?;
    Ok(accepted(job, due, "the source will be fetched"))
}

/// Shows the last 20 visits to a source, latest first.
#[utoipa::path(get, path = "/sources/{id}/visits", tag = "sources", params(("id" = Id, Path)),
    responses((status = 200, body = Page<SourceVisit>)))]
async fn visits(caller: Caller, State(app): State<App>, Place(id): Place<SourceId>) -> Result<Response, Problem> {
    let visits = sources::visits(&app.desk, &caller.actor, id).await?;
    Ok(json(&Page::<SourceVisit>::whole(visits)))
}

/// Takes back that a source has moved: it is read at its old address again and does not follow that redirect any more.
#[utoipa::path(delete, path = "/sources/{id}/move", tag = "sources", params(("id" = Id, Path)), responses((status = 200, body = Source)))]
async fn move_back(caller: Caller, State(app): State<App>, Place(id): Place<SourceId>) -> Result<Response, Problem> {
    let source = sources::move_back(&app.desk, &caller.actor, id).await?;
    Ok(json(&Source::from(source)))
}
