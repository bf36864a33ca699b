//! Who may be one person: somebody, and all the keys that they made, or that those keys made.

use std::collections::BTreeSet;

use stdx::Id;
use store::{Conn, params};

use super::Principal;
use crate::{Error, KeyId, UserId};

store::sql! {
    OWNER = "people.key_owner", "SELECT owner_user, owner_key FROM api_key WHERE id = $1";
    OF_USER = "people.keys_of_user", "SELECT id FROM api_key WHERE owner_user = $1";
    OF_KEY = "people.keys_of_key", "SELECT id FROM api_key WHERE owner_key = $1";
}

/// Who stands behind what `principal` does: of a key whoever made it, else they themselves.
pub(super) async fn owner(conn: &mut Conn, principal: Principal) -> Result<Principal, Error> {
    let Principal::Key(id) = principal else { return Ok(principal) };
    let Some(row) = conn.opt(&OWNER, params![id.to_i64()]).await? else { return Ok(principal) };
    let (user, key): (Option<Id>, Option<Id>) = (row.get(0)?, row.get(1)?);
    let user = user.map(|id| Principal::User(UserId(id)));
    Ok(user.or(key.map(|id| Principal::Key(KeyId(id)))).unwrap_or(principal))
}

/// The principals under which the person behind `principal` may act, as events name them. The desk itself and
/// guests have no kin; of a guest ask for the kin of whoever made the link.
pub(crate) async fn kin(conn: &mut Conn, principal: Principal) -> Result<BTreeSet<String>, Error> {
    let owner = owner(conn, principal).await?;
    let keys = match owner {
        Principal::User(id) => conn.all(&OF_USER, params![id.to_i64()]).await?,
        Principal::Key(id) => conn.all(&OF_KEY, params![id.to_i64()]).await?,
        Principal::System | Principal::Link(_) => return Ok(BTreeSet::new()),
    };
    let keys = keys.iter().map(|row| Ok(Principal::Key(KeyId(row.get(0)?)).to_string()));
    keys.chain([Ok(owner.to_string())]).collect()
}
