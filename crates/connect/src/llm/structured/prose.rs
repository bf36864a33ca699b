//! Where in an answer the value stands: among words, fences and thoughts.

use serde_json::Value;

use super::parse::{Reader, Stop, is_odd_space, number};
use super::string::quote_at;
use super::{Cut, Refused, Repair, Why};

const ONE: &str = "there is more than one value; expected one JSON value and nothing else";

/// The one value of the whole text.
pub(super) fn document(reader: &mut Reader<'_>) -> Result<Value, Refused> {
    let text = reader.text;
    let trimmed = text.trim_matches(|c: char| c.is_ascii_whitespace() || is_odd_space(c));
    let start = trimmed.as_ptr() as usize - text.as_ptr() as usize;
    if trimmed.len() < text.trim_ascii().len() {
        reader.repairs.insert(Repair::Space);
    }
    if trimmed.is_empty() {
        return Err(Refused::new(0, Why::Missing, "the answer is empty; expected a JSON value"));
    }
    reader.steps += text.len() as u64;
    if let Some(value) = scalar(reader, trimmed, start)? {
        return Ok(value);
    }
    reader.at = thoughts(reader, trimmed, start)?;
    values(reader)
}

/// A whole text that is one word, number or text of strict JSON.
fn scalar(reader: &mut Reader<'_>, text: &str, start: usize) -> Result<Option<Value>, Refused> {
    match text {
        "true" | "false" => return Ok(Some(Value::Bool(text == "true"))),
        "null" => return Ok(Some(Value::Null)),
        "NaN" | "Infinity" | "-Infinity" => {
            return Err(Refused::new(start, Why::Number, "JSON has no such number; expected a finite number or null"));
        }
        _ => {}
    }
    if text.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
        if let Some(number) = number(text) {
            return Ok(Some(Value::Number(number)));
        }
        if serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() || text.bytes().all(|b| b.is_ascii_digit()) {
            let detail = "expected a number as JSON writes it, of at most 64 bits";
            return Err(Refused::new(start, Why::Number, detail));
        }
    }
    if !text.starts_with('"') {
        return Ok(None);
    }
    let Ok(said) = serde_json::from_str::<String>(text) else { return Ok(None) };
    reader.steps += text.len() as u64;
    if said.trim_start().starts_with(['{', '[']) {
        let (inside, steps) = super::read_counted(&said, Cut::Refuse);
        reader.steps += steps;
        if let Some(read) = inside.ok().filter(|read| read.repairs.is_empty()) {
            reader.repairs.insert(Repair::Unwrapped);
            return Ok(Some(read.value));
        }
    }
    Ok(Some(Value::String(said)))
}

/// Where the text goes on behind the model's thoughts.
fn thoughts(reader: &mut Reader<'_>, text: &str, start: usize) -> Result<usize, Refused> {
    const TAGS: [(&str, &str); 3] =
        [("<think>", "</think>"), ("<thinking>", "</thinking>"), ("<reasoning>", "</reasoning>")];
    for (open, close) in TAGS {
        // Some servers put the opening tag into the question; then only the closing one comes back.
        let begun = text.starts_with(open);
        match text.find(close) {
            Some(end) if begun || !text[..end].contains(['{', '[']) => {
                reader.repairs.insert(Repair::Thoughts);
                return Ok(start + end + close.len());
            }
            None if begun => {
                let detail = format!("the answer ends before {close}; expected a JSON value");
                return Err(Refused::new(reader.text.len(), Why::Cut, detail));
            }
            _ => {}
        }
    }
    Ok(start)
}

/// What stands between values.
struct Around {
    /// Where it began: at the start, or behind a fence.
    from: usize,
    /// The first value has a name before it and must be the last thing said.
    head: bool,
    prose: bool,
    /// Words stand before `from`.
    earlier: bool,
}

fn values(reader: &mut Reader<'_>) -> Result<Value, Refused> {
    let mut found: Option<Value> = None;
    let mut around = Around { from: reader.at, head: false, prose: false, earlier: false };
    while let Some(c) = reader.char(reader.at) {
        reader.steps += c.len_utf8() as u64;
        match c {
            '`' if reader.text[reader.at..].starts_with("```") => {
                fence(reader);
                around.from = reader.at;
                around.earlier = around.prose;
            }
            '{' | '[' => match bracket(reader, c, found.is_some())? {
                Bracket::Prose(end) => {
                    around.prose = true;
                    reader.at = end;
                }
                Bracket::Value(value) => {
                    let start = value.0;
                    before(reader, &mut around, start, found.is_some())?;
                    match &found {
                        None => found = Some(value.1),
                        Some(first) if *first == value.1 => drop(reader.repairs.insert(Repair::Repeated)),
                        Some(_) => return Err(Refused::new(start, Why::Ambiguous, ONE)),
                    }
                    after(reader, found.as_ref())?;
                    around.from = reader.at;
                }
            },
            '}' | ']' => {
                let detail = format!("'{c}' closes nothing");
                return Err(Refused::new(reader.at, Why::Malformed, detail));
            }
            _ => {
                let is_said = !c.is_whitespace() && !is_odd_space(c);
                if is_said && around.head {
                    return Err(Refused::new(reader.at, Why::Ambiguous, ONE));
                }
                around.prose |= is_said;
                reader.at += c.len_utf8();
            }
        }
    }
    if around.prose {
        reader.repairs.insert(Repair::Prose);
    }
    found.ok_or_else(|| Refused::new(reader.text.len(), Why::Missing, "expected a JSON value; there is none"))
}

/// Past a fence and the language behind it.
fn fence(reader: &mut Reader<'_>) {
    reader.repairs.insert(Repair::Fence);
    let rest = &reader.text[reader.at..];
    let marks = rest.bytes().take_while(|byte| *byte == b'`').count();
    let language = rest[marks..].bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'+').count();
    reader.steps += (marks + language) as u64;
    reader.at += marks + language;
}

/// Judges what stands before the value at `start`: a name there may belong to an object whose `{` is lost.
fn before(reader: &mut Reader<'_>, around: &mut Around, start: usize, again: bool) -> Result<(), Refused> {
    let said = reader.text[around.from..start].trim();
    reader.steps += said.len() as u64;
    let named = said.strip_suffix(':').map(str::trim_end).filter(|name| name.ends_with(|c| quote_at(c).is_some()));
    let is_name = |name: &str| {
        let inside = name.strip_prefix(['"', '\'']).and_then(|name| name.strip_suffix(['"', '\'']));
        inside.is_some_and(|inside| !inside.is_empty() && !inside.contains(['"', '\'', '\\', '\n', ',', ':']))
    };
    match named {
        Some(name) if is_name(name) && !again => {
            reader.repairs.insert(Repair::Head);
            around.head = true;
            around.prose = around.earlier;
            Ok(())
        }
        Some(_) => Err(Refused::new(start, Why::Ambiguous, "the value has a name; expected the object it belongs to")),
        None if around.head || said.contains("\":") || said.contains("\" :") => {
            Err(Refused::new(start, Why::Ambiguous, ONE))
        }
        None => Ok(()),
    }
}

/// Judges what stands right behind a value: it may go on where a bracket too many has ended it.
fn after(reader: &mut Reader<'_>, value: Option<&Value>) -> Result<(), Refused> {
    let rest = &reader.text[reader.at..];
    let blank = rest.len() - rest.trim_start().len();
    reader.steps += blank as u64;
    let Some(next) = rest[blank..].chars().next() else { return Ok(()) };
    if next == '}' && value.is_some_and(Value::is_object) {
        let braces = rest[blank..].bytes().take_while(|byte| *byte == b'}' || byte.is_ascii_whitespace()).count();
        let beyond = &rest[blank + braces..];
        reader.steps += braces as u64;
        // The `{` of a head may be lost, and this its end.
        if !reader.repairs.contains(&Repair::Head) && (beyond.is_empty() || beyond.starts_with("```")) {
            reader.repairs.insert(Repair::ExtraBraces);
            reader.at += blank + braces;
            return Ok(());
        }
    }
    if matches!(next, ',' | ':' | '}' | ']') || quote_at(next).is_some() {
        return Err(Refused::new(reader.at + blank, Why::Ambiguous, "the value has ended, and something follows it"));
    }
    Ok(())
}

enum Bracket {
    /// Only words, up to here.
    Prose(usize),
    /// Where it began, and what it is.
    Value((usize, Value)),
}

/// What the bracket `c` begins.
fn bracket(reader: &mut Reader<'_>, c: char, again: bool) -> Result<Bracket, Refused> {
    let start = reader.at;
    let inside = &reader.text[start + 1..];
    let stop = inside.find(|c| matches!(c, '{' | '}' | '[' | ']' | '\n') || quote_at(c).is_some());
    let stop = stop.map(|stop| start + 1 + stop);
    reader.steps += (stop.unwrap_or(reader.text.len()) - start) as u64;
    let close = if c == '{' { b'}' } else { b']' };
    // `[1]`, `[the result]`, `{name}`: closed on its line, with no bracket and no quotation mark inside.
    let group = stop.filter(|stop| reader.byte(*stop) == Some(close));
    let look = reader.look(start + 1);
    let next = reader.char(look.at);
    if c == '{' {
        let is_value = match next {
            None => true,
            Some('}') => true,
            Some('{') => look.at == start + 1,
            Some(_) if look.comment => true,
            Some(next) if quote_at(next).is_some() => true,
            Some(_) => reader.key_at(look.at) != Some(false),
        };
        return match (is_value, group) {
            (true, _) => value(reader, start),
            (false, Some(end)) => Ok(Bracket::Prose(end + 1)),
            (false, None) => Err(Refused::new(look.at, Why::Malformed, "expected a key in double quotes, or '}'")),
        };
    }
    let Some(end) = group else { return value(reader, start) };
    let said = reader.text[start + 1..end].trim();
    let before = reader.text[..start].trim_end_matches(|c| matches!(c, ' ' | '\t') || is_odd_space(c));
    let is_marked = !before.is_empty() && !before.ends_with('\n');
    reader.steps += (start - before.len()) as u64;
    // A box to tick such as `- [ ]`, a note such as `[3]`; but `x = [3]` is a list.
    let is_box = &reader.text[start..=end] == "[ ]" && before.ends_with(['-', '*', '+', '.']);
    let is_note =
        !said.is_empty() && said.bytes().all(|byte| byte.is_ascii_digit()) && !before.ends_with([':', '=', '>']);
    if is_marked && (is_box || is_note) {
        return Ok(Bracket::Prose(end + 1));
    }
    let (at, repairs) = (reader.at, reader.repairs.clone());
    match value(reader, start) {
        Err(_) if is_marked || again || !said.starts_with(|c: char| c.is_ascii_digit() || c == '-') => {
            reader.at = at;
            reader.repairs = repairs;
            Ok(Bracket::Prose(end + 1))
        }
        outcome => outcome,
    }
}

fn value(reader: &mut Reader<'_>, start: usize) -> Result<Bracket, Refused> {
    let end = reader.text.len();
    match reader.value(0, super::string::Place::Element) {
        Ok(value) => Ok(Bracket::Value((start, value))),
        Err(Stop::Refused(refused)) => Err(refused),
        // With nothing whole in it, it may as well be a bracket among words.
        Err(Stop::Cut(Some(value))) if reader.cut == Cut::Close && !is_empty(&value) => {
            reader.repairs.insert(Repair::Closed);
            reader.at = end;
            Ok(Bracket::Value((start, value)))
        }
        Err(Stop::Cut(_)) => Err(Refused::new(end, Why::Cut, "the answer ends before the value does")),
    }
}

fn is_empty(value: &Value) -> bool {
    value.as_object().is_some_and(|members| members.is_empty()) || value.as_array().is_some_and(Vec::is_empty)
}
