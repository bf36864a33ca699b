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
pub mod pipelines;
pub mod sources;
pub mod items;
pub mod stories;
pub mod posts;
pub mod pages;
pub mod analysis;
pub mod moderation;
pub mod drafts;
pub mod channels;
pub mod check;
pub mod portable;

pub use desk::{Desk, Parts, Signal};
pub use error::{Error, Fault};
pub use settings::Settings;

use stdx::metric::Metric;
use store::{Migration, MigrationSet, Statement};

stdx::id_type! {
    /// An API key.
    KeyId;
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
    /// A moderator's or a policy's decision on a version.
    ReviewId;
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
    list: &[Migration {
        version: 1,
        name: "desk",
        sqlite: include_str!("../migrations/0001_desk.sqlite.sql"),
        postgres: include_str!("../migrations/0001_desk.postgres.sql"),
    }],
};

/// The tables a backup carries, in an order that satisfies references.
pub const TABLES: &[&str] = &[
    "event",
    "idempotency",
    "setting",
    "api_key",
    "session",
    "provider",
    "pipeline",
    "source",
    "item",
    "story",
    "post",
    "post_version",
    "completion",
    "review",
    "channel",
    "delivery",
    "page",
];

/// Every statement of the desk.
pub fn statements() -> Vec<&'static Statement> {
    [
        events::STATEMENTS,
        people::STATEMENTS,
        providers::STATEMENTS,
        pipelines::STATEMENTS,
        sources::STATEMENTS,
        items::STATEMENTS,
        stories::STATEMENTS,
        posts::STATEMENTS,
        drafts::STATEMENTS,
        moderation::STATEMENTS,
        channels::STATEMENTS,
        pages::STATEMENTS,
        check::STATEMENTS,
    ]
    .concat()
}

/// The desk's metric cells.
pub static METRICS: &[&[Metric]] = &[sources::METRICS, drafts::METRICS, moderation::METRICS, channels::METRICS];

#[cfg(test)]
mod tests;
