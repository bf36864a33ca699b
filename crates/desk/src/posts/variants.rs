//! Variants: drafts of one post that were made together, from which a person chooses.

use serde::Serialize;
use serde_json::Value as Json;
use stdx::Timestamp;
use store::{Conn, Row, Tx, params};

use super::version::{Draft, SourceRef};
use crate::{CompletionId, Error, PostId, Version};

store::sql! {
    DROP = "variants.drop", "DELETE FROM post_variant WHERE post = $1";
    ADD = "variants.add",
        "INSERT INTO post_variant (post, label, note, title, excerpt, body, topic, language, sources, analysis, grounding, score, grounded, completion, version, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
    LIST = "variants.list",
        "SELECT label, note, title, excerpt, body, topic, language, sources, analysis, grounding, score, grounded, completion, version, created_at
         FROM post_variant WHERE post = $1 ORDER BY label LIMIT 5";
    CHOSEN = "variants.chosen", "UPDATE post_variant SET version = $3 WHERE post = $1 AND label = $2";
    // What a prompt's figures compare with what was published.
    DRAFTED = "variants.drafted", "UPDATE prompt_draft SET post_version = $2 WHERE completion = $1";
}

/// At most so many of one post.
pub const VARIANTS_MAX: usize = crate::pipelines::VARIANTS as usize;
/// What they are called.
pub const LABELS: [&str; VARIANTS_MAX] = ["A", "B", "C", "D", "E"];

/// A variant, or why there is none.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    /// The place in [`LABELS`].
    pub variant: usize,
    pub draft: Result<Draft, String>,
}

/// A variant as it is shown.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Variant {
    /// `A` to `E`.
    pub label: String,
    /// Why it was dropped; empty for one that can be chosen. One that was dropped has no text.
    pub note: String,
    pub title: String,
    pub excerpt: String,
    /// Markdown.
    pub body: String,
    pub score: f64,
    pub grounded: bool,
    pub completion: Option<CompletionId>,
    /// The version of the post that it became last.
    pub version: Option<Version>,
    pub created_at: Timestamp,
}

/// Writes the variants of a draft; the first that has a text is `version`.
pub(crate) async fn write(
    tx: &mut Tx,
    post: PostId,
    version: Version,
    made: &[Made],
    now: Timestamp,
) -> Result<(), Error> {
    let first = made.iter().find(|one| one.draft.is_ok()).map(|one| one.variant);
    let nothing = Draft {
        title: String::new(),
        excerpt: String::new(),
        body: String::new(),
        topic: String::new(),
        language: String::new(),
        sources: Vec::new(),
        analysis: Json::Null,
        grounding: Json::Null,
        score: 0.0,
        grounded: false,
        completion: None,
        by_person: false,
    };
    let row = |one: &Made| {
        let (draft, note) = match &one.draft {
            Ok(draft) => (draft, ""),
            Err(note) => (&nothing, note.as_str()),
        };
        let is_first = first == Some(one.variant);
        params![
            post.to_i64(),
            LABELS[one.variant],
            note,
            draft.title,
            draft.excerpt,
            draft.body,
            draft.topic,
            draft.language,
            serde_json::to_string(&draft.sources).expect("references are plain data"),
            draft.analysis.to_string(),
            draft.grounding.to_string(),
            draft.score,
            draft.grounded,
            draft.completion.map(CompletionId::to_i64),
            is_first.then_some(version),
            now
        ]
    };
    tx.batch(&ADD, made.iter().map(row).collect()).await?;
    Ok(())
}

/// Takes those of an earlier draft away.
pub(crate) async fn forget(tx: &mut Tx, post: PostId) -> Result<(), Error> {
    tx.exec(&DROP, params![post.to_i64()]).await?;
    Ok(())
}

/// The variants of a post in the order of their labels.
pub async fn variants(conn: &mut Conn, post: PostId) -> Result<Vec<Variant>, Error> {
    let rows = conn.all(&LIST, params![post.to_i64()]).await?;
    Ok(rows.iter().map(|row| Ok(read(row)?.0)).collect::<Result<_, store::Error>>()?)
}

/// A variant with all that was found out about its text.
pub(crate) async fn find(conn: &mut Conn, post: PostId, label: &str) -> Result<(Variant, Draft), Error> {
    for row in conn.all(&LIST, params![post.to_i64()]).await? {
        if row.text(0)? == label {
            return Ok(read(&row)?);
        }
    }
    Err(Error::not_found("variant", format!("{label} of post {post}")))
}

/// Notes that a variant became `version`.
pub(crate) async fn chosen(tx: &mut Tx, post: PostId, variant: &Variant, version: Version) -> Result<(), Error> {
    tx.exec(&CHOSEN, params![post.to_i64(), variant.label, version]).await?;
    if let Some(completion) = variant.completion {
        tx.exec(&DRAFTED, params![completion.to_i64(), version]).await?;
    }
    Ok(())
}

fn read(row: &Row) -> Result<(Variant, Draft), store::Error> {
    let json = |column: usize| -> Result<Json, store::Error> {
        Ok(serde_json::from_str(row.text(column)?).unwrap_or(Json::Null))
    };
    let sources: Vec<SourceRef> = serde_json::from_value(json(7)?).unwrap_or_default();
    let draft = Draft {
        title: row.get(2)?,
        excerpt: row.get(3)?,
        body: row.get(4)?,
        topic: row.get(5)?,
        language: row.get(6)?,
        sources,
        analysis: json(8)?,
        grounding: json(9)?,
        score: row.get(10)?,
        grounded: row.get(11)?,
        completion: row.get::<Option<stdx::Id>>(12)?.map(CompletionId),
        by_person: false,
    };
    let variant = Variant {
        label: row.get(0)?,
        note: row.get(1)?,
        title: draft.title.clone(),
        excerpt: draft.excerpt.clone(),
        body: draft.body.clone(),
        score: draft.score,
        grounded: draft.grounded,
        completion: draft.completion,
        version: row.get(13)?,
        created_at: row.get(14)?,
    };
    Ok((variant, draft))
}
