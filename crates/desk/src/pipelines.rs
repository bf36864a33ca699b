//! Pipelines: the recipe that ties sources, drafting, policy and channels together.

use serde::{Deserialize, Serialize};
use stdx::Timestamp;
use store::{Conn, Row, Tx, params};

use crate::people::{Action, Actor, recall, remember};
use crate::{Desk, Error, Fault, PipelineId, prompts, tags};

/// A pipeline with its recipe.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pipeline {
    pub id: PipelineId,
    pub name: String,
    #[serde(flatten)]
    pub spec: Spec,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What a pipeline does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Spec {
    /// Names of providers in the order they are tried; none names those of the configuration. The embedded
    /// generator follows as the last; `["embedded"]` asks it alone.
    pub providers: Vec<String>,
    /// Sentences of a draft at most.
    pub sentences_max: u32,
    /// Words of a draft at most.
    pub words_max: u32,
    /// Name of the prompt; `None` writes a news post in the language of the sources.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// Name of the voice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voice: Option<String>,
    /// Drafts of a post from which a person chooses, 1 to 5.
    pub variants: u32,
    pub policy: Policy,
}

/// When a version is approved without a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// Off: everything waits for a person.
    pub automatic: bool,
    /// Score (0 to 1) from which a version passes.
    pub score_min: f64,
    /// Every sentence, number and quotation must stand in the sources.
    pub grounded: bool,
    /// Trust (0 to 1) that each source of the story must reach; 0 asks for none.
    pub trust_min: f64,
    /// Expected engagement (0 to 1) from which a version passes, where it is known; 0 asks for none.
    pub engagement_min: f64,
    /// Topics that always wait for a person, whatever the case and the marks of their letters.
    pub topics_held: Vec<String>,
    /// Two different people must approve, none of them the version's author; nothing is approved automatically.
    pub two_people: bool,
}

impl Policy {
    /// How many people must approve a version.
    pub fn people(&self) -> u32 {
        if self.two_people { 2 } else { 1 }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            automatic: true,
            score_min: 0.8,
            grounded: true,
            trust_min: 0.0,
            engagement_min: 0.0,
            topics_held: Vec::new(),
            two_people: false,
        }
    }
}

impl Default for Spec {
    fn default() -> Self {
        Spec {
            providers: Vec::new(),
            sentences_max: 9,
            words_max: 240,
            prompt: None,
            voice: None,
            variants: 1,
            policy: Policy::default(),
        }
    }
}

/// Variants of a draft at most.
pub const VARIANTS: u32 = 5;

impl Spec {
    fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let Policy { score_min, trust_min, engagement_min, .. } = self.policy;
        let shares = [("score_min", score_min), ("trust_min", trust_min), ("engagement_min", engagement_min)];
        for (name, share) in shares {
            if !(0.0..=1.0).contains(&share) {
                faults.push(Fault::new(format!("/policy/{name}"), "must be 0 to 1"));
            }
        }
        let topics = &self.policy.topics_held;
        if topics.len() > 100 || topics.iter().any(|topic| topic.trim().is_empty() || topic.chars().count() > 60) {
            faults.push(Fault::new("/policy/topics_held", "must name at most 100 topics of 1 to 60 characters"));
        }
        if !(1..=100).contains(&self.sentences_max) {
            faults.push(Fault::new("/sentences_max", "must be 1 to 100"));
        }
        if !(20..=5_000).contains(&self.words_max) {
            faults.push(Fault::new("/words_max", "must be 20 to 5000"));
        }
        if !(1..=VARIANTS).contains(&self.variants) {
            faults.push(Fault::new("/variants", format!("must be 1 to {VARIANTS}")));
        }
        if self.providers.len() > 10 {
            faults.push(Fault::new("/providers", "must name at most 10 providers"));
        }
        faults
    }
}

store::sql! {
    ADD = "pipelines.add", "INSERT INTO pipeline (id, name, spec, created_at, updated_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (name) DO NOTHING";
    GET = "pipelines.get", "SELECT id, name, spec, created_at, updated_at FROM pipeline WHERE id = $1";
    FIND = "pipelines.find", "SELECT id, name, spec, created_at, updated_at FROM pipeline WHERE name = $1";
    LIST = "pipelines.list", "SELECT id, name, spec, created_at, updated_at FROM pipeline ORDER BY id LIMIT 1000";
    UPDATE = "pipelines.update", "UPDATE pipeline SET name = $2, spec = $3, updated_at = $4 WHERE id = $1";
}

/// The pipeline that everything belongs to which names none.
pub const DEFAULT: &str = "default";

/// How many people the recipe, as it is stored, wants to approve; a damaged one is read as the default.
pub(crate) fn people_of(spec: &str) -> u32 {
    // Read for every row of a list: only a recipe that says so is worth the parsing.
    if !spec.contains("\"two_people\":true") {
        return 1;
    }
    serde_json::from_str::<Spec>(spec).map_or(1, |spec| spec.policy.people())
}

fn read(row: &Row) -> Result<Pipeline, store::Error> {
    let spec: String = row.get(2)?;
    Ok(Pipeline {
        id: PipelineId(row.get(0)?),
        name: row.get(1)?,
        // Written by us from a valid value; a damaged one falls back to the careful defaults.
        spec: serde_json::from_str(&spec)
            .unwrap_or_else(|_| Spec { policy: Policy { automatic: false, ..Policy::default() }, ..Spec::default() }),
        created_at: row.get(3)?,
        updated_at: row.get(4)?,
    })
}

/// Makes the default pipeline when it is not there.
pub async fn ensure_default(desk: &Desk) -> Result<Pipeline, Error> {
    let pipeline = new(desk, DEFAULT, Spec::default());
    let row = pipeline.clone();
    desk.store.write(move |tx| Box::pin(async move { tx.exec(&ADD, values(&row)).await })).await?;
    find(desk, DEFAULT).await
}

fn new(desk: &Desk, name: &str, spec: Spec) -> Pipeline {
    let now = desk.now();
    Pipeline { id: PipelineId(desk.next_id()), name: name.to_owned(), spec, created_at: now, updated_at: now }
}

fn values(p: &Pipeline) -> Vec<store::Value> {
    let spec = serde_json::to_string(&p.spec).expect("a recipe is plain data");
    params![p.id.to_i64(), p.name, spec, p.created_at, p.updated_at]
}

pub async fn create(desk: &Desk, actor: &Actor, name: &str, spec: Spec) -> Result<Pipeline, Error> {
    actor.may(Action::Configure)?;
    check(name, &spec)?;
    let (pipeline, actor) = (new(desk, name, spec), actor.clone());
    desk.store
        .write(move |tx| {
            Box::pin(async move {
                if let Some(id) = recall(tx, &actor).await? {
                    let id: PipelineId = id.parse().map_err(|_| Error::IdempotencyMismatch)?;
                    return get(tx, id).await;
                }
                find_named(tx, &pipeline.spec).await?;
                if tx.exec(&ADD, values(&pipeline)).await? == 0 {
                    let id = tx.one(&FIND, params![pipeline.name]).await?.get::<stdx::Id>(0)?;
                    return Err(Error::Exists { what: "pipeline", name: pipeline.name, id: id.to_string() });
                }
                remember(tx, &actor, &pipeline.id.to_string(), pipeline.created_at).await?;
                Ok(pipeline)
            })
        })
        .await
}

pub async fn update(desk: &Desk, actor: &Actor, id: PipelineId, name: &str, spec: Spec) -> Result<Pipeline, Error> {
    actor.may(Action::Configure)?;
    check(name, &spec)?;
    let (d, name, now) = (desk.clone(), name.to_owned(), desk.now());
    desk.store
        .write(move |tx| {
            Box::pin(async move {
                find_named(tx, &spec).await?;
                let spec = serde_json::to_string(&spec).expect("a recipe is plain data");
                if let Some(row) = tx.opt(&FIND, params![name]).await?
                    && row.get::<stdx::Id>(0)? != id.0
                {
                    return Err(Error::Exists { what: "pipeline", name, id: row.get::<stdx::Id>(0)?.to_string() });
                }
                match tx.exec(&UPDATE, params![id.to_i64(), name, spec, now]).await? {
                    0 => Err(Error::not_found("pipeline", id)),
                    _ => {
                        d.purge_with(tx, &[tags::PIPELINES]).await?;
                        get(tx, id).await
                    }
                }
            })
        })
        .await
}

fn check(name: &str, spec: &Spec) -> Result<(), Error> {
    let mut faults = spec.faults();
    if name.trim().is_empty() || name.len() > 100 {
        faults.push(Fault::new("/name", "must have 1 to 100 characters"));
    }
    if faults.is_empty() { Ok(()) } else { Err(Error::Invalid(faults)) }
}

/// What a recipe names is there as long as it does.
async fn find_named(tx: &mut Tx, spec: &Spec) -> Result<(), Error> {
    let mut faults = Vec::new();
    if let Some(name) = &spec.prompt
        && !prompts::exists(tx, name).await?
    {
        faults.push(Fault::new("/prompt", format!("there is no prompt {name:?}")));
    }
    if let Some(name) = &spec.voice {
        match prompts::voice(tx, name).await {
            Err(Error::NotFound { .. }) => faults.push(Fault::new("/voice", format!("there is no voice {name:?}"))),
            other => drop(other?),
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Error::Invalid(faults)) }
}

pub async fn get(conn: &mut Conn, id: PipelineId) -> Result<Pipeline, Error> {
    let row = conn.opt(&GET, params![id.to_i64()]).await?.ok_or_else(|| Error::not_found("pipeline", id))?;
    Ok(read(&row)?)
}

pub async fn find(desk: &Desk, name: &str) -> Result<Pipeline, Error> {
    let row =
        desk.store.read_fresh().opt(&FIND, params![name]).await?.ok_or_else(|| Error::not_found("pipeline", name))?;
    Ok(read(&row)?)
}

/// All pipelines, at most 1,000.
pub async fn list(desk: &Desk, actor: &Actor) -> Result<Vec<Pipeline>, Error> {
    actor.may(Action::Read)?;
    let rows = desk.store.read().all(&LIST, params![]).await?;
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}
