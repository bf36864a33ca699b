//! What an answer must hold: JSON with placeholders, of which the answer may have more.
//!
//! `[id]`, `[time]`, `[text]`, `[number]`, `[key]` and `[any]` stand for any such value, `[~word]` for a text
//! that holds the word, `[>=0.8]` and `[<3]` for numbers; `[id @name]` also keeps the value as `@name`.
//! An array is compared whole, unless its last entry is `"[...]"`.

use std::collections::BTreeMap;

use serde_json::Value as Json;

/// Values that were kept, by name.
pub type Names = BTreeMap<String, String>;

/// Everything in which `given` is not as expected, one line each.
pub fn differences(expected: &Json, given: &Json, names: &mut Names) -> Vec<String> {
    let mut found = Vec::new();
    compare(expected, given, "", names, &mut found);
    found
}

fn compare(expected: &Json, given: &Json, at: &str, names: &mut Names, found: &mut Vec<String>) {
    match (expected, given) {
        (Json::String(pattern), _) if is_placeholder(pattern) => {
            if !fits(pattern, given, names) {
                found.push(format!("{at}: expected {pattern}, got {given}"));
            }
        }
        (Json::Object(wanted), Json::Object(members)) => {
            for (name, wanted) in wanted {
                match members.get(name) {
                    Some(member) => compare(wanted, member, &format!("{at}/{name}"), names, found),
                    None => found.push(format!("{at}/{name}: is missing")),
                }
            }
        }
        (Json::Array(wanted), Json::Array(entries)) => {
            let is_open = wanted.last().is_some_and(|last| last == "[...]");
            let wanted = if is_open { &wanted[..wanted.len() - 1] } else { wanted };
            if entries.len() < wanted.len() || (!is_open && entries.len() > wanted.len()) {
                found.push(format!("{at}: expected {} entries, got {}: {given}", wanted.len(), entries.len()));
                return;
            }
            for (i, (wanted, entry)) in wanted.iter().zip(entries).enumerate() {
                compare(wanted, entry, &format!("{at}/{i}"), names, found);
            }
        }
        _ if expected == given => {}
        _ => found.push(format!("{at}: expected {expected}, got {given}")),
    }
}

fn is_placeholder(text: &str) -> bool {
    let words = ["[id", "[time", "[text", "[number", "[key", "[any", "[~", "[>=", "[<"];
    text.ends_with(']') && words.iter().any(|word| text.starts_with(word))
}

fn fits(pattern: &str, given: &Json, names: &mut Names) -> bool {
    let inner = &pattern[1..pattern.len() - 1];
    if let Some(word) = inner.strip_prefix('~') {
        return given.as_str().is_some_and(|text| text.contains(word));
    }
    let bound = |text: &str| text.trim().parse::<f64>().unwrap_or_else(|_| panic!("{pattern} holds no number"));
    if let Some(least) = inner.strip_prefix(">=") {
        return given.as_f64().is_some_and(|number| number >= bound(least));
    }
    if let Some(limit) = inner.strip_prefix('<') {
        return given.as_f64().is_some_and(|number| number < bound(limit));
    }
    let (kind, name) = match inner.split_once('@') {
        Some((kind, name)) => (kind.trim(), Some(name.trim())),
        None => (inner, None),
    };
    let text = given.as_str().unwrap_or_default();
    let is_right = match kind {
        "id" => is_id(text),
        "time" => is_time(text),
        "text" => !text.is_empty(),
        "key" => text.len() > 20 && !text.contains(char::is_whitespace),
        "number" => given.is_number(),
        "any" => true,
        other => panic!("[{other}] is no placeholder"),
    };
    if let (true, Some(name)) = (is_right, name) {
        let value = given.as_str().map_or_else(|| given.to_string(), str::to_owned);
        names.insert(name.to_owned(), value);
    }
    is_right
}

fn is_id(text: &str) -> bool {
    text.len() == 13 && text.bytes().all(|c| c.is_ascii_digit() || (c.is_ascii_uppercase() && !b"ILOU".contains(&c)))
}

fn is_time(text: &str) -> bool {
    text.len() >= 20 && text.as_bytes()[4] == b'-' && text.as_bytes()[10] == b'T' && text.ends_with('Z')
}

/// `@name` becomes the value that was kept under it; names that nobody knows stay.
pub fn filled(text: &str, names: &Names) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('@') {
        out.push_str(&rest[..at]);
        let tail = &rest[at + 1..];
        let end =
            tail.find(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')).unwrap_or(tail.len());
        match names.get(&tail[..end]) {
            Some(value) => out.push_str(value),
            None => out.push_str(&rest[at..at + 1 + end]),
        }
        rest = &tail[end..];
    }
    out.push_str(rest);
    out
}

/// `expected` brought to what was given: what fitted stays as it was written, and no key is added.
pub fn renewed(expected: Option<&Json>, given: &Json, names: &Names) -> Json {
    match (expected, given) {
        (Some(expected), _) if differences(expected, given, &mut names.clone()).is_empty() => expected.clone(),
        (Some(Json::Object(wanted)), Json::Object(members)) => {
            let kept = wanted.iter().filter_map(|(name, wanted)| Some((name, wanted, members.get(name)?)));
            Json::Object(
                kept.map(|(name, wanted, member)| (name.clone(), renewed(Some(wanted), member, names))).collect(),
            )
        }
        (Some(Json::Array(wanted)), Json::Array(entries)) if wanted.len() == entries.len() => {
            wanted.iter().zip(entries).map(|(wanted, entry)| renewed(Some(wanted), entry, names)).collect()
        }
        (_, Json::Object(members)) => {
            Json::Object(members.iter().map(|(name, member)| (name.clone(), renewed(None, member, names))).collect())
        }
        (_, Json::Array(entries)) => entries.iter().map(|entry| renewed(None, entry, names)).collect(),
        (_, Json::String(text)) => match names.iter().find(|(_, value)| *value == text) {
            Some((name, _)) => Json::from(format!("@{name}")),
            None if is_id(text) => Json::from("[id]"),
            None if is_time(text) => Json::from("[time]"),
            None => given.clone(),
        },
        _ => given.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_may_have_more_but_nothing_else() {
        let given = json!({"id": "0M7K2Q9XA4D0G", "n": 3, "list": [{"a": 1, "b": 2}, 5], "say": "two words"});
        let mut names = Names::new();
        let good = json!({"id": "[id @it]", "n": "[>=3]", "list": [{"a": 1}, "[...]"], "say": "[~word]"});
        assert_eq!(differences(&good, &given, &mut names), Vec::<String>::new());
        assert_eq!(filled("/posts/@it/x@unknown", &names), "/posts/0M7K2Q9XA4D0G/x@unknown");
        let bad = json!({"id": "[time]", "n": "[<3]", "list": [{"a": 2}], "say": "two", "more": 1});
        assert_eq!(differences(&bad, &given, &mut names).len(), 5);
        let renewed = renewed(Some(&bad), &given, &names);
        assert_eq!(renewed["id"], "@it");
        assert_eq!(
            differences(&json!(filled(&renewed.to_string(), &names)), &json!(renewed.to_string()), &mut names).len(),
            1
        );
    }
}
