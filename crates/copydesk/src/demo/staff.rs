//! The people of the invented newsroom, and what they have done before somebody looks in.

use anyhow::{Context as _, Result};
use desk::calendar::{self, ChannelSlots, Day, Slot, When};
use desk::moderation::{self, NewPost, rating};
use desk::people::{self, Acceptance, Actor};
use desk::posts::{self, Filter, State};
use desk::{Desk, SourceId, channels, jobs};
use guard::role::Role;
use guard::token::Session;
use queue::Cron;
use serde_json::json;
use std::time::Duration;
use stdx::task::Stop;

/// Set once the staff is there.
const STAFF: &str = "demo.staff";
/// Nobody signs in with these accounts before they were given a way in: `copydesk user recover`.
const PEOPLE: [(&str, &str, Role); 4] = [
    ("Mara Quill", "mara@harbour-desk.example", Role::Editor),
    ("Jonas Reef", "jonas@harbour-desk.example", Role::Moderator),
    ("Selin Deniz", "selin@harbour-desk.example", Role::Author),
    ("Ivo Lang", "ivo@harbour-desk.example", Role::Viewer),
];
const HOURS: [&str; 3] = ["08:30", "12:30", "18:00"];
/// What Selin has written: title, first lines, the rest, topic. The last is sent back.
const WRITTEN: [(&str, &str, &str, &str); 4] = [
    (
        "Ten years of the night ferry: what the crew remembers",
        "The night ferry to Saint Brannoc made its first crossing ten years ago this week. We asked four of its crew what has changed.",
        "\"In the first winter we sailed with eleven passengers,\" says the mate. Today there are 300 on a Friday.\n\n\
         What has stayed is the soup at two in the morning, and the silence on deck before the lighthouse.",
        "Harbour",
    ),
    (
        "What the new quay will mean for the fish market",
        "The market will move 80 metres in spring. Stallholders told us what they gain, and what they fear to lose.",
        "The new hall has running water at every stall and a roof that does not leak. It has no view of the boats.\n\n\
         \"People come for the boats,\" says one who has sold here for 31 years. \"The fish they could have anywhere.\"",
        "Harbour",
    ),
    (
        "A reader's guide to the winter timetable",
        "From the first of December the last bus leaves twenty minutes earlier. A guide to all eleven lines.",
        "Lines 1 to 4 run every twelve minutes until eight, then every twenty. Line 7 no longer stops at the mill.\n\n\
         Whoever comes from the night ferry still gets the last number 9: it waits for the boat.",
        "Transport",
    ),
    (
        "Is this the best bakery in town?",
        "Everybody says so. We went there.",
        "The bread is good. So is the cake.",
        "Food",
    ),
];
const RATED: [(u32, &str); 3] = [(5, "Clear at once."), (4, ""), (2, "The second paragraph repeats the first.")];

/// Brings the staff in, once for the data's life; they have `sources` fetched before each working day.
pub async fn move_in(desk: &Desk, sources: Vec<SourceId>, mut stop: Stop) -> Result<()> {
    if people::setting(desk, STAFF).await?.is_some() {
        return Ok(());
    }
    people::set_setting(desk, STAFF, "here").await?;
    plan(desk, &sources).await.context("planning the week")?;
    let mut staff = Vec::new();
    for (name, email, role) in PEOPLE {
        staff.push(hire(desk, name, email, role).await.with_context(|| format!("making the account {email}"))?);
    }
    let [mara, jonas, selin, _] = <[Actor; 4]>::try_from(staff).expect("everybody was hired");
    for (n, (title, excerpt, body, topic)) in WRITTEN.into_iter().enumerate() {
        let new = NewPost {
            title: title.to_owned(),
            excerpt: excerpt.to_owned(),
            body: body.to_owned(),
            topic: topic.to_owned(),
            pipeline: None,
        };
        let post = moderation::write_own(desk, &selin, new).await?;
        if n + 1 < WRITTEN.len() {
            moderation::approve(desk, &mara, post.id, post.version, When::Next { channel: None }).await?;
        } else {
            let reason = "Says nothing yet: who bakes, since when, and what does a loaf cost?";
            moderation::reject(desk, &jonas, post.id, post.version, reason).await?;
        }
    }
    rate(desk, &jonas, &mut stop).await
}

/// The slots of the week, and a fetch before the working day.
async fn plan(desk: &Desk, sources: &[SourceId]) -> Result<()> {
    let channels = channels::list(&mut desk.store.read()).await?;
    let mut settings = calendar::read_settings(desk, &Actor::system()).await?;
    let days = [Day::Mon, Day::Tue, Day::Wed, Day::Thu, Day::Fri, Day::Sat, Day::Sun].to_vec();
    let slots = HOURS.map(|time| Slot { days: days.clone(), time: time.to_owned() }).to_vec();
    for channel in channels {
        settings.channels.insert(channel.name, ChannelSlots { slots: slots.clone(), spacing_min: 30 });
    }
    calendar::change_settings(desk, &Actor::system(), settings).await?;
    let fetch = jobs::scheduled("fetch_sources", json!({ "sources": sources }))?;
    desk.queue.ensure_schedule(&Cron::new("before-the-day", "30 6 * * MON-FRI", fetch)).await?;
    Ok(())
}

async fn hire(desk: &Desk, name: &str, email: &str, role: Role) -> Result<Actor> {
    let (_, ticket) = people::invite(desk, &Actor::system(), email, role).await?;
    let password = Session::generate().reveal().to_owned();
    let given = Acceptance { name: Some(name.to_owned()), email: None, password };
    Ok(people::accept(desk, ticket.reveal(), given, "").await?.identity.actor)
}

/// Gives marks to the first posts that are out.
async fn rate(desk: &Desk, by: &Actor, stop: &mut Stop) -> Result<()> {
    let filter = Filter { states: vec![State::Published], limit: RATED.len(), ..Filter::default() };
    loop {
        let out = posts::list(desk, by, &filter).await?;
        if out.len() == RATED.len() {
            for (post, (mark, comment)) in out.iter().zip(RATED) {
                rating::rate(desk, by, post.id, post.version, mark, comment).await?;
            }
            return Ok(());
        }
        if !stop.sleep(Duration::from_secs(1)).await {
            return Ok(());
        }
    }
}
