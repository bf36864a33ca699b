//! The log of facts as a remote cache needs it, and how far each has been told.

use std::time::Duration;

use stdx::Timestamp;
use store::{Conn, Engine, Row, Statement, Value, params};

use super::Health;
use super::keys::Change;
use super::lane::Course;
use super::sender::Sender;
use crate::events::{Event, Position};
use crate::{Desk, Error, PostId};

/// Facts of one reading: what follows stays in the log, where it takes no memory.
pub(super) const FACTS_MAX: i64 = 10_000;

store::sql! {
    // PostgreSQL gives numbers before the commit: what is above the oldest transaction still under way may yet be preceded.
    LIVE = "remote.live",
        sqlite "SELECT e.xid, e.pos, e.stream, e.at, e.data, g.topic, p.topic FROM event e LEFT JOIN page g ON g.id = e.stream LEFT JOIN post p ON p.id = e.stream
         WHERE e.kind = 'delivery_live' AND (e.xid, e.pos) > ($1, $2) ORDER BY e.xid, e.pos LIMIT $3",
        postgres "SELECT e.xid::text::bigint, e.pos, e.stream, e.at, e.data, g.topic, p.topic FROM event e LEFT JOIN page g ON g.id = e.stream LEFT JOIN post p ON p.id = e.stream
         WHERE e.kind = 'delivery_live' AND (e.xid, e.pos) > ($1, $2) AND e.xid < pg_snapshot_xmin(pg_current_snapshot()) ORDER BY e.xid, e.pos LIMIT $3";
    WITHDRAWN = "remote.withdrawn",
        sqlite "SELECT e.xid, e.pos, e.stream, e.at, e.data, NULL, p.topic FROM event e LEFT JOIN post p ON p.id = e.stream
         WHERE e.kind IN ('delivery_withdrawn', 'retracted') AND (e.xid, e.pos) > ($1, $2) ORDER BY e.xid, e.pos LIMIT $3",
        postgres "SELECT e.xid::text::bigint, e.pos, e.stream, e.at, e.data, NULL::text, p.topic FROM event e LEFT JOIN post p ON p.id = e.stream
         WHERE e.kind IN ('delivery_withdrawn', 'retracted') AND (e.xid, e.pos) > ($1, $2) AND e.xid < pg_snapshot_xmin(pg_current_snapshot()) ORDER BY e.xid, e.pos LIMIT $3";
    SLUGS = "remote.slugs", "SELECT data FROM event WHERE stream = $1 AND kind = 'delivery_live' ORDER BY version DESC LIMIT 50";
    ENTER = "remote.enter",
        sqlite "INSERT INTO remote_lane (target, lane, xid, pos, failing_since, error, holder, held_until)
         SELECT $1, $2, 0, COALESCE(max(pos), 0), NULL, '', 0, 0 FROM event WHERE true ON CONFLICT (target, lane) DO NOTHING",
        postgres "INSERT INTO remote_lane (target, lane, xid, pos, failing_since, error, holder, held_until)
         VALUES ($1, $2, pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1, 9223372036854775807, NULL, '', 0, 0) ON CONFLICT (target, lane) DO NOTHING";
    HOLD = "remote.hold", "UPDATE remote_lane SET holder = $2, held_until = $3 WHERE target = $1 AND (holder = $2 OR held_until < $4)";
    MARK = "remote.mark", "SELECT xid, pos FROM remote_lane WHERE target = $1 AND lane = $2 AND holder = $3";
    RELEASE = "remote.release", "UPDATE remote_lane SET held_until = 0 WHERE target = $1 AND holder = $2";
    MOVE = "remote.move", "UPDATE remote_lane SET xid = $4, pos = $5, failing_since = NULL, error = '' WHERE target = $1 AND lane = $2 AND holder = $3";
    FAIL = "remote.fail", "UPDATE remote_lane SET failing_since = COALESCE(failing_since, $4), error = $5 WHERE target = $1 AND lane = $2 AND holder = $3";
    STATE = "remote.state", "SELECT lane, xid, pos, failing_since, error FROM remote_lane WHERE target = $1";
}

/// The changes behind `mark`, oldest first, and the mark of each; at most [`FACTS_MAX`].
pub(super) async fn read(conn: &mut Conn, course: Course, mark: Position) -> Result<Vec<(Position, Change)>, Error> {
    let rows = conn.all(statement(course), params![mark.xid, mark.pos, FACTS_MAX]).await?;
    let mut changes = Vec::with_capacity(rows.len());
    for row in &rows {
        let post = PostId(row.get(2)?);
        let slugs = match course {
            Course::Urgent => {
                let facts = conn.all(&SLUGS, params![post.to_i64()]).await?;
                let mut slugs: Vec<String> = facts.iter().filter_map(|row| slug(row, 0)).collect();
                slugs.dedup();
                slugs
            }
            Course::Addresses | Course::Tags => slug(row, 4).into_iter().collect(),
        };
        let topic = match row.get::<Option<String>>(5)? {
            Some(slug) => slug,
            None => {
                let name: String = row.get::<Option<String>>(6)?.unwrap_or_default();
                // Nothing has a slug too.
                if name.trim().is_empty() { name } else { text::slug::slugify(&name, 40) }
            }
        };
        let mark = Position { xid: row.get(0)?, pos: row.get(1)? };
        changes.push((mark, Change { post, slugs, topic, at: row.get(3)? }));
    }
    Ok(changes)
}

fn statement(course: Course) -> &'static Statement {
    match course {
        Course::Urgent => &WITHDRAWN,
        Course::Addresses | Course::Tags => &LIVE,
    }
}

/// The slug under which the site was given the page; none where another channel was.
fn slug(row: &Row, column: usize) -> Option<String> {
    match serde_json::from_str(row.text(column).ok()?) {
        Ok(Event::DeliveryLive { remote_id, .. }) => {
            let is_slug = (1..=120).contains(&remote_id.len())
                && remote_id.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'));
            is_slug.then_some(remote_id)
        }
        _ => None,
    }
}

/// Takes the target for this process, with the marks of its lanes; `None` while it is another's.
pub(super) async fn hold(
    desk: &Desk,
    sender: &Sender,
    holder: i64,
    lease: Duration,
) -> Result<Option<Vec<(Course, Position)>>, Error> {
    let (target, courses, now) = (sender.cdn.name().to_owned(), sender.courses(), desk.now());
    // A folder has one server: what a dead one held is free at once.
    let free_before = if desk.store.engine() == Engine::Sqlite { Timestamp::from_micros(i64::MAX) } else { now };
    desk.store
        .write(move |tx| {
            let target = target.clone();
            Box::pin(async move {
                for course in courses {
                    tx.exec(&ENTER, params![target, course.name()]).await?;
                }
                tx.exec(&HOLD, params![target, holder, now + lease, free_before]).await?;
                let mut marks = Vec::new();
                for course in courses {
                    let Some(row) = tx.opt(&MARK, params![target, course.name(), holder]).await? else {
                        return Ok(None);
                    };
                    marks.push((*course, Position { xid: row.get(0)?, pos: row.get(1)? }));
                }
                Ok::<_, Error>(Some(marks))
            })
        })
        .await
}

/// Whether the target is still this process's. Alone in its folder, it need not say so.
pub(super) async fn renew(desk: &Desk, target: &str, holder: i64, lease: Duration) -> Result<bool, Error> {
    if desk.store.engine() == Engine::Sqlite {
        return Ok(true);
    }
    let now = desk.now();
    Ok(change(desk, &HOLD, params![target, holder, now + lease, Timestamp::EPOCH]).await? > 0)
}

pub(super) async fn release(desk: &Desk, target: &str, holder: i64) -> Result<(), Error> {
    change(desk, &RELEASE, params![target, holder]).await?;
    Ok(())
}

/// Everything up to `mark` has been told.
pub(super) async fn advance(
    desk: &Desk,
    target: &str,
    course: Course,
    holder: i64,
    mark: Position,
) -> Result<(), Error> {
    change(desk, &MOVE, params![target, course.name(), holder, mark.xid, mark.pos]).await?;
    Ok(())
}

pub(super) async fn fail(desk: &Desk, target: &str, course: Course, holder: i64, error: &str) -> Result<(), Error> {
    change(desk, &FAIL, params![target, course.name(), holder, desk.now(), error]).await?;
    Ok(())
}

async fn change(desk: &Desk, statement: &'static Statement, values: Vec<Value>) -> Result<u64, Error> {
    desk.store
        .write(move |tx| {
            let values = values.clone();
            Box::pin(async move { Ok::<_, Error>(tx.exec(statement, values).await?) })
        })
        .await
}

pub(super) async fn health(desk: &Desk, target: &str) -> Result<Health, Error> {
    let mut conn = desk.store.read_fresh();
    let mut health = Health { target: target.to_owned(), failing_since: None, error: String::new(), oldest: None };
    for row in conn.all(&STATE, params![target]).await? {
        let Some(course) = Course::named(row.text(0)?) else { continue };
        let (xid, pos): (i64, i64) = (row.get(1)?, row.get(2)?);
        let first = conn.opt(statement(course), params![xid, pos, 1]).await?;
        let at = first.map(|row| row.get::<Timestamp>(3)).transpose()?;
        health.oldest = health.oldest.into_iter().chain(at).min();
        let since: Option<Timestamp> = row.get(3)?;
        if since.is_some() && health.failing_since.is_none_or(|known| since < Some(known)) {
            (health.failing_since, health.error) = (since, row.get(4)?);
        }
    }
    Ok(health)
}
