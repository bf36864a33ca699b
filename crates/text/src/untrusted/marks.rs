//! Signs that mean something to the machinery around a model: chat templates, turns, ends of data blocks, addresses that carry
//! something away.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

use super::{FOUND_MAX, Found, Kind};

/// What is looked for without regard to case, its weight and kind.
#[rustfmt::skip]
const SIGNS: &[(&str, u32, Kind)] = &[
    ("<|im_start|>", 100, Kind::Marker), ("<|im_end|>", 100, Kind::Marker), ("<|system|>", 100, Kind::Marker), ("<|user|>", 100, Kind::Marker),
    ("<|assistant|>", 100, Kind::Marker), ("<|endoftext|>", 100, Kind::Marker),
    ("<|end|>", 80, Kind::Marker), ("<|eot_id|>", 100, Kind::Marker),
    ("<|start_header_id|>", 100, Kind::Marker), ("<|begin_of_text|>", 100, Kind::Marker), ("<|end_of_turn|>", 100, Kind::Marker),
    ("<|endofprompt|>", 100, Kind::Marker), ("<|channel|>", 100, Kind::Marker),
    ("<|start|>", 80, Kind::Marker), ("<|message|>", 80, Kind::Marker),
    ("<｜", 60, Kind::Marker),
    ("[inst]", 100, Kind::Marker), ("[/inst]", 100, Kind::Marker), ("<<sys>>", 100, Kind::Marker), ("<</sys>>", 100, Kind::Marker),
    ("<start_of_turn>", 100, Kind::Marker), ("<end_of_turn>", 100, Kind::Marker),
    ("[system]", 60, Kind::Marker), ("[/system]", 70, Kind::Marker),
    ("<system>", 70, Kind::Marker), ("</system>", 70, Kind::Marker), ("<assistant>", 70, Kind::Marker), ("</assistant>", 70, Kind::Marker),
    ("<system_prompt>", 70, Kind::Marker), ("</system_prompt>", 80, Kind::Marker), ("<instructions>", 50, Kind::Marker),
    ("</instructions>", 50, Kind::Marker), ("### system:", 95, Kind::Marker), ("### system override", 95, Kind::Marker), ("### instruction:", 60, Kind::Marker),
    ("### response:", 50, Kind::Marker), ("### human:", 60, Kind::Marker),
    ("### assistant:", 60, Kind::Marker), ("### new instruction", 80, Kind::Marker),
    ("#### system", 40, Kind::Marker),
    ("<tool_call>", 90, Kind::Turn), ("<function_call", 90, Kind::Turn), ("<function_calls>", 90, Kind::Turn), ("<tool_use>", 90, Kind::Turn),
    ("\"tool_calls\"", 80, Kind::Turn), ("\"function_call\"", 80, Kind::Turn),
    ("\"role\":\"system\"", 80, Kind::Turn), ("\"role\": \"system\"", 80, Kind::Turn),
    ("\"role\":\"developer\"", 80, Kind::Turn), ("\"role\": \"developer\"", 80, Kind::Turn), ("'role': 'system'", 80, Kind::Turn),
    ("\"role\":\"assistant\"", 50, Kind::Turn), ("\"role\": \"assistant\"", 50, Kind::Turn),
    ("{\"tool\":", 70, Kind::Turn), ("{\"tool\": ", 70, Kind::Turn),
    ("end of data", 40, Kind::Marker), ("end of article", 30, Kind::Marker),
    ("end of document", 30, Kind::Marker), ("end of user input", 70, Kind::Marker),
    ("end of untrusted", 80, Kind::Marker), ("begin system", 70, Kind::Marker),
    ("end of context", 60, Kind::Marker), ("end of input", 40, Kind::Marker),
    ("end of user", 70, Kind::Marker), ("end of source", 60, Kind::Marker), ("end of external", 70, Kind::Marker),
    ("end of retrieved", 70, Kind::Marker), ("end of text", 40, Kind::Marker), ("end of content", 50, Kind::Marker),
    ("{{#system", 100, Kind::Marker), ("{{system", 80, Kind::Marker), ("{{#user", 70, Kind::Marker), ("{{#assistant", 80, Kind::Marker),
    ("<<assistant", 80, Kind::Marker), ("<<system", 90, Kind::Marker), ("<<user", 60, Kind::Marker),
    ("<tool_response>", 90, Kind::Turn), ("<tool_result>", 90, Kind::Turn), ("<function_results>", 90, Kind::Turn), ("<result>", 30, Kind::Turn),
    ("\"tool_result\"", 60, Kind::Turn), ("\"next_action\"", 50, Kind::Turn),
];

/// Names of blocks that prompts put data in; none is an element whose end a page would hold without its beginning.
const BLOCKS: [&str; 14] = [
    "data",
    "document",
    "documents",
    "context",
    "input",
    "user_input",
    "userinput",
    "untrusted",
    "external_content",
    "content",
    "user",
    "prompt",
    "item_text",
    "article_text",
];

/// How what follows the end of a block goes on to order something.
const GOES_ON: [&str; 22] = [
    "now",
    "next",
    "new",
    "ignore",
    "forget",
    "disregard",
    "you",
    "please",
    "system",
    "instructions",
    "assistant",
    "ai",
    "from",
    "şimdi",
    "artık",
    "yeni",
    "jetzt",
    "neue",
    "ahora",
    "nueva",
    "maintenant",
    "nouvelle",
];

/// Who takes a turn at the start of a line, and what that weighs.
const TURNS: [(&str, u32); 20] = [
    ("system", 45),
    ("system message", 70),
    ("system prompt", 80),
    ("system override", 90),
    ("assistant", 35),
    ("human", 25),
    ("developer", 35),
    ("sistem", 45),
    ("admin", 35),
    ("user", 20),
    ("ai", 35),
    ("model", 25),
    ("bot", 25),
    ("llm", 45),
    ("chatgpt", 35),
    ("tool result", 60),
    ("tool response", 60),
    ("function result", 60),
    ("developer message", 70),
    ("instruction", 30),
];

/// How a model begins an answer; after a turn of its own it was written for it.
const ANSWERED: [&str; 8] =
    ["sure", "certainly", "of course", "understood", "okay", "absolutely", "tabii", "natürlich"];

/// What an address would carry away.
const TALK: [&str; 22] = [
    "conversation",
    "chat",
    "history",
    "prompt",
    "system",
    "secret",
    "password",
    "context",
    "memory",
    "message",
    "user_data",
    "userdata",
    "user data",
    "summary",
    "api_key",
    "apikey",
    "credential",
    "sohbet",
    "konusma",
    "verlauf",
    "instructions",
    "data",
];

static FINDER: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::LeftmostLongest)
        .build(SIGNS.iter().map(|(sign, ..)| *sign))
        .expect("the signs are few and short")
});

pub(super) fn find(text: &str, found: &mut Vec<Found>) {
    let mut note = |kind, weight, pattern: usize, start, end| {
        if found.len() < FOUND_MAX && found.iter().filter(|part| part.pattern == pattern).count() < 3 {
            found.push(Found { kind, weight, pattern, start, end });
        }
    };
    for hit in FINDER.find_iter(text) {
        let (_, weight, kind) = SIGNS[hit.pattern().as_usize()];
        note(kind, weight, hit.pattern().as_usize(), hit.start(), hit.end());
    }
    blocks(text, &mut note);
    turns(text, &mut note);
    addresses(text, &mut note);
}

type Note<'n> = dyn FnMut(Kind, u32, usize, usize, usize) + 'n;

/// Ends of blocks that never began.
fn blocks(text: &str, note: &mut Note<'_>) {
    let mut opened = [false; BLOCKS.len()];
    for (at, _) in text.match_indices('<') {
        let rest = &text[at + 1..];
        let (is_end, name) = rest.strip_prefix('/').map_or((false, rest), |name| (true, name));
        let bytes = name.as_bytes();
        let length = bytes.iter().take(20).take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
        let Some(index) = BLOCKS.iter().position(|block| block.as_bytes().eq_ignore_ascii_case(&bytes[..length]))
        else {
            continue;
        };
        if !is_end {
            opened[index] = true;
        } else if !opened[index] && bytes.get(length) == Some(&b'>') {
            let next = name[length + 1..].split(|c: char| !c.is_alphanumeric()).find(|word| !word.is_empty());
            let weight =
                if next.is_some_and(|word| GOES_ON.contains(&word.to_lowercase().as_str())) { 100 } else { 75 };
            note(Kind::Marker, weight, 1_000 + index, at, at + 3 + length);
        }
    }
}

/// `system:` and others at the start of a line, headings of that name, and dialogues that were written for a model.
fn turns(text: &str, note: &mut Note<'_>) {
    const HEADING: u32 = 45;
    let (mut at, mut examples, mut asked, mut answered) = (0, [0; 2], None, false);
    for line in text.split_inclusive('\n') {
        let head = &line[..line.floor_char_boundary(40)];
        let bare = head.trim_start_matches(|c: char| {
            c.is_whitespace() || matches!(c, '#' | '*' | '[' | '-' | '=' | '>' | '{' | '"' | '/' | '<' | '!')
        });
        let start = at + head.len() - bare.len();
        if let Some(end) = bare.find([':', ']', '*']) {
            let name = bare[..end].trim().trim_matches('"').replace('_', " ").to_lowercase();
            if let Some(index) = TURNS.iter().position(|(known, _)| *known == name) {
                note(Kind::Turn, TURNS[index].1, 2_000 + index, start, start + end);
                if matches!(TURNS[index].0, "system" | "sistem") && head.trim_start().starts_with("###") {
                    note(Kind::Marker, 95, 2_104, start, start + end);
                }
                let said = line.trim_start().get(end + 1..).unwrap_or_default().trim_start().to_lowercase();
                if ANSWERED.iter().any(|start| said.starts_with(start)) {
                    note(Kind::Turn, 50, 2_100, start, start + end);
                }
                answered |=
                    asked.is_some() && matches!(name.as_str(), "assistant" | "ai" | "model" | "bot" | "chatgpt");
                if matches!(name.as_str(), "user" | "human") {
                    if answered {
                        // He asks again: a talk between him and a model.
                        note(Kind::Turn, 45, 2_101, start, start + end);
                    }
                    asked = Some(start);
                }
            }
            let name = name.trim_start_matches("example ").trim_end_matches(|c: char| c.is_ascii_digit() || c == ' ');
            if let Some(side) = [["input", "q"], ["output", "a"]].iter().position(|names| names.contains(&name)) {
                examples[side] += 1;
                if examples.iter().all(|count| *count == 2) {
                    note(Kind::Turn, 45, 2_102, start, start + end);
                }
            }
        } else if head.trim_start().starts_with('#') {
            let name = bare.trim_end().to_lowercase();
            if let Some(index) = TURNS.iter().position(|(known, _)| *known == name) {
                note(Kind::Turn, HEADING, 2_000 + index, start, start + name.len().min(bare.len()));
            }
        }
        at += line.len();
    }
    // Brackets that close what stands outside of the text.
    let start = text.trim_start();
    let closers =
        start.bytes().take(12).take_while(|byte| matches!(byte, b'"' | b'\'' | b'}' | b']' | b' ' | b')')).count();
    if start[..closers].contains(['}', ']']) && start[..closers].bytes().filter(|byte| *byte != b' ').count() >= 2 {
        note(Kind::Marker, 45, 2_103, text.len() - start.len(), text.len() - start.len() + closers);
    }
}

/// Addresses with a place for what was talked about.
fn addresses(text: &str, note: &mut Note<'_>) {
    const LENGTH_MAX: usize = 300;
    for (at, _) in text.match_indices("://") {
        let from = text.floor_char_boundary(at.saturating_sub(80));
        let before = &text[from..at];
        let line = &text[at..text.floor_char_boundary((at + LENGTH_MAX).min(text.len()))];
        let line = line.split(['\n', ')', '"', '>']).next().unwrap_or_default();
        let Some(open) = line.find(['{', '[', '<', '$', '%', '=']) else { continue };
        // A value that is left open is one that the reader shall fill in.
        let bare = line.split_whitespace().next().unwrap_or_default();
        if bare.ends_with('=') && bare.contains('?') {
            note(Kind::Exfiltration, 45, 3_001, at, at + bare.len());
        }
        let place = line[open..].to_ascii_lowercase();
        let is_place = line.contains(['{', '[', '<', '$'])
            || place.contains("=your")
            || place.contains("=insert")
            || place.contains("=the+");
        let is_shown =
            before.contains("](") && before.contains("![") || before.contains("<img") || before.contains("src=");
        let Some(what) = TALK.iter().position(|talk| place.contains(talk)) else { continue };
        if !(is_place || is_shown && place.contains("=conversation")) {
            continue;
        }
        let strong = TALK[what] != "data" && TALK[what] != "message" && !place.contains("_id}");
        let weight = match (is_shown, strong) {
            (true, true) => 100,
            (true, false) => 70,
            (false, true) => 60,
            (false, false) => 20,
        };
        let start =
            text[..at].rfind(|c: char| !c.is_ascii_alphabetic()).map_or(0, |place| text.ceil_char_boundary(place + 1));
        note(Kind::Exfiltration, weight, 3_000, start.max(from).min(at), at + line.len());
    }
}
