//! A post with everything that a person needs to judge it: the text, its scores, its sources.

use desk::moderation::{self, Review};
use desk::posts::{self, Post, State, VersionView};
use desk::stories::{self, Member};
use desk::{PostId, Version, drafts};
use serde_json::Value as Json;
use stdx::{Id, Timestamp};

use super::changes;
use super::doubt::{self, Doubt};
use super::failed::Failed;
use super::person::Person;
use super::show::{self, Html};
use crate::App;

pub struct Evidence {
    pub post: Post,
    pub text: VersionView,
    pub state: Html,
    pub title: Html,
    pub body: Html,
    /// What changed since the version before; empty for the first.
    pub changes: Vec<Change>,
    pub scores: Scores,
    pub doubts: Vec<Doubt>,
    pub by: String,
    pub written: Html,
    /// Which generator wrote it, and how that went.
    pub generator: Option<String>,
    /// Why it waits for a person, or the reason of the last decision.
    pub why: Option<String>,
    pub story: Option<String>,
    /// Who else has claimed it.
    pub claimed: Option<String>,
    pub sources: Vec<Report>,
}

pub struct Change {
    pub name: &'static str,
    pub html: Html,
}

/// A source's report beside the draft.
pub struct Report {
    pub number: usize,
    pub source: String,
    pub title: String,
    pub url: Option<String>,
    pub published: Html,
    /// The beginning; the rest is folded away.
    pub lead: String,
    pub rest: String,
    pub is_copy: bool,
}

pub struct Scores {
    pub score: String,
    pub score_bar: Html,
    pub parts: Vec<Part>,
    /// The names of the parts that pull it down.
    pub weak: String,
    /// `+0.42` and what that means.
    pub sentiment: Option<(String, &'static str)>,
    /// Name, number, meaning.
    pub readability: Vec<(&'static str, String, &'static str)>,
    pub words: u64,
    pub keywords: Vec<String>,
    pub advice: Vec<String>,
}

pub struct Part {
    pub name: String,
    pub value: String,
    pub bar: Html,
    /// In hundredths of the whole.
    pub weight: String,
    pub reason: String,
    pub is_weak: bool,
}

const LEAD_CHARS: usize = 700;
const REST_CHARS: usize = 12_000;
const SOURCES_MAX: usize = 12;
const ADVICE_MAX: usize = 6;

impl Evidence {
    /// `version`: the newest when `None`.
    pub async fn load(app: &App, person: &Person, id: PostId, version: Option<Version>) -> Result<Evidence, Failed> {
        let desk = &app.desk;
        let mut conn = desk.store.read_fresh();
        let post = posts::get(&mut conn, id).await?;
        let version = version.unwrap_or(post.version);
        let text = posts::version(&mut conn, id, version).await?;
        let before = if version > 1 { Some(posts::version(&mut conn, id, version - 1).await?) } else { None };
        let members = match post.story {
            Some(story) => stories::members(&mut conn, story).await?,
            None => Vec::new(),
        };
        let reviews = moderation::reviews(&mut conn, id).await?;
        let names = posts::names(&mut conn, [text.by.clone()].into()).await?;
        drop(conn);
        let now = desk.now();
        let facts: Vec<String> = members.iter().map(|member| format!("{}.\n\n{}", member.title, member.text)).collect();
        let facts: Vec<&str> = facts.iter().map(String::as_str).collect();
        let in_title = if facts.is_empty() { Vec::new() } else { doubt::of_title(&text.title, &facts) };
        let in_body = doubt::of_report(&text.grounding);
        Ok(Evidence {
            state: show::state(post.state),
            title: doubt::mark_plain(&text.title, &in_title),
            body: doubt::mark_markdown(&text.body, &in_body),
            changes: before.map(|before| differences(&before, &text)).unwrap_or_default(),
            scores: Scores::of(&text),
            doubts: in_title.into_iter().chain(in_body).collect(),
            by: show::who(&text.by, &person.actor, &names),
            written: show::when(text.created_at, now),
            why: why(&post, &reviews),
            generator: generator(app, person, &text).await?,
            story: post.story.map(|story| story.to_string()),
            sources: reports(&members, &text, now),
            claimed: claimed(&post, person, now),
            post,
            text,
        })
    }

    pub fn is_newest(&self) -> bool {
        self.text.version == self.post.version
    }

    pub fn waits(&self) -> bool {
        self.post.state == State::InReview && self.is_newest()
    }

    /// A newer version of a published post can be approved as an update.
    pub fn can_be_approved(&self) -> bool {
        let is_update = self.post.state == State::Published && self.post.approved_version != Some(self.post.version);
        self.is_newest() && (self.post.state == State::InReview || is_update)
    }

    pub fn can_be_edited(&self) -> bool {
        self.post.state != State::Publishing
    }

    pub fn can_be_published(&self) -> bool {
        matches!(self.post.state, State::Scheduled | State::Failed) && self.post.approved_version.is_some()
    }

    pub fn can_be_withdrawn(&self) -> bool {
        matches!(self.post.state, State::Approved | State::Scheduled)
    }

    pub fn can_be_retracted(&self) -> bool {
        self.post.state == State::Published
    }

    pub fn deciding(&self) -> usize {
        self.doubts.iter().filter(|doubt| doubt.kind.decides()).count()
    }
}

fn claimed(post: &Post, person: &Person, now: Timestamp) -> Option<String> {
    let claim = post.claim.as_ref().filter(|claim| claim.until > now)?;
    (claim.by != person.actor.principal.to_string()).then(|| claim.name.clone())
}

fn differences(before: &VersionView, text: &VersionView) -> Vec<Change> {
    let fields = [
        ("Title", &before.title, &text.title),
        ("Excerpt", &before.excerpt, &text.excerpt),
        ("Text", &before.body, &text.body),
    ];
    let marked = fields.map(|(name, old, new)| Change { name, html: changes::marked(old, new) });
    marked.into_iter().filter(|change| !change.html.is_empty()).collect()
}

/// While it waits: what the policy held against it, whatever a person has decided and taken back since.
fn why(post: &Post, reviews: &[Review]) -> Option<String> {
    let held = reviews.iter().find(|review| review.decision == "held").filter(|_| post.state == State::InReview);
    match held {
        Some(held) if held.version == post.version => Some(held.reason.clone()),
        Some(held) => Some(format!("version {} was held: {}; it has been changed since", held.version, held.reason)),
        None => Some(post.reason.clone()).filter(|reason| !reason.is_empty()),
    }
}

async fn generator(app: &App, person: &Person, text: &VersionView) -> Result<Option<String>, Failed> {
    let Some(id) = text.completion else { return Ok(None) };
    // The list runs downwards from below an id: the one above ours begins with ours.
    let above = Id::from_i64(id.to_i64().saturating_add(1)).map(desk::CompletionId);
    let found = drafts::completions(&app.desk, &person.actor, above, 1).await?;
    Ok(found.into_iter().find(|call| call.id == id).map(|call| {
        let attempts = if call.attempts > 1 { format!(", {} attempts", call.attempts) } else { String::new() };
        let time = show::lasting(call.latency_us as f64 / 1_000_000.0);
        // Of all calls of the draft, failed ones too.
        let cost = text.cost.as_ref().filter(|cost| cost.prompt_tokens > 0).map(|cost| {
            let dollars = cost.micros as f64 / 1_000_000.0;
            format!(", {} + {} tokens, ${dollars:.4}", cost.prompt_tokens, cost.completion_tokens)
        });
        format!("{} · {} in {time}{attempts}{}", call.provider, call.model, cost.unwrap_or_default())
    }))
}

fn reports(members: &[Member], text: &VersionView, now: Timestamp) -> Vec<Report> {
    if members.is_empty() {
        let named = text.sources.iter().take(SOURCES_MAX).enumerate().map(|(i, source)| Report {
            number: i + 1,
            source: source.name.clone(),
            title: source.title.clone(),
            url: show::link(&source.url),
            published: Html::default(),
            lead: String::new(),
            rest: String::new(),
            is_copy: false,
        });
        return named.collect();
    }
    let report = |(i, member): (usize, &Member)| {
        let (lead, rest) = split(&member.text);
        Report {
            number: i + 1,
            source: member.source.clone(),
            title: member.title.clone(),
            url: show::link(&member.url),
            published: show::when(member.published_at, now),
            lead,
            rest,
            is_copy: member.is_copy,
        }
    };
    members.iter().take(SOURCES_MAX).enumerate().map(report).collect()
}

/// The first sentences, and what follows.
fn split(text: &str) -> (String, String) {
    let Some((limit, _)) = text.char_indices().nth(LEAD_CHARS) else { return (text.to_owned(), String::new()) };
    let end = text[..limit].rfind(['.', '!', '?', '\n']).map_or(limit, |at| at + 1);
    (text[..end].trim_end().to_owned(), show::shorten(text[end..].trim_start(), REST_CHARS))
}

impl Scores {
    /// Reads the stored analysis (`text::Analysis` as JSON); what an older release did not write is left out.
    fn of(text: &VersionView) -> Scores {
        let analysis = &text.analysis;
        let number = |pointer: &str| analysis.pointer(pointer).and_then(Json::as_f64);
        let parts = analysis["score_parts"].as_array().map(Vec::as_slice).unwrap_or_default();
        let parts: Vec<Part> = parts.iter().map(Part::of).collect();
        let weak: Vec<&str> = parts.iter().filter(|part| part.is_weak).map(|part| part.name.as_str()).collect();
        let mut readability = Vec::new();
        if let Some(ease) = number("/readability_tr/atesman") {
            readability.push(("Ateşman reading ease", format!("{ease:.0}"), ease_words(ease)));
        } else if let Some(ease) = number("/readability/flesch_reading_ease") {
            readability.push(("Flesch reading ease", format!("{ease:.0}"), ease_words(ease)));
            if let Some(grade) = number("/readability/flesch_kincaid_grade") {
                readability.push(("Flesch-Kincaid grade", format!("{grade:.1}"), "school years"));
            }
        }
        let texts = |list: &Json, member: &str| -> Vec<String> {
            let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
            list.iter().filter_map(|entry| entry[member].as_str()).map(str::to_owned).collect()
        };
        let mut advice = texts(&analysis["suggestions"], "message");
        advice.dedup();
        advice.truncate(ADVICE_MAX);
        Scores {
            score: format!("{:.2}", text.score),
            score_bar: show::bar(text.score),
            weak: weak.join(", "),
            parts,
            // The lexicon is English: of another language it would only meet false friends.
            sentiment: number("/sentiment/compound")
                .filter(|_| analysis["language"] == "en")
                .map(|compound| (format!("{compound:+.2}"), tone(compound))),
            readability,
            words: analysis.pointer("/structure/words").and_then(Json::as_u64).unwrap_or_default(),
            keywords: texts(&analysis["keywords"], "text"),
            advice,
        }
    }
}

impl Part {
    fn of(part: &Json) -> Part {
        let value = part["value"].as_f64().unwrap_or_default();
        Part {
            name: part["name"].as_str().unwrap_or_default().to_owned(),
            value: format!("{value:.2}"),
            bar: show::bar(value),
            weight: format!("{:.0} %", part["weight"].as_f64().unwrap_or_default() * 100.0),
            reason: part["reason"].as_str().unwrap_or_default().to_owned(),
            is_weak: value < 0.7,
        }
    }
}

/// The bands of Flesch 1948, three to a word.
fn ease_words(ease: f64) -> &'static str {
    match ease {
        e if e >= 70.0 => "easy",
        e if e >= 50.0 => "plain to fairly hard",
        e if e >= 30.0 => "hard",
        _ => "very hard",
    }
}

/// The bands that the authors of VADER propose: neutral within 0.05 of zero.
fn tone(compound: f64) -> &'static str {
    match compound {
        c if c >= 0.05 => "positive",
        c if c <= -0.05 => "negative",
        _ => "neutral",
    }
}
