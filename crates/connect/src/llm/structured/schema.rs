//! The part of JSON Schema (2020-12) that the strict modes of providers enforce, checked again here: a flag that asks
//! for a form is no proof that it was kept.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// Looks at members and alternatives for one value; schemas that refer to themselves in several alternatives can ask
/// for more than anybody has time for.
const STEPS_MAX: usize = 1 << 20;
/// Faults that are told of one value.
const FAULTS_MAX: usize = 100;

/// Keywords that are checked.
const CHECKED: &[&str] = &[
    "$defs",
    "$ref",
    "additionalProperties",
    "anyOf",
    "const",
    "enum",
    "items",
    "maxItems",
    "maxLength",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "properties",
    "required",
    "type",
];
/// Keywords that say something to people and models only.
const ANNOTATIONS: &[&str] = &["$comment", "$id", "$schema", "default", "description", "examples", "format", "title"];
const TYPES: &[&str] = &["array", "boolean", "integer", "null", "number", "object", "string"];

/// A schema whose every keyword is known and of the right form.
#[derive(Clone, Debug, PartialEq)]
pub struct Schema {
    root: Value,
}

/// Why a document is no schema of ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the schema at {pointer:?}: {detail}")]
pub struct SchemaError {
    /// JSON pointer into the schema; empty for the whole.
    pub pointer: String,
    pub detail: String,
}

/// What a value has against a schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// JSON pointer into the value; empty for the whole.
    pub pointer: String,
    pub detail: String,
}

impl Schema {
    /// Takes `root` as a schema. Its keywords: type (one or several), properties, required, additionalProperties,
    /// items, enum, const, minLength, maxLength, minimum, maximum, minItems, maxItems, anyOf, and $ref to `#` or
    /// `#/$defs/NAME`. Annotations and `format` are left unchecked.
    ///
    /// # Errors
    /// The first keyword that is unknown, ill-formed, or refers to nothing or to itself.
    pub fn new(root: Value) -> Result<Self, SchemaError> {
        validate(&root, &root, "")?;
        Ok(Schema { root })
    }

    /// The schema as it was given.
    pub fn as_value(&self) -> &Value {
        &self.root
    }

    /// All that `value` lacks, in the order of its members; empty when it fits. At most a hundred faults.
    pub fn check(&self, value: &Value) -> Vec<Fault> {
        let mut check = Check { root: &self.root, steps: 0, faults: Vec::new() };
        check.all(&self.root, value, &mut String::new());
        if check.steps > STEPS_MAX {
            let detail = "the value is too large for its schema".to_owned();
            return vec![Fault { pointer: String::new(), detail }];
        }
        check.faults
    }

    /// Takes the `null`s out of `value` that stand for members left out: strict modes that require every member have
    /// models say so. A `null` that the schema wants stays.
    pub fn drop_nulls(&self, value: &mut Value) {
        drop_nulls(&self.root, &self.root, value);
    }
}

/// What `$ref` in `root` points at; `None` for anything but `#` and `#/$defs/NAME`.
pub(super) fn target<'a>(root: &'a Value, reference: &str) -> Option<&'a Value> {
    if reference == "#" {
        return Some(root);
    }
    let name = reference.strip_prefix("#/$defs/").filter(|name| !name.contains('/'))?;
    root.get("$defs")?.get(name.replace("~1", "/").replace("~0", "~"))
}

/// `schema` without the references it begins with.
pub(super) fn resolve<'a>(root: &'a Value, mut schema: &'a Value) -> &'a Value {
    // A schema that refers to itself was refused; the bound is for what is not of our making.
    for _ in 0..64 {
        match schema.get("$ref").and_then(Value::as_str).and_then(|reference| target(root, reference)) {
            Some(next) => schema = next,
            None => break,
        }
    }
    schema
}

pub(super) fn names(list: Option<&Value>) -> Vec<&str> {
    match list {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn validate(root: &Value, schema: &Value, at: &str) -> Result<(), SchemaError> {
    let fault = |keyword: &str, detail: &str| {
        let pointer = if keyword.is_empty() { at.to_owned() } else { format!("{at}/{}", escaped(keyword)) };
        Err(SchemaError { pointer, detail: detail.to_owned() })
    };
    let members = match schema {
        Value::Bool(_) => return Ok(()),
        Value::Object(members) => members,
        _ => return fault("", "expected an object, true or false"),
    };
    for (keyword, value) in members {
        let below = format!("{at}/{}", escaped(keyword));
        let is_right = match keyword.as_str() {
            "type" => {
                let names = names(Some(value));
                let whole = value.is_string() || value.as_array().is_some_and(|list| list.len() == names.len());
                whole && !names.is_empty() && names.iter().all(|name| TYPES.contains(name))
            }
            "properties" | "$defs" => {
                for (name, schema) in value.as_object().into_iter().flatten() {
                    validate(root, schema, &format!("{below}/{}", escaped(name)))?;
                }
                value.is_object()
            }
            "items" | "additionalProperties" => {
                validate(root, value, &below)?;
                true
            }
            "anyOf" => {
                for (index, schema) in value.as_array().into_iter().flatten().enumerate() {
                    validate(root, schema, &format!("{below}/{index}"))?;
                }
                value.as_array().is_some_and(|list| !list.is_empty())
            }
            "required" => value.as_array().is_some_and(|list| list.iter().all(Value::is_string)),
            "enum" => value.as_array().is_some_and(|list| !list.is_empty()),
            "minLength" | "maxLength" | "minItems" | "maxItems" => value.as_u64().is_some(),
            "minimum" | "maximum" => value.is_number(),
            "$ref" => {
                let known = value.as_str().is_some_and(|reference| target(root, reference).is_some());
                if known && circles(root, schema, &mut Vec::new()) {
                    return fault(keyword, "refers to itself");
                }
                known
            }
            "const" => true,
            name => {
                if !ANNOTATIONS.contains(&name) {
                    return fault(keyword, &format!("unknown keyword; known are {}", CHECKED.join(", ")));
                }
                true
            }
        };
        if !is_right {
            return fault(keyword, "not of the form that this keyword has");
        }
    }
    Ok(())
}

/// Whether the references of one place lead back to it without a step into the value.
fn circles<'a>(root: &'a Value, schema: &'a Value, path: &mut Vec<&'a Value>) -> bool {
    if path.iter().any(|seen| std::ptr::eq(*seen, schema)) {
        return true;
    }
    path.push(schema);
    let reference = schema.get("$ref").and_then(Value::as_str).and_then(|reference| target(root, reference));
    let alternatives = schema.get("anyOf").and_then(Value::as_array).into_iter().flatten();
    let found = reference.into_iter().chain(alternatives).any(|next| circles(root, next, path));
    path.pop();
    found
}

struct Check<'a> {
    root: &'a Value,
    steps: usize,
    faults: Vec<Fault>,
}

impl<'a> Check<'a> {
    fn fault(&mut self, at: &str, detail: String) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(Fault { pointer: at.to_owned(), detail });
        }
    }

    fn all(&mut self, schema: &'a Value, value: &Value, at: &mut String) {
        self.steps += 1;
        if self.steps > STEPS_MAX {
            return;
        }
        let members = match schema {
            Value::Bool(false) => return self.fault(at, "must not be there".to_owned()),
            Value::Object(members) => members,
            _ => return,
        };
        if let Some(next) = members.get("$ref").and_then(Value::as_str).and_then(|name| target(self.root, name)) {
            self.all(next, value, at);
        }
        let types = names(members.get("type"));
        if !types.is_empty() && !types.iter().any(|name| is_of(value, name)) {
            // Of another type nothing else makes sense.
            return self.fault(at, format!("is {}, must be {}", type_of(value), types.join(" or ")));
        }
        if let Some(list) = members.get("enum").and_then(Value::as_array)
            && !list.iter().any(|one| is_same(one, value))
        {
            self.fault(at, format!("must be one of {}", brief(&Value::Array(list.clone()))));
        }
        if let Some(one) = members.get("const").filter(|one| !is_same(one, value)) {
            self.fault(at, format!("must be {}", brief(one)));
        }
        match value {
            Value::String(text) => self.length(members, "Length", text.chars().count() as u64, "characters", at),
            Value::Number(_) => self.range(members, value, at),
            Value::Array(list) => {
                self.length(members, "Items", list.len() as u64, "elements", at);
                if let Some(schema) = members.get("items") {
                    for (index, element) in list.iter().enumerate() {
                        self.below(schema, element, &index.to_string(), at);
                    }
                }
            }
            Value::Object(object) => self.object(members, object, at),
            Value::Null | Value::Bool(_) => {}
        }
        if let Some(alternatives) = members.get("anyOf").and_then(Value::as_array) {
            self.any(alternatives, value, at);
        }
    }

    fn below(&mut self, schema: &'a Value, value: &Value, name: &str, at: &mut String) {
        let length = at.len();
        at.push('/');
        at.push_str(&escaped(name));
        self.all(schema, value, at);
        at.truncate(length);
    }

    fn object(&mut self, schema: &'a Map<String, Value>, object: &Map<String, Value>, at: &mut String) {
        let known = schema.get("properties").and_then(Value::as_object);
        for name in names(schema.get("required")) {
            if !object.contains_key(name) {
                self.fault(at, format!("lacks the member {name:?}"));
            }
        }
        for (name, value) in object {
            let property = known.and_then(|known| known.get(name));
            match property.or_else(|| schema.get("additionalProperties")) {
                Some(Value::Bool(false)) if property.is_none() => {
                    let short: String = name.chars().take(60).collect();
                    self.fault(at, format!("has the unknown member {short:?}"));
                }
                Some(schema) => self.below(schema, value, name, at),
                None => {}
            }
        }
    }

    fn any(&mut self, alternatives: &'a [Value], value: &Value, at: &mut String) {
        let before = self.faults.len();
        // Beyond the limit no fault would be kept, and every alternative would seem to fit.
        let kept = std::mem::take(&mut self.faults);
        let mut nearest: Option<Vec<Fault>> = None;
        for schema in alternatives {
            self.all(schema, value, at);
            let faults = std::mem::take(&mut self.faults);
            let depth = |faults: &Vec<Fault>| faults.iter().map(|fault| fault.pointer.len()).max();
            if faults.is_empty() {
                self.faults = kept;
                return;
            }
            // Whichever goes furthest into the value was probably meant.
            if nearest.as_ref().is_none_or(|best| depth(&faults) > depth(best)) {
                nearest = Some(faults);
            }
        }
        self.faults = kept;
        self.faults.extend(nearest.into_iter().flatten());
        self.faults.truncate(FAULTS_MAX.max(before));
    }

    fn length(&mut self, schema: &Map<String, Value>, what: &str, n: u64, unit: &str, at: &str) {
        let limit = |side: &str| schema.get(&format!("{side}{what}")).and_then(Value::as_u64);
        if let Some(least) = limit("min").filter(|least| n < *least) {
            self.fault(at, format!("has {n} {unit}, must have at least {least}"));
        }
        if let Some(most) = limit("max").filter(|most| n > *most) {
            self.fault(at, format!("has {n} {unit}, must have at most {most}"));
        }
    }

    fn range(&mut self, schema: &Map<String, Value>, value: &Value, at: &str) {
        if let Some(least) = schema.get("minimum").filter(|least| less(value, least)) {
            self.fault(at, format!("is {value}, must be at least {least}"));
        }
        if let Some(most) = schema.get("maximum").filter(|most| less(most, value)) {
            self.fault(at, format!("is {value}, must be at most {most}"));
        }
    }
}

/// Whole numbers by their digits, others as doubles.
fn less(a: &Value, b: &Value) -> bool {
    let whole = |n: &Value| n.as_i64().map(i128::from).or_else(|| n.as_u64().map(i128::from));
    match (whole(a), whole(b)) {
        (Some(a), Some(b)) => a < b,
        _ => a.as_f64() < b.as_f64(),
    }
}

/// Equality of JSON Schema: 1 and 1.0 are one number.
fn is_same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(_), Value::Number(_)) => !less(a, b) && !less(b, a),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| is_same(a, b)))
        }
        _ => a == b,
    }
}

fn is_of(value: &Value, name: &str) -> bool {
    match name {
        "integer" => value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|n| n.fract() == 0.0),
        "number" => value.is_number(),
        _ => type_of(value) == name,
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// A name as part of a JSON pointer (RFC 6901).
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn brief(value: &Value) -> String {
    const CHARS_MAX: usize = 300;
    let text = value.to_string();
    if text.chars().count() > CHARS_MAX { text.chars().take(CHARS_MAX).chain(['…']).collect() } else { text }
}

fn drop_nulls(root: &Value, schema: &Value, value: &mut Value) {
    let schema = resolve(root, schema);
    match value {
        Value::Array(list) => {
            if let Some(items) = schema.get("items") {
                list.iter_mut().for_each(|element| drop_nulls(root, items, element));
            }
        }
        Value::Object(object) => {
            let Some(known) = schema.get("properties").and_then(Value::as_object) else { return };
            let required: BTreeSet<&str> = names(schema.get("required")).into_iter().collect();
            object.retain(|name, value| {
                let Some(property) = known.get(name) else { return true };
                let wanted = Check { root, steps: 0, faults: Vec::new() }.takes(property, value);
                if value.is_null() && !required.contains(name.as_str()) && !wanted {
                    return false;
                }
                drop_nulls(root, property, value);
                true
            });
        }
        _ => {}
    }
}

impl<'a> Check<'a> {
    /// Whether `value`, a `null` or not, fits `schema`; only looked at for `null`.
    fn takes(mut self, schema: &'a Value, value: &Value) -> bool {
        if value.is_null() {
            self.all(schema, value, &mut String::new());
        }
        self.faults.is_empty()
    }
}
