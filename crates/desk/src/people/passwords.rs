//! The slow work of passwords, off the threads that serve.

use guard::password::{Password, PasswordHash, Weak};
use tokio::sync::Semaphore;

use crate::{Error, Fault};

/// Computed at once: each takes 19 MiB and a processor.
static PLACES: Semaphore = Semaphore::const_new(2);
/// Who computes or waits for it; more are sent away.
static LINE: Semaphore = Semaphore::const_new(64);

/// A new password's hash for the store.
///
/// # Errors
/// [`Error::Invalid`] when the password is too weak; `known` is what a guesser knows.
pub(super) async fn hash(pointer: &str, text: &str, known: &[&str]) -> Result<String, Error> {
    let password =
        Password::new(text, known).map_err(|weak: Weak| Error::Invalid(vec![Fault::new(pointer, weak.to_string())]))?;
    work(move || password.hash().to_text()).await
}

/// Whether `text` is the password with the stored hash. Without one the same work is done, and for nothing.
pub(super) async fn verify(stored: Option<&str>, text: &str) -> Result<bool, Error> {
    let stored = stored.and_then(|stored| PasswordHash::parse(stored).ok());
    let (is_known, text) = (stored.is_some(), text.to_owned());
    let stored = stored.unwrap_or_else(PasswordHash::of_nobody);
    Ok(work(move || stored.matches(&text)).await? && is_known)
}

async fn work<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    const WHAT: &str = "many passwords are being checked";
    let turn = LINE.try_acquire().map_err(|_| Error::Busy(WHAT))?;
    let place = PLACES.acquire().await.map_err(|_| Error::Busy(WHAT))?;
    // The place goes along: whoever hangs up does not make room while the work goes on.
    let done = tokio::task::spawn_blocking(move || {
        let (_turn, _place) = (turn, place);
        f()
    });
    // Only the end of the runtime keeps it from being done.
    done.await.map_err(|_| Error::Busy("the process ends"))
}
