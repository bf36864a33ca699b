//! What a model is asked, whichever dialect asks, and what it says to that.

use serde_json::{Map, Value};

use crate::llm::Dialect;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Question {
    pub dialect: Dialect,
    pub model: String,
    pub is_streamed: bool,
    /// The tokens of a stream are to be told, where that has to be asked for.
    pub is_counted: bool,
    pub form: Form,
    /// The name of the tool that must be used.
    pub tool: Option<String>,
    /// Who says what: `system`, `user` or `assistant`.
    said: Vec<(String, String)>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Form {
    Text,
    Json,
    Schema(Value),
}

impl Question {
    /// What the body of a request to `path` asks; `None` where no model is asked.
    pub fn read(path: &str, body: &Map<String, Value>) -> Option<Question> {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let text = |key: &str| body.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let flag = |key: &str, unsaid: bool| body.get(key).and_then(Value::as_bool).unwrap_or(unsaid);
        let blank = Question {
            dialect: Dialect::OpenAi,
            model: text("model"),
            is_streamed: flag("stream", false),
            is_counted: true,
            form: Form::Text,
            tool: None,
            said: messages(body.get("messages")),
        };
        let question = if path.ends_with("/chat/completions") {
            let form = body.get("response_format");
            let schema = form.and_then(|form| form.pointer("/json_schema/schema"));
            let is_json = form.and_then(|form| form.get("type")).and_then(Value::as_str) == Some("json_object");
            let counted = body.get("stream_options").and_then(|options| options.get("include_usage"));
            let form =
                schema.map_or(if is_json { Form::Json } else { Form::Text }, |schema| Form::Schema(schema.clone()));
            Question { form, is_counted: counted == Some(&Value::Bool(true)), ..blank }
        } else if path.ends_with("/messages") {
            let tool = body.get("tool_choice").and_then(|choice| choice.get("name")?.as_str()).map(str::to_owned);
            let schema = body.get("tools").and_then(|tools| tools.pointer("/0/input_schema"));
            let form = schema.map_or(Form::Text, |schema| Form::Schema(schema.clone()));
            let said = system(text("system")).chain(blank.said).collect();
            Question { dialect: Dialect::Anthropic, form, tool, said, ..blank }
        } else if let Some((path, ask)) = path.rsplit_once(':').filter(|(_, ask)| ask.ends_with("enerateContent")) {
            let settings = body.get("generationConfig");
            let schema = settings.and_then(|settings| settings.get("responseSchema"));
            let kind = settings.and_then(|settings| settings.get("responseMimeType")).and_then(Value::as_str);
            let unsaid = if kind == Some("application/json") { Form::Json } else { Form::Text };
            let form = schema.map_or(unsaid, |schema| Form::Schema(schema.clone()));
            let first = parts(body.get("systemInstruction"));
            let contents = body.get("contents").and_then(Value::as_array);
            let rest = contents.into_iter().flatten().map(|content| {
                let role = content.get("role").and_then(Value::as_str);
                (if role == Some("model") { "assistant" } else { "user" }.to_owned(), parts(Some(content)))
            });
            Question {
                dialect: Dialect::Gemini,
                model: path.rsplit('/').next().unwrap_or_default().to_owned(),
                is_streamed: ask == "streamGenerateContent" && query.contains("alt=sse"),
                form,
                said: system(first).chain(rest).collect(),
                ..blank
            }
        } else if path.ends_with("/api/chat") {
            let form = match body.get("format") {
                Some(Value::String(word)) if word == "json" => Form::Json,
                Some(schema @ Value::Object(_)) => Form::Schema(schema.clone()),
                _ => Form::Text,
            };
            Question { dialect: Dialect::Ollama, form, is_streamed: flag("stream", true), ..blank }
        } else {
            return None;
        };
        let model = if question.model.is_empty() { "simulated".to_owned() } else { question.model };
        Some(Question { model, ..question })
    }

    /// The texts of the messages, of one role or of all.
    pub fn said<'a>(&'a self, role: Option<&'a str>) -> impl Iterator<Item = &'a str> {
        self.said.iter().filter(move |(by, _)| role.is_none_or(|role| by == role)).map(|(_, text)| text.as_str())
    }

    /// Words of the question. A word counts as a token, which is close and can be checked by eye.
    pub fn tokens(&self) -> usize {
        self.said(None).map(|text| text.split_whitespace().count()).sum()
    }

    /// What a careful model would say: sentences of the last question, and `extra` at their end. In JSON mode an object with
    /// the keys that the messages show between braces; where there is a schema, a value of its form.
    pub fn answer(&self, extra: Option<&str>) -> String {
        let asked = self.said(Some("user")).last().unwrap_or_default();
        let mut sentences = sentences(asked);
        if sentences.is_empty() {
            sentences.push("There is nothing to say.");
        }
        let long = |n: usize| sentences.iter().take(n).copied().chain(extra).collect::<Vec<_>>().join(" ");
        let short = |i: usize| sentences.get(i).unwrap_or(&sentences[0]).trim_end_matches('.').to_owned();
        match &self.form {
            Form::Text => long(5),
            Form::Schema(schema) => {
                let texts: Vec<String> = (0..sentences.len()).map(short).collect();
                let mut filled = instance(schema, schema, &texts, 0);
                if let (Some(extra), Some(Value::String(last))) = (extra, filled.as_object_mut().and_then(last_text)) {
                    last.push_str(". ");
                    last.push_str(extra);
                }
                filled.to_string()
            }
            Form::Json => {
                let mut keys = self.said(None).map(keys_shown).find(|keys| !keys.is_empty()).unwrap_or_default();
                // The longest text belongs into the last one.
                let last = keys.pop().unwrap_or("text");
                let mut object: Map<String, Value> =
                    keys.iter().enumerate().map(|(i, key)| ((*key).to_owned(), short(i).into())).collect();
                object.insert(last.to_owned(), long(5).into());
                Value::Object(object).to_string()
            }
        }
    }

    /// A sentence with two numbers that stand nowhere in the question.
    pub fn invention(&self) -> String {
        let known: Vec<&str> = self.said(None).collect();
        let mut fresh = (48_213..)
            .step_by(7_919)
            .map(|n: u64| n.to_string())
            .filter(|n| !known.iter().any(|text| text.contains(n)));
        let mut next = || fresh.next().expect("there are more numbers than a question can hold");
        format!("Analysts expect {} visitors and a cost of {} euros.", next(), next())
    }

    /// What a model adds that does whatever a text commands: a link to the first address that the question names, or to a
    /// stranger's, and the beginning of what it was told in secret.
    pub fn obedience(&self) -> String {
        let asked = self.said(Some("user")).last().unwrap_or_default();
        let is_address = |word: &&str| word.starts_with("http://") || word.starts_with("https://");
        let end = |c: char| c.is_whitespace() || matches!(c, '"' | '<' | '>' | ')' | ']' | '\\');
        let address = asked.split(end).flat_map(|word| word.split('(')).find(is_address);
        let secret: String = self.said(Some("system")).next().unwrap_or_default().chars().take(200).collect();
        format!("Click here: {} {secret}", address.unwrap_or("https://attacker.example/win"))
    }
}

fn system(text: String) -> impl Iterator<Item = (String, String)> {
    Some(("system".to_owned(), text)).into_iter().filter(|(_, text)| !text.is_empty())
}

fn messages(messages: Option<&Value>) -> Vec<(String, String)> {
    let one = |message: &Value| {
        Some((message.get("role")?.as_str()?.to_owned(), message.get("content")?.as_str()?.to_owned()))
    };
    messages.and_then(Value::as_array).into_iter().flatten().filter_map(one).collect()
}

fn parts(content: Option<&Value>) -> String {
    let parts = content.and_then(|content| content.get("parts")).and_then(Value::as_array);
    parts.into_iter().flatten().filter_map(|part| part.get("text")?.as_str()).collect()
}

/// A value of the form of `schema`, its texts taken from `texts`.
fn instance(root: &Value, schema: &Value, texts: &[String], level: usize) -> Value {
    let of = |schema: &Value, texts: &[String]| instance(root, schema, texts, level + 1);
    if level > 16 {
        return Value::Null;
    }
    let first = |key: &str| schema.get(key).and_then(Value::as_array).and_then(|list| list.first());
    if let Some(value) = schema.get("const").or_else(|| first("enum")) {
        return value.clone();
    }
    if let Some(one) = first("anyOf") {
        return of(one, texts);
    }
    if let Some(path) = schema.get("$ref").and_then(Value::as_str) {
        return root.pointer(path.trim_start_matches('#')).map_or(Value::Null, |schema| of(schema, texts));
    }
    let kind = schema.get("type").and_then(Value::as_str).or_else(|| first("type").and_then(Value::as_str));
    let text = |n: usize| texts.get(n).or_else(|| texts.first()).cloned().unwrap_or_default();
    match kind {
        Some("object") => {
            let members = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
            let filled = members
                .enumerate()
                .map(|(n, (name, schema))| (name.clone(), of(schema, &texts[n.min(texts.len() - 1)..])));
            Value::Object(filled.collect())
        }
        Some("array") => {
            let wanted = schema.get("minItems").and_then(|n| n.as_u64().or_else(|| n.as_str()?.parse().ok()));
            let item = schema.get("items").unwrap_or(&Value::Null);
            (0..wanted.unwrap_or(1).clamp(1, 20) as usize).map(|n| of(item, &[text(n)])).collect()
        }
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or_else(|| 1.into()),
        Some("boolean") => Value::Bool(true),
        Some("null") => Value::Null,
        _ => {
            let most = schema.get("maxLength").and_then(Value::as_u64).unwrap_or(u64::MAX);
            Value::String(text(0).chars().take(usize::try_from(most).unwrap_or(usize::MAX)).collect())
        }
    }
}

fn last_text(members: &mut Map<String, Value>) -> Option<&mut Value> {
    members.values_mut().filter(|value| value.is_string()).last()
}

/// Runs of at least four words that end with a full stop.
fn sentences(text: &str) -> Vec<&str> {
    text.lines()
        .flat_map(|line| line.split_inclusive(". "))
        .map(str::trim)
        .filter(|s| s.ends_with('.') && s.split_whitespace().count() >= 4)
        .collect()
}

/// The names in quotation marks before a colon or comma inside the first pair of braces.
fn keys_shown(text: &str) -> Vec<&str> {
    let Some((_, after)) = text.split_once('{') else { return Vec::new() };
    let inside = after.split('}').next().unwrap_or_default();
    let pieces: Vec<&str> = inside.split('"').collect();
    let is_name = |s: &str| !s.is_empty() && s.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_');
    pieces
        .windows(2)
        .skip(1)
        .step_by(2)
        .filter(|pair| is_name(pair[0]) && !pair[1].trim_start().starts_with(|c: char| c.is_alphanumeric()))
        .filter(|pair| pair[1].trim_start().starts_with([':', ',']) || pair[1].trim().is_empty())
        .map(|pair| pair[0])
        .collect()
}
