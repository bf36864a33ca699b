//! The house rules that no linter knows, as tests and as `cargo xtask tidy`.

mod files;
mod order;
mod source;
mod tree;
mod words;

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;

use files::File;

/// A broken rule and where.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    pub file: PathBuf,
    /// From 1; 0 for the file as a whole.
    pub line: usize,
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file.display(), self.message),
            line => write!(f, "{}:{line}: {}", self.file.display(), self.message),
        }
    }
}

/// Prints every broken rule.
pub fn run(root: &Path) -> ExitCode {
    match check(root) {
        Ok(findings) if findings.is_empty() => {
            println!("tidy");
            ExitCode::SUCCESS
        }
        Ok(findings) => {
            findings.iter().for_each(|finding| println!("{finding}"));
            println!("{} house rules broken", findings.len());
            ExitCode::FAILURE
        }
        Err(error) => {
            println!("tidy cannot read the tree: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Every broken rule in the tree at `root`.
pub fn check(root: &Path) -> Result<Vec<Finding>> {
    let files = files::read_all(root)?;
    let mut findings = Vec::new();
    for (_, rule) in RULES {
        findings.extend(rule(root, &files)?);
    }
    findings.sort();
    Ok(findings)
}

type Rule = fn(&Path, &[File]) -> Result<Vec<Finding>>;

const RULES: &[(&str, Rule)] = &[
    ("arrows between crates point down", tree::arrows),
    ("libraries stay in the crate that owns their purpose", tree::owners),
    ("versions stand in the workspace", tree::versions),
    ("a module of the desk names earlier ones only", order::desk),
    ("every statement is listed", order::statements),
    ("platform crates do not know the product", words::platform),
    ("nothing is left for later or switched off", source::unfinished),
    ("a file is one idea", source::length),
    ("no path of the machine it was written on", source::paths),
    ("CI and README name the commands that people type", source::commands),
];

#[cfg(test)]
mod tests;
