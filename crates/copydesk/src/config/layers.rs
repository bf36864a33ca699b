//! File, environment and flags, laid over each other key by key.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use stdx::config::Field;
use toml::{Table, Value};

use super::mistake::{Mistake, Mistakes};
use super::nearest::nearest;
use super::section::{Kind, Origin, Section, Settings};
use super::{LISTS, SECTIONS};

/// Everything a configuration is made of.
pub struct Sources {
    /// The file's name and text; without a file, defaults.
    pub file: Option<(PathBuf, String)>,
    /// The environment; only names that start with `COPYDESK_` are looked at.
    pub environment: BTreeMap<String, String>,
    /// By dotted path, such as `store.url` for `--database-url`.
    pub flags: BTreeMap<String, String>,
    /// Reads the file of a `…_file` key.
    pub read_secret: fn(&Path) -> io::Result<String>,
}

/// The file that is read when nobody names another.
const FILE_NAME: &str = "copydesk.toml";
/// Names another file, as `--config` does.
const FILE_VARIABLE: &str = "COPYDESK_CONFIG";
/// Largest configuration or secret; more is some other file, named by mistake.
const SIZE_MAX: u64 = 1 << 20;

impl Sources {
    /// Defaults alone.
    #[cfg(test)]
    pub fn none() -> Self {
        Sources { file: None, environment: BTreeMap::new(), flags: BTreeMap::new(), read_secret: read_small }
    }

    /// The sources of this process. `named` comes from `--config`; without it and without
    /// `COPYDESK_CONFIG`, `copydesk.toml` in the working folder is read if it is there.
    ///
    /// # Errors
    /// When a file that was named cannot be read.
    pub fn of_process(named: Option<PathBuf>, flags: BTreeMap<String, String>) -> Result<Self, Mistakes> {
        let environment: BTreeMap<String, String> = std::env::vars_os()
            .map(|(name, text)| (name.to_string_lossy().into_owned(), text.to_string_lossy().into_owned()))
            .collect();
        let named = named.or_else(|| environment.get(FILE_VARIABLE).map(PathBuf::from));
        let path = named.clone().unwrap_or_else(|| FILE_NAME.into());
        let file = match read_small(&path) {
            Ok(text) => Some((path, text)),
            Err(error) if named.is_none() && error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                let mut mistakes = Mistakes::new(path.display().to_string());
                mistakes.add(Mistake {
                    origin: Origin::File,
                    key: "the file".to_owned(),
                    value: None,
                    remedy: format!("cannot be read: {error}"),
                });
                return Err(mistakes);
            }
        };
        Ok(Sources { file, environment, flags, read_secret: read_small })
    }

    pub fn file_name(&self) -> String {
        self.file.as_ref().map_or_else(|| FILE_NAME.to_owned(), |(path, _)| path.display().to_string())
    }
}

fn read_small(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    std::fs::File::open(path)?.take(SIZE_MAX + 1).read_to_string(&mut text)?;
    if text.len() as u64 > SIZE_MAX {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "larger than 1 MiB"));
    }
    Ok(text)
}

/// The values that somebody gave, the strongest for each key.
pub struct Given(BTreeMap<String, Set>);

struct Set {
    value: Value,
    origin: Origin,
    /// The key as it was written: a variable's name, or the path.
    written: String,
    usable: bool,
}

impl Given {
    pub fn gather(sources: &Sources, mistakes: &mut Mistakes) -> Given {
        let mut layers = Layers { given: BTreeMap::new(), read_secret: sources.read_secret, mistakes };
        if let Some((_, text)) = &sources.file {
            layers.file(text);
        }
        layers.environment(&sources.environment);
        layers.flags(&sources.flags);
        Given(layers.given)
    }

    pub fn origins(&self) -> BTreeMap<String, Origin> {
        self.0.iter().map(|(path, set)| (path.clone(), set.origin)).collect()
    }

    /// The settings of a section, checked. Keys that could not be read keep their default, so that the
    /// rest can be judged too.
    pub fn section<T: Settings>(&self, name: &str, mistakes: &mut Mistakes) -> T {
        let section = SECTIONS.iter().find(|section| section.name == name).expect("named by the list of sections");
        let set = |key: &str| self.0.get(&section.path(key));
        let usable =
            section.fields.iter().filter_map(|field| set(field.name).filter(|set| set.usable).map(|set| (field, set)));
        let table: Table = usable.map(|(field, set)| (field.name.to_owned(), set.value.clone())).collect();
        let all_usable = section.fields.iter().all(|field| set(field.name).is_none_or(|set| set.usable));
        let settings: T = table.try_into().unwrap_or_default();
        for problem in settings.validate(name) {
            // `llm.providers[0].name` was given with `providers`.
            let key = problem.key.strip_prefix(&format!("{name}.")).unwrap_or(&problem.key);
            let (key, within) = key.split_at(key.find(['[', '.']).unwrap_or(key.len()));
            let set = set(key);
            // A default may only seem wrong beside a value that was replaced by its default.
            if set.is_none() && !all_usable {
                continue;
            }
            let secret = section.field(key).is_some_and(|field| Kind::of(field).secret);
            mistakes.add(Mistake {
                origin: set.map_or(Origin::Default, |set| set.origin),
                key: set.map_or(problem.key.clone(), |set| format!("{}{within}", set.written)),
                value: Some(if secret { "***".to_owned() } else { problem.value }),
                remedy: problem.remedy,
            });
        }
        settings
    }
}

struct Layers<'a> {
    given: BTreeMap<String, Set>,
    read_secret: fn(&Path) -> io::Result<String>,
    mistakes: &'a mut Mistakes,
}

impl Layers<'_> {
    fn file(&mut self, text: &str) {
        let table: Table = match text.parse() {
            Ok(table) => table,
            Err(error) => return self.syntax(text, &error),
        };
        for (name, value) in table {
            match (SECTIONS.iter().find(|section| !section.name.is_empty() && section.name == name), value) {
                (Some(section), Value::Table(keys)) => {
                    let mut written = Vec::new();
                    for (key, value) in keys {
                        self.set(section, &key, value, Origin::File, section.path(&key));
                        written.push(key);
                    }
                    self.doubled(section, &written);
                }
                (Some(section), value) => {
                    let remedy = format!("is a section; write [{}] and its keys below", section.name);
                    self.mistake(Origin::File, name, Some(value.to_string()), remedy);
                }
                (None, value) => self.set(&SECTIONS[0], &name, value, Origin::File, name.clone()),
            }
        }
    }

    fn syntax(&mut self, text: &str, error: &toml::de::Error) {
        let before = &text[..error.span().map_or(0, |span| text.floor_char_boundary(span.start))];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        self.mistake(Origin::File, format!("line {line}, column {column}"), None, error.message().replace('\n', "; "));
    }

    fn environment(&mut self, variables: &BTreeMap<String, String>) {
        for (name, text) in variables {
            let Some(key) = name.strip_prefix("COPYDESK_").filter(|key| !is_foreign(key)) else { continue };
            let key = key.to_lowercase();
            let (section, key) = key.split_once("__").unwrap_or(("", &key));
            match SECTIONS.iter().find(|known| known.name == section) {
                Some(section) => self.set_text(section, key, text, Origin::Environment, name.clone()),
                None => self.unknown(&format!("{section}.{key}"), Origin::Environment, name.clone()),
            }
        }
    }

    fn flags(&mut self, flags: &BTreeMap<String, String>) {
        for (path, text) in flags {
            let (section, key) = path.split_once('.').unwrap_or(("", path));
            match SECTIONS.iter().find(|known| known.name == section) {
                Some(section) => self.set_text(section, key, text, Origin::Flag, path.clone()),
                None => self.unknown(path, Origin::Flag, path.clone()),
            }
        }
    }

    fn set_text(&mut self, section: &Section, key: &str, text: &str, origin: Origin, written: String) {
        let value =
            section.field(key).map_or_else(|| Value::String(text.to_owned()), |field| Kind::of(field).read(text));
        self.set(section, key, value, origin, written);
    }

    fn set(&mut self, section: &Section, key: &str, value: Value, origin: Origin, written: String) {
        let Some(field) = section.field(key) else {
            let Some(field) = section.secret_of(key) else { return self.unknown(&section.path(key), origin, written) };
            if let Some(value) = self.secret(&value, origin, written.clone()) {
                self.given.insert(section.path(field.name), Set { value, origin, written, usable: true });
            }
            return;
        };
        let path = section.path(key);
        let (value, usable) = match (LISTS.iter().find(|list| list.name == path), value) {
            (Some(list), Value::Array(elements)) => self.elements(list, elements, origin, &written),
            (_, value) => {
                let usable = self.accepts(section, field, &value, origin, &written);
                (value, usable)
            }
        };
        self.given.insert(path, Set { value, origin, written, usable });
    }

    fn accepts(&mut self, section: &Section, field: &Field, value: &Value, origin: Origin, written: &str) -> bool {
        let Err(remedy) = section.accepts(field, value) else { return true };
        let shown = if Kind::of(field).secret { "***".to_owned() } else { value.to_string() };
        self.mistake(origin, written.to_owned(), Some(shown), remedy);
        false
    }

    /// The tables of a list, each key judged as those of a section are; and whether all of them can be used.
    fn elements(&mut self, list: &Section, elements: Vec<Value>, origin: Origin, written: &str) -> (Value, bool) {
        let mut usable = true;
        let mut read = Vec::new();
        for (i, element) in elements.into_iter().enumerate() {
            let Value::Table(keys) = element else {
                self.mistake(
                    origin,
                    format!("{written}[{i}]"),
                    None,
                    format!("must be a table; write [[{}]] above its keys", list.name),
                );
                usable = false;
                continue;
            };
            let mut table = Table::new();
            for (key, value) in keys {
                let written = format!("{written}[{i}].{key}");
                if let Some(field) = list.field(&key) {
                    usable &= self.accepts(list, field, &value, origin, &written);
                    table.insert(key, value);
                } else if let Some(field) = list.secret_of(&key) {
                    match self.secret(&value, origin, written) {
                        Some(secret) => drop(table.insert(field.name.to_owned(), secret)),
                        None => usable = false,
                    }
                } else {
                    let known: Vec<String> = list.fields.iter().map(|field| field.name.to_owned()).collect();
                    self.mistake(origin, written, None, unknown_remedy(nearest(&key, &known)));
                    usable = false;
                }
            }
            read.push(Value::Table(table));
        }
        (Value::Array(read), usable)
    }

    /// What stands in the file that `path` names.
    fn secret(&mut self, path: &Value, origin: Origin, written: String) -> Option<Value> {
        let Some(path) = path.as_str() else {
            self.mistake(origin, written, Some(path.to_string()), "must be the path of a file".to_owned());
            return None;
        };
        match (self.read_secret)(Path::new(path)) {
            // Editors and `echo` end a file with a line break that is not part of the secret.
            Ok(text) => Some(Value::String(text.trim_end_matches(['\r', '\n']).to_owned())),
            Err(error) => {
                self.mistake(origin, written, Some(format!("{path:?}")), format!("cannot be read: {error}"));
                None
            }
        }
    }

    /// A secret given twice in one file: which one is meant cannot be guessed.
    fn doubled(&mut self, section: &Section, written: &[String]) {
        for key in written.iter().filter(|key| written.contains(&format!("{key}_file"))) {
            let remedy = format!("is given by {key}_file too; remove one of the two");
            self.mistake(Origin::File, section.path(key), None, remedy);
        }
    }

    fn unknown(&mut self, path: &str, origin: Origin, written: String) {
        let suggestion = nearest(path, &known_paths()).map(|path| match origin {
            Origin::Environment => format!("COPYDESK_{}", path.replace('.', "__").to_uppercase()),
            _ => path,
        });
        self.mistake(origin, written, None, unknown_remedy(suggestion));
    }

    fn mistake(&mut self, origin: Origin, key: String, value: Option<String>, remedy: String) {
        self.mistakes.add(Mistake { origin, key, value, remedy });
    }
}

fn unknown_remedy(suggestion: Option<String>) -> String {
    match suggestion {
        Some(other) => format!("unknown key; did you mean {other}?"),
        None => "unknown key; `copydesk config show` lists all".to_owned(),
    }
}

/// Names that start like ours and are not settings: the file's own name, what the tests and the console's
/// journeys are told, and what Kubernetes tells every container about a service called `copydesk`.
fn is_foreign(key: &str) -> bool {
    ["CONFIG", "BINARY", "CHROMIUM", "ARTEFACTS"].contains(&key)
        || key.starts_with("TEST_")
        || key.starts_with("SERVICE_")
        || key == "PORT"
        || key.starts_with("PORT_")
}

/// Every key and every section.
fn known_paths() -> Vec<String> {
    let keys = SECTIONS.iter().flat_map(|section| section.fields.iter().map(|field| section.path(field.name)));
    let sections = SECTIONS.iter().filter(|section| !section.name.is_empty()).map(|section| section.name.to_owned());
    keys.chain(sections).collect()
}
