//! The configuration for people: what is in force, and what could be.

use std::fmt::Write;

use toml::Value;

use super::section::{Kind, Origin, Section};
use super::{Config, LISTS, Loaded, SECTIONS};

impl Config {
    /// Each value and where it came from, for the console. Secrets are masked.
    pub fn settings(&self) -> Vec<web::Setting> {
        let of = |section: &'static Section| {
            let (values, defaults) = (self.values(section.name), section.defaults());
            let json = |value: &Value| serde_json::to_value(value).unwrap_or_default();
            section.fields.iter().map(move |field| web::Setting {
                section: section.name,
                key: field.name,
                value: values.get(field.name).map(json),
                default: defaults.get(field.name).filter(|_| !Kind::of(field).secret).map(json),
                source: self.origins.get(&section.path(field.name)).copied().unwrap_or(Origin::Default).name(),
                doc: flat(field.doc),
            })
        };
        SECTIONS.iter().flat_map(of).collect()
    }
}

impl Loaded {
    /// Each value and where it came from, as lines that could stand in the file. Secrets are masked.
    pub fn show(&self) -> String {
        let mut lines = Vec::new();
        for section in SECTIONS {
            let values = self.config.values(section.name);
            for field in section.fields {
                let path = section.path(field.name);
                let origin = self.config.origins.get(&path).copied().unwrap_or(Origin::Default);
                lines.push(match values.get(field.name) {
                    Some(value) => (format!("{path} = {value}"), origin.to_string()),
                    None => (format!("# {path}"), "not set".to_owned()),
                });
            }
        }
        let width = lines.iter().map(|(line, _)| line.chars().count()).max().unwrap_or(0).min(60);
        lines.iter().map(|(line, origin)| format!("{line:<width$}  # {origin}\n")).collect()
    }
}

/// The reference of all keys in Markdown, made from the comments beside the fields.
pub fn reference() -> String {
    let mut page = String::from(INTRODUCTION);
    for section in SECTIONS {
        let title = if section.name.is_empty() { "The root".to_owned() } else { format!("`[{}]`", section.name) };
        describe(&mut page, &title, section);
        for list in LISTS.iter().filter(|list| list.name.split('.').next() == Some(section.name)) {
            describe(&mut page, &format!("`[[{}]]`", list.name), list);
        }
    }
    page
}

fn describe(page: &mut String, title: &str, section: &Section) {
    let defaults = section.defaults();
    write!(page, "\n## {title}\n\n{}\n\n| key | kind | default | meaning |\n|---|---|---|---|\n", flat(section.about))
        .expect(STRING);
    for field in section.fields {
        let kind = Kind::of(field);
        let default = defaults.get(field.name).filter(|_| !kind.secret);
        let default = default.map_or_else(|| "not set".to_owned(), |value| format!("`{}`", shown(value)));
        writeln!(page, "| `{}` | {} | {default} | {} |", field.name, kind.shown(), cell(field.doc)).expect(STRING);
    }
}

const STRING: &str = "a string takes all text";

const INTRODUCTION: &str = "\
# Configuration

Made from the source by the tests; change the comments beside the fields instead.

Every key has a default, so an empty file is a working desk. A value is taken from the first of these that has it:
flags, environment, file, default.

- **File**: `copydesk.toml` in the working folder, or the one that `--config` or `COPYDESK_CONFIG` names.
- **Environment**: `COPYDESK_QUEUE__WORKERS_MAX=8` sets `workers_max` in `[queue]`, `COPYDESK_LISTEN=…` a key of the root.
  Lists are separated by commas.
- **Secrets** can be kept in a file of their own: `url_file = \"/run/secrets/database\"` stands for `url`.

`copydesk config check` tells every mistake at once, `copydesk config show` prints what is in force and where it came from.
";

fn shown(value: &Value) -> String {
    value.to_string().replace('|', "\\|")
}

fn cell(doc: &str) -> String {
    flat(doc).replace('|', "\\|")
}

/// A comment of several lines as one.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
