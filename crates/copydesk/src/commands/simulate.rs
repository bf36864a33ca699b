//! `copydesk simulate`: simulators of `connect::simulate` on a socket.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use connect::simulate::Played;
use connect::simulate::llm::{Script, Step};
use edge::http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use edge::{Body, RequestBody, body};
use futures_util::stream;
use http_body_util::{BodyExt as _, Limited};
use stdx::Rng;
use stdx::task::Tasks;

use crate::cli::simulate::Llm;
use crate::commands::say;
use crate::server;

/// Largest question.
const BODY_BYTES_MAX: usize = 8 << 20;

/// A provider with its place in the script.
#[derive(Debug)]
struct Provider {
    script: Script,
    dice: Option<Rng>,
    requests: AtomicUsize,
}

pub async fn llm(args: &Llm) -> Result<()> {
    if !args.listen.ip().is_loopback() && !args.anywhere {
        bail!("{} can be reached from other machines; add --anywhere if that is wanted", args.listen);
    }
    let script = match &args.script {
        None => Script::new(Step::Ok, &[]),
        Some(file) => {
            let text = fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
            Script::from_lines(&text).with_context(|| format!("reading {}", file.display()))?
        }
    };
    let provider = Provider { script, dice: args.seed.map(Rng::seeded), requests: AtomicUsize::new(0) };
    let (provider, tasks) = (Arc::new(provider), Tasks::default());
    let listener = edge::listen::bind(args.listen)?;
    let address = listener.address();
    let service = edge::service_fn(move |request| answer(Arc::clone(&provider), request));
    edge::Server::new(service, &edge::Settings::default()).beside().start(listener, &tasks);
    let stopped = server::stopped()?;
    say(format!("a simulated provider of language models: http://{address}/"))?;
    stopped.await;
    tasks.shutdown(Duration::from_secs(1)).await;
    Ok(())
}

async fn answer(provider: Arc<Provider>, request: Request<RequestBody>) -> Response<Body> {
    let (head, incoming) = request.into_parts();
    if head.method != Method::POST {
        return plain(StatusCode::METHOD_NOT_ALLOWED, "models are asked by POST\n");
    }
    let Ok(question) = Limited::new(incoming, BODY_BYTES_MAX).collect().await else {
        return plain(StatusCode::PAYLOAD_TOO_LARGE, "the question is too long or broke off\n");
    };
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    let number = provider.requests.fetch_add(1, Ordering::Relaxed);
    let step = provider.dice.as_ref().map_or(number, |dice| dice.below(provider.script.len() as u64) as usize);
    sent(provider.script.play(step, path, &question.to_bytes())).await
}

/// The head after the first wait, the pieces of the body each after its own.
async fn sent(played: Played) -> Response<Body> {
    let Played { status, headers, mut pieces, is_cut } = played;
    if let Some((wait, _)) = pieces.first_mut() {
        pause(std::mem::take(wait)).await;
    }
    let cut = is_cut.then_some((Duration::ZERO, None));
    let pieces = pieces.into_iter().map(|(wait, piece)| (wait, Some(piece))).chain(cut);
    let parts = stream::unfold(pieces, |mut pieces| async move {
        let (wait, piece) = pieces.next()?;
        pause(wait).await;
        let cut = || body::BoxError::from("the script cuts the answer here");
        Some((piece.map(Bytes::from).ok_or_else(cut), pieces))
    });
    let mut answer = Response::new(body::pieces(parts));
    *answer.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            answer.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    answer
}

async fn pause(wait: Duration) {
    // Even a sleep of nothing lasts until the timer's next tick.
    if !wait.is_zero() {
        tokio::time::sleep(wait).await;
    }
}

fn plain(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut answer = Response::new(body::full(text));
    *answer.status_mut() = status;
    answer
}
