use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::super::collect::Collected;
use super::super::{Completed, Fault};
use super::*;

fn recorded(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/frames").join(name)).unwrap()
}

fn events(dialect: Dialect, parts: &mut dyn Iterator<Item = &[u8]>) -> Vec<Event> {
    let mut frames = dialect.frames();
    let mut events: Vec<Event> = parts.flat_map(|part| frames.push(part)).collect();
    events.extend(frames.end());
    events
}

fn verdict(events: Vec<Event>) -> (Result<Completed, Fault>, Option<Usage>) {
    let mut collected = Collected::default();
    events.into_iter().for_each(|event| collected.take(event));
    let usage = collected.usage;
    (collected.verdict(), usage)
}

/// What the stream comes to, after having been read whole, divided at every byte, byte by byte, and with other line breaks.
fn replay(dialect: Dialect, name: &str) -> (Result<Completed, Fault>, Option<Usage>) {
    let bytes = recorded(name);
    let whole = events(dialect, &mut std::iter::once(&*bytes));
    for at in 0..=bytes.len() {
        assert_eq!(events(dialect, &mut [&bytes[..at], &bytes[at..]].into_iter()), whole, "{name} divided at {at}");
    }
    assert_eq!(events(dialect, &mut bytes.chunks(1)), whole, "{name} byte by byte");
    if dialect.framing() == crate::llm::lines::Framing::Sse {
        for ending in ["\r\n", "\r"] {
            let other = String::from_utf8(bytes.clone()).unwrap().replace('\n', ending).into_bytes();
            assert_eq!(events(dialect, &mut other.chunks(7)), whole, "{name} with {ending:?}");
        }
    }
    // Whatever is cut off, half a text is never taken for a whole one.
    let (full, usage) = verdict(whole);
    for at in 0..bytes.len() {
        match (verdict(events(dialect, &mut std::iter::once(&bytes[..at]))).0, &full) {
            (Ok(cut), Ok(full)) => assert_eq!((&cut.text, cut.finish), (&full.text, full.finish), "{name} cut at {at}"),
            (Ok(cut), Err(_)) => panic!("{name} cut at {at}: {cut:?}"),
            (Err(_), _) => {}
        }
    }
    (full, usage)
}

fn completed(text: &str, model: &str, finish: Finish, usage: [u64; 4]) -> Completed {
    let [prompt_tokens, completion_tokens, cached_tokens, reasoning_tokens] = usage;
    let usage = Some(Usage { prompt_tokens, completion_tokens, cached_tokens, reasoning_tokens });
    Completed { text: text.into(), model: model.into(), usage, finish }
}

#[test]
fn good_streams_of_every_dialect() {
    let good = |dialect, name: &str| replay(dialect, name).0.unwrap();
    assert_eq!(
        good(Dialect::OpenAi, "openai.sse"),
        completed("Köprü \"açıldı\" 🌉", "m-1-2026", Finish::Stop, [112, 31, 64, 20])
    );
    assert_eq!(
        good(Dialect::Anthropic, "anthropic.sse"),
        completed("Hello, world", "c-1-2026", Finish::Length, [1_225, 15, 1_000, 0]),
        "what was read from the cache and written to it is part of the question"
    );
    assert_eq!(
        good(Dialect::Anthropic, "anthropic-tool.sse"),
        completed("{\"title\": \"Köprü\"}", "c-1", Finish::Stop, [40, 12, 0, 0])
    );
    assert_eq!(
        good(Dialect::Gemini, "gemini.sse"),
        completed("The bridge is open.", "g-3", Finish::Stop, [60, 25, 32, 20])
    );
    assert_eq!(good(Dialect::Ollama, "ollama.ndjson"), completed("Merhaba", "llama:8b", Finish::Stop, [26, 282, 0, 0]));
}

#[test]
fn streams_that_end_badly() {
    let (result, usage) = replay(Dialect::OpenAi, "openai-refusal.sse");
    assert_eq!(result.unwrap_err().to_string(), "the model refused: I cannot help.");
    assert_eq!(
        usage,
        Some(Usage { prompt_tokens: 5, completion_tokens: 4, ..Usage::default() }),
        "billed all the same"
    );
    let fault = |dialect, name: &str| replay(dialect, name).0.unwrap_err();
    let status = |fault: Fault| match fault {
        Fault::InBand { status, ref raw, .. } => (fault.kind(), status, raw.contains("rror"), fault.is_transient()),
        other => panic!("{other:?}"),
    };
    assert_eq!(status(fault(Dialect::OpenAi, "openai-gateway.sse")), ("in_band_error", Some(502), true, true));
    assert_eq!(status(fault(Dialect::Anthropic, "anthropic-overloaded.sse")), ("in_band_error", Some(529), true, true));
    assert_eq!(status(fault(Dialect::Gemini, "gemini-error.sse")), ("in_band_error", Some(503), true, true));
    assert_eq!(status(fault(Dialect::Ollama, "ollama-error.ndjson")), ("in_band_error", None, true, false));
    assert_eq!(
        fault(Dialect::Gemini, "gemini-blocked.sse").to_string(),
        "the model refused: the question was blocked: PROHIBITED_CONTENT"
    );
}

#[test]
fn the_end_mark_is_awaited() {
    let text = String::from_utf8(recorded("openai.sse")).unwrap();
    let until = |mark: &str| {
        // The frames before the one that holds the mark.
        let frame = text[..text.find(mark).unwrap()].rfind("data: ").unwrap();
        verdict(events(Dialect::OpenAi, &mut std::iter::once(&text.as_bytes()[..frame])))
    };
    assert!(matches!(until("\"finish_reason\":\"stop\"").0, Err(Fault::Cut)));
    let (whole, usage) = until("[DONE]");
    assert_eq!(
        (whole.unwrap().text.as_str(), usage.is_some()),
        ("Köprü \"açıldı\" 🌉", true),
        "the reason for ending was told"
    );
    assert!(matches!(verdict(Vec::new()).0, Err(Fault::Cut)));
    assert!(matches!(verdict(vec![Event::Done]).0, Err(Fault::Empty)));
}

#[test]
fn what_is_no_frame() {
    for dialect in Dialect::ALL {
        let framed = |data: &str| {
            if dialect == Dialect::Ollama {
                format!("{data}\n{data}\n")
            } else {
                format!("data: {data}\n\ndata: {data}\n\n")
            }
        };
        for bad in ["7", "null", "\"x\"", "{", "<html>"] {
            let seen = events(dialect, &mut std::iter::once(framed(bad).as_bytes()));
            assert!(
                matches!(seen.as_slice(), [Event::Malformed { raw, .. }] if raw == bad),
                "{dialect} {bad}: {seen:?}"
            );
        }
        let seen =
            events(dialect, &mut std::iter::once(framed(r#"{"error":{"message":"no","code":"429"}}"#).as_bytes()));
        let is_error = matches!(seen.as_slice(), [Event::Error { message, .. }] if message == "no");
        assert!(is_error || dialect == Dialect::Anthropic, "{dialect}: {seen:?}");
        let long = vec![b'x'; LINE_BYTES_MAX + 2];
        let mut frames = dialect.frames();
        assert!(matches!(frames.push(&long).as_slice(), [Event::Malformed { .. }]));
        assert_eq!((frames.push(b"\ndata: [DONE]\n\n"), frames.end()), (vec![], vec![]));
    }
}

proptest! {
    #[test]
    fn any_bytes_give_the_same_events_in_pieces(data in proptest::collection::vec(any::<u8>(), 0..300)) {
        fuzz(&data);
    }

    #[test]
    fn damaged_streams_too(name in 0usize..11, at in 0usize..2_000, byte in any::<u8>()) {
        let mut files: Vec<_> = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/frames")).unwrap().map(|f| f.unwrap().path()).collect();
        files.sort();
        let mut data = fs::read(&files[name % files.len()]).unwrap();
        let at = at % data.len();
        data[at] = byte;
        fuzz(&data);
    }
}
