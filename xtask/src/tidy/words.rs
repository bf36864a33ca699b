//! A platform crate can be described without the product's nouns; then it can be measured alone.

use std::path::Path;

use anyhow::Result;

use super::Finding;
use super::files::File;

/// Nouns of the newsroom.
const EDITORIAL: &[&str] =
    &["post", "posts", "story", "stories", "moderation", "editorial", "newsroom", "pipeline", "pipelines"];
/// Nouns of the intake, which `feed` and `connect` may say.
const INTAKE: &[&str] = &["feed", "feeds", "podcast"];

const PLATFORM: &[(&str, &[&[&str]])] = &[
    ("stdx", &[EDITORIAL]),
    ("store", &[EDITORIAL, INTAKE]),
    ("queue", &[EDITORIAL, INTAKE]),
    ("cache", &[EDITORIAL, INTAKE]),
    ("guard", &[EDITORIAL, INTAKE]),
    ("observe", &[EDITORIAL, INTAKE]),
    ("edge", &[EDITORIAL, INTAKE]),
    ("connect", &[EDITORIAL]),
    ("text", &[EDITORIAL]),
    ("feed", &[EDITORIAL]),
];

pub fn platform(_: &Path, files: &[File]) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for file in files {
        let platform = file.product_of().and_then(|name| PLATFORM.iter().find(|(known, _)| *known == name));
        let Some((_, lists)) = platform else { continue };
        for (line, text) in file.lines_without_tests() {
            for word in words(text).filter(|word| lists.iter().any(|list| list.contains(&word.as_str()))) {
                let message = format!("says {word:?}: a platform crate does not know the product");
                findings.push(Finding { file: file.path.clone(), line, message });
            }
        }
    }
    Ok(findings)
}

/// The words of a line in lower case, identifiers taken apart: `PostId` and `post_id` say `post`.
/// Words all in capitals are left out: POST is a method.
pub fn words(line: &str) -> impl Iterator<Item = String> {
    line.split(|c: char| !c.is_alphanumeric()).flat_map(humps).filter(|word| !is_shouted(word)).map(str::to_lowercase)
}

fn is_shouted(word: &str) -> bool {
    word.len() > 1 && word.chars().all(|c| c.is_uppercase() || c.is_numeric())
}

/// `Poll` and `Source` in `PollSource`; `HTTP` stays whole.
fn humps(word: &str) -> Vec<&str> {
    let mut starts = vec![0];
    let chars: Vec<(usize, char)> = word.char_indices().collect();
    for pair in chars.windows(2) {
        if pair[0].1.is_lowercase() && pair[1].1.is_uppercase() {
            starts.push(pair[1].0);
        }
    }
    starts
        .iter()
        .enumerate()
        .map(|(n, start)| &word[*start..starts.get(n + 1).copied().unwrap_or(word.len())])
        .collect()
}
