//! The site's sign in a browser's tab: the first letter of its name, ink on paper.

use axum::extract::State;
use axum::response::Response;
use edge::Ready;

use super::feeds::{made, xml};
use super::kept;
use super::visit::Visit;
use crate::App;

/// `GET /favicon.svg`
pub(super) async fn get(State(app): State<App>, visit: Visit) -> Response {
    kept(&app, &visit, "/favicon.svg").await
}

pub(super) fn make(app: &App) -> Ready {
    let first = app.settings.name.trim().chars().next().unwrap_or('C');
    made(app, "image/svg+xml", draw(first))
}

fn draw(letter: char) -> String {
    let letter = letter.to_uppercase().collect::<String>();
    // Presentation attributes only: the site's policy forbids styles inside documents.
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 64 64\"><rect width=\"64\" height=\"64\" rx=\"10\" fill=\"#14181c\"/>\
         <text x=\"32\" y=\"45\" text-anchor=\"middle\" font-family=\"Georgia, 'Times New Roman', serif\" font-weight=\"700\" \
         font-size=\"42\" fill=\"#ffffff\">{}</text><rect x=\"14\" y=\"52\" width=\"36\" height=\"4\" fill=\"#6e9ff5\"/></svg>\n",
        xml(&letter)
    )
}
