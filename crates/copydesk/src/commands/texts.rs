//! `feed parse` and `analyze`: files in, facts out, no desk needed.

mod lines;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use serde_json::json;
use text::language::Language;
use text::score::Weights;

use super::{Refused, complain, read_input, say, say_json};
use crate::cli::{Analyze, TextFormat};

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

/// Prints what is measured of each file; one JSON line a file with `--json`. A file that cannot be measured does not
/// keep the others from it.
///
/// # Errors
/// [`Refused`] when the only file is no text.
pub fn analyze(args: &Analyze, weights: &Weights) -> Result<ExitCode> {
    let options = text::Options {
        language: args.language.as_deref().map(language).transpose()?,
        title: args.title.clone(),
        slug: args.slug.clone(),
        description: args.description.clone(),
        keyphrase: args.keyphrase.clone(),
        format: args.format.into(),
        weights: weights.clone(),
    };
    if args.jsonl {
        return lines::analyze(&args.files, &options);
    }
    let [one] = args.files.as_slice() else {
        let mut sound = true;
        for file in &args.files {
            if let Err(error) = measure(file, args.json, true, &options) {
                sound = false;
                complain(format!("copydesk: {error:#}"))?;
            }
        }
        return Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    };
    measure(one, args.json, false, &options).map(|()| ExitCode::SUCCESS)
}

fn measure(file: &Path, as_json: bool, is_named: bool, options: &text::Options) -> Result<()> {
    let bytes = read_input(file)?;
    let analysis = text::analyze(as_text(&bytes, file)?, options);
    if as_json {
        let mut value = serde_json::to_value(&analysis)?;
        if let (true, Some(object)) = (is_named, value.as_object_mut()) {
            object.insert("file".to_owned(), json!(file.display().to_string()));
        }
        return say_json(&value);
    }
    say(format!("{}: score {:.2}, language {}", file.display(), analysis.score, analysis.language.name()))?;
    for part in &analysis.score_parts {
        say(format!("  {:<14} {:.2}  {}", part.name, part.value, part.reason))?;
    }
    let keywords: Vec<&str> = analysis.keywords.iter().map(|keyword| keyword.text.as_str()).collect();
    say(format!("  sentiment {:+.3}; keywords: {}", analysis.sentiment.compound, keywords.join(", ")))?;
    for fix in &analysis.fix_first {
        say(format!("  fix first (+{:.3}): {}", fix.gain, fix.message))?;
    }
    for suggestion in analysis.suggestions.iter().take(20) {
        say(format!("  {}-{}: {}", suggestion.start, suggestion.end, suggestion.message))?;
    }
    Ok(())
}

/// The language of an ISO 639-1 code.
pub fn language(code: &str) -> Result<Language> {
    Language::from_code(code)
        .with_context(|| format!("{code:?} is no language that is known here; give an ISO 639-1 code such as en or tr"))
}

/// # Errors
/// [`Refused`] with a problem object when it is no UTF-8.
pub fn as_text<'a>(bytes: &'a [u8], file: &Path) -> Result<&'a str> {
    std::str::from_utf8(bytes).map_err(|error| {
        let detail = format!("it is not UTF-8 from byte {} on", error.valid_up_to());
        refused("The file is not a text", &detail, file).into()
    })
}

/// What is said of a file that cannot be worked on.
pub fn refused(title: &str, detail: &str, file: &Path) -> Refused {
    Refused(json!({
        "type": "/docs/problems#invalid", "title": title, "status": 422, "detail": detail, "file": file.display().to_string(),
    }))
}

impl From<TextFormat> for text::document::Format {
    fn from(format: TextFormat) -> Self {
        match format {
            TextFormat::Plain => Self::Plain,
            TextFormat::Markdown => Self::Markdown,
            TextFormat::Html => Self::Html,
        }
    }
}
