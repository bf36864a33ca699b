//! Whether a rewritten text still says what the text before said, and nothing else.

use std::collections::BTreeSet;

use text::document::{Document, Format};
use text::ground::Kind;

use super::rounds::Piece;
use crate::analysis;

/// Words of the text before that must be left, as a share of their number.
const LEFT_MIN: f64 = 0.5;

/// What a change is held against.
pub(super) struct Witness<'a> {
    pub format: Format,
    /// The sources; may be empty.
    pub facts: &'a [String],
    /// A target asks for fewer words.
    pub may_shrink: bool,
}

impl Witness<'_> {
    /// Whether `new` is true to the sources and to `old`.
    ///
    /// # Errors
    /// Says in half a sentence what it is not true to.
    pub fn hold(&self, old: &Piece, new: &Piece) -> Result<(), String> {
        let (before, after) = (self.plain(&old.body), self.plain(&new.body));
        let foreign = addresses(new).difference(&addresses(old)).next().map(|url| shown(url));
        if let Some(url) = foreign {
            return Err(format!("it holds the address {url}, which the text had not"));
        }
        let words = |text: &str| text.split_whitespace().count() as f64;
        if !self.may_shrink && words(&after) < words(&before) * LEFT_MIN {
            return Err("it leaves out more than half of the text".to_owned());
        }
        if analysis::ground(&before, &old.title, self.facts).1 {
            let (report, grounded) = analysis::ground(&after, &new.title, self.facts);
            let decisive = report.unsupported.iter().find(|one| one.kind.decides());
            match decisive {
                _ if grounded => {}
                Some(one) => return Err(format!("its sources do not hold {}", shown(&one.text))),
                None => return Err("its title says what its sources do not hold".to_owned()),
            }
        }
        let own = format!("{}.\n\n{}\n\n{before}", old.title, old.excerpt);
        let mut known: Vec<&str> = self.facts.iter().map(String::as_str).collect();
        known.push(&own);
        for (text, is_body) in [(after.as_str(), true), (&new.title, false), (&new.excerpt, false)] {
            let report = text::ground::check(text, &known);
            // A heading is no sentence that something supports, nor one whose doer can be told; what is plainly wrong is told first.
            let of_sentences = |kind| matches!(kind, Kind::Sentence | Kind::Attribution);
            let told = report.unsupported.iter().filter(|one| is_body || !of_sentences(one.kind));
            if let Some(one) = told.min_by_key(|one| one.kind == Kind::Sentence) {
                let what = match one.kind {
                    Kind::Number => "the number",
                    Kind::Name => "the name",
                    Kind::Quotation => "the quotation",
                    Kind::Date => "the date",
                    Kind::Unit => "what is counted by",
                    Kind::Direction | Kind::Negation => "what is said by",
                    Kind::Attribution => "who did what at",
                    Kind::Sentence => "what is said in",
                };
                return Err(format!("neither the text nor its sources hold {what} {}", shown(&one.text)));
            }
        }
        Ok(())
    }

    fn plain(&self, body: &str) -> String {
        match self.format {
            Format::Plain => body.to_owned(),
            Format::Markdown => text::markdown::to_text(body),
            Format::Html => Document::of(body, Format::Html).text,
        }
    }
}

/// A piece of text in quotation marks, not too long.
fn shown(text: &str) -> String {
    let mut short: String = text.chars().take(120).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("“{short}”")
}

/// Everything that a reader could be led to: written-out addresses, and those of Markdown's and HTML's links and images.
fn addresses(piece: &Piece) -> BTreeSet<String> {
    const MARKS: [&str; 5] = ["://", "](", "href=", "src=", "]: "];
    let mut found = BTreeSet::new();
    for text in [&piece.title, &piece.excerpt, &piece.body] {
        for mark in MARKS {
            for (at, _) in text.match_indices(mark) {
                let start = if mark == "://" { at } else { at + mark.len() };
                let rest = text[start..].trim_start_matches(['"', '\'', '<']);
                let end = rest.find(|c: char| c.is_whitespace() || matches!(c, ')' | '>' | '"' | '\'' | '<' | ']'));
                let address = rest[..end.unwrap_or(rest.len())].trim_end_matches(['.', ',', ';', ':', '!', '?']);
                found.insert(address.to_owned());
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "The ferry stops for eleven days, said Mara Lindqvist. The repair of the shafts costs 2.4 million crowns. \
                        \"We refund every ticket,\" she said. [Timetable](https://ferry.example/times)";

    fn held(facts: &[&str], title: &str, body: &str) -> Result<(), String> {
        let old = Piece { title: "Ferry stops".into(), excerpt: String::new(), body: TEXT.into() };
        let new = Piece { title: title.into(), excerpt: String::new(), body: body.into() };
        let facts: Vec<String> = facts.iter().map(|fact| (*fact).to_owned()).collect();
        Witness { format: Format::Markdown, facts: &facts, may_shrink: false }.hold(&old, &new)
    }

    #[test]
    fn what_is_said_otherwise_stays_true() {
        let other = "Mara Lindqvist said the ferry stops for eleven days. The repair of the shafts costs 2.4 million \
                     crowns. \"We refund every ticket,\" she said. [Timetable](https://ferry.example/times)";
        assert_eq!(held(&[], "Ferry stops for eleven days", other), Ok(()));
    }

    #[test]
    fn what_is_new_is_found() {
        for (body, part) in [
            (TEXT.replace("2.4", "9.9"), "9.9"),
            (TEXT.replace("she said", "Olga Brandt said"), "Olga Brandt"),
            (TEXT.replace("every ticket", "no ticket at all"), "quotation"),
            (TEXT.replace("ferry.example", "evil.example"), "evil.example"),
            (TEXT.replace("(https://ferry.example/times)", "(/elsewhere)"), "/elsewhere"),
            (format!("{TEXT} Critics blame years of careless neglect behind closed doors."), "Critics"),
            ("The ferry stops.".to_owned(), "more than half"),
        ] {
            let told = held(&[], "Ferry stops", &body).unwrap_err();
            assert!(told.contains(part), "{body}: {told}");
        }
        assert!(held(&[], "Ferry stops for 99 days", TEXT).unwrap_err().contains("99"));
        // The source is enough for what it says, and what was grounded must stay so.
        let source = &[TEXT, "Olga Brandt steers the ferry."];
        assert_eq!(held(source, "Ferry stops", &format!("{TEXT} Olga Brandt steers the ferry.")), Ok(()));
    }
}
