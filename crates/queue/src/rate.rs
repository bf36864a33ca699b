//! Rates of queues, over all processes: each takes a chunk of starts at a time from the database.

use std::sync::PoisonError;
use std::time::Duration;

use stdx::Timestamp;
use store::params;

use crate::share::Wish;
use crate::waiting::Waiting;
use crate::{Queue, sql};

/// A chunk stands for this long, so that the rate holds within it.
const CHUNK: Duration = Duration::from_millis(100);
/// Starts that were not used by then are forgotten, or an idle hour would end in a burst.
const KEPT: Duration = Duration::from_secs(1);

/// Starts that this process has taken and not used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allowance {
    left: usize,
    until: Timestamp,
}

/// Starts in a chunk, and the time that it stands for.
fn chunk(per_minute: u32) -> (usize, Duration) {
    let size = (f64::from(per_minute) * CHUNK.as_secs_f64() / 60.0).max(1.0).floor();
    (size as usize, Duration::from_secs_f64(size * 60.0 / f64::from(per_minute)))
}

impl Queue {
    /// Cuts `wishes` down to what the rates of their queues allow now.
    pub(crate) async fn keep_to_rates(&self, wishes: &mut Vec<Wish>, now: Timestamp) -> Result<(), store::Error> {
        for wish in wishes.iter_mut() {
            let per_minute = {
                let queues = self.0.queues.read().unwrap_or_else(PoisonError::into_inner);
                queues.get(&wish.queue).map_or(0, |conf| conf.rate)
            };
            if per_minute == 0 {
                continue;
            }
            let left = self.allowance(wish.queue, now);
            let left = if left > 0 { left } else { self.take_chunk(wish.queue, per_minute, now).await? };
            wish.count = wish.count.min(left);
            self.spend(wish.queue, wish.count);
            if wish.count == 0 {
                let row = self.0.store.read_fresh().opt(&sql::RATE_NEXT, params![wish.queue]).await?;
                let next = row.map(|row| row.get::<Timestamp>(0)).transpose()?.unwrap_or(now);
                let next = next.max(now + Duration::from_millis(1));
                self.due().put_off((wish.queue, wish.priority), next, now);
            }
        }
        wishes.retain(|wish| wish.count > 0);
        Ok(())
    }

    /// Gives back what was allowed and did not come.
    pub(crate) fn return_to_rates(&self, wishes: &[Wish], jobs: &[Waiting]) {
        let mut allowances = self.0.allowances.lock().unwrap_or_else(PoisonError::into_inner);
        if allowances.is_empty() {
            return;
        }
        for wish in wishes {
            if let Some(allowance) = allowances.get_mut(&wish.queue) {
                let came = jobs.iter().filter(|job| job.queue == wish.queue && job.priority == wish.priority).count();
                allowance.left += wish.count - came;
            }
        }
    }

    fn allowance(&self, queue: i64, now: Timestamp) -> usize {
        let allowances = self.0.allowances.lock().unwrap_or_else(PoisonError::into_inner);
        allowances.get(&queue).filter(|a| a.until > now).map_or(0, |a| a.left)
    }

    fn spend(&self, queue: i64, count: usize) {
        let mut allowances = self.0.allowances.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(allowance) = allowances.get_mut(&queue) {
            allowance.left -= count.min(allowance.left);
        }
    }

    async fn take_chunk(&self, queue: i64, per_minute: u32, now: Timestamp) -> Result<usize, store::Error> {
        let (size, span) = chunk(per_minute);
        let span = span.as_micros() as i64;
        let took = self
            .0
            .store
            .write_relaxed(move |tx| Box::pin(async move { tx.exec(&sql::RATE_TAKE, params![queue, now, span]).await }))
            .await?;
        if took == 0 {
            return Ok(0);
        }
        let mut allowances = self.0.allowances.lock().unwrap_or_else(PoisonError::into_inner);
        allowances.insert(queue, Allowance { left: size, until: now + KEPT });
        Ok(size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_stands_for_its_part_of_a_minute() {
        assert_eq!(chunk(60_000), (100, Duration::from_millis(100)));
        assert_eq!(chunk(6), (1, Duration::from_secs(10)));
        assert_eq!(chunk(600), (1, Duration::from_millis(100)));
    }
}
