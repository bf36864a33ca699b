//! The tree as text, and Rust without its comments, strings and tests.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

pub struct File {
    /// From the root of the repository.
    pub path: PathBuf,
    pub text: String,
}

/// Folders that are made, not written.
const SKIP: &[&str] = &["target", ".git", "node_modules", "dist", "copydesk-data"];

/// All text files, in order of their paths.
pub fn read_all(root: &Path) -> Result<Vec<File>> {
    let mut files = Vec::new();
    let mut waiting = vec![root.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let skip = SKIP.iter().any(|name| entry.file_name() == *name);
            if entry.file_type()?.is_dir() {
                if !skip {
                    waiting.push(entry.path());
                }
            } else if let Ok(text) = String::from_utf8(fs::read(entry.path())?) {
                let path = entry.path().strip_prefix(root).expect("below the root").to_owned();
                files.push(File { path, text });
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

impl File {
    pub fn is_rust(&self) -> bool {
        self.path.extension().is_some_and(|ext| ext == "rs")
    }

    /// The crate's folder name for a file of `crates/NAME/src` that is not test code.
    pub fn product_of(&self) -> Option<&str> {
        let mut parts = self.path.iter().map(|part| part.to_str().unwrap_or_default());
        let (crates, name, src) = (parts.next()?, parts.next()?, parts.next()?);
        let is_test = parts.any(|part| ["tests", "tests.rs", "testing", "testing.rs"].contains(&part));
        (crates == "crates" && src == "src" && self.is_rust() && !is_test).then_some(name)
    }

    /// Lines numbered from 1, without the items that only tests see.
    pub fn lines_without_tests(&self) -> Vec<(usize, &str)> {
        let mut lines = self.text.lines().enumerate().map(|(n, line)| (n + 1, line));
        let mut kept = Vec::new();
        while let Some((n, line)) = lines.next() {
            if !line.trim().starts_with("#[cfg(test)]") && !line.trim().starts_with("#[cfg(any(test") {
                kept.push((n, line));
                continue;
            }
            // An item ends on its first line, or at a bracket as far in as its attribute.
            let indent = line.len() - line.trim_start().len();
            let is_end = |line: &str| line.ends_with([';', '}', ',']) && line.len() - line.trim_start().len() == indent;
            let _ = lines.by_ref().find(|(_, line)| is_end(line));
        }
        kept
    }

    /// Code alone: comments and the contents of strings are blank, lines stay where they are, tests are blank too.
    pub fn code(&self) -> String {
        let mut lines = vec![""; self.text.lines().count()];
        for (n, line) in self.lines_without_tests() {
            lines[n - 1] = line;
        }
        blank(&lines.join("\n"))
    }
}

fn blank(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '"' => string_length(rest),
            'r' if rest.starts_with("r\"") || rest.starts_with("r#\"") => raw_length(rest),
            // A character that would open a string; lifetimes pass as they are.
            '\'' if rest.starts_with("'\"'") => 3,
            '\'' if rest.starts_with("'\\") => rest[2..].find('\'').map_or(1, |at| at + 3),
            _ => 0,
        };
        if length == 0 {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        } else {
            out.extend(rest[..length].chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
            rest = &rest[length..];
        }
    }
    out
}

fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn raw_length(text: &str) -> usize {
    let (open, close) = if text.starts_with("r#") { (3, "\"#") } else { (2, "\"") };
    text[open..].find(close).map_or(text.len(), |at| open + at + close.len())
}
