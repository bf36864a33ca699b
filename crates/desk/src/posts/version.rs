//! Versions: what a post said at a time, never changed once written.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use stdx::Timestamp;
use store::{Conn, Row, Tx, params};

use super::lifts::Lifts;
use crate::people::Actor;
use crate::{CompletionId, Error, PostId, Version};

/// A source as a post names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceRef {
    /// Who published it.
    pub name: String,
    pub title: String,
    /// Empty when the item had no address.
    pub url: String,
}

/// A text that is about to become a version, with what was found out about it.
#[derive(Clone, Debug)]
pub struct Draft {
    pub title: String,
    pub excerpt: String,
    /// Markdown.
    pub body: String,
    pub topic: String,
    pub language: String,
    pub sources: Vec<SourceRef>,
    /// With what was lifted.
    pub analysis: Json,
    pub grounding: Json,
    pub score: f64,
    pub grounded: bool,
    pub completion: Option<CompletionId>,
    pub by_person: bool,
}

impl Draft {
    /// The names of its sources, each once, as the read model holds them.
    pub(super) fn source_names(&self) -> String {
        let mut names: Vec<&str> = Vec::new();
        for source in &self.sources {
            if !names.contains(&source.name.as_str()) {
                names.push(&source.name);
            }
        }
        serde_json::to_string(&names).expect("names are plain data")
    }
}

/// What a person wrote in place of the newest version.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    pub title: Option<String>,
    pub excerpt: Option<String>,
    /// Markdown.
    pub body: Option<String>,
    pub topic: Option<String>,
}

/// What a text took: of every call that was made for it, failed ones too.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// Who gave the text.
    pub provider: String,
    pub model: String,
    /// Attempts at all providers.
    pub attempts: u32,
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
    pub micros: u64,
}

/// A version with everything that is known of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct VersionView {
    pub post: PostId,
    pub version: Version,
    pub title: String,
    pub excerpt: String,
    /// Markdown.
    pub body: String,
    pub sources: Vec<SourceRef>,
    pub analysis: Json,
    pub grounding: Json,
    /// `None` for one that earlier releases wrote, and for a text without sources.
    #[serde(default)]
    pub lifts: Option<Lifts>,
    pub score: f64,
    pub grounded: bool,
    pub completion: Option<CompletionId>,
    /// What it took to make the text; `None` for one that a person wrote.
    #[serde(default)]
    pub cost: Option<Cost>,
    pub by: String,
    pub created_at: Timestamp,
}

pub(super) async fn write(
    tx: &mut Tx,
    post: PostId,
    version: Version,
    d: &Draft,
    actor: &Actor,
    now: Timestamp,
) -> Result<(), Error> {
    let sources = serde_json::to_string(&d.sources).expect("references are plain data");
    let values = params![
        post.to_i64(),
        version,
        d.title,
        d.excerpt,
        d.body,
        sources,
        d.analysis.to_string(),
        d.grounding.to_string(),
        d.score,
        d.grounded,
        d.completion.map(CompletionId::to_i64),
        actor.principal.to_string(),
        now
    ];
    tx.exec(&super::VERSION_ADD, values).await?;
    Ok(())
}

pub(super) fn read(row: &Row) -> Result<VersionView, Error> {
    let json = |column: usize| -> Result<Json, store::Error> {
        let text: String = row.get(column)?;
        Ok(serde_json::from_str(&text).unwrap_or(Json::Null))
    };
    let mut analysis = json(6)?;
    // It is stored with the analysis and shown beside it.
    let lifts = analysis.as_object_mut().and_then(|all| all.remove("lifts"));
    Ok(VersionView {
        post: PostId(row.get(0)?),
        version: row.get(1)?,
        title: row.get(2)?,
        excerpt: row.get(3)?,
        body: row.get(4)?,
        sources: serde_json::from_value(json(5)?).unwrap_or_default(),
        analysis,
        grounding: json(7)?,
        lifts: lifts.and_then(|lifts| serde_json::from_value(lifts).ok()),
        score: row.get(8)?,
        grounded: row.get(9)?,
        completion: row.get::<Option<stdx::Id>>(10)?.map(CompletionId),
        cost: None,
        by: row.get(11)?,
        created_at: row.get(12)?,
    })
}

/// Adds what each of `versions` took.
pub(super) async fn price(conn: &mut Conn, versions: &mut [VersionView]) -> Result<(), Error> {
    let asked: Vec<i64> = versions.iter().filter_map(|version| Some(version.completion?.to_i64())).collect();
    if asked.is_empty() {
        return Ok(());
    }
    for row in conn.all(&super::COSTS, params![store::list(&asked)]).await? {
        let draft = CompletionId(row.get(0)?);
        let cost = Cost {
            provider: row.get::<Option<String>>(1)?.unwrap_or_default(),
            model: row.get::<Option<String>>(2)?.unwrap_or_default(),
            attempts: row.get::<i64>(3)? as u32,
            prompt_tokens: row.get::<i64>(4)? as u64,
            completion_tokens: row.get::<i64>(5)? as u64,
            micros: row.get::<i64>(6)? as u64,
        };
        for version in versions.iter_mut().filter(|version| version.completion == Some(draft)) {
            version.cost = Some(cost.clone());
        }
    }
    Ok(())
}
