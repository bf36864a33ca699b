//! `key`: who may use the API and the console.

use std::time::Duration;

use anyhow::{Context as _, Result};
use desk::people::{self, Actor};

use super::{say, say_json};
use crate::cli::Key;
use crate::config::Config;
use crate::process::{Mode, Process};

pub async fn run(config: &Config, command: &Key) -> Result<()> {
    let process = Process::open(config, Mode::Beside).await?;
    let (desk, actor) = (&process.desk, Actor::system());
    match command {
        Key::Create { name, role, expires } => {
            let role = role
                .parse()
                .map_err(|_| anyhow::anyhow!("{role:?} is no role; give admin, editor, author, moderator or viewer"))?;
            let lasts = expires.map(|days| Duration::from_secs(u64::from(days) * 86_400));
            let (key, secret) = people::create_key(desk, &actor, name, role, lasts).await?;
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
                    say(format!("{}  {}…  {:<9}  {state}  {used}  {}", key.id, key.prefix, key.role, key.name))?;
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
