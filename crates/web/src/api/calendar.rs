//! `/calendar`: when posts are published, and the slots and blackouts that say when they should be.

use axum::extract::State;
use axum::response::Response;
use desk::calendar::{self, Day, Settings, When};
use desk::people::Action;
use desk::{PostId, posts};
use serde::{Deserialize, Serialize};
use stdx::Timestamp;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::posts::Post;
use super::view::{Asking, Id, Place, PostState, SlotWord, Time, Weekday, request, view};
use crate::App;
use crate::auth::Caller;
use crate::problem::{self, Problem};
use crate::respond::{Asked, json};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show))
        .routes(routes!(next_slot))
        .routes(routes!(settings, change_settings))
        .routes(routes!(schedule))
}

/// What stands in the calendar between two moments.
#[derive(Serialize, ToSchema)]
struct Calendar {
    /// The site's zone, in which its days begin.
    zone: String,
    /// In order. Of more than 2,000 that are due the first, of more than 2,000 that went out the last.
    entries: Vec<CalendarEntry>,
    /// No entry was left out.
    is_whole: bool,
    /// In order.
    slots: Vec<CalendarSlot>,
    /// In order, uncut.
    blackouts: Vec<BlackoutSpan>,
    /// What is approved or in review and has no time, newest first, at most 100 of each state.
    unscheduled: Vec<PostBrief>,
}

view! {
    /// A post in the calendar; one that is published and has an approved update stands there twice.
    CalendarEntry of calendar::Entry {
        post: PostId as Id,
        title: String,
        state: posts::State as PostState,
        /// When it is due or was published first; for one on its way or failed, when that happened.
        at: Timestamp as Time,
        score: f64,
        channels: Vec<String>,
        /// It cannot be moved: it has been published, has failed or is on its way.
        fixed: bool,
    }
}

view! {
    /// A slot with the post that takes it.
    CalendarSlot of calendar::SlotView {
        channel: String,
        at: Timestamp as Time,
        post: Option<PostId> as Option<Id>,
    }
}

view! {
    /// A blackout from one moment to before another.
    BlackoutSpan of calendar::Span {
        name: String,
        from: Timestamp as Time,
        to: Timestamp as Time,
    }
}

view! {
    /// A post without a time.
    PostBrief of calendar::Brief {
        post: PostId as Id,
        title: String,
        state: posts::State as PostState,
        /// The newest version.
        version: u32,
        score: f64,
        topic: String,
        created_at: Timestamp as Time,
    }
}

impl From<calendar::Calendar> for Calendar {
    fn from(from: calendar::Calendar) -> Self {
        Calendar {
            zone: from.zone,
            entries: from.entries.into_iter().map(Into::into).collect(),
            is_whole: from.is_whole,
            slots: from.slots.into_iter().map(Into::into).collect(),
            blackouts: from.blackouts.into_iter().map(Into::into).collect(),
            unscheduled: from.unscheduled.into_iter().map(Into::into).collect(),
        }
    }
}

view! {
    /// When the site publishes. Times are those of the clock on the wall in `zone`.
    CalendarSettings of Settings {
        /// A name of the IANA time zone database.
        zone: String,
        /// By the name of the channel; at most 200 slots together.
        channels: std::collections::BTreeMap<String, calendar::ChannelSlots> as std::collections::BTreeMap<String, ChannelSlots>,
        /// At most 100.
        blackouts: Vec<calendar::Blackout> as Vec<Blackout>,
    }
}

view! {
    /// The times at which a channel likes to publish.
    ChannelSlots of calendar::ChannelSlots {
        slots: Vec<calendar::Slot> as Vec<Slot>,
        /// A slot with a post nearer than this is taken, in minutes, up to a week; 0: within a minute.
        spacing_min: u32,
    }
}

view! {
    /// A time of the week. One that the clock leaves out comes at the end of the gap, one that it shows twice at the first.
    Slot of calendar::Slot {
        days: Vec<Day> as Vec<Weekday>,
        /// `09:00`
        time: String,
    }
}

view! {
    /// A time at which nothing is published: every week with `days`, once without.
    Blackout of calendar::Blackout {
        name: String,
        /// The days on which it begins.
        days: Option<Vec<Day>> as Option<Vec<Weekday>>,
        /// `22:00`, or `2026-12-24T00:00` without days.
        from: String,
        /// As `from`: the minute at which it is over; on the next day when it is not later.
        to: String,
    }
}

/// From when to when.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Range {
    #[param(value_type = Time)]
    from: Option<Timestamp>,
    /// Not included; at most 62 days later.
    #[param(value_type = Time)]
    to: Option<Timestamp>,
}

/// Which slot.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct SlotFilter {
    /// Without one: any that has slots.
    channel: Option<String>,
    /// Now when nothing is said.
    #[param(value_type = Option<Time>)]
    after: Option<Timestamp>,
}

/// A slot's time.
#[derive(Serialize, ToSchema)]
struct NextSlot {
    #[schema(value_type = Time)]
    at: Timestamp,
}

/// `next`
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Word {
    Next,
}

request! {
    /// When an approved post is to be published: `due_at` or `slot`.
    NewTime {
        due_at: Option<Timestamp> as Option<Time>,
        /// `next`: the next free one.
        slot: Option<Word> as Option<SlotWord>,
        /// Whose slot; without one: any that has slots.
        channel: Option<String>,
        /// Also in a blackout.
        #[serde(default)]
        force: bool,
    }
}

/// The time that a request asks for.
pub fn when(
    due_at: Option<Timestamp>,
    slot: Option<Word>,
    channel: Option<String>,
    force: bool,
) -> Result<Option<When>, Problem> {
    match (due_at, slot) {
        (Some(_), Some(Word::Next)) => Err(wrong("/slot", "stands beside due_at; give one of them")),
        (Some(due_at), None) => Ok(Some(When::At { due_at, force })),
        (None, Some(Word::Next)) => Ok(Some(When::Next { channel })),
        (None, None) => Ok(None),
    }
}

fn wrong(pointer: &str, detail: &str) -> Problem {
    desk::Error::invalid(pointer, detail).into()
}

/// Shows what is due and what went out in a time, with the slots and blackouts of that time.
#[utoipa::path(get, path = "/calendar", tag = "calendar", params(Range), responses((status = 200, body = Calendar)))]
async fn show(caller: Caller, State(app): State<App>, Asking(range): Asking<Range>) -> Result<Response, Problem> {
    caller.actor.may(Action::Read)?;
    let missing = |name: &str| Problem::new(&problem::MALFORMED, format!("{name}: must be given, as in RFC 3339"));
    let from = range.from.ok_or_else(|| missing("from"))?;
    let to = range.to.ok_or_else(|| missing("to"))?;
    Ok(json(&Calendar::from(calendar::view(&app.desk, &caller.actor, from, to).await?)))
}

/// Tells the next free slot. It is not held for anybody: schedule with `"slot": "next"` for that.
#[utoipa::path(get, path = "/calendar/next-slot", tag = "calendar", params(SlotFilter), responses((status = 200, body = NextSlot)))]
async fn next_slot(
    caller: Caller,
    State(app): State<App>,
    Asking(filter): Asking<SlotFilter>,
) -> Result<Response, Problem> {
    let at = calendar::next_slot(&app.desk, &caller.actor, filter.channel.as_deref(), filter.after).await?;
    Ok(json(&NextSlot { at }))
}

/// Shows zone, slots and blackouts as they are set.
#[utoipa::path(get, path = "/calendar/settings", tag = "calendar", responses((status = 200, body = CalendarSettings)))]
async fn settings(caller: Caller, State(app): State<App>) -> Result<Response, Problem> {
    Ok(json(&CalendarSettings::from(calendar::read_settings(&app.desk, &caller.actor).await?)))
}

/// Replaces zone, slots and blackouts. What is scheduled already stays where it is.
#[utoipa::path(put, path = "/calendar/settings", tag = "calendar", request_body = CalendarSettings,
    responses((status = 200, body = CalendarSettings)))]
async fn change_settings(
    State(app): State<App>,
    Asked(caller, settings): Asked<Settings>,
) -> Result<Response, Problem> {
    Ok(json(&CalendarSettings::from(calendar::change_settings(&app.desk, &caller.actor, settings).await?)))
}

/// Gives an approved post another time, or the next free slot.
#[utoipa::path(post, path = "/posts/{id}/schedule", tag = "calendar", params(("id" = Id, Path)), request_body = NewTime,
    responses((status = 200, body = Post)))]
async fn schedule(
    State(app): State<App>,
    Place(id): Place<PostId>,
    Asked(caller, new): Asked<NewTime>,
) -> Result<Response, Problem> {
    caller.actor.may(Action::Publish)?;
    let when = when(new.due_at, new.slot, new.channel, new.force)?;
    let when = when.ok_or_else(|| wrong("/due_at", "must be given, or slot"))?;
    Ok(json(&Post::from(calendar::schedule(&app.desk, &caller.actor, id, when).await?)))
}
