//! `/posts/{id}/variants`: drafts of one post, from which a person chooses.

use axum::extract::State;
use axum::response::Response;
use desk::people::Action;
use desk::posts::variants;
use desk::{CompletionId, PostId, moderation, posts};
use stdx::Timestamp;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::posts::{Post, path};
use super::view::{Id, Page, Place, Time, request, view};
use crate::App;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::respond::{Asked, created, json};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(variants)).routes(routes!(choose_variant))
}

view! {
    /// One of several drafts of a post that were made together.
    PostVariant of variants::Variant {
        /// `A` to `E`.
        label: String,
        /// Why it was dropped; empty for one that can be chosen. One that was dropped has no text.
        note: String,
        title: String,
        excerpt: String,
        /// Markdown.
        body: String,
        /// Quality, 0 to 1.
        score: f64,
        /// Everything in it stands in the sources.
        grounded: bool,
        completion: Option<CompletionId> as Option<Id>,
        /// The version of the post that it became last.
        version: Option<u32>,
        created_at: Timestamp as Time,
    }
}

request! {
    /// The version that the caller has seen.
    VariantChoice {
        /// The newest one.
        version: u32,
    }
}

/// Lists the variants of a post's last draft; none where one text was drafted.
#[utoipa::path(get, path = "/posts/{id}/variants", tag = "moderation", params(("id" = Id, Path)), responses((status = 200, body = Page<PostVariant>)))]
async fn variants(caller: Caller, State(app): State<App>, Place(id): Place<PostId>) -> Result<Response, Problem> {
    caller.actor.may(Action::Read)?;
    let mut conn = app.desk.store.read_fresh();
    posts::get(&mut conn, id).await?;
    Ok(json(&Page::<PostVariant>::whole(variants::variants(&mut conn, id).await?)))
}

/// Makes a variant the text of the post, as a new version that waits for approval. The one that is the newest version stays what it
/// is.
#[utoipa::path(post, path = "/posts/{id}/variants/{label}/choice", tag = "moderation", params(("id" = Id, Path), ("label" = String, Path)),
    request_body = VariantChoice, responses((status = 201, body = Post)))]
async fn choose_variant(
    State(app): State<App>,
    Place((id, label)): Place<(PostId, String)>,
    Asked(caller, choice): Asked<VariantChoice>,
) -> Result<Response, Problem> {
    let post = moderation::choose(&app.desk, &caller.actor, id, choice.version, &label).await?;
    Ok(created(&path(post.id), &Post::from(post)))
}
