//! Style sheets and scripts, part of the binary. An address carries its content's hash, so that a
//! browser never asks twice for the same bytes and never shows old ones.

use std::sync::LazyLock;

use axum::extract::{Path, State};
use axum::response::Response;
use edge::Ready;
use http::{HeaderValue, StatusCode, header};

use crate::App;
use crate::site::{self, Visit};

/// The public site's style sheet, tokens included.
pub static SITE_CSS: LazyLock<Asset> = LazyLock::new(|| {
    Asset::text("site", "css", concat!(include_str!("../assets/tokens.css"), include_str!("../assets/site.css")))
});

/// The console's style sheet, tokens included.
pub static CONSOLE_CSS: LazyLock<Asset> = LazyLock::new(|| {
    Asset::text("console", "css", concat!(include_str!("../assets/tokens.css"), include_str!("../assets/console.css")))
});

/// The console's script.
pub static CONSOLE_JS: LazyLock<Asset> =
    LazyLock::new(|| Asset::text("console", "js", include_str!("../assets/console.js")));

/// The style sheet of the page behind a review link, tokens included.
pub static REVIEW_LINK_CSS: LazyLock<Asset> = LazyLock::new(|| {
    Asset::text(
        "review",
        "css",
        concat!(include_str!("../assets/tokens.css"), include_str!("../assets/review_link.css")),
    )
});

const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// Bytes with an address of their own.
#[derive(Debug)]
pub struct Asset {
    name: &'static str,
    extension: &'static str,
    href: String,
    ready: Ready,
}

impl Asset {
    fn text(name: &'static str, extension: &'static str, text: &'static str) -> Asset {
        Asset::new(name, extension, text.as_bytes().to_vec())
    }

    pub(crate) fn new(name: &'static str, extension: &'static str, body: Vec<u8>) -> Asset {
        let ready = Ready::new(StatusCode::OK, HeaderValue::from_static(media_type(extension)), body);
        let ready = ready.cache_control(FOREVER);
        let href = format!("/assets/{name}.{}.{extension}", ready.etag().trim_matches('"'));
        Asset { name, extension, href, ready }
    }

    /// The address, from the root of the site.
    pub fn href(&self) -> &str {
        &self.href
    }
}

/// The types an operator's logo may have are among these, and those of the built console's files.
pub(crate) fn media_type(extension: &str) -> &'static str {
    match extension {
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "txt" => "text/plain; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "wasm" => "application/wasm",
        "woff2" => "font/woff2",
        "ico" => "image/x-icon",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        _ => "application/octet-stream",
    }
}

/// `GET /assets/{file}`
pub async fn get(State(app): State<App>, Path(file): Path<String>, visit: Visit) -> Response {
    let mut parts = file.splitn(3, '.');
    let asked = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let own: [&Asset; 4] = [&SITE_CSS, &CONSOLE_CSS, &CONSOLE_JS, &REVIEW_LINK_CSS];
    let mut all = own.into_iter().chain(app.pages.logo(&app));
    let Some(asset) = all.find(|asset| asset.name == asked.0 && asset.extension == asked.2) else {
        return site::missing(&app, &visit).await;
    };
    let mut response = visit.answer(&asset.ready);
    // A page from before an upgrade still finds its style; nobody keeps the wrong bytes for long.
    if asset.ready.etag().trim_matches('"') != asked.1 {
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=60"));
    }
    response
}
