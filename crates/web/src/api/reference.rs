//! `/redoc`: the description of the API as a page to read, without a script.

use askama::Template;
use serde_json::Value as Json;

/// The whole reference.
#[derive(Template)]
#[template(path = "api/reference.html")]
pub struct Page {
    title: String,
    version: String,
    introduction: Prose,
    groups: Vec<Group>,
    schemas: Vec<Schema>,
}

struct Group {
    name: String,
    about: Prose,
    operations: Vec<Operation>,
}

struct Operation {
    id: String,
    method: String,
    path: String,
    summary: Prose,
    description: Prose,
    parameters: Vec<Field>,
    request: Option<Kind>,
    answers: Vec<Answer>,
}

struct Answer {
    status: String,
    kind: Option<Kind>,
}

struct Schema {
    name: String,
    about: Prose,
    fields: Vec<Field>,
    /// What it is when it has no fields.
    kind: Kind,
}

struct Field {
    name: String,
    /// Where it stands, of parameters.
    place: String,
    kind: Kind,
    required: bool,
    about: Prose,
}

/// Text in which some pieces are code.
struct Prose(Vec<Piece>);

struct Piece {
    text: String,
    is_code: bool,
}

/// A type in words, and the schema it leads to.
struct Kind {
    text: String,
    schema: Option<String>,
}

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

impl Page {
    /// Reads an OpenAPI 3.1 document of our own making; what it leaves out stays empty.
    pub fn of(document: &Json) -> Page {
        let tags = document["tags"].as_array().into_iter().flatten();
        let groups = tags.map(|tag| Group {
            name: text(&tag["name"]),
            about: Prose::of(&tag["description"]),
            operations: operations(document, tag["name"].as_str().unwrap_or_default()),
        });
        let schemas = document["components"]["schemas"].as_object().into_iter().flatten();
        Page {
            title: text(&document["info"]["title"]),
            version: text(&document["info"]["version"]),
            introduction: Prose::of(&document["info"]["description"]),
            groups: groups.collect(),
            schemas: schemas.map(|(name, schema)| Schema::of(name, schema)).collect(),
        }
    }
}

fn operations(document: &Json, tag: &str) -> Vec<Operation> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let all = paths
        .flat_map(|(path, item)| METHODS.iter().filter_map(move |method| Some((path, *method, item.get(*method)?))));
    let own = all.filter(|(_, _, operation)| operation["tags"][0] == tag);
    own.map(|(path, method, operation)| Operation::of(path, method, operation)).collect()
}

impl Operation {
    fn of(path: &str, method: &str, operation: &Json) -> Operation {
        let parameters = operation["parameters"].as_array().into_iter().flatten().map(|parameter| Field {
            name: text(&parameter["name"]),
            place: text(&parameter["in"]),
            kind: Kind::of(&parameter["schema"]),
            required: parameter["required"] == true,
            about: Prose::of(&parameter["description"]),
        });
        let answers = operation["responses"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(status, answer)| Answer { status: status.clone(), kind: content(answer) });
        Operation {
            id: text(&operation["operationId"]),
            method: method.to_uppercase(),
            path: path.to_owned(),
            summary: Prose::of(&operation["summary"]),
            description: Prose::of(&operation["description"]),
            parameters: parameters.collect(),
            request: content(&operation["requestBody"]),
            answers: answers.filter(|answer| answer.status != "default").collect(),
        }
    }
}

fn content(of: &Json) -> Option<Kind> {
    let (_, content) = of["content"].as_object()?.iter().next()?;
    Some(Kind::of(&content["schema"]))
}

impl Schema {
    fn of(name: &str, schema: &Json) -> Schema {
        let mut fields = Vec::new();
        // A flattened part stands beside the own fields.
        for part in schema["allOf"].as_array().into_iter().flatten().chain([schema]) {
            if let Some(reference) = part["$ref"].as_str() {
                let kind = Kind::named(reference);
                fields.push(Field {
                    name: "…".to_owned(),
                    place: String::new(),
                    kind,
                    required: true,
                    about: Prose::of(&"and all its fields".into()),
                });
            }
            let required: Vec<&str> =
                part["required"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
            for (field, schema) in part["properties"].as_object().into_iter().flatten() {
                fields.push(Field {
                    name: field.clone(),
                    place: String::new(),
                    kind: Kind::of(schema),
                    required: required.contains(&field.as_str()),
                    about: Prose::of(&schema["description"]),
                });
            }
        }
        Schema { name: name.to_owned(), about: Prose::of(&schema["description"]), fields, kind: Kind::of(schema) }
    }
}

impl Prose {
    /// Code stands between backticks.
    fn of(value: &Json) -> Prose {
        let pieces = value.as_str().unwrap_or_default().split('`').enumerate();
        let pieces = pieces.map(|(i, text)| Piece { text: text.to_owned(), is_code: i % 2 == 1 });
        Prose(pieces.filter(|piece| !piece.text.is_empty()).collect())
    }
}

impl Kind {
    fn of(schema: &Json) -> Kind {
        if let Some(reference) = schema["$ref"].as_str() {
            return Kind::named(reference);
        }
        if let Some(either) = schema["oneOf"].as_array() {
            let mut kinds = either.iter().map(Kind::of);
            let named = kinds.clone().find(|kind| kind.schema.is_some());
            let words: Vec<String> = kinds.by_ref().map(|kind| kind.text).collect();
            return Kind { text: words.join(" or "), schema: named.and_then(|kind| kind.schema) };
        }
        if let Some(words) = schema["enum"].as_array() {
            let words: Vec<String> = words.iter().map(Json::to_string).collect();
            return Kind { text: words.join(", "), schema: None };
        }
        if schema["type"] == "array" {
            let of = Kind::of(&schema["items"]);
            return Kind { text: format!("list of {}", of.text), schema: of.schema };
        }
        let name = match &schema["type"] {
            Json::Array(names) => names.iter().filter_map(Json::as_str).collect::<Vec<_>>().join(" or "),
            name => name.as_str().unwrap_or("anything").to_owned(),
        };
        let name = schema["format"].as_str().map_or(name.clone(), |format| format!("{name} ({format})"));
        Kind { text: name, schema: None }
    }

    fn named(reference: &str) -> Kind {
        let name = reference.rsplit('/').next().unwrap_or_default().to_owned();
        Kind { text: name.clone(), schema: Some(name) }
    }
}

fn text(value: &Json) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
