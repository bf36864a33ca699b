use stdx::Timestamp;

use crate::posts::State;
use crate::{PostId, UserId, Version};

/// What can go wrong on the desk; a variant exists since somebody handles it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{what} {id} does not exist")]
    NotFound { what: &'static str, id: String },
    #[error("{who} may not {action}")]
    Forbidden { who: String, action: &'static str },
    #[error("post {post} is {state}; {wanted}")]
    IllegalMove { post: PostId, state: State, wanted: &'static str },
    #[error("version {given} of post {post} is not the newest, which is {newest}")]
    StaleVersion { post: PostId, given: Version, newest: Version },
    #[error("{name} has claimed post {post} until {until}")]
    Claimed { post: PostId, by: String, name: String, until: Timestamp },
    #[error("somebody else changed post {0} at the same time")]
    Conflict(PostId),
    #[error("{at} lies in the blackout {name:?}")]
    Blackout { name: String, at: Timestamp, next_free: Timestamp },
    #[error("{} well-formed but cannot be used", faults_count(.0))]
    Invalid(Vec<Fault>),
    #[error("{what} {name} exists already")]
    Exists { what: &'static str, name: String, id: String },
    #[error("{what} {name} is used by {by}")]
    InUse { what: &'static str, name: String, by: String },
    #[error("user {0} is the last administrator who can sign in")]
    LastAdmin(UserId),
    #[error("too much at once: {0}")]
    Busy(&'static str),
    #[error("the idempotency key was used before with another request")]
    IdempotencyMismatch,
    #[error("fetching {url}")]
    Fetch { url: String, source: connect::Error },
    #[error("{url} answered with status {status}")]
    Status { url: String, status: u16 },
    #[error("reading {url} as a feed")]
    Feed { url: String, source: feed::Error },
    #[error("unsealing the key of provider {0}; is it the same secret_key_file as when it was stored?")]
    Sealed(String),
    #[error("reading or writing the desk")]
    Store(#[from] store::Error),
    #[error("using the queue")]
    Queue(#[from] queue::Error),
}

/// One thing that is wrong with a request's content.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Fault {
    /// JSON pointer (RFC 6901) to the value.
    pub pointer: String,
    pub detail: String,
}

impl Fault {
    pub fn new(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Fault { pointer: pointer.into(), detail: detail.into() }
    }
}

fn faults_count(faults: &[Fault]) -> String {
    match faults {
        [one] => format!("{} ({}) is", one.pointer, one.detail),
        many => format!("{} values are", many.len()),
    }
}

impl Error {
    pub fn not_found(what: &'static str, id: impl ToString) -> Self {
        Error::NotFound { what, id: id.to_string() }
    }

    pub fn invalid(pointer: &str, detail: impl Into<String>) -> Self {
        Error::Invalid(vec![Fault::new(pointer, detail)])
    }
}

/// What an error on the desk asks of the job that met it.
impl From<Error> for queue::Fault {
    fn from(error: Error) -> Self {
        match &error {
            Error::NotFound { .. }
            | Error::Forbidden { .. }
            | Error::IllegalMove { .. }
            | Error::Claimed { .. }
            | Error::Blackout { .. }
            | Error::Invalid(_)
            | Error::Sealed(_) => queue::Fault::give_up(&error),
            _ => queue::Fault::retry(&error),
        }
    }
}

/// An error with its causes, as one sentence.
pub(crate) fn sentence(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let mut text = causes.map(ToString::to_string).collect::<Vec<_>>().join(": ").replace('\0', "");
    text.truncate(text.floor_char_boundary(500));
    text
}
