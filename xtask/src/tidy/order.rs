//! Rules about modules: the order of the flow in `desk`, and statements that the prepare test sees.

use std::path::Path;

use anyhow::{Context, Result};

use super::Finding;
use super::files::File;

/// They hold what all modules share, or tie them together.
const EXEMPT: &[&str] = &["lib", "desk", "error", "settings", "jobs"];

/// A module of `desk` names only modules that stand before it in `lib.rs`.
pub fn desk(_: &Path, files: &[File]) -> Result<Vec<Finding>> {
    let lib = files
        .iter()
        .find(|file| file.path == Path::new("crates/desk/src/lib.rs"))
        .context("there is no crates/desk/src/lib.rs")?;
    let order: Vec<&str> =
        lib.text.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    let place = |module: &str| order.iter().position(|known| *known == module);
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.product_of() == Some("desk")) {
        let module = module_of(&file.path);
        if EXEMPT.contains(&module) {
            continue;
        }
        let Some(own) = place(module) else {
            // Private modules have no place in the flow: they may only serve one that has.
            findings.push(Finding {
                file: file.path.clone(),
                line: 0,
                message: format!("module {module} is not in the order of lib.rs"),
            });
            continue;
        };
        for (line, named) in named_modules(&file.code()) {
            if place(&named).is_some_and(|other| other > own) && !EXEMPT.contains(&named.as_str()) {
                let message = format!("{module} names {named}, which comes later; use an event or a job");
                findings.push(Finding { file: file.path.clone(), line, message });
            }
        }
    }
    Ok(findings)
}

/// A module with `sql!` stands in its crate's list of statements.
pub fn statements(_: &Path, files: &[File]) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.product_of().is_some_and(|name| name != "store")) {
        let declares = file.text.contains("sql! {")
            && file.code().lines().any(|line| matches!(line.trim(), "sql! {" | "store::sql! {"));
        let module = file.path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let wanted = format!("{module}::STATEMENTS");
        let mut others =
            files.iter().filter(|other| other.product_of() == file.product_of() && other.path != file.path);
        if declares && !others.any(|other| other.code().contains(&wanted)) {
            let message = format!("its statements are prepared by no test: add {wanted} to the crate's list");
            findings.push(Finding { file: file.path.clone(), line: 0, message });
        }
    }
    Ok(findings)
}

/// `posts` for `crates/desk/src/posts.rs` and for everything in `crates/desk/src/posts/`.
fn module_of(path: &Path) -> &str {
    let name = path.iter().nth(3).and_then(|part| part.to_str()).unwrap_or_default();
    name.strip_suffix(".rs").unwrap_or(name)
}

/// What follows each `crate::`, also inside braces, with its line.
pub fn named_modules(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let line = code[..at].matches('\n').count() + 1;
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            None => found.push((line, identifier(rest))),
            Some(list) => found.extend(first_level(list).into_iter().map(|name| (line, name))),
        }
    }
    found
}

/// `a` and `b` in `a::{x, y}, b::z}`.
fn first_level(list: &str) -> Vec<String> {
    let mut names = vec![String::new()];
    let mut depth = 0;
    for c in list.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(String::new()),
            _ => names.last_mut().expect("never empty").push(c),
        }
    }
    names.iter().map(|name| identifier(name.trim())).collect()
}

fn identifier(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}
