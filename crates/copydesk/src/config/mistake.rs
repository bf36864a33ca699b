//! What is wrong with a configuration, told all at once.

use std::fmt;

use super::section::Origin;

/// One mistake: where, which key, what it holds and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    pub origin: Origin,
    /// As it was written: a path, the name of a variable, or a place in the file.
    pub key: String,
    /// `None` when the key itself is the mistake.
    pub value: Option<String>,
    pub remedy: String,
}

/// Every mistake of a configuration.
#[derive(Clone, Debug)]
pub struct Mistakes {
    file: String,
    list: Vec<Mistake>,
}

impl Mistakes {
    pub fn new(file: String) -> Self {
        Mistakes { file, list: Vec::new() }
    }

    pub fn add(&mut self, mistake: Mistake) {
        self.list.push(mistake);
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    fn place(&self, origin: Origin) -> &str {
        match origin {
            Origin::Default => "configuration",
            Origin::File => &self.file,
            Origin::Environment => "environment",
            Origin::Flag => "flags",
        }
    }
}

impl std::error::Error for Mistakes {}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut gap = "";
        for origin in [Origin::File, Origin::Environment, Origin::Flag, Origin::Default] {
            let group: Vec<&Mistake> = self.list.iter().filter(|mistake| mistake.origin == origin).collect();
            if group.is_empty() {
                continue;
            }
            let plural = if group.len() == 1 { "" } else { "s" };
            write!(f, "{gap}{}: {} problem{plural}", self.place(origin), group.len())?;
            let rows: Vec<(String, &str)> =
                group.iter().map(|mistake| (mistake.subject(), mistake.remedy.as_str())).collect();
            let width = rows.iter().map(|(subject, _)| subject.chars().count()).max().unwrap_or(0).clamp(28, 60);
            for (subject, remedy) in rows {
                write!(f, "\n  {subject:<width$}  {remedy}")?;
            }
            gap = "\n";
        }
        Ok(())
    }
}

impl Mistake {
    /// `queue.workers_max = 0`, cut when the value is long.
    fn subject(&self) -> String {
        match &self.value {
            None => self.key.clone(),
            Some(value) if value.chars().count() <= 60 => format!("{} = {value}", self.key),
            Some(value) => format!("{} = {}…", self.key, value.chars().take(60).collect::<String>()),
        }
    }
}
