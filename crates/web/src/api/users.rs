//! `/users`: people with a password of their own.

use axum::extract::State;
use axum::response::Response;
use desk::UserId;
use desk::people;
use serde::Serialize;
use stdx::Timestamp;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::invitations;
use super::sources::Nothing;
use super::view::{Id, Page, Place, Role, Time, request, view};
use crate::App;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::respond::{Asked, created, json};
use crate::site::Visit;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(update)).routes(routes!(recover))
}

view! {
    /// Somebody with a password.
    User of people::User {
        id: UserId as Id,
        email: String,
        name: String,
        role: guard::role::Role as Role,
        created_at: Timestamp as Time,
        /// When they last signed in.
        last_used_at: Option<Timestamp> as Option<Time>,
        /// Since when they cannot sign in.
        disabled_at: Option<Timestamp> as Option<Time>,
    }
}

request! {
    /// What to change of a user.
    UserChange {
        name: Option<String>,
        role: Option<guard::role::Role> as Option<Role>,
        /// Whether they are shut out.
        disabled: Option<bool>,
    }
}

/// A link that lets somebody choose another password, once.
#[derive(Serialize, ToSchema)]
struct RecoveryLink {
    /// Shown this once.
    link: String,
    #[schema(value_type = Time)]
    expires_at: Timestamp,
}

/// Lists all users.
#[utoipa::path(get, path = "/users", tag = "users", responses((status = 200, body = Page<User>)))]
async fn list(caller: Caller, State(app): State<App>) -> Result<Response, Problem> {
    Ok(json(&Page::<User>::whole(people::list_users(&app.desk, &caller.actor).await?)))
}

/// Changes a user. Another role, or being shut out, ends their sessions.
#[utoipa::path(patch, path = "/users/{id}", tag = "users", params(("id" = Id, Path)), request_body = UserChange,
    responses((status = 200, body = User)))]
async fn update(
    State(app): State<App>,
    Place(id): Place<UserId>,
    Asked(caller, change): Asked<UserChange>,
) -> Result<Response, Problem> {
    let UserChange { name, role, disabled } = change;
    let user = people::update_user(&app.desk, &caller.actor, id, people::UserChange { name, role, disabled }).await?;
    Ok(json(&User::from(user)))
}

/// Makes a link with which a user gets in again who lost their password. The one before is void.
#[utoipa::path(post, path = "/users/{id}/recovery", tag = "users", params(("id" = Id, Path)), request_body = Nothing,
    responses((status = 201, body = RecoveryLink)))]
async fn recover(
    State(app): State<App>,
    visit: Visit,
    Place(id): Place<UserId>,
    Asked(caller, _): Asked<Nothing>,
) -> Result<Response, Problem> {
    let (made, ticket) = people::recover(&app.desk, &caller.actor, id).await?;
    let link = invitations::link(&visit, &ticket);
    let place = format!("/api/v3/invitations/{}", made.id);
    Ok(created(&place, &RecoveryLink { link, expires_at: made.expires_at }))
}
