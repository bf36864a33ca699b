//! What stands around every page: head, masthead, foot.

use std::sync::Arc;

use desk::pages::{self, TAG_LISTS, Topic};
use edge::Ready;
use http::{HeaderName, HeaderValue, StatusCode, header};

use super::visit::Visit;
use super::words::{self, Words};
use crate::assets::{Asset, SITE_CSS};
use crate::{App, Settings, SitePage};

/// Topics in the masthead; all of them stand in the foot of the front page.
const TOPICS_MAX: usize = 7;
const LOGO_BYTES_MAX: u64 = 1 << 20;

/// What follows from the settings once and for all.
pub(super) struct Fixed {
    /// HTML under every page.
    footer: String,
    pub logo: Option<Asset>,
}

impl Fixed {
    pub fn new(settings: &Settings) -> Fixed {
        let footer = text::markdown::to_html(&settings.footer);
        let logo = settings.logo.as_deref().and_then(read_logo);
        Fixed { footer, logo }
    }
}

/// Read once, and in the caller's task: it is one small local file.
fn read_logo(path: &str) -> Option<Asset> {
    let extension = match path.rsplit('.').next().unwrap_or_default().to_ascii_lowercase().as_str() {
        "svg" => "svg",
        "png" => "png",
        "jpg" | "jpeg" => "jpg",
        "webp" => "webp",
        _ => {
            tracing::warn!(path, "the logo is left out: it must be an SVG, PNG, JPEG or WebP file");
            return None;
        }
    };
    let bytes = std::fs::metadata(path).and_then(|meta| match meta.len() {
        0..=LOGO_BYTES_MAX => std::fs::read(path),
        size => Err(std::io::Error::other(format!("{size} bytes are more than {LOGO_BYTES_MAX}"))),
    });
    match bytes {
        Ok(bytes) => Some(Asset::new("logo", extension, bytes)),
        Err(error) => {
            tracing::warn!(path, %error, "the logo is left out: it cannot be read");
            None
        }
    }
}

/// The parts of a page that do not depend on what it shows.
pub(super) struct Frame<'a> {
    pub words: &'static Words,
    pub name: &'a str,
    pub tagline: &'a str,
    pub lang: &'a str,
    pub origin: &'a str,
    pub css: &'static str,
    pub logo: Option<&'a str>,
    pub footer: &'a str,
    pub topics: Vec<Topic>,
    pub own: Arc<Vec<SitePage>>,
    /// The path that is shown, to mark it in the masthead.
    pub path: &'a str,
}

impl<'a> Frame<'a> {
    /// The frame; when the topics cannot be read, one without them, for the page has its own error then.
    pub async fn load(app: &'a App, visit: &'a Visit) -> Frame<'a> {
        let mut topics = topics(app).await.map(|all| all.to_vec()).unwrap_or_default();
        topics.truncate(TOPICS_MAX);
        let (fixed, settings) = (app.pages.fixed(app), &app.settings);
        Frame {
            words: words::of(&settings.language),
            name: &settings.name,
            tagline: &settings.tagline,
            lang: &settings.language,
            origin: &visit.origin,
            css: SITE_CSS.href(),
            logo: fixed.logo.as_ref().map(Asset::href),
            footer: &fixed.footer,
            topics,
            own: app.pages.own.pages(app),
            path: &visit.path,
        }
    }

    /// The whole address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    pub fn is_here(&self, path: &str, slug: &str) -> bool {
        self.path.strip_prefix(path) == Some(slug)
    }
}

/// Topics that have a name, those with the most pages first.
pub(super) async fn topics(app: &App) -> Option<Arc<[Topic]>> {
    let desk = app.desk.clone();
    let load = move || async move {
        let all = pages::topics(&desk).await?;
        Ok::<_, desk::Error>(all.into_iter().filter(|topic| !topic.name.trim().is_empty()).collect())
    };
    app.pages.topics.get_or_load("all", &[TAG_LISTS], load).await.ok()
}

/// What a page says of itself to browsers, search engines and networks.
pub(super) struct Head {
    pub title: String,
    pub description: String,
    /// The path of the page's one address; empty when search engines should not keep the page.
    pub path: String,
    pub article: Option<ArticleHead>,
    /// Structured data, safe inside a script element.
    pub json_ld: String,
}

pub(super) struct ArticleHead {
    pub published: String,
    pub updated: String,
    pub topic: String,
}

impl Head {
    pub fn hidden(title: &str) -> Head {
        Head {
            title: title.to_owned(),
            description: String::new(),
            path: String::new(),
            article: None,
            json_ld: String::new(),
        }
    }
}

/// An answer in HTML. Remote pictures would tell other hosts who reads what, so none load.
pub(super) fn html(status: StatusCode, body: String) -> Ready {
    const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
                          frame-ancestors 'none'";
    let preload = format!("<{}>; rel=preload; as=style", SITE_CSS.href());
    Ready::new(status, HeaderValue::from_static("text/html; charset=utf-8"), body)
        .header(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY))
        .header(HeaderName::from_static("link"), HeaderValue::from_str(&preload).expect("hex digits in a path"))
}
