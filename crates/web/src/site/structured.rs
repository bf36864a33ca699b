//! Structured data for search engines: schema.org as JSON-LD.

use desk::pages::Page;
use serde_json::{Value as Json, json};

use super::frame::Frame;
use super::view;

/// The site itself, with its search.
pub(super) fn website(frame: &Frame<'_>) -> String {
    script(&json!({
        "@context": "https://schema.org",
        "@type": "WebSite",
        "name": frame.name,
        "description": frame.tagline,
        "inLanguage": frame.lang,
        "url": frame.url("/"),
        "publisher": organization(frame),
        "potentialAction": {
            "@type": "SearchAction",
            "target": { "@type": "EntryPoint", "urlTemplate": frame.url("/search?q={query}") },
            "query-input": "required name=query",
        },
    }))
}

/// An article with the reports it was written from.
pub(super) fn article(frame: &Frame<'_>, page: &Page) -> String {
    let url = frame.url(&view::href(page));
    // Longer headlines are cut by search engines.
    let headline: String = page.title.chars().take(110).collect();
    let based_on: Vec<Json> = page
        .sources
        .iter()
        .filter(|source| view::is_web(&source.url))
        .map(|source| json!({ "@type": "CreativeWork", "name": source.title, "url": source.url, "publisher": source.name }))
        .collect();
    script(&json!({
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": headline,
        "description": page.excerpt,
        "inLanguage": page.language,
        "datePublished": page.published_at,
        "dateModified": page.updated_at,
        "articleSection": page.topic_name,
        "wordCount": page.words,
        "url": url,
        "mainEntityOfPage": { "@type": "WebPage", "@id": url },
        "author": organization(frame),
        "publisher": organization(frame),
        "isBasedOn": based_on,
        "isAccessibleForFree": true,
    }))
}

fn organization(frame: &Frame<'_>) -> Json {
    let mut organization = json!({ "@type": "Organization", "name": frame.name, "url": frame.url("/") });
    if let (Some(logo), Json::Object(members)) = (frame.logo, &mut organization) {
        members.insert("logo".to_owned(), json!({ "@type": "ImageObject", "url": frame.url(logo) }));
    }
    organization
}

/// JSON that no script element can be broken out of.
fn script(value: &Json) -> String {
    value.to_string().replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}
