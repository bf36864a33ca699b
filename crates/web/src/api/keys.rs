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

use super::view::{Id, Page, Place, Role, Scope, Time, request};
use crate::App;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::respond::{Asked, created, json};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(revoke))
}

/// A key as it is shown; never the key itself.
#[derive(Serialize, ToSchema)]
pub struct Key {
    #[schema(value_type = Id)]
    id: KeyId,
    name: String,
    /// The first characters, to recognise it by.
    prefix: String,
    #[schema(value_type = Role)]
    role: guard::role::Role,
    /// What it may do: all of its role, or a part.
    #[schema(value_type = Vec<Scope>)]
    scopes: Vec<guard::role::Scope>,
    #[schema(value_type = Time)]
    created_at: Timestamp,
    #[schema(value_type = Option<Time>)]
    expires_at: Option<Timestamp>,
    #[schema(value_type = Option<Time>)]
    last_used_at: Option<Timestamp>,
    #[schema(value_type = Option<Time>)]
    revoked_at: Option<Timestamp>,
}

impl From<people::ApiKey> for Key {
    fn from(key: people::ApiKey) -> Self {
        let people::ApiKey { id, name, prefix, role, scopes, created_at, expires_at, last_used_at, revoked_at } = key;
        let scopes = scopes.iter().collect();
        Key { id, name, prefix, role, scopes, created_at, expires_at, last_used_at, revoked_at }
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
        /// A part of what the role may do; all of it when absent.
        scopes: Option<Vec<guard::role::Scope>> as Option<Vec<Scope>>,
        /// How long it works, in days, 1 to 3650; for good when absent.
        expires_in_days: Option<u32>,
        /// The former name of `expires_in_days`.
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
    let (pointer, days) = match new.expires_in_days {
        Some(days) => ("/expires_in_days", Some(days)),
        None => ("/lasts_days", new.lasts_days),
    };
    let lasts = match days {
        None => None,
        Some(days @ 1..=3_650) => Some(Duration::from_secs(u64::from(days) * 86_400)),
        Some(_) => return Err(desk::Error::invalid(pointer, "must be 1 to 3650").into()),
    };
    let scopes = new.scopes.map(|scopes| scopes.into_iter().collect());
    let new = people::NewKey { name: new.name, role: new.role, scopes, lasts };
    let (key, secret) = people::create_key(&app.desk, &caller.actor, new).await?;
    let place = format!("/api/v3/keys/{}", key.id);
    Ok(created(&place, &KeyWithSecret { key: key.into(), secret: secret.reveal().to_owned() }))
}

/// Revokes a key; the sessions made with it end too.
#[utoipa::path(delete, path = "/keys/{id}", tag = "keys", params(("id" = Id, Path)), responses((status = 204)))]
async fn revoke(caller: Caller, State(app): State<App>, Place(id): Place<KeyId>) -> Result<Response, Problem> {
    people::revoke_key(&app.desk, &caller.actor, id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
