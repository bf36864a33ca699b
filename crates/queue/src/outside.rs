//! Jobs that wait for somebody outside, such as a language model, leave their place to others meanwhile.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use crate::worker::Workers;

tokio::task_local!(static SEAT: Arc<Seat>);

/// Waits for what somebody outside gives. Called in a job, others may run in its place until then: as many as
/// `queue.waiting_max` jobs wait so at the same time, and a job beyond them keeps its place. Of a job that does several
/// things at once it is enough that one of them waits. Elsewhere it is an await like others.
///
/// The job must not use the processor much in `answer`, since nobody counts it then.
pub async fn outside<F: Future>(answer: F) -> F::Output {
    let mut answer = pin!(answer);
    if let Poll::Ready(ready) = poll_fn(|context| Poll::Ready(answer.as_mut().poll(context))).await {
        return ready;
    }
    let seat = SEAT.try_with(Arc::clone).ok();
    let _away = seat.as_ref().map(Away::from);
    answer.await
}

/// Runs a job, whose waits give its place in `workers` away.
pub(crate) async fn seated<F: Future>(workers: &Arc<Workers>, class: usize, cost: f64, job: F) -> F::Output {
    let seat = Seat { workers: Arc::clone(workers), class, cost, away: Mutex::default() };
    SEAT.scope(Arc::new(seat), job).await
}

struct Seat {
    workers: Arc<Workers>,
    class: usize,
    /// In workers.
    cost: f64,
    away: Mutex<Waits>,
}

#[derive(Default)]
struct Waits {
    count: usize,
    /// The place is somebody else's now.
    is_lent: bool,
}

/// One wait; the last one takes the place back.
struct Away<'a>(&'a Seat);

impl<'a> From<&'a Arc<Seat>> for Away<'a> {
    fn from(seat: &'a Arc<Seat>) -> Self {
        let mut waits = seat.away.lock().unwrap_or_else(PoisonError::into_inner);
        if waits.count == 0 {
            waits.is_lent = seat.workers.lend(seat.class, seat.cost);
        }
        waits.count += 1;
        Away(seat)
    }
}

impl Drop for Away<'_> {
    fn drop(&mut self) {
        let mut waits = self.0.away.lock().unwrap_or_else(PoisonError::into_inner);
        waits.count -= 1;
        if waits.count == 0 && std::mem::take(&mut waits.is_lent) {
            self.0.workers.take_back(self.0.class, self.0.cost);
        }
    }
}
