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

/// Characters of one post of a thread, and posts of it.
const THREAD_POST_MAX: usize = 280;
pub(crate) const THREAD_MAX: usize = 10;
/// Headlines of a set, and characters of each.
pub(crate) const HEADLINES_MIN: usize = 3;
pub(crate) const HEADLINES_MAX: usize = 10;
pub(crate) const HEADLINE_MAX: usize = 120;
/// Characters of a newsletter's subject.
pub(crate) const SUBJECT_MAX: usize = 90;
/// Points of a product.
pub(crate) const POINTS_MAX: usize = 8;

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

    /// What is written for a channel of this kind where no prompt says otherwise; of a kind that is not known, a news post.
    pub fn of_channel(kind: &str) -> Kind {
        match kind {
            "linkedin" => Kind::LinkedinPost,
            "newsletter" | "mail" => Kind::NewsletterItem,
            "shop" | "catalogue" => Kind::ProductText,
            "x" | "mastodon" | "bluesky" | "threads" => Kind::SocialThread,
            _ => Kind::NewsPost,
        }
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
        let text = |least: usize, most: usize| json!({ "type": "string", "minLength": least, "maxLength": most });
        let texts = |least: usize, most: usize, each: Json| json!({ "type": "array", "minItems": least, "maxItems": most, "items": each });
        let (title, excerpt, body) = (text(1, 300), text(0, 1_000), text(1, 100_000));
        let (properties, required) = match self {
            Kind::NewsPost => (json!({ "title": title, "excerpt": excerpt, "body": body }), json!(["title", "body"])),
            Kind::LinkedinPost => (
                json!({ "title": title, "text": text(1, 3_000), "hashtags": texts(0, 5, text(1, 60)) }),
                json!(["title", "text"]),
            ),
            Kind::ProductText => (
                json!({ "title": title, "summary": excerpt, "description": body, "points": texts(0, POINTS_MAX, text(1, 300)) }),
                json!(["title", "description"]),
            ),
            Kind::NewsletterItem => (
                json!({ "subject": text(1, SUBJECT_MAX), "teaser": excerpt, "body": body }),
                json!(["subject", "body"]),
            ),
            Kind::HeadlineSet => (
                json!({ "headlines": texts(HEADLINES_MIN, HEADLINES_MAX, text(1, HEADLINE_MAX)) }),
                json!(["headlines"]),
            ),
            Kind::SocialThread => (
                json!({ "title": title, "posts": texts(2, THREAD_MAX, text(1, THREAD_POST_MAX)) }),
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

    /// The way back: what a model of that kind would have answered with this text, as JSON with its members in the order in which
    /// they are asked for. `None` for a text that has not the kind's form, such as a thread that became one paragraph.
    pub(crate) fn written(&self, kind: Kind) -> Option<String> {
        let (title, excerpt, body) = (json!(self.title), json!(self.excerpt), json!(self.body));
        let members: Vec<(&str, Json)> = match kind {
            Kind::NewsPost => vec![("title", title), ("excerpt", excerpt), ("body", body)],
            Kind::NewsletterItem => vec![("subject", title), ("teaser", excerpt), ("body", body)],
            Kind::LinkedinPost => {
                let (text, tags) = self.without_hashtags();
                vec![("title", title), ("text", json!(text)), ("hashtags", json!(tags))]
            }
            Kind::ProductText => {
                let (text, points) = self.without_points();
                vec![("title", title), ("summary", excerpt), ("description", json!(text)), ("points", json!(points))]
            }
            Kind::HeadlineSet => {
                let mut headlines: Vec<String> = vec![self.title.clone()];
                for line in self.lines() {
                    let headline = line.strip_prefix("- ")?.to_owned();
                    if !headlines.contains(&headline) {
                        headlines.push(headline);
                    }
                }
                vec![("headlines", json!(headlines))]
            }
            Kind::SocialThread => {
                let post = |line: &str| {
                    let (number, post) = line.split_once(". ")?;
                    number.parse::<u32>().ok().map(|_| post.to_owned())
                };
                let posts = self.lines().map(post).collect::<Option<Vec<String>>>()?;
                vec![("title", title), ("posts", json!(posts))]
            }
        };
        let whole: Json = members.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let pairs: Vec<String> = members.iter().map(|(name, value)| format!("{}: {value}", json!(name))).collect();
        kind.schema().check(&whole).is_empty().then(|| format!("{{{}}}", pairs.join(", ")))
    }

    fn lines(&self) -> impl Iterator<Item = &str> {
        self.body.lines().map(str::trim).filter(|line| !line.is_empty())
    }

    fn without_hashtags(&self) -> (&str, Vec<&str>) {
        let is_tags = |last: &str| !last.is_empty() && last.split_whitespace().all(|word| word.starts_with('#'));
        match self.body.trim().rsplit_once("\n\n") {
            Some((text, last)) if is_tags(last) => {
                (text.trim(), last.split_whitespace().map(|word| &word[1..]).filter(|tag| !tag.is_empty()).collect())
            }
            _ => (self.body.trim(), Vec::new()),
        }
    }

    fn without_points(&self) -> (&str, Vec<&str>) {
        let points = |last: &'_ str| last.lines().all(|line| line.starts_with("- "));
        match self.body.trim().rsplit_once("\n\n") {
            Some((text, last)) if points(last) => {
                (text.trim(), last.lines().map(|line| line["- ".len()..].trim()).collect())
            }
            _ => (self.body.trim(), Vec::new()),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_answered_can_be_written_again() {
        let given = [
            (Kind::NewsPost, json!({ "title": "T", "excerpt": "E", "body": "B \"x\"\n\nC" })),
            (Kind::NewsletterItem, json!({ "subject": "T", "teaser": "E", "body": "B" })),
            (Kind::LinkedinPost, json!({ "title": "T", "text": "B\n\nC", "hashtags": ["One", "Two"] })),
            (Kind::LinkedinPost, json!({ "title": "T", "text": "B\n\nC", "hashtags": [] })),
            (Kind::ProductText, json!({ "title": "T", "summary": "E", "description": "B", "points": ["x", "y"] })),
            (Kind::HeadlineSet, json!({ "headlines": ["T", "U", "V"] })),
            (Kind::SocialThread, json!({ "title": "T", "posts": ["First. Of all", "Second"] })),
        ];
        for (kind, value) in given {
            let (answer, _) = Answer::of(kind, &value);
            let written = answer.written(kind).unwrap();
            assert_eq!(serde_json::from_str::<Json>(&written).unwrap(), value, "{kind:?}");
        }
        let answer = Answer { title: "T".into(), excerpt: String::new(), body: "No list at all.".into() };
        assert_eq!(answer.written(Kind::SocialThread), None);
        assert_eq!(answer.written(Kind::HeadlineSet), None);
        assert_eq!(
            answer.written(Kind::NewsPost).unwrap(),
            r#"{"title": "T", "excerpt": "", "body": "No list at all."}"#
        );
    }
}
