//! What people set up, as one text that can stand under version control: sources, pipelines, prompts, voices, providers.
//! Secrets are never in it.

use serde::{Deserialize, Serialize};

use crate::people::{Action, Actor};
use crate::pipelines::Spec;
use crate::prompts::{Origin, Voice};
use crate::providers::NewProvider;
use crate::sources::rules::Rule;
use crate::sources::{Kind, NewSource};
use crate::{Desk, Error, Fault, pipelines, prompts, providers, sources};

/// The whole set-up.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Setup {
    pub prompts: Vec<PromptSetup>,
    pub voices: Vec<Voice>,
    pub pipelines: Vec<PipelineSetup>,
    pub providers: Vec<ProviderSetup>,
    pub sources: Vec<SourceSetup>,
}

/// A prompt that is an own one, or a changed one of those that came with the product.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PromptSetup {
    pub name: String,
    /// The template of its current version.
    pub source: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PipelineSetup {
    pub name: String,
    #[serde(default)]
    pub spec: Spec,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderSetup {
    pub name: String,
    #[serde(default = "providers::default_kind")]
    pub kind: String,
    pub base_url: String,
    pub model: String,
    /// Name of an environment variable that holds the key when the set-up is applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key_env: Option<String>,
    pub timeout_s: u32,
    pub price_in: u64,
    pub price_out: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_cached: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connect_timeout_ms: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_token_ms: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stall_ms: Option<u32>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceSetup {
    pub url: String,
    #[serde(default)]
    pub name: Option<String>,
    /// Name of a pipeline; the default one when missing.
    #[serde(default)]
    pub pipeline: Option<String>,
    #[serde(default)]
    pub interval_s: Option<u32>,
    #[serde(default)]
    pub trust: Option<f64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
}

/// What applying a set-up changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Applied {
    pub created: u32,
    pub updated: u32,
    pub unchanged: u32,
}

/// The set-up as it stands.
pub async fn export(desk: &Desk, actor: &Actor) -> Result<Setup, Error> {
    actor.may(Action::Configure)?;
    let pipelines = pipelines::list(desk, actor).await?;
    let mut setup = Setup::default();
    let mut after = None;
    loop {
        let page = sources::list(desk, actor, after, 200).await?;
        after = page.last().map(|source| source.id);
        // The addresses and secrets of the others belong to this desk.
        for source in page.iter().filter(|source| source.kind == Kind::Feed) {
            let pipeline = pipelines.iter().find(|pipeline| pipeline.id == source.pipeline);
            setup.sources.push(SourceSetup {
                url: source.url.clone(),
                name: Some(source.name.clone()),
                pipeline: pipeline.map(|pipeline| pipeline.name.clone()),
                interval_s: (!source.adaptive).then_some(source.interval_s),
                trust: Some(source.trust),
                rules: source.rules.clone(),
            });
        }
        if page.len() < 200 {
            break;
        }
    }
    for prompt in prompts::list(desk, actor).await?.into_iter().filter(|prompt| prompt.origin != Origin::BuiltIn) {
        setup.prompts.push(PromptSetup { name: prompt.template.name, source: prompt.template.source });
    }
    setup.voices = prompts::voices(desk, actor).await?;
    setup.pipelines = pipelines.into_iter().map(|p| PipelineSetup { name: p.name, spec: p.spec }).collect();
    for p in providers::stored(desk, actor).await? {
        setup.providers.push(ProviderSetup {
            name: p.name,
            kind: p.kind,
            base_url: p.base_url,
            model: p.model,
            api_key_env: None,
            timeout_s: p.timeout_s,
            price_in: p.price_in,
            price_out: p.price_out,
            price_cached: p.price_cached,
            connect_timeout_ms: p.connect_timeout_ms,
            first_token_ms: p.first_token_ms,
            stall_ms: p.stall_ms,
        });
    }
    setup.sources.sort_by(|a, b| a.url.cmp(&b.url));
    Ok(setup)
}

/// Brings the desk to `setup`: creates what is missing, changes what differs, deletes nothing.
/// `secret` looks a named secret up.
pub async fn apply(
    desk: &Desk,
    actor: &Actor,
    setup: &Setup,
    secret: impl Fn(&str) -> Option<String>,
) -> Result<Applied, Error> {
    actor.may(Action::Configure)?;
    let mut applied = Applied::default();
    apply_words(desk, actor, setup, &mut applied).await?;
    let known = pipelines::list(desk, actor).await?;
    for wanted in &setup.pipelines {
        match known.iter().find(|pipeline| pipeline.name == wanted.name) {
            None => {
                pipelines::create(desk, actor, &wanted.name, wanted.spec.clone()).await?;
                applied.created += 1;
            }
            Some(pipeline) if pipeline.spec == wanted.spec => applied.unchanged += 1,
            Some(pipeline) => {
                pipelines::update(desk, actor, pipeline.id, &wanted.name, wanted.spec.clone()).await?;
                applied.updated += 1;
            }
        }
    }
    let known = providers::stored(desk, actor).await?;
    for (i, wanted) in setup.providers.iter().enumerate() {
        let api_key = match &wanted.api_key_env {
            None => None,
            Some(name) => {
                let missing =
                    || Error::invalid(&format!("/providers/{i}/api_key_env"), format!("the environment has no {name}"));
                Some(stdx::config::Secret::new(secret(name).ok_or_else(missing)?))
            }
        };
        match known.iter().any(|provider| provider.name == wanted.name) {
            true => applied.updated += 1,
            false => applied.created += 1,
        }
        let new = NewProvider {
            name: wanted.name.clone(),
            kind: wanted.kind.clone(),
            base_url: wanted.base_url.clone(),
            model: wanted.model.clone(),
            api_key,
            timeout_s: wanted.timeout_s,
            price_in: wanted.price_in,
            price_out: wanted.price_out,
            price_cached: wanted.price_cached,
            connect_timeout_ms: wanted.connect_timeout_ms,
            first_token_ms: wanted.first_token_ms,
            stall_ms: wanted.stall_ms,
        };
        providers::put(desk, actor, new).await?;
    }
    for (i, wanted) in setup.sources.iter().enumerate() {
        let pipeline = match &wanted.pipeline {
            None => None,
            Some(name) => {
                let missing =
                    |_| Error::invalid(&format!("/sources/{i}/pipeline"), format!("there is no pipeline {name}"));
                Some(pipelines::find(desk, name).await.map_err(missing)?.id)
            }
        };
        let new = NewSource {
            url: wanted.url.clone(),
            name: wanted.name.clone(),
            pipeline,
            // The other desk may have had other bounds.
            interval_s: wanted
                .interval_s
                .map(|s| s.clamp(desk.settings.poll_interval_min_s, desk.settings.poll_interval_max_s)),
            backfill: None,
            trust: wanted.trust,
            login: None,
            rules: wanted.rules.clone(),
        };
        match sources::create(desk, actor, new).await {
            Ok(_) => applied.created += 1,
            Err(Error::Exists { .. }) => applied.unchanged += 1,
            Err(Error::Invalid(faults)) => {
                let named = faults
                    .into_iter()
                    .map(|f| Fault::new(format!("/sources/{i}{}", f.pointer), format!("{}: {}", wanted.url, f.detail)));
                return Err(Error::Invalid(named.collect()));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(applied)
}

/// Prompts and voices, which pipelines name.
async fn apply_words(desk: &Desk, actor: &Actor, setup: &Setup, applied: &mut Applied) -> Result<(), Error> {
    let at = |list: &str, i: usize, error: Error| match error {
        Error::Invalid(faults) => Error::Invalid(
            faults.into_iter().map(|f| Fault::new(format!("/{list}/{i}{}", f.pointer), f.detail)).collect(),
        ),
        other => other,
    };
    let known = prompts::list(desk, actor).await?;
    for (i, wanted) in setup.prompts.iter().enumerate() {
        let now = known.iter().find(|prompt| prompt.template.name == wanted.name);
        match now {
            Some(prompt) if prompt.template.source == wanted.source.replace("\r\n", "\n") => {
                applied.unchanged += 1;
                continue;
            }
            Some(_) => applied.updated += 1,
            None => applied.created += 1,
        }
        let put = prompts::put(desk, actor, &wanted.name, &wanted.source, "").await;
        put.map_err(|error| at("prompts", i, error))?;
    }
    let known = prompts::voices(desk, actor).await?;
    for (i, wanted) in setup.voices.iter().enumerate() {
        match known.iter().find(|voice| voice.name == wanted.name) {
            Some(voice) if voice == wanted => {
                applied.unchanged += 1;
                continue;
            }
            Some(_) => applied.updated += 1,
            None => applied.created += 1,
        }
        let put = prompts::put_voice(desk, actor, wanted.clone()).await;
        put.map_err(|error| at("voices", i, error))?;
    }
    Ok(())
}
