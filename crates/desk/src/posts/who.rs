//! What people call those who did something.

use std::collections::{BTreeMap, BTreeSet};

use stdx::Id;
use store::{Conn, Statement, params};

use super::Post;
use crate::people::Principal;
use crate::{Error, KeyId, LinkId, UserId};

store::sql! {
    KEYS = "posts.who_keys", "SELECT id, name FROM api_key WHERE id {in:$1}";
    USERS = "posts.who_users", "SELECT id, name FROM person WHERE id {in:$1}";
    GUESTS = "posts.who_guests", "SELECT id, reviewer FROM review_link WHERE id {in:$1}";
}

/// A table's names by id, the ids that are asked for, and which principals they are.
type Asked = (&'static Statement, Vec<i64>, fn(Id) -> Principal);

/// What people call each of the principals; those without a name stand for themselves. Whoever may read a post may
/// know who worked on it, by a key too.
pub async fn names(conn: &mut Conn, principals: BTreeSet<String>) -> Result<BTreeMap<String, String>, Error> {
    let (mut keys, mut users, mut guests) = (Vec::new(), Vec::new(), Vec::new());
    for by in &principals {
        match by.parse() {
            Ok(Principal::Key(id)) => keys.push(id.to_i64()),
            Ok(Principal::User(id)) => users.push(id.to_i64()),
            Ok(Principal::Link(id)) => guests.push(id.to_i64()),
            Ok(Principal::System) | Err(()) => {}
        }
    }
    let mut known: BTreeMap<String, String> = principals.into_iter().map(|by| (by.clone(), by)).collect();
    let asked: [Asked; 3] = [
        (&KEYS, keys, |id| Principal::Key(KeyId(id))),
        (&USERS, users, |id| Principal::User(UserId(id))),
        (&GUESTS, guests, |id| Principal::Link(LinkId(id))),
    ];
    for (statement, ids, of) in asked.into_iter().filter(|(_, ids, _)| !ids.is_empty()) {
        for row in conn.all(statement, params![store::list(&ids)]).await? {
            known.insert(of(row.get(0)?).to_string(), row.get(1)?);
        }
    }
    Ok(known)
}

/// Names those who approved the posts.
pub(super) async fn name_all(conn: &mut Conn, posts: &mut [Post]) -> Result<(), Error> {
    let by = posts.iter().flat_map(|post| &post.approvals).map(|approved| approved.by.clone()).collect();
    let known = names(conn, by).await?;
    for approved in posts.iter_mut().flat_map(|post| &mut post.approvals) {
        approved.name = known.get(&approved.by).cloned().unwrap_or_default();
    }
    Ok(())
}
