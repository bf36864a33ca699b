//! What all nouns of the API share: how views and requests are declared, words with a schema, and
//! the reading of paths and queries.

use axum::extract::{FromRequestParts, Path, Query};
use http::request::Parts;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::{KnownFormat, SchemaFormat, Type};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use crate::App;
use crate::auth::Caller;
use crate::problem::{self, Problem};

/// Declares what is shown of a type of the desk. `field: Type as Schema` names what stands in the
/// document when the type itself has no schema.
macro_rules! view {
    ($(#[$doc:meta])* $name:ident of $from:ty { $($(#[$note:meta])* $field:ident: $ty:ty $(as $schema:ty)?),* $(,)? }) => {
        $(#[$doc])*
        #[derive(serde::Serialize, utoipa::ToSchema)]
        pub struct $name { $($(#[$note])* $(#[schema(value_type = $schema)])? pub $field: $ty),* }

        impl From<$from> for $name {
            fn from(from: $from) -> Self {
                $name { $($field: from.$field),* }
            }
        }
    };
}

/// Declares what a request may say; nothing else is accepted.
macro_rules! request {
    ($(#[$doc:meta])* $name:ident { $($(#[$note:meta])* $field:ident: $ty:ty $(as $schema:ty)?),* $(,)? }) => {
        $(#[$doc])*
        #[derive(serde::Deserialize, utoipa::ToSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name { $($(#[$note])* $(#[schema(value_type = $schema)])? pub $field: $ty),* }
    };
}

/// Declares the schema of what is written by another crate's own type; a test compares their keys.
macro_rules! shape {
    ($($(#[$doc:meta])* $name:ident { $($(#[$note:meta])* $field:ident: $ty:ty $(as $schema:ty)?),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(utoipa::ToSchema)]
        #[expect(dead_code, reason = "only its schema is used")]
        pub struct $name { $($(#[$note])* $(#[schema(value_type = $schema)])? $field: $ty),* }
    )*};
}

/// Declares the schema of an enumeration by the words it is written with.
macro_rules! words {
    ($($(#[$doc:meta])* $name:ident: $words:expr;)*) => {$(
        $(#[$doc])*
        pub struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new().schema_type(Type::String).enum_values(Some($words)).into()
            }
        }

        impl ToSchema for $name {}
    )*};
}

pub(super) use {request, shape, view};

words! {
    PostState: desk::posts::State::ALL.map(desk::posts::State::name);
    /// `-` is the highest first, `due` the soonest, `updated` the latest.
    PostSort: ["newest", "oldest", "score", "-score", "due", "updated"];
    ClaimWord: ["me", "none"];
    BulkAction: desk::moderation::bulk::Deed::ALL.map(desk::moderation::bulk::Deed::name);
    SpanOp: ["same", "add", "del"];
    ProviderBreaker: ["closed", "open", "half_open"];
    DeliveryState: ["waiting", "sending", "unknown", "live", "failed", "withdrawn"];
    SourceKind: desk::sources::Kind::ALL.map(desk::sources::Kind::name);
    SourceState: ["active", "paused", "muted"];
    RuleField: ["any", "title", "text", "author", "category", "url", "language", "length", "score"];
    RuleTest: ["has", "is", "matches", "below", "above"];
    RuleAction: ["drop", "keep"];
    RuleFate: ["passes", "duplicate", "dropped"];
    LoginKind: ["basic", "bearer", "header"];
    SubscriptionState: desk::sources::subscription::Standing::ALL.map(desk::sources::subscription::Standing::name);
    VisitOutcome: desk::sources::Outcome::ALL.map(desk::sources::Outcome::name);
    Weekday: desk::calendar::Day::ALL.map(desk::calendar::Day::name);
    /// The next free one.
    SlotWord: ["next"];
    Standing: ["news", "seen", "copy"];
    JobState: queue::State::ALL.map(queue::State::name);
    Priority: queue::Priority::ALL.map(queue::Priority::name);
    Durability: [queue::Durability::Durable, queue::Durability::Relaxed].map(queue::Durability::name);
    MissedTimes: queue::Missed::ALL.map(queue::Missed::name);
    Role: guard::role::Role::ALL.map(guard::role::Role::name);
    Scope: guard::role::Scope::ALL.map(guard::role::Scope::name);
    Principal: ["user", "key"];
    InvitationKind: ["invitation", "recovery", "setup"];
    EngineName: [store::Engine::Sqlite, store::Engine::Postgres].map(store::Engine::name);
    AlarmKindName: store::AlarmKind::ALL.map(store::AlarmKind::name);
    AlarmSeverity: [store::Severity::Warning, store::Severity::Error].map(store::Severity::name);
    HealthState: ["ok", "degraded", "down"];
    Format: ["plain", "markdown", "html"];
    FeedbackKind: desk::feedback::Kind::ALL.map(desk::feedback::Kind::name);
    TargetDirection: ["at_least", "at_most"];
    StepKind: ["edits", "rewrite"];
    BudgetScope: desk::money::Scope::ALL.map(desk::money::Scope::name);
    BudgetPeriod: desk::money::Period::ALL.map(desk::money::Period::name);
    PromptKind: desk::prompts::Kind::ALL.map(desk::prompts::Kind::name);
    PromptOrigin: desk::prompts::Origin::ALL.map(desk::prompts::Origin::name);
    TuningPart: desk::tuning::Part::ALL.map(desk::tuning::Part::name);
    ImproveStop: desk::improve::Stop::ALL.map(desk::improve::Stop::name);
}

/// An id: 13 characters of Crockford's Base32.
pub struct Id;

impl PartialSchema for Id {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[0-9A-HJKMNP-TV-Z]{13}$"));
        text.description(Some("13 characters of Crockford's Base32")).examples(["0M7K2Q9XA4D0G"]).into()
    }
}

impl ToSchema for Id {}

/// A time as RFC 3339 writes it, in UTC.
pub struct Time;

impl PartialSchema for Time {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .into()
    }
}

impl ToSchema for Time {}

/// A page of a list.
#[derive(Serialize, ToSchema)]
pub struct Page<T> {
    pub data: Vec<T>,
    pub pagination: Pagination,
}

/// Where a page ends.
#[derive(Serialize, ToSchema)]
pub struct Pagination {
    pub limit: u32,
    pub has_next: bool,
    /// To be given as `after` for the next page; `null` at the end.
    pub next: Option<String>,
    /// How many entries all pages have together, where that is counted: exact to 10,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// Whether `total` is reckoned rather than counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_is_estimate: Option<bool>,
}

/// Entries of a page when nothing is said.
const LIMIT: u32 = 50;
/// Entries of a page at most.
pub const LIMIT_MAX: u32 = 200;

/// Which page of a list.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    /// `next` of the page before; opaque.
    after: Option<String>,
    /// Entries of a page, 1 to 200; 50 when nothing is said.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

impl Paging {
    /// For lists that take other parameters as well.
    pub fn new(after: Option<String>, limit: Option<u32>) -> Paging {
        Paging { after, limit }
    }

    /// Where the page begins, read by whoever wrote the cursor.
    pub fn after<T: std::str::FromStr>(&self) -> Result<Option<T>, Problem> {
        let wrong = |_| Problem::new(&problem::MALFORMED, "after: is no cursor of this list");
        self.after.as_deref().map(|text| text.parse().map_err(wrong)).transpose()
    }

    pub fn limit(&self) -> Result<u32, Problem> {
        match self.limit {
            None => Ok(LIMIT),
            Some(limit @ 1..=LIMIT_MAX) => Ok(limit),
            Some(other) => {
                Err(Problem::new(&problem::MALFORMED, format!("limit: must be 1 to {LIMIT_MAX}, not {other}")))
            }
        }
    }

    /// How many rows to read: one more than the page has tells whether there is another. The desk
    /// gives [`LIMIT_MAX`] at most, so that behind a full page of that size an empty one may come.
    pub fn rows(&self) -> Result<u32, Problem> {
        Ok((self.limit()? + 1).min(LIMIT_MAX))
    }
}

impl<T> Page<T> {
    /// The page from the rows that [`Paging::rows`] asked for.
    pub fn of<R: Into<T>>(
        mut rows: Vec<R>,
        paging: &Paging,
        cursor: impl Fn(&R) -> String,
    ) -> Result<Page<T>, Problem> {
        let limit = paging.limit()?;
        let has_next = rows.len() > limit as usize || (limit == LIMIT_MAX && rows.len() == LIMIT_MAX as usize);
        rows.truncate(limit as usize);
        let next = rows.last().filter(|_| has_next).map(cursor);
        Ok(Page {
            data: rows.into_iter().map(Into::into).collect(),
            pagination: Pagination { limit, has_next, next, total: None, total_is_estimate: None },
        })
    }

    /// The page with how many entries there are in all.
    #[must_use]
    pub fn with_total(mut self, total: desk::posts::Total) -> Page<T> {
        self.pagination.total = Some(total.count);
        self.pagination.total_is_estimate = Some(total.is_estimate);
        self
    }

    /// A list that is always shown whole.
    pub fn whole<R: Into<T>>(rows: Vec<R>) -> Page<T> {
        let limit = rows.len() as u32;
        Page {
            data: rows.into_iter().map(Into::into).collect(),
            pagination: Pagination { limit, has_next: false, next: None, total: None, total_is_estimate: None },
        }
    }
}

/// The place a path names. What is no id names nothing; whoever has no key does not learn that.
pub struct Place<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for Place<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        <Caller as FromRequestParts<App>>::from_request_parts(parts, app).await?;
        match Path::<T>::from_request_parts(parts, app).await {
            Ok(Path(place)) => Ok(Place(place)),
            Err(_) => Err(Problem::new(&problem::NOT_FOUND, "the path holds something that is no id")),
        }
    }
}

/// Parameters of the query. Unknown ones are ignored.
pub struct Asking<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for Asking<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        let wrong = |error: &str| {
            let detail = error.strip_prefix("Failed to deserialize query string: ").unwrap_or(error);
            Problem::new(&problem::MALFORMED, detail)
        };
        match Query::<T>::try_from_uri(&parts.uri) {
            Ok(Query(asked)) => Ok(Asking(asked)),
            Err(error) => Err(wrong(&error.body_text())),
        }
    }
}
