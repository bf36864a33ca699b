//! SPDX licence expressions: `(MIT OR Apache-2.0) AND Unicode-3.0`. Source: SPDX 2.3, annex D.

/// Whether the expression can be satisfied with accepted licences alone. The old `MIT/Apache-2.0` means `OR`.
pub fn is_accepted(text: &str, accepted: &dyn Fn(&str) -> bool) -> Result<bool, String> {
    let spaced = text.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words = Words { words: spaced.split_whitespace().collect(), next: 0, accepted };
    let result = words.either()?;
    match words.peek() {
        Some(word) => Err(format!("what is {word:?} doing there")),
        None => Ok(result),
    }
}

struct Words<'a> {
    words: Vec<&'a str>,
    next: usize,
    accepted: &'a dyn Fn(&str) -> bool,
}

impl<'a> Words<'a> {
    fn peek(&self) -> Option<&'a str> {
        self.words.get(self.next).copied()
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.peek() == Some(word);
        self.next += usize::from(found);
        found
    }

    fn either(&mut self) -> Result<bool, String> {
        let mut result = self.both()?;
        while self.take("OR") {
            // Read in any case: a mistake behind an accepted licence is still a mistake.
            result |= self.both()?;
        }
        Ok(result)
    }

    fn both(&mut self) -> Result<bool, String> {
        let mut result = self.one()?;
        while self.take("AND") {
            result &= self.one()?;
        }
        Ok(result)
    }

    fn one(&mut self) -> Result<bool, String> {
        if self.take("(") {
            let result = self.either()?;
            return if self.take(")") { Ok(result) } else { Err("a bracket is not closed".to_owned()) };
        }
        let id = self.name()?;
        if self.take("WITH") {
            return Ok((self.accepted)(&format!("{id} WITH {}", self.name()?)));
        }
        Ok((self.accepted)(id))
    }

    fn name(&mut self) -> Result<&'a str, String> {
        match self.peek() {
            Some(word) if !["AND", "OR", "WITH", "(", ")"].contains(&word) => {
                self.next += 1;
                Ok(word)
            }
            Some(word) => Err(format!("{word:?} stands where a licence should")),
            None => Err("it ends where a licence should stand".to_owned()),
        }
    }
}
