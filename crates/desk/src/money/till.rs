//! Money put aside and settled.
//!
//! What an attempt may cost lowers every budget of its places in one transaction, or none. The end of an attempt is noted at
//! once, since it may come from a `Drop`, and written by [`Till::flush`], which whoever asked a model calls. A process that
//! dies in between leaves its holds behind: an hour later they are charged whole, as nobody knows what the provider will bill.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use connect::llm::{Attempt, Hold, Meter, Overdrawn, Provider, Purpose, Usage};
use futures_util::future::BoxFuture;
use stdx::{Clock, Id, IdGen, Timestamp};
use store::{Store, Tx, params};

use super::{MICROS_MAX, Period, Place, Scope};
use crate::{Error, LedgerId};

store::sql! {
    OF_PLACES = "money.budgets_of", "SELECT id, place, period, hard_micros, soft_micros FROM budget WHERE place {in_text:$1} ORDER BY id";
    /// A period begins with what the days' sums say of it.
    BEGIN = "money.use_begin",
        "INSERT INTO budget_use (budget, since, spent_micros)
         VALUES ($1, $2, (SELECT CAST(coalesce(sum(micros), 0) AS BIGINT) FROM spending WHERE place = $3 AND day >= $4)) ON CONFLICT (budget, since) DO NOTHING";
    /// Never beyond $4.
    RESERVE = "money.reserve",
        "UPDATE budget_use SET held_micros = held_micros + $3 WHERE budget = $1 AND since = $2 AND spent_micros + held_micros + $3 <= $4";
    HOLD = "money.hold",
        "INSERT INTO hold (id, ends_at, micros, provider, model, places, uses) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    RELEASE = "money.release", "DELETE FROM hold WHERE id = $1 RETURNING micros, uses";
    RETURN = "money.return", "UPDATE budget_use SET held_micros = held_micros - $3 WHERE budget = $1 AND since = $2";
    SPEND = "money.spend", "UPDATE budget_use SET spent_micros = spent_micros + $3 WHERE budget = $1 AND since = $2";
    SPENT = "money.spent", "SELECT spent_micros FROM budget_use WHERE budget = $1 AND since = $2";
    LEDGER = "money.ledger_add",
        "INSERT INTO ledger (id, at, provider, model, outcome, places, prompt_tokens, cached_tokens, completion_tokens, is_estimated, micros)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    SUM = "money.sum",
        "INSERT INTO spending (day, place, calls, failures, prompt_tokens, completion_tokens, micros) VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (day, place) DO UPDATE SET calls = spending.calls + excluded.calls, failures = spending.failures + excluded.failures,
             prompt_tokens = spending.prompt_tokens + excluded.prompt_tokens,
             completion_tokens = spending.completion_tokens + excluded.completion_tokens, micros = spending.micros + excluded.micros";
    HOLDS = "money.holds", "SELECT count(*) FROM hold";
    PRUNE = "money.ledger_prune", "DELETE FROM ledger WHERE id IN (SELECT id FROM ledger WHERE id < $1 ORDER BY id LIMIT $2)";
    LEFT = "money.holds_left",
        "SELECT id, micros, provider, model, places, ends_at FROM hold WHERE ends_at < $1 ORDER BY ends_at, id LIMIT $2";
}

/// No call takes so long. Money that was put aside for longer is charged.
const HOLD_TIME: Duration = Duration::from_secs(3_600);
/// How often it is looked for.
const SWEEP_EVERY: i64 = 60_000_000;
const SWEEP_MAX: usize = 500;
const HOUR_US: i64 = 3_600_000_000;
/// So many old entries of the ledger go in one transaction.
const PRUNE_MAX: i64 = 5_000;
/// Settled in one transaction.
const BATCH: usize = 200;
/// No attempt takes more tokens.
const TOKENS_MAX: u64 = 1_000_000_000_000;
/// The outcome of a hold whose process has gone.
const LOST: &str = "lost";

/// Keeps the desk's money for models.
pub struct Till {
    store: Store,
    clock: Clock,
    ids: Arc<IdGen>,
    /// Of this process, until they are settled.
    open: Mutex<HashMap<u64, Open>>,
    ended: Mutex<Vec<Ended>>,
    writing: tokio::sync::Mutex<()>,
    /// How long the ledger is kept; for good when `None`.
    kept: Option<Duration>,
    swept_at: AtomicI64,
}

/// A budget and the beginning of one of its periods.
type Use = (i64, i64);

/// A hold that is under way.
#[derive(Clone, Debug)]
struct Open {
    id: i64,
    /// Everything about the attempt counts for this moment.
    at: Timestamp,
    micros: u64,
    places: Vec<Place>,
}

/// A hold with what became of it.
#[derive(Clone, Debug)]
struct Ended {
    open: Open,
    /// `None` when nothing was asked.
    attempt: Option<Spent>,
}

#[derive(Clone, Debug)]
struct Spent {
    provider: String,
    model: String,
    outcome: String,
    usage: Usage,
    is_estimated: bool,
    micros: u64,
}

/// A budget that a call comes under.
struct Applied {
    id: i64,
    place: Place,
    period: Period,
    hard: Option<i64>,
    soft: Option<i64>,
}

impl Till {
    /// With a ledger that forgets calls after so many days; 0: never.
    pub fn new(store: Store, clock: Clock, ids: Arc<IdGen>, ledger_days: u32) -> Till {
        Till {
            store,
            clock,
            ids,
            kept: (ledger_days > 0).then(|| Duration::from_secs(86_400 * u64::from(ledger_days))),
            open: Mutex::default(),
            ended: Mutex::default(),
            writing: tokio::sync::Mutex::default(),
            swept_at: AtomicI64::new(0),
        }
    }

    async fn put_aside(&self, purpose: &Purpose, provider: &Provider, most: u64) -> Result<Hold, Overdrawn> {
        let at = self.clock.now();
        let id = self.ids.next(at).to_i64();
        let open = Open { id, at, micros: most, places: places(purpose, provider) };
        // Whoever goes away in the middle leaves the way back.
        let mut guard = Guard { till: self, open: Some(open.clone()) };
        let (name, model) = (provider.name.clone(), provider.model.clone());
        let written = self
            .store
            .write(move |tx| {
                let (open, name, model) = (open.clone(), name.clone(), model.clone());
                Box::pin(async move { reserve(tx, &open, &name, &model).await })
            })
            .await;
        match written {
            Ok(()) => {
                let open = guard.open.take();
                self.open.lock().unwrap_or_else(PoisonError::into_inner).extend(open.map(|open| (id as u64, open)));
                Ok(Hold { id: id as u64, amount: most })
            }
            Err(Refusal::Overdrawn(overdrawn)) => {
                guard.open = None;
                Err(overdrawn)
            }
            Err(Refusal::Store(error)) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "no money could be put aside; the model is not asked"
                );
                Err(Overdrawn { scope: "the database, which cannot be written".to_owned(), resets_at: None })
            }
        }
    }

    /// Writes what has ended: holds go, budgets, ledger and sums grow.
    ///
    /// # Errors
    /// Of the database; then nothing is forgotten, and the next flush writes it.
    pub async fn flush(&self) -> Result<(), Error> {
        let _writing = self.writing.lock().await;
        self.sweep().await?;
        loop {
            let batch: Vec<Ended> = {
                let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
                ended.iter().take(BATCH).cloned().collect()
            };
            if batch.is_empty() {
                return Ok(());
            }
            let n = batch.len();
            self.write(batch).await?;
            // What was noted meanwhile stands behind.
            self.ended.lock().unwrap_or_else(PoisonError::into_inner).drain(..n);
        }
    }

    async fn write(&self, batch: Vec<Ended>) -> Result<(), Error> {
        let ids = Arc::clone(&self.ids);
        self.store
            .write(move |tx| {
                let (batch, ids) = (batch.clone(), Arc::clone(&ids));
                Box::pin(async move { settle_all(tx, &ids, batch).await })
            })
            .await
    }

    /// Charges what processes that have gone had put aside.
    async fn sweep(&self) -> Result<(), Error> {
        let now = self.clock.now();
        let last = self.swept_at.load(Ordering::Relaxed);
        if now.micros().saturating_sub(last) < SWEEP_EVERY {
            return Ok(());
        }
        self.swept_at.store(now.micros(), Ordering::Relaxed);
        let mut left = Vec::new();
        for row in self.store.read_fresh().all(&LEFT, params![now, SWEEP_MAX as i64]).await? {
            let (id, ends_at): (i64, Timestamp) = (row.get(0)?, row.get(5)?);
            let micros = row.get::<i64>(1)? as u64;
            let is_ours = self.open.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&(id as u64))
                || self.ended.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|ended| ended.open.id == id);
            if is_ours {
                continue;
            }
            let places = read_places(&row.get::<String>(4)?);
            let open = Open { id, at: ends_at - HOLD_TIME, micros, places };
            let (provider, model) = (row.get(2)?, row.get(3)?);
            let spent = Spent {
                provider,
                model,
                outcome: LOST.to_owned(),
                usage: Usage::default(),
                is_estimated: true,
                micros,
            };
            left.push(Ended { open, attempt: Some(spent) });
        }
        if !left.is_empty() {
            tracing::warn!(
                holds = left.len(),
                "calls of models whose process has gone are charged at the most they could cost"
            );
            self.write(left).await?;
        }
        let hour = |at: i64| at / HOUR_US;
        if hour(last) != hour(now.micros()) { self.prune(now).await } else { Ok(()) }
    }

    /// Forgets calls that are too old; the sums of their days stay.
    async fn prune(&self, now: Timestamp) -> Result<(), Error> {
        let Some(kept) = self.kept else { return Ok(()) };
        let first = Id::lower_bound(now - kept).to_i64();
        loop {
            let gone = self.store.write(move |tx| {
                Box::pin(async move { Ok::<_, Error>(tx.exec(&PRUNE, params![first, PRUNE_MAX]).await?) })
            });
            if gone.await? < PRUNE_MAX as u64 {
                return Ok(());
            }
        }
    }

    fn end(&self, ended: Ended) {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner).push(ended);
    }
}

impl std::fmt::Debug for Till {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Till").finish_non_exhaustive()
    }
}

impl Meter for Till {
    fn reserve<'a>(
        &'a self,
        call: &'a Purpose,
        provider: &'a Provider,
        most: u64,
    ) -> BoxFuture<'a, Result<Hold, Overdrawn>> {
        Box::pin(self.put_aside(call, provider, most))
    }

    fn settle(&self, hold: Hold, attempt: &Attempt) {
        let Some(open) = self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&hold.id) else { return };
        // A provider may count what it likes; the sums must still be sums.
        let usage = Usage {
            prompt_tokens: attempt.usage.prompt_tokens.min(TOKENS_MAX),
            cached_tokens: attempt.usage.cached_tokens.min(TOKENS_MAX),
            completion_tokens: attempt.usage.completion_tokens.min(TOKENS_MAX),
            ..attempt.usage
        };
        let spent = Spent {
            provider: attempt.provider.clone(),
            model: attempt.model.clone(),
            outcome: attempt.outcome.to_owned(),
            usage,
            is_estimated: attempt.usage_is_estimated,
            micros: attempt.cost_microdollars.min(MICROS_MAX),
        };
        self.end(Ended { open, attempt: Some(spent) });
    }
}

/// Gives back what was put aside when whoever wanted it has gone.
struct Guard<'a> {
    till: &'a Till,
    open: Option<Open>,
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        if let Some(open) = self.open.take() {
            self.till.end(Ended { open, attempt: None });
        }
    }
}

/// Why nothing was put aside.
#[derive(Debug)]
enum Refusal {
    Overdrawn(Overdrawn),
    Store(store::Error),
}

impl From<store::Error> for Refusal {
    fn from(error: store::Error) -> Self {
        Refusal::Store(error)
    }
}

/// The places of a call: the whole desk, its provider, and those that its purpose names.
fn places(purpose: &Purpose, provider: &Provider) -> Vec<Place> {
    let mut places = vec![Place::new(Scope::All, ""), Place::new(Scope::Provider, &provider.name)];
    let named = purpose.scopes.iter().filter_map(|(scope, name)| Place::read(&format!("{scope}:{name}")));
    places.extend(named);
    places.sort();
    places.dedup();
    places
}

fn keys(places: &[Place]) -> Vec<String> {
    places.iter().map(Place::key).collect()
}

fn read_places(stored: &str) -> Vec<Place> {
    let keys: Vec<String> = serde_json::from_str(stored).unwrap_or_default();
    keys.iter().filter_map(|key| Place::read(key)).collect()
}

async fn applied(tx: &mut Tx, places: &[Place]) -> Result<Vec<Applied>, store::Error> {
    let keys = keys(places);
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let mut all = Vec::new();
    for row in tx.all(&OF_PLACES, params![store::texts(&keys)]).await? {
        let period = row.get::<String>(2)?;
        let period = Period::ALL.into_iter().find(|known| known.name() == period);
        let (Some(place), Some(period)) = (Place::read(&row.get::<String>(1)?), period) else { continue };
        all.push(Applied { id: row.get(0)?, place, period, hard: row.get(3)?, soft: row.get(4)? });
    }
    Ok(all)
}

/// Lowers every budget of the call, always in the same order, or none.
async fn reserve(tx: &mut Tx, open: &Open, provider: &str, model: &str) -> Result<(), Refusal> {
    let mut uses: Vec<Use> = Vec::new();
    let most = i64::try_from(open.micros).unwrap_or(i64::MAX);
    for budget in applied(tx, &open.places).await? {
        let since = budget.period.since(open.at);
        begin(tx, &budget, since).await?;
        let limit = budget.hard.unwrap_or(i64::MAX);
        // Beyond what can be counted nothing is put aside.
        let fits = limit.checked_sub(most).is_some_and(|left| left >= 0)
            && tx.exec(&RESERVE, params![budget.id, since, most, limit]).await? == 1;
        if !fits {
            let period = match budget.period {
                Period::Day => "the day's",
                Period::Month => "the month's",
                Period::Ever => "the",
            };
            let scope = format!("{} {}", budget.place.scope.name(), budget.place.name);
            let scope = format!("{} ({period} {} micro-dollars)", scope.trim_end(), limit);
            return Err(Refusal::Overdrawn(Overdrawn { scope, resets_at: budget.period.ends(open.at) }));
        }
        uses.push((budget.id, since.micros()));
    }
    let places = serde_json::json!(keys(&open.places)).to_string();
    let uses = serde_json::json!(uses).to_string();
    let values = params![open.id, open.at + HOLD_TIME, most, provider, model, places, uses];
    tx.exec(&HOLD, values).await?;
    Ok(())
}

async fn begin(tx: &mut Tx, budget: &Applied, since: Timestamp) -> Result<(), store::Error> {
    tx.exec(&BEGIN, params![budget.id, since, budget.place.key(), since.day_number()]).await?;
    Ok(())
}

/// The use of a budget's present period, so that it can be shown before anything is asked.
pub(super) async fn begin_now(tx: &mut Tx, place: &Place, now: Timestamp) -> Result<(), store::Error> {
    for budget in applied(tx, std::slice::from_ref(place)).await? {
        begin(tx, &budget, budget.period.since(now)).await?;
    }
    Ok(())
}

/// Sums of a day and a place.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    calls: i64,
    failures: i64,
    prompt_tokens: i64,
    completion_tokens: i64,
    micros: i64,
}

async fn settle_all(tx: &mut Tx, ids: &IdGen, batch: Vec<Ended>) -> Result<(), Error> {
    let mut sums: BTreeMap<(i64, String), Sum> = BTreeMap::new();
    let (mut returned, mut spent_of) = (BTreeMap::<Use, i64>::new(), BTreeMap::<Use, i64>::new());
    let (mut entries, mut softs) = (Vec::new(), HashMap::new());
    for Ended { open, attempt } in batch {
        // Who finds no hold comes too late, or a second time.
        let Some(row) = tx.opt(&RELEASE, params![open.id]).await? else { continue };
        let uses: Vec<Use> = serde_json::from_str(&row.get::<String>(1)?).unwrap_or_default();
        for used in uses {
            *returned.entry(used).or_default() += row.get::<i64>(0)?;
        }
        let Some(spent) = attempt else { continue };
        let micros = i64::try_from(spent.micros).unwrap_or(i64::MAX);
        // Also those that were set while the call was under way.
        for budget in applied(tx, &open.places).await? {
            let used = (budget.id, budget.period.since(open.at).micros());
            *spent_of.entry(used).or_default() += micros;
            if let Some(soft) = budget.soft {
                softs.insert(used, (budget.place, soft));
            }
        }
        for place in &open.places {
            let sum = sums.entry((open.at.day_number(), place.key())).or_default();
            sum.calls += 1;
            sum.failures += i64::from(spent.outcome != "ok");
            sum.prompt_tokens += spent.usage.prompt_tokens as i64;
            sum.completion_tokens += spent.usage.completion_tokens as i64;
            sum.micros = sum.micros.saturating_add(micros);
        }
        entries.push(params![
            LedgerId(ids.next(open.at)).to_i64(),
            open.at,
            spent.provider,
            spent.model,
            spent.outcome,
            serde_json::json!(keys(&open.places)).to_string(),
            spent.usage.prompt_tokens as i64,
            spent.usage.cached_tokens as i64,
            spent.usage.completion_tokens as i64,
            spent.is_estimated,
            micros
        ]);
    }
    tx.batch(&RETURN, returned.into_iter().map(|((id, since), micros)| params![id, since, micros]).collect()).await?;
    tx.batch(&SPEND, spent_of.iter().map(|((id, since), micros)| params![*id, *since, *micros]).collect()).await?;
    tx.batch(&LEDGER, entries).await?;
    let rows = sums.into_iter().map(|((day, place), sum)| {
        params![day, place, sum.calls, sum.failures, sum.prompt_tokens, sum.completion_tokens, sum.micros]
    });
    tx.batch(&SUM, rows.collect()).await?;
    for (used, (place, soft)) in softs {
        let spent = tx.opt(&SPENT, params![used.0, used.1]).await?.map(|row| row.get::<i64>(0)).transpose()?;
        let now = spent.unwrap_or_default();
        if now >= soft && now - spent_of.get(&used).copied().unwrap_or_default() < soft {
            tx.after_commit(move || {
                tracing::warn!(
                    budget = place.key(),
                    spent.micros = now,
                    soft.micros = soft,
                    "a budget has reached its soft limit"
                );
            });
        }
    }
    Ok(())
}
