//! Model providers: where drafts may come from beside the embedded generator. Keys are sealed.

use std::collections::HashSet;
use std::sync::PoisonError;

use connect::llm::Dialect;
use serde::{Deserialize, Serialize};
use stdx::Timestamp;
use stdx::config::Secret;
use store::{Row, params};

use crate::people::{Action, Actor};
use crate::{Desk, Error, Fault, ProviderId, tags};

/// The name of the generator that needs no key and no network.
pub const EMBEDDED: &str = "embedded";

/// A million dollars for a million tokens.
const PRICE_MAX: u64 = 1_000_000_000_000;

/// A provider as it is shown; never its key.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Provider {
    /// `None` for one of the configuration.
    pub id: Option<ProviderId>,
    pub name: String,
    /// The wire dialect: `openai`, `anthropic`, `gemini` or `ollama`.
    pub kind: String,
    pub base_url: String,
    pub model: String,
    pub has_key: bool,
    pub timeout_s: u32,
    /// Micro-dollars for a million prompt tokens.
    pub price_in: u64,
    /// Micro-dollars for a million completion tokens.
    pub price_out: u64,
    /// Micro-dollars for a million prompt tokens that the provider had in its cache; as the others when it is not said.
    pub price_cached: Option<u64>,
    /// Milliseconds to connect, to the first words, and of silence in the middle; the usual ones when they are not said.
    pub connect_timeout_ms: Option<u32>,
    pub first_token_ms: Option<u32>,
    pub stall_ms: Option<u32>,
    /// `None` for one of the configuration.
    pub created_at: Option<Timestamp>,
    /// It stands in `[llm]` of the configuration and can be changed only there; one stored under its name takes its place.
    pub is_configured: bool,
    /// `None` before the first call since the process began. Each process knows its own.
    pub health: Option<Health>,
}

/// How a provider did since the process began.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Health {
    /// `closed`, `open` or `half_open`.
    pub breaker: &'static str,
    /// Until when it is not asked, for its breaker's sake or by its own wish.
    pub open_until: Option<Timestamp>,
    /// Calls under way.
    pub in_flight: u32,
    /// Milliseconds to the first words, lately; `None` before the first answer.
    pub first_content_ms: Option<u64>,
    pub answered: u64,
    pub failed: u64,
    pub last_fault: Option<LastFault>,
}

/// What went wrong last, and when.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LastFault {
    pub kind: String,
    pub at: Timestamp,
}

impl Health {
    fn of(desk: &Desk, name: &str) -> Option<Health> {
        let routers = desk.routers.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, health) = routers.get(name)?.1.health().pop()?;
        Some(Health {
            breaker: health.breaker.name(),
            open_until: health.rests_until,
            in_flight: health.in_flight,
            first_content_ms: health.first_content.map(|time| time.as_millis() as u64),
            answered: health.answered,
            failed: health.failed,
            last_fault: health.last_fault.map(|(kind, at)| LastFault { kind: kind.to_owned(), at }),
        })
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewProvider {
    pub name: String,
    /// The wire dialect, by its name.
    #[serde(default = "default_kind")]
    pub kind: String,
    /// Such as `https://api.example.com/v1`.
    pub base_url: String,
    pub model: String,
    #[serde(default)]
    pub api_key: Option<Secret>,
    #[serde(default = "default_timeout")]
    pub timeout_s: u32,
    #[serde(default)]
    pub price_in: u64,
    #[serde(default)]
    pub price_out: u64,
    #[serde(default)]
    pub price_cached: Option<u64>,
    #[serde(default)]
    pub connect_timeout_ms: Option<u32>,
    #[serde(default)]
    pub first_token_ms: Option<u32>,
    #[serde(default)]
    pub stall_ms: Option<u32>,
}

/// What a provider speaks that says nothing of it.
pub fn default_kind() -> String {
    Dialect::default().name().to_owned()
}

fn default_timeout() -> u32 {
    60
}

store::sql! {
    PUT = "providers.put",
        "INSERT INTO provider (id, name, kind, base_url, model, api_key_sealed, timeout_s, price_in, price_out, created_at, price_cached, connect_timeout_ms, first_token_ms, stall_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
         ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, base_url = excluded.base_url, model = excluded.model, timeout_s = excluded.timeout_s, price_in = excluded.price_in, price_out = excluded.price_out,
         price_cached = excluded.price_cached, connect_timeout_ms = excluded.connect_timeout_ms, first_token_ms = excluded.first_token_ms, stall_ms = excluded.stall_ms,
         api_key_sealed = coalesce(excluded.api_key_sealed, provider.api_key_sealed)";
    FIND = "providers.find", "SELECT id, name, kind, base_url, model, api_key_sealed, timeout_s, price_in, price_out, created_at, price_cached, connect_timeout_ms, first_token_ms, stall_ms FROM provider WHERE name = $1";
    LIST = "providers.list", "SELECT id, name, kind, base_url, model, api_key_sealed, timeout_s, price_in, price_out, created_at, price_cached, connect_timeout_ms, first_token_ms, stall_ms FROM provider ORDER BY name LIMIT 200";
    DROP = "providers.drop", "DELETE FROM provider WHERE name = $1";
}

fn read(row: &Row) -> Result<(Provider, Option<String>), store::Error> {
    let sealed: Option<String> = row.get(5)?;
    let provider = Provider {
        id: Some(ProviderId(row.get(0)?)),
        name: row.get(1)?,
        kind: row.get(2)?,
        base_url: row.get(3)?,
        model: row.get(4)?,
        has_key: sealed.is_some(),
        timeout_s: row.get(6)?,
        price_in: row.get::<i64>(7)? as u64,
        price_out: row.get::<i64>(8)? as u64,
        created_at: Some(row.get(9)?),
        is_configured: false,
        price_cached: row.get::<Option<i64>>(10)?.map(|price| price as u64),
        connect_timeout_ms: row.get(11)?,
        first_token_ms: row.get(12)?,
        stall_ms: row.get(13)?,
        health: None,
    };
    Ok((provider, sealed))
}

/// Adds the provider, or changes the one of that name; a missing key leaves the stored one.
pub async fn put(desk: &Desk, actor: &Actor, new: NewProvider) -> Result<Provider, Error> {
    actor.may(Action::Configure)?;
    check(&new)?;
    let sealed = new.api_key.as_ref().map(|key| desk.sealer.seal(key.reveal().as_bytes(), &aad(&new.name)));
    let (id, now, row, d) = (desk.next_id(), desk.now(), new.clone(), desk.clone());
    desk.store
        .write(move |tx| {
            Box::pin(async move {
                let values = params![
                    id,
                    row.name,
                    row.kind,
                    row.base_url.trim_end_matches('/'),
                    row.model,
                    sealed,
                    row.timeout_s,
                    row.price_in as i64,
                    row.price_out as i64,
                    now,
                    row.price_cached.map(|price| price as i64),
                    row.connect_timeout_ms,
                    row.first_token_ms,
                    row.stall_ms
                ];
                tx.exec(&PUT, values).await?;
                d.purge_with(tx, &[&tags::of_provider(&row.name)]).await
            })
        })
        .await?;
    let row = desk.store.read_fresh().one(&FIND, params![new.name]).await?;
    let (provider, _) = read(&row)?;
    Ok(Provider { health: Health::of(desk, &new.name), ..provider })
}

fn check(new: &NewProvider) -> Result<(), Error> {
    let mut faults = Vec::new();
    if new.name.is_empty() || new.name.len() > 60 || new.name == EMBEDDED {
        faults.push(Fault::new("/name", "must have 1 to 60 characters and not be \"embedded\""));
    }
    if new.kind.parse::<Dialect>().is_err() {
        let known = Dialect::ALL.map(Dialect::name).join(", ");
        faults.push(Fault::new("/kind", format!("must be one of {known}")));
    }
    if !matches!(url::Url::parse(&new.base_url), Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host())
    {
        faults.push(Fault::new("/base_url", "must be an http or https address"));
    }
    if new.model.is_empty() || new.model.len() > 200 {
        faults.push(Fault::new("/model", "must have 1 to 200 characters"));
    }
    if !(1..=600).contains(&new.timeout_s) {
        faults.push(Fault::new("/timeout_s", "must be 1 to 600"));
    }
    let prices =
        [("price_in", Some(new.price_in)), ("price_out", Some(new.price_out)), ("price_cached", new.price_cached)];
    for (key, price) in prices {
        if price.is_some_and(|price| price > PRICE_MAX) {
            faults.push(Fault::new(format!("/{key}"), format!("must be 0 to {PRICE_MAX}")));
        }
    }
    let times = [
        ("connect_timeout_ms", new.connect_timeout_ms),
        ("first_token_ms", new.first_token_ms),
        ("stall_ms", new.stall_ms),
    ];
    for (key, time) in times {
        if time.is_some_and(|time| !(1..=900_000).contains(&time)) {
            faults.push(Fault::new(format!("/{key}"), "must be 1 to 900000"));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Error::Invalid(faults)) }
}

/// # Errors
/// [`Error::InUse`] of one that only the configuration has.
pub async fn delete(desk: &Desk, actor: &Actor, name: &str) -> Result<(), Error> {
    actor.may(Action::Configure)?;
    let (given, d) = (name.to_owned(), desk.clone());
    let dropped = desk.store.write(move |tx| {
        Box::pin(async move {
            d.purge_with(tx, &[&tags::of_provider(&given)]).await?;
            Ok::<_, Error>(tx.exec(&DROP, params![given]).await?)
        })
    });
    let rows = dropped.await?;
    if rows > 0 {
        return Ok(());
    }
    match desk.llm.providers.iter().any(|provider| provider.name == name) {
        true => Err(Error::InUse { what: "provider", name: name.to_owned(), by: "the configuration".to_owned() }),
        false => Err(Error::not_found("provider", name)),
    }
}

/// All providers by name: those that are stored, at most 200, and those of the configuration that none of them stands for.
pub async fn list(desk: &Desk, actor: &Actor) -> Result<Vec<Provider>, Error> {
    let mut all = stored(desk, actor).await?;
    let known: HashSet<String> = all.iter().map(|provider| provider.name.clone()).collect();
    let configured = desk.llm.providers.iter().filter(|provider| !known.contains(&provider.name));
    all.extend(configured.map(|provider| configured_one(desk, provider)));
    all.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(all)
}

fn configured_one(desk: &Desk, provider: &connect::llm::Provider) -> Provider {
    let ms = |time: u64| Some(u32::try_from(time).unwrap_or(u32::MAX));
    let cached = provider.price_cached_microdollars;
    Provider {
        id: None,
        name: provider.name.clone(),
        kind: provider.dialect.name().to_owned(),
        base_url: provider.base_url.clone(),
        model: provider.model.clone(),
        has_key: !provider.api_key.reveal().is_empty(),
        timeout_s: u32::try_from(provider.timeout_ms.div_ceil(1_000)).unwrap_or(u32::MAX),
        price_in: provider.price_in_microdollars,
        price_out: provider.price_out_microdollars,
        price_cached: (cached > 0).then_some(cached),
        connect_timeout_ms: ms(provider.connect_timeout_ms),
        first_token_ms: ms(provider.first_token_ms),
        stall_ms: ms(provider.stall_ms),
        created_at: None,
        is_configured: true,
        health: Health::of(desk, &provider.name),
    }
}

/// Those that are stored, at most 200.
pub async fn stored(desk: &Desk, actor: &Actor) -> Result<Vec<Provider>, Error> {
    actor.may(Action::Read)?;
    let rows = desk.store.read().all(&LIST, params![]).await?;
    let all = rows.iter().map(|row| {
        let (provider, _) = read(row)?;
        Ok(Provider { health: Health::of(desk, &provider.name), ..provider })
    });
    Ok(all.collect::<Result<_, store::Error>>()?)
}

/// Every provider with its key: those of the configuration, then those of the database, of which one may stand for one of
/// the same name. A key that cannot be opened leaves its provider out.
pub(crate) async fn all(desk: &Desk) -> Result<Vec<connect::llm::Provider>, Error> {
    let rows = desk.store.read().all(&LIST, params![]).await?;
    let stored = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let mut all: Vec<connect::llm::Provider> = Vec::with_capacity(stored.len() + desk.llm.providers.len());
    let is_stored = |name: &str| stored.iter().any(|(provider, _)| provider.name == name);
    all.extend(desk.llm.providers.iter().filter(|provider| !is_stored(&provider.name)).cloned());
    for (provider, sealed) in stored {
        let name = provider.name.clone();
        match ready(desk, provider, sealed) {
            Ok(ready) => all.push(ready),
            Err(error) => tracing::error!(
                error = &error as &dyn std::error::Error,
                provider = name,
                "a provider's key cannot be opened"
            ),
        }
    }
    Ok(all)
}

/// The provider with its key, ready to be called: from the database, else from the configuration; `None`
/// when there is none of that name.
pub(crate) async fn target(desk: &Desk, name: &str) -> Result<Option<connect::llm::Provider>, Error> {
    let Some(row) = desk.store.read().opt(&FIND, params![name]).await? else {
        return Ok(desk.llm.providers.iter().find(|provider| provider.name == name).cloned());
    };
    let (provider, sealed) = read(&row)?;
    ready(desk, provider, sealed).map(Some)
}

fn ready(desk: &Desk, provider: Provider, sealed: Option<String>) -> Result<connect::llm::Provider, Error> {
    let name = &provider.name;
    let api_key = match sealed {
        None => Secret::default(),
        Some(sealed) => {
            let key = desk.sealer.open(&sealed, &aad(name)).map_err(|_| Error::Sealed(name.clone()))?;
            Secret::new(String::from_utf8_lossy(&key))
        }
    };
    let usual = connect::llm::Provider::default();
    let ms = |own: Option<u32>, usual: u64| own.map_or(usual, u64::from);
    Ok(connect::llm::Provider {
        // The table holds no other name than those of the dialects.
        dialect: provider.kind.parse().unwrap_or_default(),
        base_url: provider.base_url,
        api_key,
        model: provider.model,
        timeout_ms: u64::from(provider.timeout_s) * 1_000,
        connect_timeout_ms: ms(provider.connect_timeout_ms, usual.connect_timeout_ms),
        first_token_ms: ms(provider.first_token_ms, usual.first_token_ms),
        stall_ms: ms(provider.stall_ms, usual.stall_ms),
        price_in_microdollars: provider.price_in,
        price_cached_microdollars: provider.price_cached.unwrap_or_default(),
        price_out_microdollars: provider.price_out,
        name: provider.name,
        ..usual
    })
}

/// Binds a sealed key to its row: moved to another one it does not open.
fn aad(name: &str) -> String {
    format!("provider/{name}/api_key")
}

/// Tries whether the provider's server answers at all; what it says does not matter.
pub async fn reach(desk: &Desk, name: &str) -> Result<(), Error> {
    let Some(target) = target(desk, name).await? else { return Err(Error::not_found("provider", name)) };
    let url = format!("{}/models", target.base_url);
    let limits = connect::Limits { total_timeout: std::time::Duration::from_secs(5), ..desk.limits };
    match desk.client.send(connect::Request::get("provider_check", &url, limits)).await {
        Ok(_) => Ok(()),
        Err(source) => Err(Error::Fetch { url, source }),
    }
}
