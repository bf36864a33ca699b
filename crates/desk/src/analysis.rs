//! Analysis: what is found out about a text before it becomes a version.

mod hashtags;
mod lifts;

use serde_json::Value as Json;
use store::Conn;
use text::ground::{Kind, Report, Unsupported};
use text::score::Weights;

use crate::posts::{self, Draft, Edit, SourceRef, VersionView};
use crate::stories::Member;
use crate::{CompletionId, Error, PostId, stories};

/// A text with what it was made from.
pub(crate) struct Text<'a> {
    pub title: &'a str,
    pub excerpt: &'a str,
    /// Markdown.
    pub body: &'a str,
    pub topic: &'a str,
    pub language: Option<&'a str>,
}

/// Scores `text` and holds it against its sources. Work for the processor: some milliseconds for a
/// usual post.
pub(crate) fn judge(
    weights: &Weights,
    text: Text<'_>,
    sources: &[Member],
    refs: Vec<SourceRef>,
    completion: Option<CompletionId>,
    by_person: bool,
) -> Draft {
    let options = text::analysis::Options {
        format: text::document::Format::Markdown,
        title: Some(text.title.to_owned()),
        language: text.language.and_then(text::language::Language::from_code),
        weights: weights.clone(),
        ..Default::default()
    };
    let analysis = text::analysis::analyze(text.body, &options);
    let facts = facts(sources);
    let (grounding, grounded) = ground(&text::markdown::to_text(text.body), text.title, &facts);
    let language = analysis.language.code().to_owned();
    let score = analysis.score;
    let mut analysis = serde_json::to_value(&analysis).unwrap_or(Json::Null);
    if let Some(lifts) = lifts::find(text.body.trim(), sources) {
        analysis["lifts"] = serde_json::to_value(lifts).unwrap_or(Json::Null);
    }
    Draft {
        title: text.title.trim().to_owned(),
        excerpt: text.excerpt.trim().to_owned(),
        body: text.body.trim().to_owned(),
        topic: text.topic.trim().to_owned(),
        language,
        sources: refs,
        score,
        grounded,
        analysis,
        grounding: serde_json::to_value(&grounding).unwrap_or(Json::Null),
        completion,
        by_person,
    }
}

/// What sources say, each with its title.
pub(crate) fn facts(sources: &[Member]) -> Vec<String> {
    sources.iter().map(|member| format!("{}.\n\n{}", member.title, member.text)).collect()
}

/// Holds a plain text and its title against `facts`, and says whether they say only what stands there.
pub(crate) fn ground(plain: &str, title: &str, facts: &[String]) -> (Report, bool) {
    // Without sources there is nothing to hold a text against: it is not grounded, and no part of it more so.
    if facts.is_empty() {
        return (Report { supported: false, verbatim: false, unsupported: vec![], sentences: vec![] }, false);
    }
    let plain = hashtags::without(plain, facts);
    let facts: Vec<&str> = facts.iter().map(String::as_str).collect();
    let report = text::ground::check(&plain, &facts);
    // A headline is no sentence of the sources as a rule, and says with few words who does what; all else in it must stand there.
    let decides = |one: &Unsupported| one.kind.decides() && one.kind != Kind::Attribution;
    let grounded = report.supported && !text::ground::check(title, &facts).unsupported.iter().any(decides);
    (report, grounded)
}

/// What a post was made from; nothing for a text of somebody's own.
pub(crate) async fn sources(conn: &mut Conn, post: PostId) -> Result<Vec<Member>, Error> {
    match posts::get(conn, post).await?.story {
        Some(story) => stories::members(conn, story).await,
        None => Ok(Vec::new()),
    }
}

/// The base version with a person's changes, judged anew against the same sources.
pub(crate) async fn edited(
    weights: &Weights,
    conn: &mut Conn,
    base: &VersionView,
    topic: &str,
    edit: &Edit,
) -> Result<Draft, Error> {
    let sources = sources(conn, base.post).await?;
    let text = Text {
        title: edit.title.as_deref().unwrap_or(&base.title),
        excerpt: edit.excerpt.as_deref().unwrap_or(&base.excerpt),
        body: edit.body.as_deref().unwrap_or(&base.body),
        topic: edit.topic.as_deref().unwrap_or(topic),
        language: None,
    };
    Ok(judge(weights, text, &sources, base.sources.clone(), base.completion, true))
}
