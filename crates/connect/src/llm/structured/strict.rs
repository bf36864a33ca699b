//! A schema as the strict mode of a provider takes it. What such a mode does not know is left out; [`Schema::check`]
//! holds it afterwards.

use serde_json::{Map, Value, json};

use super::Schema;
use super::schema::{names, target};

/// References that are followed where a dialect has none; deeper ones become a value of any form.
const REFERENCES_MAX: usize = 4;

/// Whose strict mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// `response_format.json_schema` with `strict`. Every member is required, so that one which may be left out comes
    /// as `null` ([`Schema::drop_nulls`] takes it out again); no member is unknown.
    /// Source: OpenAI, "Structured model outputs", supported schemas.
    OpenAi,
    /// `generationConfig.responseSchema`, a part of OpenAPI 3.0: one type and `nullable`, no references, no unknown
    /// members, enumerations of texts. Source: Gemini API, `Schema` object.
    Gemini,
}

impl Schema {
    /// The schema to send to `dialect`.
    pub fn for_strict(&self, dialect: Dialect) -> Value {
        match dialect {
            Dialect::OpenAi => openai(self.as_value()),
            Dialect::Gemini => gemini(self.as_value(), self.as_value(), REFERENCES_MAX),
        }
    }
}

fn openai(schema: &Value) -> Value {
    let Value::Object(members) = schema else { return schema.clone() };
    let mut out = Map::new();
    for (keyword, value) in members {
        let value = match keyword.as_str() {
            // Held afterwards: the mode refuses them.
            "minLength" | "maxLength" | "default" | "examples" | "$schema" | "$id" | "$comment" => continue,
            "items" => openai(value),
            "anyOf" => value.as_array().into_iter().flatten().map(openai).collect(),
            "$defs" => Value::Object(each(value, |_, schema| openai(schema))),
            "additionalProperties" | "properties" | "required" => continue,
            _ => value.clone(),
        };
        out.insert(keyword.clone(), value);
    }
    let properties = members.get("properties");
    if properties.is_some() || names(members.get("type")).contains(&"object") {
        let required = names(members.get("required"));
        let properties = each(properties.unwrap_or(&Value::Null), |name, schema| match required.contains(&name) {
            true => openai(schema),
            false => nullable(openai(schema)),
        });
        out.insert("required".to_owned(), properties.keys().cloned().collect());
        out.insert("properties".to_owned(), Value::Object(properties));
        out.insert("additionalProperties".to_owned(), Value::Bool(false));
    }
    Value::Object(out)
}

/// `schema`, or null.
fn nullable(mut schema: Value) -> Value {
    let types = names(schema.get("type"));
    let plain = !types.is_empty() && ["enum", "const", "anyOf", "$ref"].iter().all(|word| schema.get(word).is_none());
    if types.contains(&"null") && plain {
        return schema;
    }
    if plain {
        schema["type"] = types.iter().copied().chain(["null"]).collect();
        return schema;
    }
    json!({ "anyOf": [schema, { "type": "null" }] })
}

fn gemini(root: &Value, schema: &Value, references: usize) -> Value {
    let Value::Object(members) = schema else { return json!({}) };
    if let Some(next) = members.get("$ref").and_then(Value::as_str).and_then(|name| target(root, name)) {
        return if references == 0 { json!({}) } else { gemini(root, next, references - 1) };
    }
    let mut out = Map::new();
    for (keyword, value) in members {
        let value = match keyword.as_str() {
            "title" | "description" | "format" | "required" | "minLength" | "maxLength" | "minimum" | "maximum" => {
                value.clone()
            }
            // Numbers of 64 bits are texts there.
            "minItems" | "maxItems" => Value::String(value.to_string()),
            "items" => gemini(root, value, references),
            "properties" => Value::Object(each(value, |_, schema| gemini(root, schema, references))),
            "anyOf" => value.as_array().into_iter().flatten().map(|one| gemini(root, one, references)).collect(),
            "enum" if value.as_array().is_some_and(|list| list.iter().all(Value::is_string)) => value.clone(),
            "const" if value.is_string() => json!([value]),
            _ => continue,
        };
        out.insert(if keyword == "const" { "enum".to_owned() } else { keyword.clone() }, value);
    }
    let types = names(members.get("type"));
    let others: Vec<&str> = types.iter().copied().filter(|name| *name != "null").collect();
    if others.len() < types.len() {
        out.insert("nullable".to_owned(), Value::Bool(true));
    }
    match others.as_slice() {
        [] => {}
        [one] => drop(out.insert("type".to_owned(), (*one).into())),
        several => {
            let several: Value = several.iter().map(|name| json!({ "type": name })).collect();
            out.entry("anyOf").or_insert(several);
        }
    }
    Value::Object(out)
}

fn each(schemas: &Value, change: impl Fn(&str, &Value) -> Value) -> Map<String, Value> {
    let schemas = schemas.as_object().into_iter().flatten();
    schemas.map(|(name, schema)| (name.clone(), change(name, schema))).collect()
}
