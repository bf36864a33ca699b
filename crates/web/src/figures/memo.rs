//! A value that is made again as soon as that costs little beside the time since it was made.

use std::time::{Duration, Instant};

use tokio::sync::Mutex;

/// Making it may take this share of the time.
const SHARE: u32 = 20;

/// The value with when it was made and how long that took. Who asks while it is being made waits for it.
pub struct Memo<T>(Mutex<Option<(Instant, Duration, T)>>);

impl<T> Default for Memo<T> {
    fn default() -> Self {
        Memo(Mutex::new(None))
    }
}

impl<T: Clone> Memo<T> {
    /// The value, at least as young as `age` allows or as its cost asks for.
    pub async fn get<E>(&self, age: Duration, make: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        let mut kept = self.0.lock().await;
        if let Some((at, cost, value)) = &*kept
            && at.elapsed() < age.max(*cost * SHARE)
        {
            return Ok(value.clone());
        }
        let began = Instant::now();
        let value = make.await?;
        *kept = Some((Instant::now(), began.elapsed(), value.clone()));
        Ok(value)
    }
}
