//! The form of a scenario file.

/// One step, with the lines it stands on.
#[derive(Debug)]
pub struct Step {
    /// Line of the head, counted from 1.
    pub line: usize,
    pub verb: String,
    /// What follows the verb, without the role.
    pub target: String,
    pub role: Option<String>,
    pub headers: Vec<(String, String)>,
    pub body: String,
    /// `None` for `CONFIG` and `FEED`.
    pub expected: Option<Expected>,
}

#[derive(Debug)]
pub struct Expected {
    /// Places of its first line and of the line behind its JSON, counted from 0.
    pub lines: std::ops::Range<usize>,
    pub status: i32,
    /// JSON as it is written; empty when only the status counts.
    pub json: String,
    /// What stands below the JSON: `header`, `contains`, `lacks`, `jobs:`.
    pub checks: Vec<String>,
}

const CHECKS: [&str; 4] = ["header ", "contains ", "lacks ", "jobs:"];

/// # Panics
/// When the file has no such form; says where.
pub fn parse(text: &str) -> Vec<Step> {
    let lines: Vec<&str> = text.lines().collect();
    let mut steps = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        if lines[at].trim().is_empty() || lines[at].starts_with('#') {
            at += 1;
            continue;
        }
        let mut step = head(lines[at], at + 1);
        at += 1;
        if step.verb != "CONFIG" {
            let end = lines[at..].iter().position(|line| *line == "---");
            let end = at + end.unwrap_or_else(|| panic!("line {}: no --- follows", step.line));
            let is_feed = step.verb == "FEED";
            while !is_feed && at < end && is_header(lines[at]) {
                let (name, value) = lines[at].split_once(": ").expect("is_header saw it");
                step.headers.push((name.to_owned(), value.to_owned()));
                at += 1;
            }
            step.body = lines[at..end].join("\n");
            at = end + 1;
            if !is_feed {
                let end = lines[at..].iter().position(|line| line.trim().is_empty()).map_or(lines.len(), |n| at + n);
                step.expected = Some(expected(&lines[at..end], at, step.line));
                at = end;
            }
        }
        steps.push(step);
    }
    steps
}

fn head(line: &str, number: usize) -> Step {
    let (verb, rest) = line.split_once(' ').unwrap_or_else(|| panic!("line {number}: {line:?} is no head"));
    let known = ["CONFIG", "FEED", "WAIT", "SEEN", "RUN", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
    assert!(known.contains(&verb), "line {number}: {verb:?} is no verb");
    let (target, role) = match rest.rsplit_once(" as ") {
        Some((target, role)) if !role.trim().contains(' ') => (target, Some(role.trim().to_owned())),
        _ => (rest, None),
    };
    let (verb, target) = (verb.to_owned(), target.trim().to_owned());
    Step { line: number, verb, target, role, headers: Vec::new(), body: String::new(), expected: None }
}

fn is_header(line: &str) -> bool {
    let name = line.split_once(": ").map(|(name, _)| name);
    name.is_some_and(|name| !name.is_empty() && name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-'))
}

fn expected(lines: &[&str], offset: usize, line: usize) -> Expected {
    let first = lines.first().unwrap_or_else(|| panic!("line {line}: no answer is expected"));
    let (status, json) = first.split_once(' ').unwrap_or((first, ""));
    let end = lines.iter().position(|line| CHECKS.iter().any(|check| line.starts_with(check))).unwrap_or(lines.len());
    let json = std::iter::once(json).chain(lines[1..end].iter().copied()).collect::<Vec<_>>().join("\n");
    Expected {
        lines: offset..offset + end,
        status: status.parse().unwrap_or_else(|_| panic!("line {line}: {status:?} is no status")),
        json: json.trim().to_owned(),
        checks: lines[end..].iter().map(|line| (*line).to_owned()).collect(),
    }
}
