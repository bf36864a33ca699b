use serde_json::{Value, json};

use super::super::{Dialect, Fault, Schema, Trouble, reask};

fn draft() -> Schema {
    Schema::new(json!({
        "type": "object",
        "properties": {
            "title": { "type": "string", "minLength": 3, "maxLength": 12 },
            "tags": { "type": "array", "items": { "type": "string" }, "minItems": 1, "maxItems": 2 },
            "score": { "type": ["number", "null"], "minimum": 0, "maximum": 1 },
            "tone": { "enum": ["calm", "loud"] },
            "kind": { "const": "draft" },
            "tree": { "$ref": "#/$defs/node" },
        },
        "required": ["title", "score"],
        "additionalProperties": false,
        "$defs": {
            "node": {
                "type": "object",
                "properties": {
                    "name": { "type": "string" },
                    "next": { "anyOf": [{ "$ref": "#/$defs/node" }, { "type": "integer" }] },
                },
                "required": ["name"],
                "additionalProperties": false,
            },
        },
    }))
    .unwrap()
}

#[track_caller]
fn check(schema: &Schema, value: &Value, faults: &[(&str, &str)]) {
    let found = schema.check(value);
    let found: Vec<(&str, &str)> = found.iter().map(|fault| (fault.pointer.as_str(), fault.detail.as_str())).collect();
    assert_eq!(found, faults, "{value}");
}

#[test]
fn every_keyword_is_held() {
    let schema = draft();
    check(&schema, &json!({"title": "Snow", "score": null, "tags": ["a"], "tone": "calm", "kind": "draft"}), &[]);
    check(
        &schema,
        &json!({"title": "Snow", "score": 1, "tree": {"name": "a", "next": {"name": "b", "next": 3.0}}}),
        &[],
    );
    check(&schema, &json!([1]), &[("", "is array, must be object")]);
    check(&schema, &json!({"title": "Kar"}), &[("", "lacks the member \"score\"")]);
    check(&schema, &json!({"title": "Çı", "score": 0}), &[("/title", "has 2 characters, must have at least 3")]);
    check(&schema, &json!({"title": "Snow", "score": 1.5}), &[("/score", "is 1.5, must be at most 1")]);
    check(&schema, &json!({"title": "Snow", "score": -1}), &[("/score", "is -1, must be at least 0")]);
    check(&schema, &json!({"title": "Snow", "score": "1"}), &[("/score", "is string, must be number or null")]);
    check(
        &schema,
        &json!({"title": "Snow", "score": 1, "tags": [], "kind": 1, "tone": "shrill", "a/b": 1}),
        &[
            ("", "has the unknown member \"a/b\""),
            ("/kind", "must be \"draft\""),
            ("/tags", "has 0 elements, must have at least 1"),
            ("/tone", "must be one of [\"calm\",\"loud\"]"),
        ],
    );
    check(
        &schema,
        &json!({"title": "Snow", "score": 1, "tags": ["a", 2, "c"]}),
        &[("/tags", "has 3 elements, must have at most 2"), ("/tags/1", "is number, must be string")],
    );
    let tree = json!({"title": "Snow", "score": 1, "tree": {"name": "a", "next": {"name": "b", "next": 1.5}}});
    check(&schema, &tree, &[("/tree/next/next", "is number, must be object")]);
    check(
        &Schema::new(json!({ "properties": { "a~/": { "type": "null" } } })).unwrap(),
        &json!({"a~/": 1}),
        &[("/a~0~1", "is number, must be null")],
    );
    check(
        &Schema::new(json!({ "maximum": 9007199254740992u64 })).unwrap(),
        &json!(9007199254740993u64),
        &[("", "is 9007199254740993, must be at most 9007199254740992")],
    );
    check(&Schema::new(json!({ "enum": [1, [2.0]] })).unwrap(), &json!([2]), &[]);
}

#[test]
fn a_schema_that_cannot_be_held_is_refused() {
    let refused = |schema: Value| Schema::new(schema).unwrap_err().pointer;
    assert_eq!(refused(json!({ "properties": { "a": { "pattern": "x" } } })), "/properties/a/pattern");
    assert_eq!(refused(json!({ "type": "text" })), "/type");
    assert_eq!(refused(json!({ "type": [] })), "/type");
    assert_eq!(refused(json!({ "items": 3 })), "/items");
    assert_eq!(refused(json!({ "$ref": "#/$defs/none" })), "/$ref");
    assert_eq!(refused(json!({ "$ref": "https://example.org/x" })), "/$ref");
    assert_eq!(refused(json!({ "$ref": "#" })), "/$ref");
    let circle = json!({ "$defs": { "a": { "anyOf": [{ "$ref": "#/$defs/b" }] }, "b": { "$ref": "#/$defs/a" } } });
    assert_eq!(refused(circle), "/$defs/a/anyOf/0/$ref");
    assert_eq!(refused(json!({ "minLength": -1 })), "/minLength");
}

#[test]
fn a_schema_that_branches_without_end_is_given_up() {
    let twice = json!({ "type": "array", "items": { "$ref": "#" } });
    let schema = Schema::new(json!({ "anyOf": [twice, twice, { "type": "string" }] })).unwrap();
    let nested = (0..60).fold(json!(1), |value, _| json!([value]));
    check(&schema, &nested, &[("", "the value is too large for its schema")]);
}

#[test]
fn openai_requires_every_member() {
    let sent = draft().for_strict(Dialect::OpenAi);
    assert_eq!(sent["required"], json!(["kind", "score", "tags", "title", "tone", "tree"]));
    assert_eq!(sent["additionalProperties"], false);
    assert_eq!(sent["properties"]["title"], json!({ "type": "string" }));
    assert_eq!(sent["properties"]["tags"]["type"], json!(["array", "null"]));
    assert_eq!(sent["properties"]["tone"], json!({ "anyOf": [{ "enum": ["calm", "loud"] }, { "type": "null" }] }));
    assert_eq!(sent["$defs"]["node"]["required"], json!(["name", "next"]));
    let strict = Schema::new(sent).unwrap();
    let mut answer = json!({"title": "Snow", "score": null, "tags": null, "tone": null, "kind": null, "tree": {"name": "a", "next": null}});
    assert_eq!(strict.check(&answer), []);
    draft().drop_nulls(&mut answer);
    assert_eq!(answer, json!({"title": "Snow", "score": null, "tree": {"name": "a"}}));
    assert_eq!(draft().check(&answer), []);
}

#[test]
fn gemini_knows_neither_references_nor_unions() {
    let sent = draft().for_strict(Dialect::Gemini);
    assert_eq!(sent["properties"]["score"], json!({ "type": "number", "nullable": true, "minimum": 0, "maximum": 1 }));
    assert_eq!(sent["properties"]["kind"], json!({ "enum": ["draft"] }));
    assert_eq!(sent["properties"]["tree"]["properties"]["next"]["anyOf"][0]["type"], "object");
    assert_eq!(sent["properties"]["tags"]["maxItems"], "2");
    let printed = sent.to_string();
    for word in ["$ref", "$defs", "additionalProperties", "const"] {
        assert!(!printed.contains(word), "{word}: {printed}");
    }
}

#[test]
fn a_model_is_told_of_each_fault() {
    let faults = draft().check(&json!({"title": "Snow"}));
    assert_eq!(
        reask(Trouble::Invalid(&faults)),
        "Your answer is JSON, but not of the form that was asked for:\n- the whole answer: lacks the member \"score\"\n\
         Send the whole answer again as one JSON value and nothing else: no comment, no Markdown."
    );
    let many = vec![Fault { pointer: "/a".into(), detail: "is null, must be string".into() }; 25];
    assert!(reask(Trouble::Invalid(&many)).contains("- and 5 more\n"));
}
