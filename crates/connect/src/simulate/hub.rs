//! A WebSub hub: it asks back, tells of a topic, and misbehaves when it is told to.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderValue};
use sha1::Sha1;
use sha2::Sha256;
use stdx::Timestamp;
use url::form_urlencoded;

use super::{Asked, Reply};
use crate::websub::SIGNATURE;

const SECRET_BYTES_MAX: usize = 200;

/// What goes wrong with the next request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Quirk {
    /// It is answered with this status and text.
    Refuses(u16, &'static str),
    /// It is sent on to this address (307).
    Moves(String),
    /// It is accepted, but nobody asks back.
    Forgets,
}

/// How deliveries are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signing {
    Sha1,
    Sha256,
    /// Under another secret.
    Wrong,
    Missing,
}

/// A hub at one address.
#[derive(Debug)]
pub struct Hub {
    own: String,
    /// Granted whatever is asked for.
    lease: Duration,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    subscriptions: Vec<Subscription>,
    questions: VecDeque<Question>,
    quirks: VecDeque<Quirk>,
    asked: Vec<(String, String)>,
}

#[derive(Clone, Debug)]
struct Subscription {
    topic: String,
    callback: String,
    secret: Option<String>,
    expires_at: Timestamp,
}

/// What the hub asks at a callback.
#[derive(Clone, Debug)]
pub struct Question {
    /// To be asked for with GET.
    pub url: String,
    challenge: String,
    is_subscribe: bool,
    subscription: Subscription,
}

/// What the hub sends to a callback with POST.
#[derive(Clone, Debug)]
pub struct Delivery {
    pub callback: String,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Hub {
    /// `own` is its address.
    pub fn new(own: &str, lease: Duration) -> Hub {
        Hub { own: own.to_owned(), lease, inner: Mutex::default() }
    }

    pub fn next(&self, quirks: impl IntoIterator<Item = Quirk>) {
        self.lock().quirks.extend(quirks);
    }

    /// Mode and topic of each request so far.
    pub fn asked(&self) -> Vec<(String, String)> {
        self.lock().asked.clone()
    }

    /// Answers a request to the hub. (§5)
    pub fn answer(&self, asked: &Asked<'_>, now: Timestamp) -> Reply {
        let pairs: Vec<(String, String)> = form_urlencoded::parse(asked.body).into_owned().collect();
        let get = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        let (Some(mode), Some(topic), Some(callback)) = (get("hub.mode"), get("hub.topic"), get("hub.callback")) else {
            return text(400, "hub.mode, hub.topic and hub.callback are needed");
        };
        let mut inner = self.lock();
        inner.asked.push((mode.clone(), topic.clone()));
        match inner.quirks.pop_front() {
            Some(Quirk::Refuses(status, why)) => return text(status, why),
            Some(Quirk::Moves(to)) => {
                return Reply { headers: vec![("location", to)], ..text(307, "") };
            }
            Some(Quirk::Forgets) => return text(202, ""),
            None => {}
        }
        let secret = get("hub.secret");
        if asked.method != "POST" || secret.as_ref().is_some_and(|secret| secret.len() >= SECRET_BYTES_MAX) {
            return text(400, "this cannot be asked for");
        }
        if mode != "subscribe" && mode != "unsubscribe" {
            return text(400, "hub.mode must be subscribe or unsubscribe");
        }
        let challenge = format!("{:016x}", u64::try_from(now.micros()).unwrap_or(0) ^ inner.asked.len() as u64);
        let subscription = Subscription { topic, callback, secret, expires_at: now + self.lease };
        let question = self.question(subscription, mode == "subscribe", challenge);
        inner.questions.push_back(question);
        text(202, "")
    }

    fn question(&self, subscription: Subscription, is_subscribe: bool, challenge: String) -> Question {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("hub.mode", if is_subscribe { "subscribe" } else { "unsubscribe" });
        query.append_pair("hub.topic", &subscription.topic).append_pair("hub.challenge", &challenge);
        if is_subscribe {
            query.append_pair("hub.lease_seconds", &self.lease.as_secs().to_string());
        }
        Question { url: with(&subscription.callback, &query.finish()), challenge, is_subscribe, subscription }
    }

    /// What it wants to ask next. (§5.3)
    pub fn question_next(&self) -> Option<Question> {
        self.lock().questions.pop_front()
    }

    /// It was answered: only the challenge, and a success, mean yes.
    pub fn hear(&self, question: &Question, status: u16, body: &str) -> bool {
        let means_it = (200..300).contains(&status) && body == question.challenge;
        if means_it {
            let (mut inner, own) = (self.lock(), &question.subscription);
            inner.subscriptions.retain(|one| (&one.topic, &one.callback) != (&own.topic, &own.callback));
            if question.is_subscribe {
                inner.subscriptions.push(own.clone());
            }
        }
        means_it
    }

    /// Ends every subscription to a topic, with what is to be asked for with GET to tell so. (§5.2)
    pub fn deny(&self, topic: &str, reason: &str) -> Vec<String> {
        let mut inner = self.lock();
        let (denied, kept) = inner.subscriptions.drain(..).partition(|one: &Subscription| one.topic == topic);
        inner.subscriptions = kept;
        let query = |one: &Subscription| {
            let mut query = form_urlencoded::Serializer::new(String::new());
            query.append_pair("hub.mode", "denied").append_pair("hub.topic", topic).append_pair("hub.reason", reason);
            with(&one.callback, &query.finish())
        };
        denied.iter().map(query).collect()
    }

    /// Its subscriptions to a topic that have not run out.
    pub fn holds(&self, topic: &str, now: Timestamp) -> usize {
        self.lock().subscriptions.iter().filter(|one| one.topic == topic && one.expires_at > now).count()
    }

    /// What it sends when a topic says something new. (§7)
    pub fn tell(&self, topic: &str, kind: &str, body: &[u8], signing: Signing, now: Timestamp) -> Vec<Delivery> {
        let inner = self.lock();
        let told = inner.subscriptions.iter().filter(|one| one.topic == topic && one.expires_at > now);
        told.map(|one| {
            let mut headers = HeaderMap::new();
            let links = format!("<{}>; rel=\"hub\", <{topic}>; rel=\"self\"", self.own);
            for (name, value) in [("content-type", kind), ("link", &links)] {
                headers.insert(name, HeaderValue::from_str(value).expect("the simulator's own words"));
            }
            if let Some(signature) = one.secret.as_ref().and_then(|secret| sign(signing, secret, body)) {
                headers.insert(SIGNATURE, HeaderValue::from_str(&signature).expect("hexadecimal"));
            }
            Delivery { callback: one.callback.clone(), headers, body: body.to_vec() }
        })
        .collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What `X-Hub-Signature` says of a body.
pub fn sign(signing: Signing, secret: &str, body: &[u8]) -> Option<String> {
    fn mac<M: Mac + KeyInit>(secret: &str, body: &[u8]) -> String {
        let mac = <M as KeyInit>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
        mac.chain_update(body).finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
    }
    match signing {
        Signing::Sha1 => Some(format!("sha1={}", mac::<Hmac<Sha1>>(secret, body))),
        Signing::Sha256 => Some(format!("sha256={}", mac::<Hmac<Sha256>>(secret, body))),
        Signing::Wrong => Some(format!("sha256={}", mac::<Hmac<Sha256>>("another secret", body))),
        Signing::Missing => None,
    }
}

/// A callback's own query is kept. (§5.1)
fn with(callback: &str, query: &str) -> String {
    let sign = if callback.contains('?') { '&' } else { '?' };
    format!("{callback}{sign}{query}")
}

fn text(status: u16, text: &str) -> Reply {
    let headers = vec![("content-type", "text/plain".to_owned())];
    Reply { status, headers, body: text.as_bytes().to_vec(), delay: Duration::ZERO }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_challenge_means_yes() {
        let (hub, now) = (Hub::new("https://hub.example/", Duration::from_secs(100)), Timestamp::from_seconds(1_000));
        let form = crate::websub::form(
            crate::websub::Mode::Subscribe,
            "https://hub.example/",
            "https://news.example/feed",
            "https://desk.example/c?a=1",
            "s3cr3t",
        );
        let asked = Asked { method: "POST", path: "/", headers: &HeaderMap::new(), body: form.as_bytes() };
        assert_eq!(hub.answer(&asked, now).status, 202);
        let question = hub.question_next().unwrap();
        assert!(question.url.starts_with("https://desk.example/c?a=1&hub.mode=subscribe&"), "{}", question.url);
        assert!(!hub.hear(&question, 404, &question.challenge) && !hub.hear(&question, 200, "yes"));
        assert_eq!(hub.holds("https://news.example/feed", now), 0);
        assert!(hub.hear(&question, 200, &question.challenge.clone()));
        let told = hub.tell("https://news.example/feed", "text/xml", b"<feed/>", Signing::Sha256, now);
        // The vector of the contract.
        assert_eq!(
            told[0].headers[SIGNATURE],
            "sha256=30288d016ac66bbd764cf5b8491017b685f72a750bec9628d5f3af177be5ec82"
        );
        assert_eq!(hub.holds("https://news.example/feed", now + Duration::from_secs(100)), 0);
    }
}
