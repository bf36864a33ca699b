//! Analysis: what is found out about a text before it becomes a version.

use serde_json::Value as Json;
use store::Conn;

use crate::posts::{Draft, Edit, SourceRef, VersionView};
use crate::stories::Member;
use crate::{CompletionId, Error, stories};

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
        ..Default::default()
    };
    let analysis = text::analysis::analyze(text.body, &options);
    let facts: Vec<String> = sources.iter().map(|member| format!("{}.\n\n{}", member.title, member.text)).collect();
    let facts: Vec<&str> = facts.iter().map(String::as_str).collect();
    let plain = text::markdown::to_text(text.body);
    // Without sources there is nothing to hold a text against: it is not grounded, and no part of it more so.
    let grounding = match facts.is_empty() {
        true => text::ground::Report { supported: false, verbatim: false, unsupported: vec![], sentences: vec![] },
        false => text::ground::check(&plain, &facts),
    };
    let title = text::ground::check(text.title, &facts);
    Draft {
        title: text.title.trim().to_owned(),
        excerpt: text.excerpt.trim().to_owned(),
        body: text.body.trim().to_owned(),
        topic: text.topic.trim().to_owned(),
        language: analysis.language.code().to_owned(),
        sources: refs,
        score: analysis.score,
        // A headline is no sentence of the sources as a rule; its numbers and quotations still must be.
        grounded: !sources.is_empty() && grounding.supported && title.supported,
        analysis: serde_json::to_value(&analysis).unwrap_or(Json::Null),
        grounding: serde_json::to_value(&grounding).unwrap_or(Json::Null),
        completion,
        by_person,
    }
}

/// The base version with a person's changes, judged anew against the same sources.
pub(crate) async fn edited(conn: &mut Conn, base: &VersionView, topic: &str, edit: &Edit) -> Result<Draft, Error> {
    let story = crate::posts::get(conn, base.post).await?.story;
    let sources = match story {
        Some(story) => stories::members(conn, story).await?,
        None => Vec::new(),
    };
    let text = Text {
        title: edit.title.as_deref().unwrap_or(&base.title),
        excerpt: edit.excerpt.as_deref().unwrap_or(&base.excerpt),
        body: edit.body.as_deref().unwrap_or(&base.body),
        topic: edit.topic.as_deref().unwrap_or(topic),
        language: None,
    };
    Ok(judge(text, &sources, base.sources.clone(), base.completion, true))
}
