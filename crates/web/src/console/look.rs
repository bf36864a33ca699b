//! How the console looks to one person, kept in cookies of their browser; and the page of keys.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderMap, HeaderValue, header};

use super::failed::Failed;
use super::form::{Fields, Posted};
use super::frame::{self, Frame};
use super::person::Person;
use super::sign_in::back;
use crate::App;

/// The choices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    pub theme: Theme,
    /// Single keys do nothing (WCAG 2.1.4).
    pub keys_off: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the browser says.
    #[default]
    System,
    Light,
    Dark,
}

const THEME: &str = "copydesk_theme";
const KEYS: &str = "copydesk_keys";
const YEAR_S: u32 = 365 * 86_400;

impl Theme {
    pub fn name(self) -> &'static str {
        match self {
            Theme::System => "system",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }

    fn of(name: &str) -> Theme {
        [Theme::Light, Theme::Dark].into_iter().find(|theme| theme.name() == name).unwrap_or_default()
    }
}

impl Look {
    pub fn of(headers: &HeaderMap) -> Look {
        Look {
            theme: Theme::of(cookie(headers, THEME).unwrap_or_default()),
            keys_off: cookie(headers, KEYS) == Some("off"),
        }
    }
}

/// The value of one cookie.
pub fn cookie<'a>(headers: &'a HeaderMap, wanted: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|value| value.split(';')).find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        (name == wanted).then_some(value)
    })
}

/// `POST /console/look`
pub async fn change(Posted { person, fields }: Posted) -> Response {
    let mut look = person.look;
    if fields.has("theme") {
        look.theme = Theme::of(fields.get("theme"));
    }
    if fields.has("keys") {
        look.keys_off = fields.get("keys") == "off";
    }
    let mut response = Redirect::to(back(fields.get("next"))).into_response();
    let keys = if look.keys_off { "off" } else { "on" };
    for (name, value) in [(THEME, look.theme.name()), (KEYS, keys)] {
        let cookie = format!("{name}={value}; Path=/console; Max-Age={YEAR_S}; HttpOnly; SameSite=Strict");
        if let Ok(value) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    response
}

#[derive(Template)]
#[template(path = "console/help.html")]
struct Help {
    frame: Frame,
}

/// `GET /console/help`: all keys, and the switch that turns single keys off.
pub async fn help(State(app): State<App>, person: Person, query: Fields) -> Result<Response, Failed> {
    let frame = Frame::new(&app, &person, "help", "Keys and help", &query).await?;
    Ok(frame::page(&Help { frame }))
}
