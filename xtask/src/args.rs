//! Words, flags and options of a command line, taken one by one; what is left over is a mistake.

use std::str::FromStr;

use anyhow::{Context, Result, bail};

pub struct Args(Vec<String>);

impl Args {
    pub fn new(words: impl IntoIterator<Item = String>) -> Self {
        Args(words.into_iter().collect())
    }

    /// The first word, unless it is an option.
    pub fn word(&mut self) -> Option<String> {
        (!self.0.is_empty()).then(|| self.0.remove(0))
    }

    pub fn flag(&mut self, name: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|word| word != name);
        self.0.len() < before
    }

    /// Every value given as `--name VALUE` or `--name=VALUE`.
    pub fn options(&mut self, name: &str) -> Result<Vec<String>> {
        let mut values = Vec::new();
        while let Some(at) = self.0.iter().position(|word| word.split('=').next() == Some(name)) {
            let word = self.0.remove(at);
            values.push(match word.split_once('=') {
                Some((_, value)) => value.to_owned(),
                None if at < self.0.len() => self.0.remove(at),
                None => bail!("{name} needs a value"),
            });
        }
        Ok(values)
    }

    /// The last value of `--name`, or `default`.
    pub fn option<T: FromStr>(&mut self, name: &str, default: T) -> Result<T>
    where
        T::Err: std::error::Error + Send + Sync + 'static,
    {
        match self.options(name)?.pop() {
            Some(value) => value.parse().with_context(|| format!("{name} {value}")),
            None => Ok(default),
        }
    }

    /// Everything not taken yet, for a command that is called with it.
    pub fn rest(self) -> Vec<String> {
        self.0
    }

    pub fn finish(self) -> Result<()> {
        match self.0.first() {
            Some(word) => bail!("what is {word:?}? `cargo xtask help` lists what is known"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
