//! Pages that are made before anybody asks for them: at the start (and so after each new release), after a purge, and
//! after a publication.
//!
//! Which ones: those that were read most, as the cache's samples of the last hours know them and the database remembers
//! them over a restart; what is usually read after those; the front page, the feeds and the site map; the newest pages of
//! the site map. Never more than `cache.warm_pages_max`, nor faster than `cache.warm_per_second`.

use std::collections::HashSet;
use std::time::Duration;

use desk::{Signal, pages, people};
use stdx::metric::Counter;
use stdx::task::Stop;
use tokio::sync::broadcast::error::RecvError;

use crate::{App, site};

pub(crate) static WARMED: Counter = Counter::new();

/// The name under which the database remembers what was read most.
const SETTING: &str = "cache.most_read";
/// How often it is told.
const REMEMBER_EVERY: Duration = Duration::from_secs(300);
/// What happens within this time is warmed for once.
const PAUSE: Duration = Duration::from_millis(500);
/// Keys that are remembered.
const REMEMBERED: usize = 50;
/// What every site has.
const ALWAYS: [&str; 5] = ["/", "/feed.xml", "/feed.json", "/sitemap.xml", "/archive"];

/// What a warming came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Warmed {
    /// Pages that were looked at.
    pub pages: usize,
    /// Pages that are kept now.
    pub fresh: usize,
}

/// Warms until the process ends.
pub fn start(app: &App) {
    if app.desk.cache.settings().warm_pages_max == 0 {
        return;
    }
    let (warms, stop) = (app.clone(), app.tasks.stop());
    app.tasks.spawn(go_on(warms, stop));
    let (remembers, mut stop) = (app.clone(), app.tasks.stop());
    app.tasks.spawn(async move {
        while stop.sleep(REMEMBER_EVERY).await {
            remember(&remembers).await;
        }
    });
}

async fn go_on(app: App, mut stop: Stop) {
    let mut heard = app.desk.watch();
    loop {
        let warmed = tokio::select! {
            warmed = warm(&app) => warmed,
            () = stop.wait() => return,
        };
        tracing::debug!(pages = warmed.pages, fresh = warmed.fresh, "warmed the site");
        loop {
            tokio::select! {
                signal = heard.recv() => match signal {
                    Ok(signal) if !changes_pages(&signal) => continue,
                    Ok(_) | Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return,
                },
                () = app.warm_due.notified() => {}
                () = stop.wait() => return,
            }
            break;
        }
        if !stop.sleep(PAUSE).await {
            return;
        }
        // What came meanwhile is warmed for now.
        heard = heard.resubscribe();
    }
}

fn changes_pages(signal: &Signal) -> bool {
    match signal {
        Signal::Post { event, .. } => matches!(event.as_str(), "published" | "retracted" | "delivery_live"),
        Signal::Source { .. } => false,
        Signal::Missed => true,
    }
}

/// Makes what is worth it and is not there.
pub(crate) async fn warm(app: &App) -> Warmed {
    let pause = Duration::from_secs(1) / app.desk.cache.settings().warm_per_second.max(1);
    let mut warmed = Warmed::default();
    for key in worth(app).await {
        warmed.pages += 1;
        if app.pages.is_fresh(&key) {
            warmed.fresh += 1;
            continue;
        }
        let next = tokio::time::Instant::now() + pause;
        if app.pages.warm(key).await {
            warmed.fresh += 1;
            WARMED.inc();
        }
        tokio::time::sleep_until(next).await;
    }
    warmed
}

/// Keys of the site's answers, the most important first.
async fn worth(app: &App) -> Vec<String> {
    let max = app.desk.cache.settings().warm_pages_max;
    let mut read = most_read(app);
    if read.is_empty() {
        read = remembered(app).await;
    }
    read.truncate(max / 2);
    let next: Vec<String> =
        read.iter().flat_map(|key| app.desk.cache.successors(site::SPACE, key)).map(|(_, key)| key).collect();
    // Answers hold whole addresses: without a public one it must have been seen which host readers ask for.
    let seen = read.first().and_then(|key| key.rsplit_once(' ')).map(|(_, origin)| origin.to_owned());
    let Some(origin) = app.settings.public_url.clone().or(seen) else { return Vec::new() };
    let mut keys: Vec<String> = ALWAYS.iter().map(|path| format!("{path} {origin}")).collect();
    keys.extend(read);
    keys.extend(next);
    if keys.len() < max {
        match pages::list(&app.desk, None, None, max).await {
            Ok(newest) => keys.extend(newest.iter().map(|page| format!("/{} {origin}", page.slug))),
            Err(error) => {
                tracing::debug!(error = &error as &dyn std::error::Error, "the newest pages were not warmed");
            }
        }
    }
    let mut once = HashSet::new();
    keys.retain(|key| once.insert(key.clone()));
    keys.truncate(max);
    keys
}

/// The site's keys that were asked for most in this process.
fn most_read(app: &App) -> Vec<String> {
    let all = app.desk.cache.stats().top_keys;
    all.into_iter().filter(|counted| counted.space == site::SPACE).map(|counted| counted.key).collect()
}

async fn remembered(app: &App) -> Vec<String> {
    let kept = people::setting(&app.desk, SETTING).await.ok().flatten();
    kept.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

/// Lets whoever starts next know what is read most.
pub(crate) async fn remember(app: &App) {
    let mut read = most_read(app);
    read.truncate(REMEMBERED);
    if read.is_empty() || read == remembered(app).await {
        return;
    }
    let text = serde_json::to_string(&read).expect("keys are plain data");
    if let Err(error) = people::set_setting(&app.desk, SETTING, &text).await {
        tracing::debug!(error = &error as &dyn std::error::Error, "what is read most was not remembered");
    }
}
