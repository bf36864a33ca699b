//! Whether a shared cache may keep an answer (RFC 9111 §3), and why not.

use http::header::{self, HeaderMap};
use http::{Method, StatusCode};

use super::directives::{Directives, Scope, Wishes};
use super::freshness::{Freshness, is_heuristically_cacheable};
use super::vary::Vary;

/// Why an answer is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The method, or its answer, is not one that caches keep.
    Method,
    Status,
    NoStore,
    Private,
    /// The request had `Authorization`, and the answer does not say that others may have it.
    Authorized,
    /// `Vary: *`.
    Varies,
    /// Neither fresh for a moment nor possible to ask about later.
    Useless,
}

impl Refusal {
    /// For `Cache-Status`.
    pub fn name(self) -> &'static str {
        match self {
            Refusal::Method => "method",
            Refusal::Status => "status",
            Refusal::NoStore => "no-store",
            Refusal::Private => "private",
            Refusal::Authorized => "authorization",
            Refusal::Varies => "vary",
            Refusal::Useless => "no-freshness",
        }
    }
}

/// What is known of an exchange whose answer could be kept.
#[derive(Clone, Copy, Debug)]
pub struct Exchange<'a> {
    pub method: &'a Method,
    pub request: &'a HeaderMap,
    pub status: StatusCode,
    pub answer: &'a HeaderMap,
    pub directives: &'a Directives,
    pub wishes: &'a Wishes,
    pub freshness: &'a Freshness,
}

/// # Errors
/// The first reason not to keep the answer.
pub fn check(exchange: &Exchange<'_>) -> Result<(), Refusal> {
    let Exchange { method, request, status, answer, directives, wishes, freshness } = *exchange;
    if *method != Method::GET {
        return Err(Refusal::Method);
    }
    check_answer(request, status, answer, directives, wishes)?;
    let says_so = directives.public
        || directives.max_age.is_some()
        || directives.s_maxage.is_some()
        || (!directives.is_targeted && answer.contains_key(header::EXPIRES))
        || is_heuristically_cacheable(status);
    if !says_so {
        return Err(Refusal::Status);
    }
    let is_useful = freshness.lifetime_s > 0 || has_validator(answer);
    if is_useful { Ok(()) } else { Err(Refusal::Useless) }
}

/// The rules that hold whatever the method was.
fn check_answer(
    request: &HeaderMap,
    status: StatusCode,
    answer: &HeaderMap,
    directives: &Directives,
    wishes: &Wishes,
) -> Result<(), Refusal> {
    // What 206 and 304 mean is known, but only in answer to a question about a part or a change.
    if status.is_informational() || matches!(status.as_u16(), 206 | 304) && !is_partial(status, request, answer) {
        return Err(Refusal::Status);
    }
    if directives.must_understand {
        // It replaces `no-store` for caches that know the status (RFC 9111 §5.2.2.3).
        if !is_understood(status) {
            return Err(Refusal::Status);
        }
    } else if directives.no_store {
        return Err(Refusal::NoStore);
    }
    if wishes.no_store {
        return Err(Refusal::NoStore);
    }
    if directives.private == Scope::Everything {
        return Err(Refusal::Private);
    }
    let shared = directives.public || directives.must_revalidate || directives.s_maxage.is_some();
    if request.contains_key(header::AUTHORIZATION) && !shared {
        return Err(Refusal::Authorized);
    }
    if Vary::of(answer) == Vary::Everything {
        return Err(Refusal::Varies);
    }
    Ok(())
}

/// Whether the answer to a POST may be kept for later GETs: it says how long, and that it is what the
/// address itself holds (RFC 9110 §9.3.3).
pub fn check_submitted(exchange: &Exchange<'_>, content_location_is_target: bool) -> Result<(), Refusal> {
    let Exchange { method, request, status, answer, directives, wishes, freshness } = *exchange;
    let is_explicit = freshness.lifetime_s > 0 && !freshness.is_heuristic;
    if *method != Method::POST || !content_location_is_target || !is_explicit || !status.is_success() {
        return Err(Refusal::Method);
    }
    check_answer(request, status, answer, directives, wishes)
}

pub fn has_validator(answer: &HeaderMap) -> bool {
    answer.contains_key(header::ETAG) || answer.contains_key(header::LAST_MODIFIED)
}

fn is_partial(status: StatusCode, request: &HeaderMap, answer: &HeaderMap) -> bool {
    status == StatusCode::PARTIAL_CONTENT
        && request.contains_key(header::RANGE)
        && answer.contains_key(header::CONTENT_RANGE)
}

/// The final statuses of RFC 9110.
fn is_understood(status: StatusCode) -> bool {
    matches!(status.as_u16(), 200..=206 | 300..=305 | 307 | 308 | 400..=417 | 421 | 422 | 426 | 500..=505)
}

#[cfg(test)]
mod tests;
