//! The whole product from outside: the real binary over loopback, on real databases.
//!
//! Everything runs on SQLite in a folder of its own, and on PostgreSQL when `COPYDESK_TEST_POSTGRES`
//! holds the address of a server on which databases may be created. [`browser`] needs
//! `COPYDESK_TEST_CHROMEDRIVER` and `COPYDESK_TEST_CHROMIUM`.

mod bad_input;
mod browser;
mod cache;
mod cli;
mod cron;
mod demo;
mod edge;
mod expect;
mod feeds;
mod gateway;
mod home;
mod http;
mod jobs;
mod live;
mod people;
mod scenario;
mod transfer;

/// Says why a test does not test here what it would elsewhere.
#[expect(clippy::print_stderr, reason = "a test that was skipped must not look like one that passed")]
fn skipped(why: &str) {
    eprintln!("skipped: {why}");
}

/// Asks again and again until there is an answer.
///
/// # Panics
/// When there is none within `limit`; `what` says what was waited for.
fn wait_for<T>(what: &str, limit: std::time::Duration, mut ask: impl FnMut() -> Option<T>) -> T {
    let started = std::time::Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(started.elapsed() < limit, "waited {} s in vain for {what}", limit.as_secs());
        std::thread::sleep(std::time::Duration::from_millis(15));
    }
}
