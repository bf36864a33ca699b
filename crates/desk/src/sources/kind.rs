//! Sources that nobody visits: hooks, to which others push, and hands, by which people add items.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use store::{Tx, params};

use super::rules::{Rule, Rules};
use super::{
    ADD_OTHER, BY_URL, Change, Known, Source, TRUST, check_pipeline, get, hook, known, name_fault, trust_fault, written,
};
use crate::people::{Action, Actor, recall, remember};
use crate::{Desk, Error, Fault, PipelineId, SourceId, pipelines, tags};

/// How items come from a source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// It is visited.
    #[default]
    Feed,
    /// Others push to it.
    Hook,
    /// People write them, or paste their addresses.
    Hand,
}

impl Kind {
    pub const ALL: [Kind; 3] = [Kind::Feed, Kind::Hook, Kind::Hand];

    pub fn name(self) -> &'static str {
        match self {
            Kind::Feed => "feed",
            Kind::Hook => "hook",
            Kind::Hand => "hand",
        }
    }

    /// The schema admits no other word.
    pub(crate) fn of(name: &str) -> Kind {
        name.parse().unwrap_or_default()
    }
}

impl FromStr for Kind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let known = Kind::ALL.into_iter().find(|kind| kind.name() == text);
        known.ok_or_else(|| Error::invalid("/kind", "must be feed, hook or hand"))
    }
}

/// A source that is not visited.
#[derive(Clone, Debug, Default)]
pub struct NewOther {
    /// Hook or hand.
    pub kind: Kind,
    pub name: String,
    pub pipeline: Option<PipelineId>,
    /// Without one: [`TRUST`].
    pub trust: Option<f64>,
    pub rules: Vec<Rule>,
}

/// A source that was made, with what is told this once.
#[derive(Clone, Debug)]
pub struct Made {
    pub source: Source,
    /// Of a hook; not told again to who repeats the request.
    pub hook: Option<hook::Door>,
}

/// Adds a hook or a hand.
///
/// # Errors
/// [`Error::Invalid`], [`Error::Forbidden`].
pub async fn create_other(desk: &Desk, actor: &Actor, new: NewOther) -> Result<Made, Error> {
    actor.may(Action::Configure)?;
    let mut faults: Vec<Fault> = name_fault(&new.name).into_iter().collect();
    faults.extend(new.trust.and_then(trust_fault));
    faults.extend(Rules::read(&new.rules, "/rules").err().into_iter().flatten());
    if new.kind == Kind::Feed {
        faults.push(Fault::new("/kind", "must be hook or hand"));
    }
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let pipeline = match new.pipeline {
        Some(id) => id,
        None => pipelines::ensure_default(desk).await?.id,
    };
    let (inner, actor, now, id) = (desk.clone(), actor.clone(), desk.now(), SourceId(desk.next_id()));
    let door = (new.kind == Kind::Hook).then(hook::Door::generate);
    desk.store
        .write(move |tx| {
            Box::pin(async move {
                if let Some(id) = recall(tx, &actor).await? {
                    let source = get(tx, id.parse().map_err(|_| Error::IdempotencyMismatch)?).await?;
                    return Ok(Made { source, hook: None });
                }
                check_pipeline(tx, pipeline).await?;
                let url = format!("{}:{id}", new.kind.name());
                add(&inner, tx, id, &url, &NewOther { pipeline: Some(pipeline), ..new }).await?;
                if let Some(door) = &door {
                    hook::add(&inner, tx, id, door, now).await?;
                }
                remember(tx, &actor, &id.to_string(), now).await?;
                Ok(Made { source: get(tx, id).await?, hook: door })
            })
        })
        .await
}

/// The row; whether there was none at `url`.
async fn add(desk: &Desk, tx: &mut Tx, id: SourceId, url: &str, new: &NewOther) -> Result<bool, Error> {
    let (name, kind, rules) = (new.name.trim(), new.kind.name(), written(&new.rules));
    let (pipeline, trust) = (new.pipeline.map(PipelineId::to_i64), new.trust.unwrap_or(TRUST));
    let (interval_s, backfill, now) = (desk.settings.poll_interval_s, desk.settings.backfill, desk.now());
    let row = params![id.to_i64(), url, name, pipeline, interval_s, backfill, trust, now, true, rules, kind];
    let is_new = tx.exec(&ADD_OTHER, row).await? == 1;
    if is_new {
        desk.purge_with(tx, &[tags::SOURCES]).await?;
    }
    Ok(is_new)
}

/// The hand that was named, else the pipeline's own, which is made with its first item.
///
/// # Errors
/// [`Error::Invalid`] when the source is no hand or there is no such pipeline.
pub(crate) async fn hand(desk: &Desk, source: Option<SourceId>, pipeline: Option<PipelineId>) -> Result<Known, Error> {
    if let Some(id) = source {
        let found = known(&mut desk.store.read_fresh(), id).await?;
        let found = found.ok_or_else(|| Error::invalid("/source", format!("source {id} does not exist")))?;
        return match (found.source.kind, pipeline) {
            (Kind::Hand, None) => Ok(found),
            (Kind::Hand, Some(_)) => Err(Error::invalid("/pipeline", "name either a source or a pipeline")),
            (other, _) => {
                Err(Error::invalid("/source", format!("source {id} is a {}; only a hand takes items so", other.name())))
            }
        };
    }
    let pipeline = match pipeline {
        Some(id) => id,
        None => pipelines::ensure_default(desk).await?.id,
    };
    let (inner, id) = (desk.clone(), SourceId(desk.next_id()));
    desk.store
        .write(move |tx| {
            Box::pin(async move {
                let url = format!("hand:{pipeline}");
                if tx.opt(&BY_URL, params![url]).await?.is_none() {
                    check_pipeline(tx, pipeline).await?;
                    let new = NewOther {
                        kind: Kind::Hand,
                        name: "By hand".to_owned(),
                        pipeline: Some(pipeline),
                        ..NewOther::default()
                    };
                    add(&inner, tx, id, &url, &new).await?;
                }
                // Another one may have been quicker.
                let id = SourceId(tx.one(&BY_URL, params![url]).await?.get(0)?);
                known(tx, id).await?.ok_or_else(|| Error::not_found("source", id))
            })
        })
        .await
}

/// What cannot be changed of a source that is not visited.
pub(super) fn fault(kind: Kind, change: &Change) -> Option<Fault> {
    let Change { name: _, state, pipeline: _, interval_s, adaptive, trust: _, login, rules: _ } = change;
    let pointer = match () {
        () if kind == Kind::Feed => return None,
        () if interval_s.is_some() => "/interval_s",
        () if adaptive.is_some() => "/adaptive",
        () if login.as_ref().is_some_and(Option::is_some) => "/login",
        () if *state == Some(super::State::Muted) => "/state",
        () => return None,
    };
    Some(Fault::new(pointer, format!("a {} is not visited", kind.name())))
}
