//! What people call those who did something.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use store::{Conn, params};

use super::Post;
use crate::people::Principal;
use crate::{Error, KeyId, LinkId, UserId};

store::sql! {
    KEY = "posts.who_key", "SELECT name FROM api_key WHERE id = $1";
    USER = "posts.who_user", "SELECT name FROM person WHERE id = $1";
    GUEST = "posts.who_guest", "SELECT reviewer FROM review_link WHERE id = $1";
}

/// The principal that is written so; `None` for what is none.
pub(crate) fn principal(text: &str) -> Option<Principal> {
    match text.split_once(':') {
        None => (text == "system").then_some(Principal::System),
        Some(("key", id)) => id.parse().ok().map(|id: KeyId| Principal::Key(id)),
        Some(("user", id)) => id.parse().ok().map(|id: UserId| Principal::User(id)),
        Some(("link", id)) => id.parse().ok().map(|id: LinkId| Principal::Link(id)),
        Some(_) => None,
    }
}

/// The name, or the principal itself where there is none.
pub(crate) async fn name(conn: &mut Conn, by: &str) -> Result<String, Error> {
    let row = match principal(by) {
        Some(Principal::Key(id)) => conn.opt(&KEY, params![id.to_i64()]).await?,
        Some(Principal::User(id)) => conn.opt(&USER, params![id.to_i64()]).await?,
        Some(Principal::Link(id)) => conn.opt(&GUEST, params![id.to_i64()]).await?,
        Some(Principal::System) | None => None,
    };
    Ok(row.map(|row| row.get(0)).transpose()?.unwrap_or_else(|| by.to_owned()))
}

/// What people call each of the principals; every one is looked up once.
pub async fn names(conn: &mut Conn, principals: BTreeSet<String>) -> Result<BTreeMap<String, String>, Error> {
    let mut known = BTreeMap::new();
    for by in principals {
        let name = name(conn, &by).await?;
        known.insert(by, name);
    }
    Ok(known)
}

/// Names those who approved the posts; each is looked up once.
pub(super) async fn name_all(conn: &mut Conn, posts: &mut [Post]) -> Result<(), Error> {
    let mut known: HashMap<String, String> = HashMap::new();
    for approved in posts.iter_mut().flat_map(|post| &mut post.approvals) {
        if !known.contains_key(&approved.by) {
            let name = name(conn, &approved.by).await?;
            known.insert(approved.by.clone(), name);
        }
        approved.name = known.get(&approved.by).cloned().unwrap_or_default();
    }
    Ok(())
}
