use std::sync::{Arc, Mutex};

use store::{Alarm, AlarmKind, Severity};
use tracing::subscriber::with_default;

use super::Watch;

/// Counts what is logged, by level.
#[derive(Clone, Default)]
struct Counted(Arc<Mutex<Vec<tracing::Level>>>);

impl tracing::Subscriber for Counted {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        self.0.lock().unwrap().push(*event.metadata().level());
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}

fn alarm(kind: AlarmKind, severity: Severity, subject: &str, seen: &str) -> Alarm {
    let text = str::to_owned;
    Alarm { kind, severity, subject: text(subject), seen: text(seen), limit: text("0"), remedy: text("look") }
}

#[test]
fn an_alarm_is_logged_once_and_again_when_it_comes_back() {
    use tracing::Level;
    const NOTHING: [Level; 0] = [];
    let (watch, counted) = (Watch::default(), Counted::default());
    let said = |found: &[Alarm]| {
        with_default(counted.clone(), || watch.note(found));
        std::mem::take(&mut *counted.0.lock().unwrap())
    };
    let slow = |seconds: &str| alarm(AlarmKind::OldSnapshot, Severity::Warning, "session a, process 1", seconds);
    let full = alarm(AlarmKind::Disk, Severity::Error, "disk", "1 MiB");
    assert_eq!(said(&[]), NOTHING);
    assert_eq!(said(&[slow("301 s")]), [Level::WARN]);
    assert_eq!(said(&[slow("316 s")]), NOTHING, "only its numbers are others");
    assert_eq!(watch.standing()[0].seen, "316 s");
    assert_eq!(said(&[slow("331 s"), full.clone()]), [Level::ERROR]);
    let other = alarm(AlarmKind::OldSnapshot, Severity::Warning, "session b, process 2", "400 s");
    assert_eq!(said(&[other.clone(), full]), [Level::WARN, Level::INFO], "another holder is another alarm");
    assert_eq!(said(&[]), [Level::INFO, Level::INFO]);
    assert_eq!(said(&[other]), [Level::WARN]);
}
