//! What a prompt asks for: six kinds of text, each with its form of an answer, and what the desk makes of it.

use std::sync::LazyLock;

use connect::llm::structured::Schema;
use serde_json::{Value as Json, json};

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    NewsPost,
    LinkedinPost,
    ProductText,
    NewsletterItem,
    HeadlineSet,
    SocialThread,
}

/// Characters of one post of a thread.
const THREAD_POST_MAX: usize = 280;

impl Kind {
    pub const ALL: [Kind; 6] = [
        Kind::NewsPost,
        Kind::LinkedinPost,
        Kind::ProductText,
        Kind::NewsletterItem,
        Kind::HeadlineSet,
        Kind::SocialThread,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Kind::NewsPost => "news_post",
            Kind::LinkedinPost => "linkedin_post",
            Kind::ProductText => "product_text",
            Kind::NewsletterItem => "newsletter_item",
            Kind::HeadlineSet => "headline_set",
            Kind::SocialThread => "social_thread",
        }
    }

    pub fn from_name(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The form of an answer in words; no template can change it.
    pub(crate) fn told(self) -> &'static str {
        match self {
            Kind::NewsPost => {
                "{\"title\": string, \"excerpt\": string, \"body\": string}. The body is Markdown paragraphs without headings, links \
                 or images; the excerpt is one or two sentences."
            }
            Kind::LinkedinPost => {
                "{\"title\": string, \"text\": string, \"hashtags\": [string]}. The title names the post at the desk and is not \
                 published with it; the text is short plain paragraphs of 3000 characters at most, without links; hashtags \
                 are none to five single words of the sources, without #."
            }
            Kind::ProductText => {
                "{\"title\": string, \"summary\": string, \"description\": string, \"points\": [string]}. The summary is one sentence, \
                 the description Markdown paragraphs without headings, links or images, the points none to eight short properties."
            }
            Kind::NewsletterItem => {
                "{\"subject\": string, \"teaser\": string, \"body\": string}. The subject has 90 characters at most, the teaser is one \
                 sentence, the body Markdown paragraphs without headings, links or images."
            }
            Kind::HeadlineSet => {
                "{\"headlines\": [string]}. Three to ten headlines, the best one first, each different from the others and of 120 \
                 characters at most."
            }
            Kind::SocialThread => {
                "{\"title\": string, \"posts\": [string]}. The title names the thread at the desk and is not published with it; two to \
                 ten posts, each of 280 characters at most, without numbers before them, links or hashtags."
            }
        }
    }

    /// JSON pointer to the member that is the most of the text.
    pub(crate) fn body_at(self) -> &'static str {
        match self {
            Kind::NewsPost | Kind::NewsletterItem => "/body",
            Kind::LinkedinPost => "/text",
            Kind::ProductText => "/description",
            Kind::HeadlineSet => "/headlines",
            Kind::SocialThread => "/posts",
        }
    }

    /// Whether sentences and words of the whole are counted.
    pub(crate) fn has_sentences(self) -> bool {
        !matches!(self, Kind::HeadlineSet | Kind::SocialThread)
    }

    pub(crate) fn schema(self) -> &'static Schema {
        static SCHEMAS: LazyLock<[Schema; 6]> =
            LazyLock::new(|| Kind::ALL.map(|kind| Schema::new(kind.form()).expect("a schema of ours")));
        &SCHEMAS[self as usize]
    }

    fn form(self) -> Json {
        let text = |least: u32, most: u32| json!({ "type": "string", "minLength": least, "maxLength": most });
        let texts = |least: u32, most: u32, each: Json| json!({ "type": "array", "minItems": least, "maxItems": most, "items": each });
        let (title, excerpt, body) = (text(1, 300), text(0, 1_000), text(1, 100_000));
        let (properties, required) = match self {
            Kind::NewsPost => (json!({ "title": title, "excerpt": excerpt, "body": body }), json!(["title", "body"])),
            Kind::LinkedinPost => (
                json!({ "title": title, "text": text(1, 3_000), "hashtags": texts(0, 5, text(1, 60)) }),
                json!(["title", "text"]),
            ),
            Kind::ProductText => (
                json!({ "title": title, "summary": excerpt, "description": body, "points": texts(0, 8, text(1, 300)) }),
                json!(["title", "description"]),
            ),
            Kind::NewsletterItem => {
                (json!({ "subject": text(1, 90), "teaser": excerpt, "body": body }), json!(["subject", "body"]))
            }
            Kind::HeadlineSet => (json!({ "headlines": texts(3, 10, text(1, 120)) }), json!(["headlines"])),
            Kind::SocialThread => (
                json!({ "title": title, "posts": texts(2, 10, text(1, THREAD_POST_MAX as u32)) }),
                json!(["title", "posts"]),
            ),
        };
        json!({ "type": "object", "properties": properties, "required": required })
    }
}

/// An answer as the desk keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub title: String,
    pub excerpt: String,
    /// Markdown.
    pub body: String,
}

/// A text of an answer, with the JSON pointer to it.
pub(crate) type Piece = (String, String);

impl Answer {
    /// From a value of the kind's form, with all texts of it as they will be shown. Of a list every entry is one line.
    pub(crate) fn of(kind: Kind, value: &Json) -> (Answer, Vec<Piece>) {
        let mut pieces: Vec<Piece> = Vec::new();
        let mut text = |member: &str, in_one_line: bool| -> String {
            let said = value[member].as_str().unwrap_or_default();
            let said = if in_one_line { one_line(said) } else { said.trim().to_owned() };
            pieces.push((format!("/{member}"), said.clone()));
            said
        };
        let list = |member: &str| -> Vec<Piece> {
            let entries = value[member].as_array().into_iter().flatten().enumerate();
            entries.map(|(i, entry)| (format!("/{member}/{i}"), one_line(entry.as_str().unwrap_or_default()))).collect()
        };
        let answer = match kind {
            Kind::NewsPost => {
                Answer { title: text("title", true), excerpt: text("excerpt", false), body: text("body", false) }
            }
            Kind::NewsletterItem => {
                Answer { title: text("subject", true), excerpt: text("teaser", false), body: text("body", false) }
            }
            Kind::LinkedinPost => {
                let (title, mut body) = (text("title", true), text("text", false));
                let tags: Vec<Piece> = list("hashtags");
                let shown: Vec<String> = tags.iter().filter_map(|(_, tag)| hashtag(tag)).collect();
                if !shown.is_empty() {
                    body.push_str(&format!("\n\n{}", shown.join(" ")));
                }
                pieces.extend(tags);
                Answer { title, excerpt: String::new(), body }
            }
            Kind::ProductText => {
                let (title, excerpt, body) = (text("title", true), text("summary", false), text("description", false));
                let points = list("points");
                let shown: Vec<String> = points.iter().map(|(_, point)| format!("- {point}")).collect();
                let body = if shown.is_empty() { body } else { format!("{body}\n\n{}", shown.join("\n")) };
                pieces.extend(points);
                Answer { title, excerpt, body }
            }
            Kind::HeadlineSet => {
                let headlines = list("headlines");
                let title = headlines.first().map(|(_, first)| first.clone()).unwrap_or_default();
                let shown: Vec<String> = headlines.iter().map(|(_, headline)| format!("- {headline}")).collect();
                pieces.extend(headlines);
                Answer { title, excerpt: String::new(), body: shown.join("\n") }
            }
            Kind::SocialThread => {
                let title = text("title", true);
                let posts = list("posts");
                let shown: Vec<String> =
                    posts.iter().enumerate().map(|(i, (_, post))| format!("{}. {post}", i + 1)).collect();
                pieces.extend(posts);
                Answer { title, excerpt: String::new(), body: shown.join("\n") }
            }
        };
        (answer, pieces)
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `#Word`, without what no hashtag can hold; `None` when nothing is left.
fn hashtag(word: &str) -> Option<String> {
    let word: String = word.chars().filter(|c| c.is_alphanumeric() || *c == '_').collect();
    (!word.is_empty()).then(|| format!("#{word}"))
}
