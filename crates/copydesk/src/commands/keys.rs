//! `key`: who may use the API and the console.

use std::time::Duration;

use anyhow::{Context as _, Result};
use desk::people::{self, Actor, NewKey};
use guard::Role;

use super::{say, say_json};
use crate::cli::Key;
use crate::config::Config;
use crate::process::{Mode, Process};

pub async fn run(config: &Config, command: &Key) -> Result<()> {
    let process = Process::open(config, Mode::Beside).await?;
    let (desk, actor) = (&process.desk, Actor::system());
    match command {
        Key::Create { name, named, role, scopes, days } => {
            let scopes = scopes.as_deref().map(str::parse).transpose()?;
            let lasts = days.map(|days| Duration::from_secs(u64::from(days) * 86_400));
            let name = name.as_ref().or(named.as_ref()).context("giving the key a name")?;
            let new = NewKey { name: name.clone(), role: role_of(role)?, scopes, lasts };
            let (key, secret) = people::create_key(desk, &actor, new).await.map_err(told)?;
            say(format!("{}  (id {}, {}; shown this once)", secret.reveal(), key.id, key.role))?;
        }
        Key::List { json } => {
            let keys = people::list_keys(desk, &actor).await?;
            if *json {
                say_json(&keys)?;
            } else {
                for key in keys {
                    let state = if key.revoked_at.is_some() { "revoked" } else { "works" };
                    let used = key.last_used_at.map_or_else(|| "never used".to_owned(), |at| format!("last used {at}"));
                    let part =
                        if key.scopes == key.role.scopes() { String::new() } else { format!("  ({})", key.scopes) };
                    say(format!("{}  {}…  {:<9}  {state}  {used}  {}{part}", key.id, key.prefix, key.role, key.name))?;
                }
            }
        }
        Key::Revoke { id } => {
            people::revoke_key(desk, &actor, id.parse().with_context(|| format!("reading the id {id:?}"))?).await?;
            say(format!("key {id} works no more"))?;
        }
    }
    process.close_beside().await
}

/// Reads a role as the command line takes it.
pub fn role_of(text: &str) -> Result<Role> {
    let wrong = |_| anyhow::anyhow!("{text:?} is no role; give admin, editor, author, moderator or viewer");
    text.parse().map_err(wrong)
}

/// What is wrong with a value, in words: there is no request here that a pointer could lead into.
pub fn told(error: desk::Error) -> anyhow::Error {
    match error {
        desk::Error::Invalid(faults) => {
            let words: Vec<String> = faults
                .iter()
                .map(|fault| format!("{} {}", fault.pointer.trim_start_matches('/'), fault.detail).trim().to_owned())
                .collect();
            anyhow::anyhow!(words.join("; "))
        }
        error => error.into(),
    }
}
