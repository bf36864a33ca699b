//! `/keys`: who may call the API.

use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use desk::KeyId;
use desk::people;
use http::StatusCode;
use serde::Serialize;
use stdx::Timestamp;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::view::{Id, Page, Place, Role, Time, request, view};
use crate::App;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::respond::{Asked, created, json};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(revoke))
}

view! {
    /// A key as it is shown; never the key itself.
    Key of people::ApiKey {
        id: KeyId as Id,
        name: String,
        /// The first characters, to recognise it by.
        prefix: String,
        role: guard::role::Role as Role,
        created_at: Timestamp as Time,
        expires_at: Option<Timestamp> as Option<Time>,
        last_used_at: Option<Timestamp> as Option<Time>,
        revoked_at: Option<Timestamp> as Option<Time>,
    }
}

/// A new key with its secret, which is never shown again.
#[derive(Serialize, ToSchema)]
struct KeyWithSecret {
    #[serde(flatten)]
    key: Key,
    secret: String,
}

request! {
    /// A new key.
    NewKey {
        name: String,
        role: guard::role::Role as Role,
        /// How long it works, in days; for good when absent.
        lasts_days: Option<u32>,
    }
}

/// Lists all keys.
#[utoipa::path(get, path = "/keys", tag = "keys", responses((status = 200, body = Page<Key>)))]
async fn list(caller: Caller, State(app): State<App>) -> Result<Response, Problem> {
    Ok(json(&Page::<Key>::whole(people::list_keys(&app.desk, &caller.actor).await?)))
}

/// Makes a key and shows its secret, this once.
#[utoipa::path(post, path = "/keys", tag = "keys", request_body = NewKey, responses((status = 201, body = KeyWithSecret)))]
async fn create(State(app): State<App>, Asked(caller, new): Asked<NewKey>) -> Result<Response, Problem> {
    let lasts = match new.lasts_days {
        None => None,
        Some(days @ 1..=3_650) => Some(Duration::from_secs(u64::from(days) * 86_400)),
        Some(_) => return Err(desk::Error::invalid("/lasts_days", "must be 1 to 3650").into()),
    };
    let (key, secret) = people::create_key(&app.desk, &caller.actor, &new.name, new.role, lasts).await?;
    let place = format!("/api/v3/keys/{}", key.id);
    Ok(created(&place, &KeyWithSecret { key: key.into(), secret: secret.reveal().to_owned() }))
}

/// Revokes a key; the sessions made with it end too.
#[utoipa::path(delete, path = "/keys/{id}", tag = "keys", params(("id" = Id, Path)), responses((status = 204)))]
async fn revoke(caller: Caller, State(app): State<App>, Place(id): Place<KeyId>) -> Result<Response, Problem> {
    people::revoke_key(&app.desk, &caller.actor, id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
