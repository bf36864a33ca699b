//! Channels: where approved versions go. Arm, send, confirm, so that a kill at any point neither
//! loses nor doubles a publication.

use queue::Context;
use serde_json::Value as Json;
use stdx::Timestamp;
use stdx::metric::{Cell, Counter, Metric};
use store::{Conn, params};

use crate::jobs::PublishPost;
use crate::people::Actor;
use crate::posts::{self, Command, DeliveryState, Life, State};
use crate::{ChannelId, Desk, Error, PostId, events, pages};

static PUBLISHED: Counter = Counter::new();

/// The module's metric cells.
pub static METRICS: &[Metric] = &[Metric {
    name: "copydesk_posts_published_total",
    help: "Versions brought to their channels",
    cell: Cell::Counter(&PUBLISHED),
}];

store::sql! {
    ADD = "channels.add", "INSERT INTO channel (id, name, kind, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT (name) DO NOTHING";
    LIST = "channels.list", "SELECT id, name, kind FROM channel ORDER BY id LIMIT 100";
}

/// A destination.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Channel {
    pub id: ChannelId,
    pub name: String,
    /// `site`: the built-in public site.
    pub kind: String,
}

/// Makes the built-in site's channel when it is not there.
pub async fn ensure_site(desk: &Desk) -> Result<(), Error> {
    let (id, now) = (desk.next_id(), desk.now());
    desk.store.write(move |tx| Box::pin(async move { tx.exec(&ADD, params![id, "site", "site", now]).await })).await?;
    Ok(())
}

pub async fn list(conn: &mut Conn) -> Result<Vec<Channel>, Error> {
    let rows = conn.all(&LIST, params![]).await?;
    let read = |row: &store::Row| -> Result<Channel, store::Error> {
        Ok(Channel { id: ChannelId(row.get(0)?), name: row.get(1)?, kind: row.get(2)? })
    };
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

/// Brings an approved version to its channels. Harmless when run twice, and when the approval was
/// taken back, the post given another time, or another version approved since.
pub async fn publish(desk: Desk, ctx: Context, job: PublishPost) -> Result<Option<Json>, queue::Fault> {
    match publish_version(&desk, &job).await {
        Ok(outcome) => Ok(Some(Json::from(outcome))),
        Err(error) if ctx.is_last_attempt() && !matches!(error, Error::IllegalMove { .. }) => {
            give_up(&desk, &job).await.map_err(queue::Fault::from)?;
            Err(queue::Fault::give_up(&error))
        }
        Err(error) => Err(error.into()),
    }
}

async fn publish_version(desk: &Desk, job: &PublishPost) -> Result<&'static str, Error> {
    let PublishPost { post: id, version, due_at } = *job;
    let channels = list(&mut desk.store.read_fresh()).await?;
    // Arm: the intent and its key are committed before anything is sent.
    let d = desk.clone();
    let armed = desk
        .store
        .write(move |tx| {
            let channels = channels.clone();
            Box::pin(async move {
                let system = Actor::system();
                let (post, life) = posts::load(tx, id).await?;
                if life.published == Some(version) && life.state == State::Published {
                    return Ok(None);
                }
                let wanted =
                    matches!(life.state, State::Scheduled | State::Publishing | State::Published | State::Failed);
                if !wanted || life.approved != Some(version) || is_moved(tx, id, &life, due_at).await? {
                    return Ok(None);
                }
                posts::execute(&d, tx, &system, id, Command::StartPublishing { version }).await?;
                for channel in &channels {
                    let key = format!("{id}-{version}-{}", channel.id);
                    let start = Command::StartDelivery { channel: channel.id, version, key };
                    posts::execute(&d, tx, &system, id, start).await?;
                }
                let text = posts::version(tx, id, version).await?;
                Ok::<_, Error>(Some((post, text, channels)))
            })
        })
        .await?;
    let Some((post, text, channels)) = armed else { return Ok("nothing to do") };
    // Send and confirm. The built-in site is our own database, so both are one transaction; its page
    // carries the post's id, and a second run finds it there.
    let page = pages::Page::of(&post, &text, desk.now());
    let d = desk.clone();
    desk.store
        .write(move |tx| {
            Box::pin(async move {
                let system = Actor::system();
                let (_, life) = posts::load(tx, id).await?;
                for channel in &channels {
                    if life.deliveries.get(&channel.id).is_some_and(|d| d.state == DeliveryState::Sending) {
                        pages::put(&d, tx, &page).await?;
                        let remote_id = page.slug.clone();
                        let confirm = Command::ConfirmDelivery { channel: channel.id, version, remote_id };
                        posts::execute(&d, tx, &system, id, confirm).await?;
                    }
                }
                posts::execute(&d, tx, &system, id, Command::FinishPublishing { version }).await?;
                tx.after_commit(|| PUBLISHED.inc());
                Ok::<_, Error>(())
            })
        })
        .await?;
    Ok("published")
}

/// Whether the post has another time by now than the one this job is for.
async fn is_moved(conn: &mut Conn, id: PostId, life: &Life, due_at: Option<Timestamp>) -> Result<bool, Error> {
    let Some(due_at) = due_at else { return Ok(false) };
    let due = match life.state {
        // An update of a published post had no time of its own in earlier releases.
        State::Scheduled | State::Published => life.due_at,
        // It left its time when its publication began.
        _ => events::last_due(conn, id).await?,
    };
    Ok(due.is_some_and(|due| due != due_at))
}

/// After the last attempt: the delivery is dead, and the post with it.
async fn give_up(desk: &Desk, job: &PublishPost) -> Result<(), Error> {
    let PublishPost { post: id, version, .. } = *job;
    let d = desk.clone();
    desk.store
        .write(move |tx| {
            Box::pin(async move {
                let system = Actor::system();
                let (_, life) = posts::load(tx, id).await?;
                for channel in life.deliveries.keys().copied().collect::<Vec<_>>() {
                    posts::execute(&d, tx, &system, id, Command::FailDelivery { channel, version }).await?;
                }
                if life.state == State::Publishing {
                    posts::execute(&d, tx, &system, id, Command::FinishPublishing { version }).await?;
                }
                Ok::<_, Error>(())
            })
        })
        .await
}
