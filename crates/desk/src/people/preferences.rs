//! How somebody likes the console: named values of their own.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use store::params;

use super::Actor;
use crate::{Desk, Error};

/// Longest value, in bytes of JSON.
const VALUE_MAX: usize = 16 << 10;
/// Values of one principal.
const COUNT_MAX: i64 = 100;

store::sql! {
    PREFERENCES = "people.preferences", "SELECT name, value FROM preference WHERE principal = $1 ORDER BY name LIMIT 100";
    PREFERENCE_COUNT = "people.preference_count", "SELECT count(*) FROM preference WHERE principal = $1 AND name <> $2";
    PREFERENCE_PUT = "people.preference_put",
        "INSERT INTO preference (principal, name, value, at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (principal, name) DO UPDATE SET value = excluded.value, at = excluded.at";
    PREFERENCE_DROP = "people.preference_drop", "DELETE FROM preference WHERE principal = $1 AND name = $2";
}

/// All of the actor's own.
pub async fn preferences(desk: &Desk, actor: &Actor) -> Result<BTreeMap<String, Json>, Error> {
    let rows = desk.store.read().all(&PREFERENCES, params![actor.principal.to_string()]).await?;
    let mut all = BTreeMap::new();
    for row in &rows {
        // Written by us from a valid value; a damaged one is as good as none.
        if let Ok(value) = serde_json::from_str(row.text(1)?) {
            all.insert(row.get(0)?, value);
        }
    }
    Ok(all)
}

/// Keeps a value under a name of 1 to 64 of `a-z`, `0-9`, `.`, `-` and `_`; at most 16 KiB each, 100 in all.
pub async fn set_preference(desk: &Desk, actor: &Actor, name: &str, value: &Json) -> Result<(), Error> {
    check_name(name)?;
    let value = value.to_string();
    if value.len() > VALUE_MAX {
        return Err(Error::invalid("", format!("must be at most {VALUE_MAX} bytes of JSON")));
    }
    let (principal, name, now) = (actor.principal.to_string(), name.to_owned(), desk.now());
    desk.store
        .write(move |tx| {
            Box::pin(async move {
                let others: i64 = tx.one(&PREFERENCE_COUNT, params![principal, name]).await?.get(0)?;
                if others >= COUNT_MAX {
                    return Err(Error::invalid("", format!("there are {COUNT_MAX} already; delete one")));
                }
                tx.exec(&PREFERENCE_PUT, params![principal, name, value, now]).await?;
                Ok(())
            })
        })
        .await
}

/// Forgets a value.
pub async fn drop_preference(desk: &Desk, actor: &Actor, name: &str) -> Result<(), Error> {
    let (principal, wanted) = (actor.principal.to_string(), name.to_owned());
    let gone = desk
        .store
        .write(move |tx| Box::pin(async move { tx.exec(&PREFERENCE_DROP, params![principal, wanted]).await }))
        .await?;
    if gone == 0 { Err(Error::not_found("preference", name.chars().take(64).collect::<String>())) } else { Ok(()) }
}

fn check_name(name: &str) -> Result<(), Error> {
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'_');
    if (1..=64).contains(&name.len()) && name.bytes().all(is_plain) {
        return Ok(());
    }
    Err(Error::invalid("/name", "must have 1 to 64 of a-z, 0-9, '.', '-' and '_'"))
}
