//! What somebody may by now, for work that goes on long after they asked for it.

use guard::role::Scopes;
use stdx::Timestamp;
use store::{Conn, params};

use super::keys::{read_role, read_scopes};
use super::{Actor, Principal};
use crate::Error;

store::sql! {
    KEY = "people.current_key", "SELECT name, role, scopes FROM api_key WHERE id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)";
    USER = "people.current_user", "SELECT name, role FROM person WHERE id = $1 AND disabled_at IS NULL";
}

/// The actor with what they may do at `now`: no more than when they asked.
///
/// # Errors
/// [`Error::Forbidden`] for whoever may no longer come in.
pub(crate) async fn current(conn: &mut Conn, asked: &Actor, now: Timestamp) -> Result<Actor, Error> {
    let row = match asked.principal {
        Principal::System => return Ok(asked.clone()),
        Principal::Key(id) => conn.opt(&KEY, params![id.to_i64(), now]).await?,
        Principal::User(id) => conn.opt(&USER, params![id.to_i64()]).await?,
        Principal::Link(_) => None,
    };
    let gone = || Error::Forbidden { who: asked.principal.to_string(), action: "do anything any more" };
    let row = row.ok_or_else(gone)?;
    let scopes = match asked.principal {
        Principal::Key(_) => read_scopes(row.get::<Option<String>>(2)?.as_deref()),
        _ => Scopes::ALL,
    };
    let scopes = scopes.and(asked.scopes).and(asked.role.scopes());
    Ok(Actor { name: row.get(0)?, role: read_role(row.text(1)?), scopes, ..asked.clone() })
}
