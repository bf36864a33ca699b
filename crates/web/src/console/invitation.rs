//! The other door: a link makes an account, or gives one back.
//!
//! The link's token stands behind `#`, which browsers send to nobody. The first page has a form that the script
//! fills with it and sends; without scripts it is pasted. The second page asks for what is still missing.

use askama::Template;
use axum::extract::{Request, State};
use axum::response::Response;
use desk::people::{self, Acceptance, Invitation, InvitationKind};
use http::{HeaderMap, StatusCode};

use super::failed::Failed;
use super::form::Fields;
use super::frame;
use super::look::Look;
use super::sign_in::{self, Gate};
use crate::assets::{CONSOLE_CSS, CONSOLE_JS};
use crate::problem::Problem;
use crate::{App, auth};

#[derive(Template)]
#[template(path = "console/invitation.html")]
struct Page<'a> {
    css: &'a str,
    js: &'a str,
    site: &'a str,
    look: Look,
    csrf: String,
    error: &'a str,
    token: &'a str,
    found: Option<Invitation>,
    name: &'a str,
    email: &'a str,
}

impl Page<'_> {
    fn is_recovery(&self) -> bool {
        self.found.as_ref().is_some_and(|found| found.kind == InvitationKind::Recovery)
    }

    fn is_setup(&self) -> bool {
        self.found.as_ref().is_some_and(|found| found.kind == InvitationKind::Setup)
    }
}

/// `GET /console/invitation`
pub async fn show(State(app): State<App>, headers: HeaderMap) -> Response {
    draw(&app, &headers, StatusCode::OK, &Fields::default(), None, "")
}

/// `POST /console/invitation`: with a password it is used, else looked at.
pub async fn answer(State(app): State<App>, request: Request) -> Result<Response, Failed> {
    let (parts, body) = request.into_parts();
    let address = auth::client_address(&app, &parts);
    let headers = parts.headers.clone();
    let fields = Fields::read(&app, Request::from_parts(parts, body)).await?;
    if !Gate::of(&headers).is_passed_by(&fields) {
        let words = "This form had grown old. Please try once more.";
        return Ok(draw(&app, &headers, StatusCode::FORBIDDEN, &fields, None, words));
    }
    auth::check_address(&app, address)?;
    let token = token_of(fields.get("token"));
    let found = match people::look(&app.desk, token).await {
        Ok(found) => found,
        Err(desk::Error::NotFound { .. }) => {
            let words = "This link was used before, was withdrawn, or is too old. Ask for a new one.";
            return Ok(draw(&app, &headers, StatusCode::NOT_FOUND, &Fields::default(), None, words));
        }
        Err(error) => return Err(error.into()),
    };
    if !fields.has("password") {
        return Ok(draw(&app, &headers, StatusCode::OK, &fields, Some(found), ""));
    }
    let some = |name: &str| fields.has(name).then(|| fields.get(name).to_owned());
    let given = Acceptance { name: some("name"), email: some("email"), password: fields.get("password").to_owned() };
    match people::accept(&app.desk, token, given, &app.settings.name).await {
        Ok(opened) => Ok(sign_in::entered(&app, &opened.session, "/console")),
        Err(error @ (desk::Error::Invalid(_) | desk::Error::Exists { .. })) => {
            let words = match &error {
                desk::Error::Invalid(faults) => faults
                    .iter()
                    .map(|fault| format!("The {} {}.", fault.pointer.trim_start_matches('/'), fault.detail))
                    .collect::<Vec<_>>()
                    .join(" "),
                _ => "There is an account with this address already.".to_owned(),
            };
            let status = Problem::from(error).status();
            Ok(draw(&app, &headers, status, &fields, Some(found), &words))
        }
        Err(error) => Err(error.into()),
    }
}

/// The token from what was pasted: it alone, or the whole link.
fn token_of(pasted: &str) -> &str {
    pasted.rsplit('#').next().unwrap_or_default().trim()
}

fn draw(
    app: &App,
    headers: &HeaderMap,
    status: StatusCode,
    fields: &Fields,
    found: Option<Invitation>,
    error: &str,
) -> Response {
    let gate = Gate::of(headers);
    let page = Page {
        css: CONSOLE_CSS.href(),
        js: CONSOLE_JS.href(),
        site: &app.settings.name,
        look: Look::of(headers),
        csrf: gate.csrf(),
        error,
        token: token_of(fields.get("token")),
        found,
        name: fields.get("name"),
        email: fields.get("email"),
    };
    let mut response = frame::page_with(status, &page);
    gate.set(&mut response, app);
    response
}
