//! `/invitations`: links that make an account, or give one back.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use desk::InvitationId;
use desk::people;
use guard::token::Ticket;
use http::StatusCode;
use serde::Serialize;
use stdx::Timestamp;
use stdx::config::Secret;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::session::{self, Session};
use super::view::{self, Id, Page, Place, Role, Time, request};
use crate::App;
use crate::auth::{self, Caller};
use crate::problem::Problem;
use crate::respond::{Asked, Stranger, created, json};
use crate::site::Visit;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(revoke))
        .routes(routes!(look))
        .routes(routes!(accept))
}

/// A link that can still be used; what it holds is shown once, when it is made.
#[derive(Serialize, ToSchema)]
struct Invitation {
    #[schema(value_type = Id)]
    id: InvitationId,
    #[schema(value_type = view::InvitationKind)]
    kind: &'static str,
    /// `null` for a set-up, whose user gives it.
    email: Option<String>,
    #[schema(value_type = Role)]
    role: guard::role::Role,
    /// Who made it: `user:` or `key:` and the id, or `system`.
    made_by: String,
    #[schema(value_type = Time)]
    created_at: Timestamp,
    #[schema(value_type = Time)]
    expires_at: Timestamp,
}

/// A new invitation with its link, which is never shown again.
#[derive(Serialize, ToSchema)]
struct InvitationWithLink {
    #[serde(flatten)]
    invitation: Invitation,
    link: String,
}

/// What a link is for.
#[derive(Serialize, ToSchema)]
struct Welcome {
    #[schema(value_type = view::InvitationKind)]
    kind: &'static str,
    email: Option<String>,
    #[schema(value_type = Role)]
    role: guard::role::Role,
    #[schema(value_type = Time)]
    expires_at: Timestamp,
    site_name: String,
}

request! {
    /// Whom to invite, and as what.
    NewInvitation {
        email: String,
        role: guard::role::Role as Role,
    }
}

request! {
    /// What stands behind `#` in a link.
    Token {
        token: Secret as String,
    }
}

request! {
    /// A link's token and what its user chooses.
    Acceptance {
        token: Secret as String,
        /// Of a new account; the part of the address before `@` when absent.
        name: Option<String>,
        /// For a set-up only, which knows no address.
        email: Option<String>,
        /// 12 to 200 characters.
        password: Secret as String,
    }
}

impl From<people::Invitation> for Invitation {
    fn from(made: people::Invitation) -> Self {
        Invitation {
            id: made.id,
            kind: made.kind.name(),
            email: made.email,
            role: made.role,
            made_by: made.made_by,
            created_at: made.created_at,
            expires_at: made.expires_at,
        }
    }
}

/// The whole link. What is behind `#` is never sent to a server, so that it stands in no log.
pub(super) fn link(visit: &Visit, ticket: &Ticket) -> String {
    format!("{}/console/invitation#{}", visit.origin(), ticket.reveal())
}

/// Lists the links that can still be used, newest first.
#[utoipa::path(get, path = "/invitations", tag = "invitations", responses((status = 200, body = Page<Invitation>)))]
async fn list(caller: Caller, State(app): State<App>) -> Result<Response, Problem> {
    Ok(json(&Page::<Invitation>::whole(people::list_invitations(&app.desk, &caller.actor).await?)))
}

/// Invites somebody and shows the link, this once. An earlier invitation to the address is void.
#[utoipa::path(post, path = "/invitations", tag = "invitations", request_body = NewInvitation,
    responses((status = 201, body = InvitationWithLink)))]
async fn create(
    State(app): State<App>,
    visit: Visit,
    Asked(caller, new): Asked<NewInvitation>,
) -> Result<Response, Problem> {
    let (made, ticket) = people::invite(&app.desk, &caller.actor, &new.email, new.role).await?;
    let place = format!("/api/v3/invitations/{}", made.id);
    let link = link(&visit, &ticket);
    Ok(created(&place, &InvitationWithLink { invitation: made.into(), link }))
}

/// Revokes a link: it opens nothing any more.
#[utoipa::path(delete, path = "/invitations/{id}", tag = "invitations", params(("id" = Id, Path)), responses((status = 204)))]
async fn revoke(caller: Caller, State(app): State<App>, Place(id): Place<InvitationId>) -> Result<Response, Problem> {
    people::revoke_invitation(&app.desk, &caller.actor, id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Tells whoever has a link what it is for.
#[utoipa::path(post, path = "/invitations/look", tag = "invitations", request_body = Token, security(()),
    responses((status = 200, body = Welcome)))]
async fn look(State(app): State<App>, stranger: Stranger<Token>) -> Result<Response, Problem> {
    auth::check_address(&app, stranger.address)?;
    let found = people::look(&app.desk, stranger.said.token.reveal()).await?;
    Ok(json(&Welcome {
        kind: found.kind.name(),
        email: found.email,
        role: found.role,
        expires_at: found.expires_at,
        site_name: app.settings.name.clone(),
    }))
}

/// Uses a link: makes the account or changes its password, and signs in.
#[utoipa::path(post, path = "/invitations/accept", tag = "invitations", request_body = Acceptance, security(()),
    responses((status = 200, body = Session)))]
async fn accept(State(app): State<App>, stranger: Stranger<Acceptance>) -> Result<Response, Problem> {
    auth::check_address(&app, stranger.address)?;
    let Acceptance { token, name, email, password } = stranger.said;
    let given = people::Acceptance { name, email, password: password.reveal().to_owned() };
    let opened = people::accept(&app.desk, token.reveal(), given, &app.settings.name).await?;
    if let Some(old) = stranger.session {
        people::sign_out(&app.desk, &old).await?;
    }
    session::entered(&app, opened).await
}
