//! What a browser sends: the fields of an address or of a form.

use std::str::FromStr;

use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::response::Response;
use http::StatusCode;
use http::request::Parts;

use super::failed::Failed;
use super::person::{self, Person};
use super::sign_in;
use crate::App;
use crate::problem::{self, Problem};

/// Names and values in the order they came; a name may come twice.
#[derive(Clone, Debug, Default)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// The first value of that name, empty when there is none.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }

    pub fn has(&self, name: &str) -> bool {
        !self.get(name).is_empty()
    }

    /// A value that is an id or a number; `None` when it is missing or something else.
    pub fn parse<T: FromStr>(&self, name: &str) -> Option<T> {
        self.get(name).trim().parse().ok()
    }

    /// What a person has typed, to be given back when the form cannot be taken.
    pub fn typed(&self) -> Vec<(String, String)> {
        const TYPED: [&str; 7] = ["title", "excerpt", "topic", "body", "reason", "url", "name"];
        self.0.iter().filter(|(name, value)| TYPED.contains(&name.as_str()) && !value.is_empty()).cloned().collect()
    }

    /// Reads the body of a form.
    pub async fn read(app: &App, request: Request) -> Result<Fields, Failed> {
        let limit = app.settings.body_max;
        let (parts, body) = request.into_parts();
        let too_large = |_| {
            Problem::new(&problem::TOO_LARGE, format!("the form could not be read whole; at most {limit} are read"))
        };
        let body = axum::body::to_bytes(body, limit.bytes() as usize).await.map_err(too_large)?;
        let request = Request::from_parts(parts, axum::body::Body::from(body));
        let form = axum::Form::<Vec<(String, String)>>::from_request(request, &()).await;
        let axum::Form(mut fields) = form.map_err(|error| Problem::new(&problem::MALFORMED, error.body_text()))?;
        for (_, value) in &mut fields {
            // Browsers end the lines of a text area with CRLF.
            if value.contains('\r') {
                *value = value.replace("\r\n", "\n");
            }
        }
        Ok(Fields(fields))
    }
}

impl FromRequestParts<App> for Fields {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Failed> {
        let query = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri);
        let Query(fields) = query.map_err(|error| Problem::new(&problem::MALFORMED, error.body_text()))?;
        Ok(Fields(fields))
    }
}

/// A form sent by a person who is signed in, with the CSRF token of their session.
pub struct Posted {
    pub person: Person,
    pub fields: Fields,
}

impl FromRequest<App> for Posted {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        use axum::response::IntoResponse as _;
        let (mut parts, body) = request.into_parts();
        let person = person::find(&mut parts, app).await.map_err(Failed::into_response)?;
        let fields = Fields::read(app, Request::from_parts(parts, body)).await.map_err(Failed::into_response)?;
        match person {
            None => Err(sign_in::ended(&fields, StatusCode::UNAUTHORIZED)),
            Some(person) if !person.session.csrf_matches(fields.get("csrf")) => {
                Err(sign_in::ended(&fields, StatusCode::FORBIDDEN))
            }
            Some(person) => Ok(Posted { person, fields }),
        }
    }
}

/// An id from an address; one that is no id names nothing.
pub fn id<T: FromStr>(what: &'static str, text: &str) -> Result<T, Failed> {
    text.parse().map_err(|_| {
        let shown: String = text.chars().take(40).collect();
        Failed::from(Problem::new(&problem::NOT_FOUND, format!("there is no {what} {shown}")))
    })
}
