use serde_json::{Value, json};

use super::super::{Cut, DEPTH_MAX, Read, Refusal, Repair, SIZE_MAX, STEPS_PER_BYTE, Trouble, Why, read, read_counted};
use super::super::{read_cut, reask};

#[track_caller]
fn check(text: &str, value: Value, repairs: &[Repair]) {
    assert_eq!(read(text), Ok(Read { value, repairs: repairs.to_vec() }), "{text}");
}

#[track_caller]
fn refused(text: &str, why: Why, place: (usize, usize)) {
    let refusal = read(text).expect_err(text);
    assert_eq!((refusal.why, (refusal.line, refusal.column)), (why, place), "{text}: {refusal}");
}

#[test]
fn mends_are_named() {
    check(r#"{"a":[1,-0.5,"x"]}"#, json!({"a":[1,-0.5,"x"]}), &[]);
    check("\u{feff}{\"a\":1}", json!({"a":1}), &[Repair::Space]);
    check("Here: {\"a\":1}.", json!({"a":1}), &[Repair::Prose]);
    check("```json\n[1]\n```", json!([1]), &[Repair::Fence]);
    check("<think>no {</think>[1]", json!([1]), &[Repair::Thoughts]);
    check("\"a\": {\"b\":1}", json!({"b":1}), &[Repair::Head]);
    check(r#""{\"a\":1}""#, json!({"a":1}), &[Repair::Unwrapped]);
    check("{\"a\":1}\n{\"a\":1}", json!({"a":1}), &[Repair::Repeated]);
    check("{{\"a\":{{}}}}", json!({"a":{}}), &[Repair::DoubledBraces]);
    check("{\"a\":1}}", json!({"a":1}), &[Repair::ExtraBraces]);
    check("{\"a\":1 /* b */}", json!({"a":1}), &[Repair::Comment]);
    check("{'a':“b”}", json!({"a":"b"}), &[Repair::Quotes]);
    check(r#"{"a":"so "b" it"}"#, json!({"a":"so \"b\" it"}), &[Repair::InnerQuotes]);
    check("{a:1}", json!({"a":1}), &[Repair::BareKey]);
    check(r#"{"a":1,"a":1}"#, json!({"a":1}), &[Repair::RepeatedKey]);
    check("[1,]", json!([1]), &[Repair::TrailingComma]);
    check("{\"a\":1\n\"b\":2}", json!({"a":1,"b":2}), &[Repair::MissingComma]);
    check("[True,None]", json!([true, null]), &[Repair::PythonLiteral]);
    check("[\"a\nb\"]", json!(["a\nb"]), &[Repair::RawControl]);
    check(r#"["\d"]"#, json!(["\\d"]), &[Repair::Backslash]);
    assert_eq!(read_cut("{\"a\":1,\"b", Cut::Close), Ok(Read { value: json!({"a":1}), repairs: vec![Repair::Closed] }));
}

#[test]
fn refusals_say_where_and_what() {
    refused("{\n  \"çay\": 1,\n  \"b\" 2\n}", Why::Malformed, (3, 7));
    refused("[\"ç\", 007]", Why::Number, (1, 7));
    refused("{\"a\":1,\n\"a\":2}", Why::RepeatedKey, (2, 1));
    refused("{\"a\":[1,2", Why::Cut, (1, 10));
    refused("{\"a\":1} {\"a\":2}", Why::Ambiguous, (1, 9));
    refused("Sorry.", Why::Missing, (1, 7));
    refused("", Why::Missing, (1, 1));
    refused("[12345678901234567890]x]", Why::Malformed, (1, 24));
    refused("[123456789012345678901]", Why::Number, (1, 2));
    refused("[1e999]", Why::Number, (1, 2));
    refused(r#"["\ud800"]"#, Why::Malformed, (1, 3));
    refused("[1, // ... and more\n]", Why::Malformed, (1, 5));
}

#[test]
fn whole_numbers_keep_their_digits_and_others_are_rounded_once() {
    check(
        "[9007199254740993,18446744073709551615,-9223372036854775808]",
        json!([9007199254740993u64, u64::MAX, i64::MIN]),
        &[],
    );
    check("[0.1,1e23,-0,5e-324]", json!([0.1, 1e23, -0.0, 5e-324]), &[]);
}

#[test]
fn depth_and_length_have_a_limit() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(read(&nested(DEPTH_MAX)).is_ok());
    assert_eq!(read(&nested(DEPTH_MAX + 1)).unwrap_err().why, Why::TooDeep);
    assert_eq!(read(&"{\"a\":".repeat(100_000)).unwrap_err().why, Why::TooDeep);
    assert!(read(&format!("[1]{}", " ".repeat(SIZE_MAX - 3))).is_ok());
    assert_eq!(read(&" ".repeat(SIZE_MAX + 1)).unwrap_err().why, Why::TooLong);
}

#[test]
fn each_byte_is_looked_at_a_fixed_number_of_times() {
    const HEADS: &[&str] = &["", "{\"a\":\"", "{\"a\":“", "{'a':'", "[", "[\"", "<think>", "words ", "{\"a\":1}"];
    const PIECES: &[&str] = &[
        "\"",
        "'",
        "“",
        "’",
        "\\",
        "{",
        "[",
        "[1] ",
        "[a",
        "{a ",
        "{a:",
        "\", \"",
        "\",\n",
        "\"\n\"",
        " \"x\" ",
        "x' ",
        "\"/*",
        "\"//",
        "“\"//\n",
        "\"#",
        " #\n",
        "/* ",
        "//\n",
        "\"a\": ",
        "\"a\":1\n",
        "```",
        "```json\n{}\n",
        "{}",
        "[] ",
        "}",
        "]",
        ",",
        " ",
        "\n",
        "\u{a0}",
        "a",
        "1",
        "1,",
        "-",
        "</think>",
        "- [ ] ",
        "\"a\", true ",
        "\", 1 ",
        "\", a",
        "\", a:",
        "é",
        "\\u",
        "…",
        "{\"a\":",
        "[\"a\",",
        "'a' ",
        "[\n",
        "{ ",
        "\" ",
        "\" ,",
    ];
    for head in HEADS {
        for piece in PIECES {
            for times in [1_000, 20_000] {
                let text = format!("{head}{}", piece.repeat(times));
                for cut in [Cut::Refuse, Cut::Close] {
                    let (_, steps) = read_counted(&text, cut);
                    assert!(steps <= STEPS_PER_BYTE * text.len() as u64, "{head}{piece}…: {steps} for {}", text.len());
                }
            }
        }
    }
}

#[test]
fn a_cut_text_is_never_given_as_a_whole_one() {
    let text = r#"{"a": "He said "yes", and "no" to all", "b": [1, 23, "x"], "c": {"d": true, "e": -1.5}}"#;
    let whole = json!({"a": "He said \"yes\", and \"no\" to all", "b": [1, 23, "x"], "c": {"d": true, "e": -1.5}});
    assert_eq!(read(text).map(|read| read.value), Ok(whole.clone()));
    for end in 0..text.len() {
        assert_eq!(
            read(&text[..end]).map_err(|refusal| refusal.why).err().map(|why| why == Why::Malformed),
            Some(false),
            "{end}"
        );
        let Ok(read) = read_cut(&text[..end], Cut::Close) else { continue };
        assert!(read.repairs.contains(&Repair::Closed));
        for (key, value) in read.value.as_object().unwrap() {
            match value {
                Value::Array(list) => assert_eq!(whole[key].as_array().unwrap()[..list.len()], list[..], "{end}"),
                Value::Object(some) => assert!(some.iter().all(|(name, value)| whole[key][name] == *value), "{end}"),
                scalar => assert_eq!(*scalar, whole[key], "{end}"),
            }
        }
    }
    let cut = |text: &str| read_cut(text, Cut::Close).map(|read| read.value).map_err(|refusal| refusal.why);
    assert_eq!(cut("{\"a\":[1,2,3"), Ok(json!({"a":[1,2]})));
    assert_eq!(cut("```json\n{\"a\":\"x\",\"b\":\"hal"), Ok(json!({"a":"x"})));
    assert_eq!(cut("{\"a\":\"hal"), Err(Why::Cut));
    assert_eq!(cut("{\"a\":1}\n{\"a\":[2"), Err(Why::Ambiguous));
}

#[test]
fn a_model_is_told_once_what_to_mend() {
    let refusal: Refusal = read("{\"a\": .5}").unwrap_err();
    assert_eq!(
        reask(Trouble::Unread(&refusal)),
        "Your answer could not be read as JSON. line 1, column 7: expected a number as JSON writes it, of at most 64 bits. \
         Send the whole answer again as one JSON value and nothing else: no comment, no Markdown."
    );
}

#[test]
fn a_key_that_lost_its_first_mark_is_no_comment() {
    refused("{\n  #\": \"\\\"\\\"\",\n  \"a\": 1\n}", Why::Ambiguous, (1, 2));
    refused("[1, // \"old\": 2\n 3]", Why::Ambiguous, (1, 4));
}
