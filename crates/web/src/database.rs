//! The database as the API, the desk and the health show it: looked at by one task now and then, and by whoever
//! asks when nobody has looked lately. Two looks never run at the same time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use store::{Alarm, Report, Severity};

use crate::App;

/// Time between two looks for alarms; also how long a report is good for.
const EVERY: Duration = Duration::from_secs(15);
/// Before the first look, so that replicas have had the time to answer.
const SETTLE: Duration = Duration::from_secs(3);
/// Each so many looks is a whole report, which costs some dozen milliseconds and sets the metrics of sizes.
const REPORT_EACH: u64 = 20;

/// What was found last.
#[derive(Default)]
pub struct Watch {
    report: tokio::sync::Mutex<Option<(Instant, Arc<Report>)>>,
    standing: Mutex<Vec<Alarm>>,
}

impl Watch {
    /// The alarms of the last look.
    pub fn standing(&self) -> Vec<Alarm> {
        self.lock().clone()
    }

    /// Shows `report` as the one of now.
    #[cfg(test)]
    pub(crate) async fn remember(&self, report: Report) {
        *self.report.lock().await = Some((Instant::now(), Arc::new(report)));
    }

    /// Takes up what a look has found, and logs what is new and what has passed.
    pub(crate) fn note(&self, found: &[Alarm]) {
        let mut standing = self.lock();
        for alarm in found.iter().filter(|alarm| !holds(&standing, alarm)) {
            let Alarm { kind, subject, seen, limit, remedy, severity } = alarm;
            match severity {
                Severity::Warning => {
                    tracing::warn!(alarm = kind.name(), subject, seen, limit, remedy, "the database needs somebody");
                }
                Severity::Error => {
                    tracing::error!(alarm = kind.name(), subject, seen, limit, remedy, "the database needs somebody");
                }
            }
        }
        for gone in standing.iter().filter(|alarm| !holds(found, alarm)) {
            tracing::info!(alarm = gone.kind.name(), subject = gone.subject, "an alarm of the database has passed");
        }
        *standing = found.to_vec();
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Alarm>> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether `alarms` hold the same one, whatever its numbers are by now.
fn holds(alarms: &[Alarm], wanted: &Alarm) -> bool {
    alarms.iter().any(|alarm| (alarm.kind, &alarm.subject) == (wanted.kind, &wanted.subject))
}

/// Everything about the database, not older than 15 seconds.
///
/// # Errors
/// Those of [`store::Store::report`].
pub async fn report(app: &App) -> Result<Arc<Report>, store::Error> {
    let mut last = app.database.report.lock().await;
    if let Some((at, report)) = &*last
        && at.elapsed() < EVERY
    {
        return Ok(Arc::clone(report));
    }
    let report = Arc::new(app.desk.store.report().await?);
    app.database.note(&report.alarms);
    *last = Some((Instant::now(), Arc::clone(&report)));
    Ok(report)
}

/// Looks for alarms alone, which is cheap.
async fn look(app: &App) -> Result<(), store::Error> {
    let _turn = app.database.report.lock().await;
    app.database.note(&app.desk.store.alarms().await?);
    Ok(())
}

/// Looks after the database until the process ends.
pub fn start(app: &App) {
    let (app, mut stop) = (app.clone(), app.tasks.stop());
    app.tasks.clone().spawn(async move {
        let (mut rounds, mut failing) = (0_u64, false);
        if !stop.sleep(SETTLE).await {
            return;
        }
        loop {
            let looked = async {
                if rounds.is_multiple_of(REPORT_EACH) { report(&app).await.map(drop) } else { look(&app).await }
            };
            let looked = tokio::select! {
                looked = looked => looked,
                () = stop.wait() => return,
            };
            match &looked {
                // Told once: the health tells it as long as it lasts.
                Err(error) if !failing => {
                    let error = error as &dyn std::error::Error;
                    tracing::warn!(error, "looking at the database failed; trying again");
                }
                _ => {}
            }
            failing = looked.is_err();
            rounds += 1;
            if !stop.sleep(EVERY).await {
                return;
            }
        }
    });
}

#[cfg(test)]
mod tests;
