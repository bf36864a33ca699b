//! Providers that follow scripts without sockets, so that paused time can pass, and a purse that counts.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream;
use http::header::{HeaderMap, HeaderName};
use stdx::{Clock, Rng, Timestamp};
use tokio::time::{Instant, sleep, timeout};

use super::transport::Transport;
use super::*;
use crate::client::{Opened, Request};
use crate::error::Phase;
use crate::simulate::llm::{Played, Script};

/// Provider `pN` is at `http://pN` and does what the script of that number says; without one it cannot be reached.
#[derive(Debug, Default)]
pub(crate) struct Scripted {
    scripts: Vec<Option<Script>>,
    /// Which provider was asked, and when.
    asked: Mutex<Vec<(usize, Instant)>>,
}

impl Scripted {
    pub fn new(scripts: &[&str]) -> Arc<Self> {
        let script = |text: &&str| (*text != "gone").then(|| text.parse().unwrap());
        Arc::new(Scripted { scripts: scripts.iter().map(script).collect(), asked: Mutex::default() })
    }

    pub fn asked(&self) -> Vec<(usize, Instant)> {
        self.asked.lock().unwrap().clone()
    }

    fn play(&self, request: &Request) -> Option<Played> {
        let (host, path) = request.url.strip_prefix("http://p").unwrap().split_once('/').unwrap();
        let place: usize = host.parse().unwrap();
        let script = self.scripts[place].as_ref();
        let mut asked = self.asked.lock().unwrap();
        let index = asked.iter().filter(|(other, _)| *other == place).count();
        asked.push((place, Instant::now()));
        script.map(|script| script.play(index, &format!("/{path}"), &request.body))
    }
}

fn broken(host: &str) -> Error {
    let source = Arc::new(std::io::Error::from(std::io::ErrorKind::ConnectionReset));
    Error::Protocol { host: host.to_owned(), source }
}

impl Transport for Scripted {
    fn open<'a>(&'a self, request: Request, sent: &'a AtomicBool) -> BoxFuture<'a, Result<Opened, Error>> {
        Box::pin(async move {
            let Some(played) = self.play(&request) else {
                let source = Arc::new(std::io::Error::from(std::io::ErrorKind::ConnectionRefused));
                return Err(Error::Connect { host: "gone".to_owned(), source });
            };
            sent.store(true, Ordering::SeqCst);
            let Played { status, headers, mut pieces, is_cut } = played;
            let limit = request.limits.first_byte_timeout;
            let wait = pieces.first_mut().map(|(wait, _)| std::mem::take(wait)).unwrap_or_default();
            let late = |_| Error::Timeout { phase: Phase::FirstByte, after: limit };
            timeout(limit, sleep(wait)).await.map_err(late)?;
            let named = |(name, value): (&'static str, String)| (HeaderName::from_static(name), value.parse().unwrap());
            let end = is_cut.then_some((Duration::ZERO, None));
            let pieces = pieces.into_iter().map(|(wait, piece)| (wait, Some(piece))).chain(end);
            let body = stream::unfold(pieces, |mut pieces| async move {
                let (wait, piece) = pieces.next()?;
                // A wait of nothing would still end at the next tick.
                if !wait.is_zero() {
                    sleep(wait).await;
                }
                Some((piece.map(Bytes::from).ok_or_else(|| broken("cut")), pieces))
            });
            let status = http::StatusCode::from_u16(status).unwrap();
            Ok(Opened { status, headers: HeaderMap::from_iter(headers.into_iter().map(named)), body: Box::pin(body) })
        })
    }
}

/// The amount put aside, the provider it is for, and what was settled for it.
type Held = (u64, String, Vec<Attempt>);

/// Remembers every hold and every attempt.
#[derive(Debug, Default)]
pub(crate) struct Purse {
    next: AtomicU64,
    holds: Mutex<HashMap<u64, Held>>,
    /// What providers may cost at most for one attempt, by name.
    most: HashMap<String, u64>,
}

impl Purse {
    pub fn refusing(most: &[(&str, u64)]) -> Arc<Self> {
        let most = most.iter().map(|(name, most)| ((*name).to_owned(), *most)).collect();
        Arc::new(Purse { most, ..Purse::default() })
    }

    /// Every settled attempt, after having made sure that each hold was settled exactly once.
    pub fn settled(&self) -> Vec<Attempt> {
        let holds = self.holds.lock().unwrap();
        for (id, (_, provider, attempts)) in holds.iter() {
            assert_eq!(attempts.len(), 1, "hold {id} of {provider}: {attempts:?}");
            assert_eq!(&attempts[0].provider, provider);
        }
        let mut all: Vec<(u64, Attempt)> = holds.iter().map(|(id, (.., of))| (*id, of[0].clone())).collect();
        all.sort_by_key(|(id, _)| *id);
        all.into_iter().map(|(_, attempt)| attempt).collect()
    }

    /// How often an attempt cost more than was put aside.
    pub fn overruns(&self) -> usize {
        let holds = self.holds.lock().unwrap();
        holds.values().filter(|(amount, _, of)| of.iter().any(|attempt| attempt.cost_microdollars > *amount)).count()
    }
}

impl Meter for Purse {
    fn reserve<'a>(
        &'a self,
        call: &'a Purpose,
        provider: &'a Provider,
        most: u64,
    ) -> BoxFuture<'a, Result<Hold, Overdrawn>> {
        Box::pin(async move {
            if self.most.get(&provider.name).is_some_and(|limit| most > *limit) {
                let scope = call.scopes.first().map_or("everything", |(_, name)| name).to_owned();
                return Err(Overdrawn { scope, resets_at: Some(Timestamp::from_seconds(1_700_086_400)) });
            }
            let id = self.next.fetch_add(1, Ordering::SeqCst);
            self.holds.lock().unwrap().insert(id, (most, provider.name.clone(), Vec::new()));
            Ok(Hold { id, amount: most })
        })
    }

    fn settle(&self, hold: Hold, attempt: &Attempt) {
        let mut holds = self.holds.lock().unwrap();
        let (amount, _, settled) = holds.get_mut(&hold.id).unwrap();
        assert_eq!(*amount, hold.amount);
        settled.push(attempt.clone());
    }
}

/// A router over scripts, all of one dialect.
pub(crate) fn scripted(
    scripts: &Arc<Scripted>,
    purse: &Arc<Purse>,
    dialect: Dialect,
    change: impl Fn(&mut Settings),
) -> Router {
    let of = |place: usize| Provider {
        name: format!("p{place}"),
        dialect,
        base_url: format!("http://p{place}"),
        model: "m".into(),
        price_in_microdollars: 1_000_000,
        price_out_microdollars: 2_000_000,
        ..Provider::default()
    };
    let mut settings = Settings { providers: (0..scripts.scripts.len()).map(of).collect(), ..Settings::default() };
    change(&mut settings);
    let clock = Clock::manual(Timestamp::from_seconds(1_700_000_000));
    let transport: Arc<dyn Transport> = Arc::<Scripted>::clone(scripts);
    let meter: Arc<dyn Meter> = Arc::<Purse>::clone(purse);
    Router::build(transport, clock, Rng::seeded(1), settings, meter)
}

pub(crate) fn outcomes(attempts: &[Attempt]) -> String {
    attempts.iter().map(|a| format!("{}:{}", a.provider, a.outcome)).collect::<Vec<_>>().join(" ")
}
