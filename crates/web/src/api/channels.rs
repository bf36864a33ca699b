//! `/channels` and `/topics`: where posts go, and under which heads the site shows them.

use axum::extract::State;
use axum::response::Response;
use desk::people::Action;
use desk::{ChannelId, channels, pages};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::view::{Id, Page, view};
use crate::App;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::respond::json;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(topics))
}

view! {
    /// A destination of posts.
    Channel of channels::Channel {
        id: ChannelId as Id,
        name: String,
        /// `site`: the built-in public site.
        kind: String,
    }
}

view! {
    /// A topic of the site.
    Topic of pages::Topic {
        slug: String,
        name: String,
        /// Pages published under it.
        pages: u64,
    }
}

/// Lists all channels.
#[utoipa::path(get, path = "/channels", tag = "channels", responses((status = 200, body = Page<Channel>)))]
async fn list(caller: Caller, State(app): State<App>) -> Result<Response, Problem> {
    caller.actor.may(Action::Read)?;
    Ok(json(&Page::<Channel>::whole(channels::list(&mut app.desk.store.read()).await?)))
}

/// Lists the topics with the most pages, at most 100.
#[utoipa::path(get, path = "/topics", tag = "channels", responses((status = 200, body = Page<Topic>)))]
async fn topics(caller: Caller, State(app): State<App>) -> Result<Response, Problem> {
    caller.actor.may(Action::Read)?;
    Ok(json(&Page::<Topic>::whole(pages::topics(&app.desk).await?)))
}
