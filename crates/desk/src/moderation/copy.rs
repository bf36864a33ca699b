//! Working copies: what somebody is typing, kept so that nothing is lost. One for each person and post, never a
//! version.

use serde::Serialize;
use stdx::Timestamp;
use store::{Conn, Row, params};

use crate::people::{Action, Actor};
use crate::posts;
use crate::{Desk, Error, Fault, PostId, Version};

/// Bytes of a copy at most.
pub const BYTES_MAX: usize = 300 * 1024;

store::sql! {
    PUT = "copy.put",
        "INSERT INTO working_copy (post, by_actor, name, base_version, title, excerpt, body, topic, saved_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (post, by_actor) DO UPDATE SET name = excluded.name, base_version = excluded.base_version, title = excluded.title,
         excerpt = excluded.excerpt, body = excluded.body, topic = excluded.topic, saved_at = excluded.saved_at";
    GET = "copy.get", "SELECT base_version, title, excerpt, body, topic, saved_at FROM working_copy WHERE post = $1 AND by_actor = $2";
    OTHERS = "copy.others", "SELECT name, saved_at FROM working_copy WHERE post = $1 AND by_actor <> $2 ORDER BY by_actor LIMIT 100";
    DROP = "copy.drop", "DELETE FROM working_copy WHERE post = $1 AND by_actor = $2";
}

/// The text as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The version it was begun on.
    pub base_version: Version,
    pub title: String,
    pub excerpt: String,
    /// Markdown.
    pub body: String,
    pub topic: String,
}

/// A copy that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    pub text: Text,
    pub saved_at: Timestamp,
}

/// Somebody else who is typing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Other {
    pub name: String,
    pub saved_at: Timestamp,
}

/// One's own copy, and what it may run into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desktop {
    pub own: Option<Copy>,
    pub newest_version: Version,
    pub others: Vec<Other>,
}

/// Keeps what is typed, in place of what was kept before.
pub async fn put(desk: &Desk, actor: &Actor, id: PostId, text: Text) -> Result<Desktop, Error> {
    actor.may(Action::Write)?;
    let bytes = text.title.len() + text.excerpt.len() + text.body.len() + text.topic.len();
    if bytes > BYTES_MAX {
        return Err(Error::invalid("", format!("must have at most {BYTES_MAX} bytes, not {bytes}")));
    }
    let (d, actor) = (desk.clone(), actor.clone());
    desk.store
        .write(move |tx| {
            Box::pin(async move {
                let newest = posts::get(tx, id).await?.version;
                if !(1..=newest).contains(&text.base_version) {
                    let fault = Fault::new("/base_version", format!("must be a version of the post, 1 to {newest}"));
                    return Err(Error::Invalid(vec![fault]));
                }
                let by = actor.principal.to_string();
                let t = &text;
                let values =
                    params![id.to_i64(), by, actor.name, t.base_version, t.title, t.excerpt, t.body, t.topic, d.now()];
                tx.exec(&PUT, values).await?;
                read(tx, id, &by).await
            })
        })
        .await
}

/// One's own copy, and who else has one.
pub async fn get(desk: &Desk, actor: &Actor, id: PostId) -> Result<Desktop, Error> {
    actor.may(Action::Read)?;
    read(&mut desk.store.read_fresh(), id, &actor.principal.to_string()).await
}

/// Forgets one's own copy.
pub async fn discard(desk: &Desk, actor: &Actor, id: PostId) -> Result<(), Error> {
    actor.may(Action::Write)?;
    let by = actor.principal.to_string();
    desk.store
        .write(move |tx| {
            Box::pin(async move {
                posts::get(tx, id).await?;
                tx.exec(&DROP, params![id.to_i64(), by]).await?;
                Ok::<_, Error>(())
            })
        })
        .await
}

async fn read(conn: &mut Conn, id: PostId, by: &str) -> Result<Desktop, Error> {
    let newest_version = posts::get(conn, id).await?.version;
    let own = conn.opt(&GET, params![id.to_i64(), by]).await?.as_ref().map(read_copy).transpose()?;
    let rows = conn.all(&OTHERS, params![id.to_i64(), by]).await?;
    let other = |row: &Row| -> Result<Other, store::Error> { Ok(Other { name: row.get(0)?, saved_at: row.get(1)? }) };
    Ok(Desktop { own, newest_version, others: rows.iter().map(other).collect::<Result<_, _>>()? })
}

fn read_copy(row: &Row) -> Result<Copy, store::Error> {
    let text = Text {
        base_version: row.get(0)?,
        title: row.get(1)?,
        excerpt: row.get(2)?,
        body: row.get(3)?,
        topic: row.get(4)?,
    };
    Ok(Copy { text, saved_at: row.get(5)? })
}
