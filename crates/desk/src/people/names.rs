//! What people call those who did something.

use std::collections::HashMap;

use super::{Action, Actor, Principal, keys, users};
use crate::{Desk, Error};

/// Names by principal, as far as the one who asks may know them.
#[derive(Clone, Debug, Default)]
pub struct Names(HashMap<String, String>);

impl Names {
    /// `principal` as events have it, such as `user:0M7K2Q9XA4D0G`.
    pub fn get(&self, principal: &str) -> Option<&str> {
        self.0.get(principal).map(String::as_str)
    }
}

/// Users are colleagues and known to everybody on the desk; keys are known to administrators.
pub async fn names(desk: &Desk, actor: &Actor) -> Result<Names, Error> {
    actor.may(Action::Read)?;
    let users = users::all_users(desk).await?.into_iter().map(|user| (Principal::User(user.id), user.name));
    let mut names: HashMap<String, String> = users.map(|(id, name)| (id.to_string(), name)).collect();
    if actor.may(Action::Admin).is_ok() {
        let keys = keys::all_keys(desk).await?.into_iter();
        names.extend(keys.map(|key| (Principal::Key(key.id).to_string(), key.name)));
    }
    names.insert(actor.principal.to_string(), actor.name.clone());
    Ok(Names(names))
}
