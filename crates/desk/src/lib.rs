//! What Copydesk is about: sources → items → stories → posts → moderation → channels.
//!
//! One module per noun, in the order of the flow. A module calls only modules named before it; it
//! speaks to later ones through events and jobs, whose payloads all stand in [`jobs`].
//!
//! ```ignore
//! let post = moderation::approve(&desk, &actor, id, version).await?;
//! ```
//!
//! Invariants
//! - A change of state, its event and the jobs it causes commit in one transaction.
//! - The domain function says whether the actor may, in its first lines.
//! - A version never changes once written.

mod desk;
mod error;
mod settings;
#[cfg(test)]
mod testing;

pub mod events;
pub mod jobs;
pub mod people;
pub mod providers;
pub mod prompts;
pub mod pipelines;
pub mod sources;
pub mod items;
pub mod stories;
pub mod posts;
pub mod pages;
pub mod calendar;
pub mod analysis;
pub mod feedback;
pub mod moderation;
pub mod money;
pub mod drafts;
pub mod gateway;
pub mod improve;
pub mod channels;
pub mod remote;
pub mod figures;
pub mod check;
pub mod tuning;
pub mod portable;

pub use desk::purges::PurgeLog;
pub use desk::{Desk, Parts, Signal};
pub use error::{Error, Fault};
pub use settings::Settings;

pub(crate) use desk::kept as tags;

use stdx::metric::Metric;
use store::{Migration, MigrationSet, Statement};

stdx::id_type! {
    /// An API key.
    KeyId;
    /// Somebody with a password of their own.
    UserId;
    /// An invitation, or a way back for somebody who lost their password.
    InvitationId;
    /// A signed link that lets somebody without an account judge one post.
    LinkId;
    /// A configured model provider.
    ProviderId;
    /// A recipe that ties sources, policy and channels together.
    PipelineId;
    /// Where items come from.
    SourceId;
    /// One entry read from a source.
    ItemId;
    /// Items that tell the same news.
    StoryId;
    /// A unit of content with versions and a workflow state; also its event stream.
    PostId;
    /// One call of a generator, recorded.
    CompletionId;
    /// What may be spent in one place and period.
    BudgetId;
    /// One attempt at a model, as it was paid.
    LedgerId;
    /// A moderator's or a policy's decision on a version.
    ReviewId;
    /// What somebody made of a version.
    FeedbackId;
    /// A destination.
    ChannelId;
    /// One post on one channel.
    DeliveryId;
}

/// A post's version, from 1.
pub type Version = u32;

/// The desk's own tables.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    name: "desk",
    list: &[
        Migration {
            version: 1,
            name: "desk",
            sqlite: include_str!("../migrations/0001_desk.sqlite.sql"),
            postgres: include_str!("../migrations/0001_desk.postgres.sql"),
        },
        Migration {
            version: 2,
            name: "people",
            sqlite: include_str!("../migrations/0002_people.sqlite.sql"),
            postgres: include_str!("../migrations/0002_people.postgres.sql"),
        },
        Migration {
            version: 3,
            name: "moderation",
            sqlite: include_str!("../migrations/0003_moderation.sqlite.sql"),
            postgres: include_str!("../migrations/0003_moderation.postgres.sql"),
        },
        Migration {
            version: 4,
            name: "calendar",
            sqlite: include_str!("../migrations/0004_calendar.sqlite.sql"),
            postgres: include_str!("../migrations/0004_calendar.postgres.sql"),
        },
        Migration {
            version: 5,
            name: "purges",
            sqlite: include_str!("../migrations/0005_purges.sqlite.sql"),
            postgres: include_str!("../migrations/0005_purges.postgres.sql"),
        },
        Migration {
            version: 6,
            name: "remote",
            sqlite: include_str!("../migrations/0006_remote.sqlite.sql"),
            postgres: include_str!("../migrations/0006_remote.postgres.sql"),
        },
        Migration {
            version: 7,
            name: "feedback",
            sqlite: include_str!("../migrations/0007_feedback.sqlite.sql"),
            postgres: include_str!("../migrations/0007_feedback.postgres.sql"),
        },
        Migration {
            version: 8,
            name: "ingest",
            sqlite: include_str!("../migrations/0008_ingest.sqlite.sql"),
            postgres: include_str!("../migrations/0008_ingest.postgres.sql"),
        },
        Migration {
            version: 9,
            name: "push",
            sqlite: include_str!("../migrations/0009_push.sqlite.sql"),
            postgres: include_str!("../migrations/0009_push.postgres.sql"),
        },
        Migration {
            version: 10,
            name: "websub",
            sqlite: include_str!("../migrations/0010_websub.sqlite.sql"),
            postgres: include_str!("../migrations/0010_websub.postgres.sql"),
        },
        Migration {
            version: 11,
            name: "suspicious",
            sqlite: include_str!("../migrations/0011_suspicious.sqlite.sql"),
            postgres: include_str!("../migrations/0011_suspicious.postgres.sql"),
        },
        Migration {
            version: 12,
            name: "money",
            sqlite: include_str!("../migrations/0012_money.sqlite.sql"),
            postgres: include_str!("../migrations/0012_money.postgres.sql"),
        },
        Migration {
            version: 13,
            name: "dialects",
            sqlite: include_str!("../migrations/0013_dialects.sqlite.sql"),
            postgres: include_str!("../migrations/0013_dialects.postgres.sql"),
        },
        Migration {
            version: 14,
            name: "provider_limits",
            sqlite: include_str!("../migrations/0014_provider_limits.sqlite.sql"),
            postgres: include_str!("../migrations/0014_provider_limits.postgres.sql"),
        },
        Migration {
            version: 15,
            name: "prompts",
            sqlite: include_str!("../migrations/0015_prompts.sqlite.sql"),
            postgres: include_str!("../migrations/0015_prompts.postgres.sql"),
        },
        Migration {
            version: 16,
            name: "draft_cost",
            sqlite: include_str!("../migrations/0016_draft_cost.sqlite.sql"),
            postgres: include_str!("../migrations/0016_draft_cost.postgres.sql"),
        },
        Migration {
            version: 17,
            name: "variants",
            sqlite: include_str!("../migrations/0017_variants.sqlite.sql"),
            postgres: include_str!("../migrations/0017_variants.postgres.sql"),
        },
    ],
};

/// The tables a backup carries, in an order that satisfies references; purges are of the moment.
pub const TABLES: &[&str] = &[
    "event",
    "idempotency",
    "setting",
    "api_key",
    "person",
    "invitation",
    "session",
    "preference",
    "provider",
    "budget",
    "budget_use",
    "hold",
    "ledger",
    "spending",
    "prompt_version",
    "prompt",
    "voice",
    "pipeline",
    "source",
    "hook",
    "hook_taken",
    "subscription",
    "visit",
    "item",
    "item_version",
    "story_bond",
    "story",
    "post",
    "post_version",
    "completion",
    "prompt_draft",
    "post_variant",
    "review",
    "claim",
    "rating",
    "feedback",
    "working_copy",
    "review_link",
    "bulk",
    "channel",
    "delivery",
    "page",
];

/// Every statement of the desk.
pub fn statements() -> Vec<&'static Statement> {
    [
        desk::purges::STATEMENTS,
        events::STATEMENTS,
        people::STATEMENTS,
        people::keys::STATEMENTS,
        people::users::STATEMENTS,
        people::sessions::STATEMENTS,
        people::invitations::STATEMENTS,
        people::preferences::STATEMENTS,
        people::current::STATEMENTS,
        people::kin::STATEMENTS,
        providers::STATEMENTS,
        prompts::STATEMENTS,
        prompts::voice::STATEMENTS,
        pipelines::STATEMENTS,
        sources::STATEMENTS,
        sources::visits::STATEMENTS,
        sources::hook::STATEMENTS,
        sources::subscription::STATEMENTS,
        sources::subscription::ASKING,
        items::STATEMENTS,
        items::push::STATEMENTS,
        items::sweep::STATEMENTS,
        items::versions::STATEMENTS,
        stories::STATEMENTS,
        stories::hand::STATEMENTS,
        posts::STATEMENTS,
        posts::list::STATEMENTS,
        posts::search::STATEMENTS,
        posts::who::STATEMENTS,
        posts::variants::STATEMENTS,
        calendar::STATEMENTS,
        feedback::STATEMENTS,
        drafts::STATEMENTS,
        drafts::suspect::STATEMENTS,
        drafts::used::STATEMENTS,
        drafts::lab::STATEMENTS,
        money::STATEMENTS,
        money::report::STATEMENTS,
        money::till::STATEMENTS,
        moderation::STATEMENTS,
        &moderation::parts(),
        channels::STATEMENTS,
        remote::STATEMENTS,
        pages::STATEMENTS,
        figures::STATEMENTS,
        check::STATEMENTS,
        tuning::STATEMENTS,
    ]
    .concat()
}

/// The desk's metric cells.
pub static METRICS: &[&[Metric]] =
    &[sources::METRICS, drafts::METRICS, moderation::METRICS, channels::METRICS, remote::METRICS];

#[cfg(test)]
mod tests;
