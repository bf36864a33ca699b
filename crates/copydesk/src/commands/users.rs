//! `user`: people who sign in with a password.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use anyhow::Result;
use desk::people::{self, Actor, UserChange};
use guard::token::Ticket;

use super::keys::{role_of, told};
use super::{say, say_json};
use crate::cli::User;
use crate::config::Config;
use crate::process::{Mode, Process};

pub async fn run(config: &Config, command: &User) -> Result<()> {
    let process = Process::open(config, Mode::Beside).await?;
    let (desk, actor) = (&process.desk, Actor::system());
    match command {
        User::Invite { email, role } => {
            let (made, ticket) = people::invite(desk, &actor, email, role_of(role)?).await.map_err(told)?;
            say(link(config, config.listen, &ticket))?;
            say(format!(
                "(for {}, {}; until {}; shown this once)",
                made.email.unwrap_or_default(),
                made.role,
                made.expires_at
            ))?;
        }
        User::List { json } => {
            let users = people::list_users(desk, &actor).await?;
            if *json {
                say_json(&users)?;
            } else {
                for user in users {
                    let state = if user.disabled_at.is_some() { "disabled" } else { "works" };
                    let used = user.last_used_at.map_or_else(|| "never in".to_owned(), |at| format!("last in {at}"));
                    say(format!("{}  {:<9}  {state}  {used}  {}  {}", user.id, user.role, user.email, user.name))?;
                }
            }
        }
        User::Recover { email } => {
            let user = people::find_user(desk, &actor, email).await?;
            let (made, ticket) = people::recover(desk, &actor, user.id).await.map_err(told)?;
            say(link(config, config.listen, &ticket))?;
            say(format!("(for {}; until {}; shown this once)", user.email, made.expires_at))?;
        }
        User::Disable { email } => {
            let user = change(desk, &actor, email, true).await?;
            say(format!("{user} is shut out; their sessions have ended"))?;
        }
        User::Enable { email } => {
            let user = change(desk, &actor, email, false).await?;
            say(format!("{user} can sign in again"))?;
        }
    }
    process.close_beside().await
}

async fn change(desk: &desk::Desk, actor: &Actor, email: &str, disabled: bool) -> Result<String> {
    let user = people::find_user(desk, actor, email).await?;
    let change = UserChange { disabled: Some(disabled), ..UserChange::default() };
    Ok(people::update_user(desk, actor, user.id, change).await?.email)
}

/// The whole link, under the public address if there is one. What is behind `#` is never sent to a server.
pub fn link(config: &Config, listen: SocketAddr, ticket: &Ticket) -> String {
    format!("{}/console/invitation#{}", origin(config, listen), ticket.reveal())
}

/// Where whole addresses begin: the public address, or this machine's.
pub fn origin(config: &Config, listen: SocketAddr) -> String {
    config.site.public_url.clone().unwrap_or_else(|| format!("http://{}", reachable(listen)))
}

/// Somebody who listens everywhere is reached on this machine.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let here = match listen.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        other => other,
    };
    SocketAddr::new(here, listen.port())
}
