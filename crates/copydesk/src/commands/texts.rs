//! `feed parse` and `analyze`: files in, facts out, no desk needed.

use std::path::Path;

use anyhow::{Result, bail};
use serde_json::json;

use super::{Refused, read_input, say, say_json};
use crate::cli::Analyze;

/// Prints what a feed says.
///
/// # Errors
/// [`Refused`] with a problem object when the document is no feed.
pub fn feed_parse(file: &Path, base: Option<&str>, as_json: bool) -> Result<()> {
    let bytes = read_input(file)?;
    let hints = feed::Hints { url: base, ..feed::Hints::default() };
    let feed = feed::parse(&bytes, &hints).map_err(|error| {
        Refused(json!({
            "type": "/docs/problems#source-failed", "title": "The document is not a feed", "status": 422,
            "detail": error.to_string(), "file": file.display().to_string(),
        }))
    })?;
    if as_json {
        return say_json(&feed);
    }
    say(format!("{} ({} {})", feed.title.as_deref().unwrap_or("(no title)"), feed.kind.family(), feed.version))?;
    for item in &feed.items {
        let date = item.published_at.or(item.updated_at).map_or_else(|| "no date".to_owned(), |date| date.to_string());
        let (title, link) = (item.title.as_deref().unwrap_or("(no title)"), item.link.as_deref().unwrap_or("no link"));
        say(format!("  {date}  {title}  <{link}>"))?;
    }
    for warning in &feed.warnings {
        say(format!("  warning: {}: {}", warning.code, warning.detail))?;
    }
    Ok(())
}

/// Prints what is measured of each file; one JSON line a file with `--json`.
pub fn analyze(args: &Analyze) -> Result<()> {
    let language = match args.language.as_deref() {
        None => None,
        Some(code) => match text::language::Language::from_code(code) {
            Some(language) => Some(language),
            None => bail!("{code:?} is no language that is known here; give an ISO 639-1 code such as en or tr"),
        },
    };
    let several = args.files.len() > 1;
    for file in &args.files {
        let bytes = read_input(file)?;
        let text = std::str::from_utf8(&bytes).map_err(|error| {
            Refused(json!({
                "type": "/docs/problems#invalid", "title": "The file is not a text", "status": 422,
                "detail": format!("it is not UTF-8 from byte {} on", error.valid_up_to()), "file": file.display().to_string(),
            }))
        })?;
        let options = text::Options {
            language,
            title: args.title.clone(),
            keyphrase: args.keyphrase.clone(),
            ..text::Options::default()
        };
        let analysis = text::analyze(text, &options);
        if args.json {
            let mut value = serde_json::to_value(&analysis)?;
            if let (true, Some(object)) = (several, value.as_object_mut()) {
                object.insert("file".to_owned(), json!(file.display().to_string()));
            }
            say_json(&value)?;
            continue;
        }
        say(format!("{}: score {:.2}, language {}", file.display(), analysis.score, analysis.language.name()))?;
        for part in &analysis.score_parts {
            say(format!("  {:<14} {:.2}  {}", part.name, part.value, part.reason))?;
        }
        let keywords: Vec<&str> = analysis.keywords.iter().map(|keyword| keyword.text.as_str()).collect();
        say(format!("  sentiment {:+.3}; keywords: {}", analysis.sentiment.compound, keywords.join(", ")))?;
        for suggestion in analysis.suggestions.iter().take(20) {
            say(format!("  {}-{}: {}", suggestion.start, suggestion.end, suggestion.message))?;
        }
    }
    Ok(())
}
