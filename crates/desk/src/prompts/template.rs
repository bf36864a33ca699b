//! A template: front matter, a system part and a user part, in minijinja.
//!
//! Templates come from editors, so that they get no more than they need: no files, no other templates, no lists or tables of
//! their own (few lines could make one that nobody has time to print or compare), and fuel for all that they do.
//! Source texts are not among what a template can see: `{{ sources }}` is a place, which the data block takes afterwards.

use std::collections::BTreeMap;

use minijinja::machinery::{Token, tokenize};
use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior, Value, context, filters, functions, tests};
use sha2::{Digest, Sha256};
use text::language::Language;

use super::form::Kind;
use super::voice::Voice;

/// Longest source, in bytes.
pub const SOURCE_MAX: usize = 16_000;
/// Longest part once it is filled in, in characters.
const PART_MAX: usize = 20_000;
/// One pays for an instruction or for 64 bytes.
const FUEL: u64 = 20_000;
/// Stands where the sources belong while a template is filled in.
const PLACE: &str = "\u{E0F0}SOURCES\u{E0F1}";
/// What a template can name.
const KNOWN: &[&str] = &["sources", "count", "words_max", "sentences_max", "language", "channel", "voice"];
const VOICE: &[&str] = &["name", "tone", "audience", "language", "dos", "donts", "examples"];
/// They may be called with several values.
const CALLS: &[&str] = &["join", "replace", "default", "d", "range"];
/// Faults that are told of one template.
const FAULTS_MAX: usize = 20;

/// What is wrong with a template.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct TemplateFault {
    /// From 1; `None` for the whole.
    pub line: Option<usize>,
    pub message: String,
}

impl std::fmt::Display for TemplateFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

/// A template that can be filled in.
#[derive(Clone, Debug)]
pub struct Template {
    /// a-z, 0-9 and `-`; 1 to 60.
    pub name: String,
    pub kind: Kind,
    /// ISO 639-1 code of what is written; empty for the language of the sources.
    pub language: String,
    pub description: String,
    pub temperature: Option<f32>,
    pub words_max: Option<u32>,
    pub sentences_max: Option<u32>,
    /// With line ends as `\n`.
    pub source: String,
    system: Part,
    user: Part,
}

#[derive(Clone, Debug, Default)]
struct Part {
    text: String,
    /// Lines of the source before it.
    before: usize,
}

/// What a template is filled in with, but for the sources.
#[derive(Clone, Debug)]
pub struct Setting<'a> {
    /// Sources in the data block.
    pub count: usize,
    pub words_max: u32,
    pub sentences_max: u32,
    /// Code of what is to be written; empty for the language of the sources.
    pub language: &'a str,
    /// The kind of the channels; empty when there are several.
    pub channel: &'a str,
    /// As it speaks on that channel.
    pub voice: Option<&'a Voice>,
}

/// A template filled in: the text before and after the data block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filled {
    pub system: String,
    pub before: String,
    pub after: String,
}

/// First 16 hex digits of the SHA-256 of a text.
pub fn version_of(source: &str) -> String {
    Sha256::digest(source.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// The version as a number, as a table of drafts has it; `None` for what is no version.
pub(crate) fn key_of(version: &str) -> Option<i64> {
    u64::from_str_radix(version, 16).ok().map(u64::cast_signed)
}

impl Template {
    /// Reads a template and fills it in with several settings, so that what is taken here can be used later.
    ///
    /// # Errors
    /// All that is wrong with it, at most 20.
    pub fn read(source: &str) -> Result<Template, Vec<TemplateFault>> {
        let mut faults = Vec::new();
        if source.len() > SOURCE_MAX {
            return Err(vec![fault(None, format!("it has more than {SOURCE_MAX} bytes"))]);
        }
        let source = source.replace("\r\n", "\n");
        for (n, line) in source.lines().enumerate() {
            if line.chars().any(|c| (c.is_control() && c != '\t') || PLACE.contains(c) && !c.is_ascii()) {
                faults.push(fault(Some(n + 1), "it holds a control character or one of the private use area"));
            }
        }
        let (members, body) = front_matter(&source, &mut faults);
        let (system, user) = parts(&source, body, &mut faults);
        let template = from_members(members, &mut faults);
        for part in [&system, &user] {
            refuse(part, &mut faults);
        }
        let Some(template) = template.filter(|_| faults.is_empty()) else {
            faults.truncate(FAULTS_MAX);
            faults.sort_by_key(|fault| fault.line);
            return Err(faults);
        };
        let template = Template { source, system, user, ..template };
        let voice = Voice::example();
        for (voice, channel, count) in [(None, "", 1), (Some(&voice), "site", 3)] {
            let setting = Setting { count, words_max: 200, sentences_max: 8, language: "en", channel, voice };
            template.fill(&setting).map_err(|fault| vec![fault])?;
        }
        Ok(template)
    }

    pub fn version(&self) -> String {
        version_of(&self.source)
    }

    /// The same template for what is written in the language of the sources.
    #[must_use]
    pub fn in_any_language(mut self) -> Template {
        self.language.clear();
        self
    }

    /// # Errors
    /// The first thing that keeps it from being filled in.
    pub fn fill(&self, setting: &Setting<'_>) -> Result<Filled, TemplateFault> {
        let nobody = Voice::default();
        let voice = setting.voice.unwrap_or(&nobody);
        let language = language_name(setting.language);
        let values = context! {
            sources => PLACE,
            count => setting.count,
            words_max => setting.words_max,
            sentences_max => setting.sentences_max,
            language,
            channel => setting.channel,
            voice => context! {
                name => voice.name.as_str(),
                tone => voice.tone.as_str(),
                audience => voice.audience.as_str(),
                language => language,
                dos => list(&voice.dos),
                donts => list(&voice.donts),
                examples => list(&voice.examples),
            },
        };
        let system = self.system.fill(&values)?;
        let user = self.user.fill(&values)?;
        if system.contains(PLACE) {
            return Err(self.system.says("{{ sources }} belongs into the user part"));
        }
        let mut around = user.split(PLACE);
        match (around.next(), around.next(), around.next()) {
            (Some(before), Some(after), None) => Ok(Filled {
                system: system.trim().to_owned(),
                before: before.trim().to_owned(),
                after: after.trim().to_owned(),
            }),
            (_, None, _) => Err(self.user.says(
                "the user part does not place {{ sources }}, just so and whatever the values are; a model would be told nothing",
            )),
            _ => Err(self.user.says("the user part places {{ sources }} more than once")),
        }
    }
}

/// `Turkish`; "the language of the sources" where none is said.
pub(super) fn language_name(code: &str) -> &str {
    Language::from_code(code).filter(|_| !code.is_empty()).map_or("the language of the sources", Language::name)
}

fn list(texts: &[String]) -> Value {
    texts.iter().map(Value::from).collect()
}

fn fault(line: Option<usize>, message: impl Into<String>) -> TemplateFault {
    TemplateFault { line, message: message.into() }
}

/// Keys with their lines, and the place of the body.
type Members<'a> = BTreeMap<&'a str, (usize, &'a str)>;

fn front_matter<'a>(source: &'a str, faults: &mut Vec<TemplateFault>) -> (Members<'a>, usize) {
    const KEYS: &[&str] = &["name", "kind", "language", "description", "temperature", "words_max", "sentences_max"];
    let mut members = BTreeMap::new();
    let mut at = 0;
    for (n, line) in source.split_inclusive('\n').enumerate() {
        at += line.len();
        let line = line.trim();
        match (n, line) {
            (0, "---") => continue,
            (0, _) => {
                faults.push(fault(Some(1), "a template begins with a line of --- and its front matter"));
                return (members, source.len());
            }
            (_, "---") => return (members, at),
            (_, line) if line.is_empty() || line.starts_with('#') => continue,
            _ => {}
        }
        let Some((key, value)) = line.split_once(':') else {
            faults.push(fault(Some(n + 1), "a line of the front matter is `name: value`"));
            continue;
        };
        let (key, value) = (key.trim(), value.trim());
        let value = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value);
        if !KEYS.contains(&key) {
            faults.push(fault(Some(n + 1), format!("{key:?} is not known here; known are {}", KEYS.join(", "))));
        } else if members.insert(key, (n + 1, value)).is_some() {
            faults.push(fault(Some(n + 1), format!("{key} is said twice")));
        }
    }
    faults.push(fault(None, "the front matter does not end; a line of --- ends it"));
    (members, source.len())
}

fn from_members(members: Members<'_>, faults: &mut Vec<TemplateFault>) -> Option<Template> {
    let mut wrong = |key: &str, message: String| {
        faults.push(fault(members.get(key).map(|(line, _)| *line), message));
    };
    let said = |key: &str| members.get(key).map(|(_, value)| *value);
    let name = said("name").unwrap_or_default();
    // The address of the last one is taken.
    if !is_name(name) || name == "preview" {
        wrong("name", "name must have 1 to 60 of a-z, 0-9 and -, and not be preview".to_owned());
    }
    let kind = said("kind").and_then(Kind::from_name);
    if kind.is_none() {
        wrong("kind", format!("kind must be one of {}", Kind::ALL.map(Kind::name).join(", ")));
    }
    let language = said("language").unwrap_or_default();
    if !language.is_empty() && !is_language(language) {
        wrong(
            "language",
            "language must be an ISO 639-1 code that is known, such as en; without one the language of the sources"
                .to_owned(),
        );
    }
    let description = said("description").unwrap_or_default();
    if description.chars().count() > 300 {
        wrong("description", "description must have at most 300 characters".to_owned());
    }
    let temperature = said("temperature").map(str::parse::<f32>);
    if temperature.as_ref().is_some_and(|t| !t.as_ref().is_ok_and(|t| (0.0..=2.0).contains(t))) {
        wrong("temperature", "temperature must be 0 to 2".to_owned());
    }
    let mut number = |key: &str, least: u32, most: u32| {
        let given = said(key)?;
        let read = given.parse::<u32>().ok().filter(|n| (least..=most).contains(n));
        if read.is_none() {
            wrong(key, format!("{key} must be {least} to {most}"));
        }
        read
    };
    let (words_max, sentences_max) = (number("words_max", 20, 5_000), number("sentences_max", 1, 100));
    Some(Template {
        name: name.to_owned(),
        kind: kind?,
        language: language.to_owned(),
        description: description.to_owned(),
        temperature: temperature.and_then(Result::ok),
        words_max,
        sentences_max,
        source: String::new(),
        system: Part::default(),
        user: Part::default(),
    })
}

/// Whether something can be called so.
pub(crate) fn is_name(name: &str) -> bool {
    (1..=60).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !name.starts_with('-')
}

pub(super) fn is_language(code: &str) -> bool {
    code.len() == 2 && Language::from_code(code).is_some_and(|language| language.code() == code)
}

/// The parts below the lines `[system]` and `[user]`.
fn parts(source: &str, body: usize, faults: &mut Vec<TemplateFault>) -> (Part, Part) {
    let mut parts = [Part::default(), Part::default()];
    let mut current: Option<usize> = None;
    let mut number = source[..body].lines().count();
    for line in source[body..].split_inclusive('\n') {
        number += 1;
        let named = ["[system]", "[user]"].iter().position(|mark| *mark == line.trim());
        match (named, current) {
            (Some(next), _) if next == current.map_or(0, |at| at + 1) => {
                parts[next].before = number;
                current = Some(next);
            }
            (Some(_), _) => {
                faults.push(fault(
                    Some(number),
                    "the body is a line of [system], its text, a line of [user] and its text",
                ));
            }
            (None, Some(at)) => parts[at].text.push_str(line),
            (None, None) if line.trim().is_empty() => {}
            (None, None) => faults.push(fault(Some(number), "text stands before the line of [system]")),
        }
    }
    if faults.is_empty() && current != Some(1) {
        faults.push(fault(
            None,
            "a line of [system] with its text and a line of [user] with its text must follow the front matter",
        ));
    }
    parts.into()
}

fn syntax() -> SyntaxConfig {
    SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().expect("the usual delimiters")
}

/// What a template may not hold, and names that nothing has.
fn refuse(part: &Part, faults: &mut Vec<TemplateFault>) {
    let mut own: Vec<String> = Vec::new();
    let mut named: Vec<(usize, String)> = Vec::new();
    let mut before: Vec<String> = Vec::new();
    // Of each open bracket, whether several values may stand in it.
    let mut open = Vec::new();
    for token in tokenize(&part.text, false, syntax()) {
        // What cannot be read is told when it is compiled.
        let Ok((token, span)) = token else { break };
        let line = part.before + usize::from(span.start_line);
        let last = before.last().map(String::as_str).unwrap_or_default();
        let mut refused = |what: &str| faults.push(fault(Some(line), format!("{what} cannot be used in a template")));
        match &token {
            Token::BracketOpen | Token::BraceOpen => refused("a list or a table"),
            Token::Plus | Token::Minus | Token::Mul | Token::Div | Token::FloorDiv | Token::Pow | Token::Mod => {
                refused("arithmetic");
            }
            Token::ParenOpen => open.push(CALLS.contains(&last)),
            Token::ParenClose => {
                open.pop();
            }
            // `for a, b in` would be fine, but what is a list of pairs is not to be had.
            Token::Comma if open.last() != Some(&true) => refused("a comma outside of a call"),
            Token::Ident("macro" | "call" | "include" | "import" | "from" | "extends" | "block" | "autoescape")
                if last == "{%" =>
            {
                refused("this statement");
            }
            Token::Ident(name)
                if last == "."
                    && before.iter().rev().nth(1).is_some_and(|at| at == "voice")
                    && !VOICE.contains(name) =>
            {
                let known = VOICE.join(", ");
                faults.push(fault(Some(line), format!("voice.{name} does not exist; a voice has {known}")));
            }
            Token::Ident(name) if !matches!(last, "." | "|" | "is" | "not is") => {
                named.push((line, (*name).to_owned()))
            }
            _ => {}
        }
        if let Token::Ident(name) = &token
            && matches!(last, "set" | "for" | "with")
        {
            own.push((*name).to_owned());
        }
        before.push(match token {
            Token::Ident(name) => name.to_owned(),
            Token::BlockStart => "{%".to_owned(),
            Token::Dot => ".".to_owned(),
            Token::Pipe => "|".to_owned(),
            _ => String::new(),
        });
    }
    let (env, name) = (environment(), "template");
    let compiled = match env.template_from_named_str(name, &part.text) {
        Ok(compiled) => compiled,
        Err(error) => return faults.push(part.told(&error)),
    };
    for unknown in compiled.undeclared_variables(false) {
        if !KNOWN.contains(&unknown.as_str()) && unknown != "range" && !own.contains(&unknown) {
            let line = named.iter().find(|(_, name)| *name == unknown).map(|(line, _)| *line);
            let known = KNOWN.join(", ");
            faults.push(fault(line, format!("{unknown} does not exist; a template can name {known}")));
        }
    }
}

fn environment() -> Environment<'static> {
    let mut env = Environment::empty();
    env.set_syntax(syntax());
    env.set_auto_escape_callback(|_| AutoEscape::None);
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_fuel(Some(FUEL));
    env.set_recursion_limit(20);
    env.add_filter("upper", filters::upper);
    env.add_filter("lower", filters::lower);
    env.add_filter("capitalize", filters::capitalize);
    env.add_filter("trim", filters::trim);
    env.add_filter("replace", filters::replace);
    env.add_filter("length", filters::length);
    env.add_filter("join", filters::join);
    env.add_filter("first", filters::first);
    env.add_filter("last", filters::last);
    env.add_filter("default", filters::default);
    env.add_filter("d", filters::default);
    env.add_test("defined", tests::is_defined);
    env.add_test("odd", tests::is_odd);
    env.add_test("even", tests::is_even);
    env.add_function("range", functions::range);
    env
}

impl Part {
    fn fill(&self, values: &Value) -> Result<String, TemplateFault> {
        let env = environment();
        let rendered = env.template_from_named_str("template", &self.text).and_then(|part| part.render(values.clone()));
        let text = rendered.map_err(|error| self.told(&error))?;
        if text.chars().count() > PART_MAX {
            return Err(self.says(&format!("it becomes longer than {PART_MAX} characters")));
        }
        Ok(text)
    }

    fn told(&self, error: &minijinja::Error) -> TemplateFault {
        let message = match error.kind() {
            ErrorKind::OutOfFuel => {
                "it takes too long or makes too much text; is there a loop without an end?".to_owned()
            }
            ErrorKind::UndefinedError => "a value is used that does not exist".to_owned(),
            kind => error.detail().map_or_else(|| kind.to_string(), str::to_owned),
        };
        fault(error.line().map(|line| line + self.before), message)
    }

    /// About the part as a whole.
    fn says(&self, message: &str) -> TemplateFault {
        fault(Some(self.before), message)
    }
}
