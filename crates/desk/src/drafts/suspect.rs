//! Sources that speak to a model instead of a reader: marked, and never approved without a person.

use store::{Tx, params};

use crate::moderation::Check;
use crate::stories::Member;
use crate::{Error, ItemId};

store::sql! {
    MARK = "drafts.mark", "UPDATE item SET suspicious = $2 WHERE id = $1";
}

/// So much of a text is looked at; a model is given less of it.
const CHARS_MAX: usize = 20_000;
/// Sources that one sentence names.
const NAMED_MAX: usize = 3;

/// What was found in the sources of a draft.
#[derive(Clone, Debug, Default)]
pub(super) struct Suspects {
    /// Items whose mark changes, with the list that it becomes.
    marks: Vec<(ItemId, Option<String>)>,
    /// The sources that hold something, each with the first thing found.
    found: Vec<(String, String)>,
}

/// Looks through titles and texts. Work for the processor: about 0.15 ms for each thousand characters.
pub(super) fn inspect(members: &[Member]) -> Suspects {
    let mut suspects = Suspects::default();
    for member in members {
        let text: String =
            member.title.chars().chain("\n\n".chars()).chain(member.text.chars()).take(CHARS_MAX).collect();
        let inspection = text::untrusted::inspect(&text);
        let reasons: Vec<String> = match inspection.suspicious {
            true => inspection.reasons.iter().map(told).collect(),
            false => Vec::new(),
        };
        if let Some(id) = member.id.filter(|_| reasons != member.suspicious) {
            let list = (!reasons.is_empty()).then(|| serde_json::json!(reasons).to_string());
            suspects.marks.push((id, list));
        }
        if let Some(first) = reasons.into_iter().next() {
            suspects.found.push((member.source.clone(), first));
        }
    }
    suspects
}

fn told(reason: &text::untrusted::Reason) -> String {
    let kind = serde_json::json!(reason.kind);
    format!("{}: {}", kind.as_str().unwrap_or_default(), reason.text)
}

impl Suspects {
    /// Marks the items.
    pub async fn write(&self, tx: &mut Tx) -> Result<(), Error> {
        if !self.marks.is_empty() {
            let rows = self.marks.iter().map(|(id, list)| params![id.to_i64(), list.clone()]).collect();
            tx.batch(&MARK, rows).await?;
        }
        Ok(())
    }

    /// Why a person must look at the draft, if so.
    pub fn check(&self) -> Option<Check> {
        let told: Vec<String> =
            self.found.iter().take(NAMED_MAX).map(|(source, first)| format!("{source} ({first})")).collect();
        let more = match self.found.len().checked_sub(NAMED_MAX) {
            Some(more) if more > 0 => format!(" and {more} more"),
            _ => String::new(),
        };
        let detail = format!("a source speaks to a model instead of a reader: {}{more}", told.join(", "));
        (!self.found.is_empty()).then(|| Check { check: "sources".to_owned(), passed: false, detail })
    }
}
