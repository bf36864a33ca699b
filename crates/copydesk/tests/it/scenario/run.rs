//! Doing what a scenario says, and comparing.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use super::parse::{Expected, Step, parse};
use crate::expect::{Names, differences, filled, renewed};
use crate::feeds::{self, Feeds};
use crate::home::{Home, Server};
use crate::http::{self, Answer};

/// Longest time until what is waited for is there.
const WAIT_MAX: Duration = Duration::from_secs(20);

struct Stage {
    home: Home,
    feeds: Feeds,
    server: Server,
    names: Names,
    /// Keys by role, made when they are first used.
    keys: BTreeMap<String, String>,
}

/// Runs one file; everything in which it did not go as written. The product must come out of it sound: it ends
/// when asked to, its log holds no error, the doctor finds nothing.
pub fn file(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).expect("a scenario is text");
    let steps = parse(&text);
    let feeds = Feeds::start();
    let home = Home::new();
    home.allow(&[feeds.address]);
    for step in steps.iter().filter(|step| step.verb == "CONFIG") {
        let (key, value) = step.target.split_once(" = ").expect("CONFIG key = value");
        home.set(key.trim(), value.trim());
    }
    let server = home.serve();
    let names = Names::from([
        ("feeds".to_owned(), format!("http://{}", feeds.address)),
        ("here".to_owned(), format!("http://{}", server.address)),
    ]);
    let keys = BTreeMap::from([("admin".to_owned(), home.admin().to_owned())]);
    let mut stage = Stage { home, feeds, server, names, keys };
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    let (mut faults, mut rewritten) = (Vec::new(), Vec::new());
    for step in &steps {
        let (answer, found) = stage.take(step);
        if found.is_empty() {
            continue;
        }
        let may_update = update && !matches!(step.verb.as_str(), "WAIT" | "SEEN");
        match (answer, &step.expected) {
            (Some(answer), Some(expected)) if may_update => {
                rewritten.push((expected, stage.written(expected, &answer)))
            }
            (answer, _) => {
                let given = answer.map_or_else(String::new, |answer| format!("\n  answer: {}", brief(&answer.body)));
                faults.push(format!(
                    "line {}: {} {}\n  {}{given}",
                    step.line,
                    step.verb,
                    step.target,
                    found.join("\n  ")
                ));
                if step.verb == "WAIT" {
                    // What follows builds on it.
                    break;
                }
            }
        }
    }
    if !rewritten.is_empty() {
        rewrite(path, &text, &rewritten);
    }
    faults.extend(stage.end());
    faults
}

/// An answer of the product, or of a command.
struct Given {
    status: i32,
    headers: Vec<(String, String)>,
    body: String,
}

impl From<Answer> for Given {
    fn from(answer: Answer) -> Self {
        Given { status: answer.status.into(), body: answer.text(), headers: answer.headers }
    }
}

impl Stage {
    fn take(&mut self, step: &Step) -> (Option<Given>, Vec<String>) {
        match step.verb.as_str() {
            "CONFIG" => (None, Vec::new()),
            "FEED" => {
                self.publish(step);
                (None, Vec::new())
            }
            "WAIT" => {
                let started = Instant::now();
                loop {
                    let (given, found) = self.once(step);
                    if found.is_empty() || started.elapsed() > WAIT_MAX {
                        return (Some(given), found);
                    }
                    std::thread::sleep(Duration::from_millis(25));
                }
            }
            _ => {
                let (given, found) = self.once(step);
                (Some(given), found)
            }
        }
    }

    fn once(&mut self, step: &Step) -> (Given, Vec<String>) {
        let target = filled(&step.target, &self.names);
        let body = filled(&step.body, &self.names);
        let given = match step.verb.as_str() {
            "SEEN" => self.seen(&target),
            "RUN" => self.run(&target, &body),
            _ => self.ask(step, &target, &body),
        };
        let expected = step.expected.as_ref().expect("the parser has seen to it");
        let found = self.judge(expected, &given);
        (given, found)
    }

    /// `FEED /path from file` or the document itself; `type=…`, `status=…` and `redirect=…` may follow the path.
    fn publish(&self, step: &Step) {
        let mut words = step.target.split_whitespace();
        let path = words.next().expect("FEED names a path");
        let (mut content_type, mut status, mut body) =
            ("application/xml".to_owned(), 200, filled(&step.body, &self.names));
        while let Some(word) = words.next() {
            match word.split_once('=') {
                Some(("type", value)) => content_type = value.to_owned(),
                Some(("status", value)) => status = value.parse().expect("a status is a number"),
                Some(("redirect", value)) => {
                    return self.feeds.answer(path, feeds::redirect(filled(value, &self.names)));
                }
                None if word == "from" => {
                    let file = words.next().expect("a file follows `from`");
                    let text = std::fs::read_to_string(super::folder().join("feeds").join(file));
                    body = filled(&text.unwrap_or_else(|error| panic!("{file}: {error}")), &self.names);
                }
                _ => panic!("line {}: {word:?} means nothing to FEED", step.line),
            }
        }
        let script = match status {
            200 => feeds::document(&content_type, body.into_bytes()),
            _ => feeds::status(status, &content_type, body.into_bytes()),
        };
        self.feeds.answer(path, script);
    }

    fn ask(&mut self, step: &Step, path: &str, body: &str) -> Given {
        let method = if step.verb == "WAIT" { "GET" } else { &step.verb };
        let bearer = step.role.as_ref().map(|role| format!("Bearer {}", self.key(role)));
        let mut headers: Vec<(&str, &str)> = Vec::new();
        if let Some(bearer) = &bearer {
            headers.push(("Authorization", bearer));
        }
        if !body.is_empty() {
            headers.push(("Content-Type", "application/json"));
        }
        let own: Vec<(String, String)> =
            step.headers.iter().map(|(name, value)| (name.clone(), filled(value, &self.names))).collect();
        headers.extend(own.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        match http::send(self.server.address, method, path, &headers, body.as_bytes()) {
            Ok(answer) => answer.into(),
            Err(error) => panic!("line {}: {method} {path}: {error}; the log: {}", step.line, self.server.read_log()),
        }
    }

    /// A role's key, made by the command line beside the running desk; `@name` is a key that was captured.
    fn key(&mut self, role: &str) -> String {
        if let Some(name) = role.strip_prefix('@') {
            return self.names.get(name).cloned().unwrap_or_else(|| panic!("nothing was kept as @{name}"));
        }
        if !self.keys.contains_key(role) {
            self.keys.insert(role.to_owned(), self.home.key(role));
        }
        self.keys[role].clone()
    }

    fn seen(&self, path: &str) -> Given {
        let seen = self.feeds.seen(path);
        let last = seen.last().map(|seen| {
            let headers: BTreeMap<String, &String> = seen.headers.iter().map(|(n, v)| (n.to_lowercase(), v)).collect();
            json!({ "status": seen.status, "headers": headers, "body": String::from_utf8_lossy(&seen.body) })
        });
        let body = json!({ "requests": seen.len(), "last": last }).to_string();
        Given { status: 200, headers: Vec::new(), body }
    }

    fn run(&self, line: &str, input: &str) -> Given {
        let words: Vec<&str> = line.split_whitespace().collect();
        let output = self.home.run_with(&words, input.as_bytes());
        let body = if output.code == 0 { output.out } else { output.err };
        Given { status: output.code, headers: Vec::new(), body }
    }

    fn judge(&mut self, expected: &Expected, given: &Given) -> Vec<String> {
        if given.status != expected.status {
            return vec![format!("expected {}, got {}", expected.status, given.status)];
        }
        let mut found = Vec::new();
        if !expected.json.is_empty() {
            match (read(&expected.json, &self.names), serde_json::from_str::<Json>(&given.body)) {
                (Some(wanted), Ok(answer)) => found.extend(differences(&wanted, &answer, &mut self.names)),
                (None, _) => found.push(format!("what is expected is no JSON: {}", expected.json)),
                (_, Err(error)) => found.push(format!("the answer is no JSON: {error}")),
            }
        }
        for check in &expected.checks {
            let (kind, rest) = check.split_once([' ', ':']).expect("the parser has seen to it");
            if let Some((name, keep)) = rest.split_once(": [@").filter(|_| kind == "header") {
                match given.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name.trim())) {
                    Some((_, value)) => drop(self.names.insert(keep.trim_end_matches(']').to_owned(), value.clone())),
                    None => found.push(format!("there is no header {name}")),
                }
                continue;
            }
            let rest = filled(rest.trim(), &self.names);
            let holds = match kind {
                "contains" => given.body.contains(&rest),
                "lacks" => !given.body.contains(&rest),
                "header" => {
                    let (name, value) = rest.split_once(": ").expect("header name: value");
                    let mut all = given.headers.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
                    all.any(|(_, given)| given.contains(value))
                }
                _ => self.has_jobs(&rest),
            };
            if !holds {
                found.push(format!("{check:?} does not hold"));
            }
        }
        found
    }

    /// Whether the open jobs are, or soon become, of these kinds.
    fn has_jobs(&self, kinds: &str) -> bool {
        let mut wanted: Vec<&str> = kinds.split_whitespace().collect();
        wanted.sort_unstable();
        let started = Instant::now();
        loop {
            let open = self.server.read("/api/v3/jobs?limit=200", self.home.admin());
            let jobs = open["data"].as_array().expect("a page has data");
            let mut kinds: Vec<&str> = jobs.iter().filter_map(|job| job["kind"].as_str()).collect();
            kinds.sort_unstable();
            if kinds == wanted || started.elapsed() > WAIT_MAX {
                return kinds == wanted;
            }
            std::thread::sleep(Duration::from_millis(25));
        }
    }

    /// The expectation brought to the answer, as lines for the file.
    fn written(&self, expected: &Expected, given: &Given) -> String {
        let wanted = read(&expected.json, &self.names);
        let json = serde_json::from_str::<Json>(&given.body).ok().filter(|json| json.is_object() || json.is_array());
        let Some(json) = json.filter(|_| !expected.json.is_empty()) else { return given.status.to_string() };
        let wanted = wanted.filter(|_| given.status == expected.status);
        let json = renewed(wanted.as_ref(), &json, &self.names);
        let short = format!("{} {json}", given.status);
        let was_short = wanted.is_some() && expected.lines.len() == 1;
        let text = if was_short || short.len() <= 110 { short } else { format!("{} {json:#}", given.status) };
        // Addresses of this run mean nothing in the next one.
        let by_length = |names: &Names| {
            let mut all: Vec<(String, String)> =
                names.clone().into_iter().filter(|(_, value)| value.len() > 8).collect();
            all.sort_by_key(|(_, value)| std::cmp::Reverse(value.len()));
            all
        };
        by_length(&self.names).into_iter().fold(text, |text, (name, value)| text.replace(&value, &format!("@{name}")))
    }

    fn end(self) -> Vec<String> {
        let mut faults = Vec::new();
        let log = self.server.log.clone();
        let code = self.server.stop();
        if code != 0 {
            faults.push(format!("the product ended with {code}"));
        }
        let log = std::fs::read_to_string(log).unwrap_or_default();
        let is_bad = |line: &&str| line.contains(" ERROR ") || line.contains("panicked at");
        faults.extend(log.lines().filter(is_bad).map(|line| format!("its log says: {line}")));
        let (code, findings) = self.home.doctor();
        if code != 0 {
            faults.push(format!("the doctor finds {:#}", findings["problems"]));
        }
        faults
    }
}

/// JSON with the kept values put in. A placeholder that keeps a value must not be filled itself.
fn read(text: &str, names: &Names) -> Option<Json> {
    let wanted: Json = serde_json::from_str(text).ok()?;
    Some(fill(&wanted, names))
}

fn fill(json: &Json, names: &Names) -> Json {
    match json {
        Json::String(text) if text.starts_with('[') && !text.starts_with("[~") => json.clone(),
        Json::String(text) => filled(text, names).into(),
        Json::Array(entries) => entries.iter().map(|entry| fill(entry, names)).collect(),
        Json::Object(members) => {
            Json::Object(members.iter().map(|(name, member)| (filled(name, names), fill(member, names))).collect())
        }
        _ => json.clone(),
    }
}

fn rewrite(path: &Path, text: &str, changes: &[(&Expected, String)]) {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for (expected, new) in changes.iter().rev() {
        lines.splice(expected.lines.clone(), new.lines().map(str::to_owned));
    }
    std::fs::write(path, lines.join("\n") + "\n").expect("scenarios are writable");
}

fn brief(text: &str) -> &str {
    &text[..text.floor_char_boundary(1_500)]
}
