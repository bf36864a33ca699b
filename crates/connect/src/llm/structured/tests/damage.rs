//! What is known of a value before it is spoilt: it comes back, or nothing does.

use proptest::prelude::*;
use serde_json::{Map, Value};
use stdx::Rng;
use stdx::damage::damaged;

use crate::llm::structured::{Cut, Repair, fuzz, read, read_cut};

/// How a careless hand prints JSON.
#[derive(Clone, Copy, Debug)]
struct Style {
    pretty: bool,
    quotes: Quotes,
    bare_keys: bool,
    trailing: bool,
    comments: bool,
    /// No comma at the end of a line, between members.
    missing: bool,
    doubled: bool,
    raw: bool,
    python: bool,
    /// Quotation marks inside texts stand as they are.
    unescaped: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Quotes {
    Double,
    Single,
    Curly,
}

const STRICT: Style = Style {
    pretty: false,
    quotes: Quotes::Double,
    bare_keys: false,
    trailing: false,
    comments: false,
    missing: false,
    doubled: false,
    raw: false,
    python: false,
    unescaped: false,
};

impl Style {
    fn print(self, value: &Value) -> String {
        let mut out = String::new();
        self.put(value, 0, &mut out);
        out
    }

    fn put(self, value: &Value, depth: usize, out: &mut String) {
        match value {
            Value::Object(members) => {
                let (open, close) = if self.doubled { ("{{", "}}") } else { ("{", "}") };
                out.push_str(open);
                for (index, (key, value)) in members.iter().enumerate() {
                    let is_bare =
                        key.starts_with(|c: char| c.is_ascii_lowercase()) && key.chars().all(|c| c.is_alphanumeric());
                    self.line(depth + 1, out);
                    if self.bare_keys && is_bare {
                        out.push_str(key);
                    } else {
                        Style { unescaped: false, raw: false, ..self }.text(key, out);
                    }
                    out.push_str(if self.pretty { ": " } else { ":" });
                    self.put(value, depth + 1, out);
                    let last = index + 1 == members.len();
                    let missing = self.missing && self.pretty && !last;
                    if (!last && !missing) || (last && self.trailing) {
                        out.push(',');
                    }
                    if self.comments && self.pretty {
                        out.push_str("  // it's a note, as asked: {1}");
                    }
                }
                if !members.is_empty() {
                    self.line(depth, out);
                }
                out.push_str(close);
            }
            Value::Array(list) => {
                out.push('[');
                for (index, value) in list.iter().enumerate() {
                    self.line(depth + 1, out);
                    self.put(value, depth + 1, out);
                    if index + 1 < list.len() || self.trailing {
                        out.push(',');
                    }
                    if self.comments {
                        out.push_str(" /* next */");
                    }
                }
                if !list.is_empty() {
                    self.line(depth, out);
                }
                out.push(']');
            }
            Value::String(text) => self.text(text, out),
            Value::Bool(true) if self.python => out.push_str("True"),
            Value::Bool(false) if self.python => out.push_str("False"),
            Value::Null if self.python => out.push_str("None"),
            other => out.push_str(&other.to_string()),
        }
    }

    fn line(self, depth: usize, out: &mut String) {
        if self.pretty {
            out.push('\n');
            out.push_str(&"  ".repeat(depth));
        }
    }

    fn text(self, text: &str, out: &mut String) {
        let (open, close) = match self.quotes {
            Quotes::Double => ('"', '"'),
            Quotes::Single => ('\'', '\''),
            Quotes::Curly => ('“', '”'),
        };
        let printed = Value::from(text).to_string();
        let mut inside = printed[1..printed.len() - 1].to_owned();
        if self.raw {
            // Not those that follow a backslash of the text's own.
            inside = inside.replace("\\\\", "\u{1}").replace("\\n", "\n").replace("\\t", "\t").replace('\u{1}', "\\\\");
        }
        if self.quotes == Quotes::Single {
            inside = inside.replace("\\\"", "\"");
            if !self.unescaped {
                inside = inside.replace('\'', "\\'");
            }
        } else if self.unescaped {
            inside = inside.replace("\\\"", "\"");
        }
        out.push(open);
        out.push_str(&inside);
        out.push(close);
    }
}

fn arb_text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-zçğİ0-9 .,:'/#-]{0,14}",
        2 => "[a-f \"',:{}\\[\\]\\\\\n\t/#]{0,12}",
        1 => "\\PC{0,8}",
        1 => Just("<think>a</think>```".to_owned()),
    ]
}

fn arb_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-100i64..100).prop_map(Value::from),
        any::<f64>().prop_filter("finite", |n| n.is_finite()).prop_map(Value::from),
        arb_text().prop_map(Value::from),
        arb_text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((arb_text(), inner), 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// A list or an object.
fn arb_container() -> impl Strategy<Value = Value> {
    (arb_value(), any::<bool>()).prop_map(|(value, object)| match value {
        Value::Object(_) | Value::Array(_) => value,
        leaf if object => Value::Object(Map::from_iter([("a".to_owned(), leaf)])),
        leaf => Value::Array(vec![leaf]),
    })
}

fn arb_style() -> impl Strategy<Value = Style> {
    let quotes = prop_oneof![Just(Quotes::Double), Just(Quotes::Single), Just(Quotes::Curly)];
    (quotes, any::<[bool; 8]>()).prop_map(
        |(quotes, [pretty, bare_keys, trailing, comments, missing, doubled, raw, python])| Style {
            pretty,
            quotes,
            bare_keys,
            trailing,
            comments,
            missing,
            doubled,
            raw,
            python,
            unescaped: false,
        },
    )
}

/// How an answer is wrapped.
fn wrapped(which: usize, text: &str) -> String {
    match which {
        0 => text.to_owned(),
        1 => format!("```json\n{text}\n```"),
        2 => format!("Here's what you asked for [1]:\n\n{text}\n\nAnything else?"),
        3 => format!("<think>Perhaps {{\"a\": 1}}?</think>\n```\n{text}"),
        4 => format!("\u{feff}{text}\r\n"),
        5 => format!("{text}\n{text}"),
        6 => format!("const answer = {text};"),
        7 => Value::from(text).to_string(),
        _ => format!("\"answer\": {text}"),
    }
}

/// Whether `part` is `whole` or what there was of it when it broke off.
fn is_part(part: &Value, whole: &Value) -> bool {
    match (part, whole) {
        (Value::Array(part), Value::Array(whole)) => {
            let last = part.len().saturating_sub(1);
            part.len() <= whole.len()
                && part.iter().zip(whole).enumerate().all(|(n, (a, b))| a == b || (n == last && is_part(a, b)))
        }
        (Value::Object(part), Value::Object(whole)) => {
            let is_whole = |(name, value): &(&String, &Value)| whole.get(*name) == Some(*value);
            part.iter().filter(|member| !is_whole(member)).count() <= 1
                && part.iter().all(|(name, value)| whole.get(name).is_some_and(|all| is_part(value, all)))
        }
        _ => part == whole,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn what_is_printed_carelessly_is_read(value in arb_container(), style in arb_style(), which in 0usize..9) {
        let printed = style.print(&value);
        let strict = serde_json::from_str::<Value>(&printed).is_ok();
        // Within a JSON string only strict JSON is looked for.
        prop_assume!(which != 7 || strict);
        let text = wrapped(which, &printed);
        match read(&text) {
            Ok(read) => {
                prop_assert_eq!(&read.value, &value, "{}", text);
                prop_assert_eq!(read.repairs.is_empty(), strict && which == 0, "{} {:?}", text, read.repairs);
            }
            // A straight mark within curly ones may be their end, a line that ends in a bracket the value's.
            Err(refusal) => prop_assert!(
                style.quotes == Quotes::Curly || (style.raw && refusal.detail.contains("a bracket at the end of a line")),
                "{text}: {refusal}"
            ),
        }
    }

    #[test]
    fn inner_quotes_give_the_value_or_nothing(value in arb_container(), mut style in arb_style(), which in 0usize..7) {
        style.unescaped = true;
        let printed = style.print(&value);
        prop_assume!(!texts(&value).into_iter().any(holds_an_end));
        if let Ok(read) = read(&wrapped(which, &printed)) {
            prop_assert_eq!(&read.value, &value, "{}", printed);
        }
    }

    #[test]
    fn a_bracket_lost_or_doubled_never_makes_another_value(
        value in arb_container(),
        (pretty, twice) in any::<(bool, bool)>(),
        at in any::<prop::sample::Index>(),
        which in 0usize..7,
    ) {
        let printed = Style { pretty, ..STRICT }.print(&value);
        let marks: Vec<usize> = structure(&printed);
        let at = marks[at.index(marks.len())];
        let mut spoilt = printed.clone();
        if twice {
            spoilt.insert(at, char::from(printed.as_bytes()[at]));
        } else {
            spoilt.remove(at);
        }
        prop_assume!(serde_json::from_str::<Value>(&spoilt).is_err());
        if let Ok(read) = read(&wrapped(which, &spoilt)) {
            prop_assert_eq!(&read.value, &value, "{}", spoilt);
        }
    }

    #[test]
    fn two_values_are_refused(
        (one, two) in (arb_container(), arb_container()),
        pretty in any::<bool>(),
        between in prop::sample::select(vec!["\n", " or ", "\n```\n", ","]),
    ) {
        prop_assume!(one != two);
        let style = Style { pretty, ..STRICT };
        // `[]` and `[3]` in a line of words are not values.
        let (one, two) = (Value::from_iter([("v", one)]), Value::from_iter([("v", two)]));
        let text = format!("{}{between}{}", style.print(&one), style.print(&two));
        prop_assert!(read(&text).is_err(), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_cut_gives_nothing_or_a_part(value in arb_container(), style in arb_style(), which in 0usize..7, unescaped in any::<bool>()) {
        let style = Style { unescaped, ..style };
        let whole = wrapped(which, &style.print(&value));
        let ends = wrapped(which, "\u{0}").split('\u{0}').next_back().unwrap_or_default().len();
        for end in 0..whole.len() {
            let text = String::from_utf8_lossy(&whole.as_bytes()[..end]);
            // Once it is whole, it may be read; of two equal ones the first is enough.
            if let Ok(read) = read(&text) {
                let complete = end + ends >= whole.len() || which == 5;
                prop_assert!(unescaped || (complete && read.value == value), "{text}");
            }
            if let Ok(read) = read_cut(&text, Cut::Close) {
                prop_assert!(is_part(&read.value, &value) || unescaped, "{text}: {}", read.value);
                prop_assert!(read.value == value || read.repairs.contains(&Repair::Closed) || unescaped, "{text}");
            }
        }
    }
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(list) => list.iter().flat_map(texts).collect(),
        Value::Object(members) => members.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

/// Whether `text` without escapes is a text's end with more JSON behind it: nobody could tell.
fn holds_an_end(text: &str) -> bool {
    text.match_indices(['"', '\'', '“', '”']).any(|(at, mark)| {
        let rest = text[at + mark.len()..].trim_start();
        let beyond = rest.strip_prefix(',').map(str::trim_start);
        rest.starts_with([':', '}', ']']) || beyond.is_some_and(|rest| !rest.starts_with(char::is_alphabetic))
    })
}

/// Where brackets, colons, commas and quotation marks of the form stand, the content of texts left out. Commas count
/// where a line ends, as `1,2` without one is another number.
fn structure(text: &str) -> Vec<usize> {
    let (mut inside, mut escaped, mut marks) = (false, false, Vec::new());
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if inside => escaped = true,
            b'"' => {
                inside = !inside;
                marks.push(at);
            }
            b',' if !inside && text.as_bytes().get(at + 1) != Some(&b'\n') => {}
            b'{' | b'}' | b'[' | b']' | b':' | b',' if !inside => marks.push(at),
            _ => {}
        }
    }
    marks
}

#[test]
fn damaged_bytes_are_read_or_refused() {
    let seeds: Vec<Vec<u8>> = [
        include_str!("../../../../fuzz/answers/1-fenced.txt"),
        include_str!("../../../../fuzz/answers/2-careless.txt"),
        include_str!("../../../../fuzz/answers/3-python.txt"),
        include_str!("../../../../fuzz/answers/4-quotes.txt"),
        include_str!("../../../../fuzz/answers/5-strict.json"),
    ]
    .into_iter()
    .chain(include_str!("../../../../fixtures/structured.jsonl").lines())
    .map(|text| text.as_bytes().to_vec())
    .collect();
    let dice = Rng::seeded(8);
    for _ in 0..20_000 {
        fuzz(&damaged(&seeds, &dice));
    }
}
