use std::sync::atomic::{AtomicU32, Ordering};

use super::*;

fn at(look: &Look, seconds: u64) -> Look {
    Look { at: look.at + Duration::from_secs(seconds), ..*look }
}

#[test]
fn a_moment_is_what_came_between_two_looks() {
    let first = Look {
        at: Instant::now(),
        answers: Totals::default(),
        hits: 10,
        misses: 10,
        cpu_s: 5.0,
        rss_bytes: 1,
        queue_depth: 0,
        live_clients: 0,
    };
    let still = Moment::between(&first, &first);
    assert_eq!((still.requests_s, still.p95_ms, still.hit_ratio, still.cpu), (0.0, None, None, 0.0));
    let mut second = Look { hits: 13, misses: 11, cpu_s: 6.0, rss_bytes: 7, queue_depth: 3, ..at(&first, 2) };
    (second.answers.answers, second.answers.failed) = (100, 1);
    second.answers.times[9] = 100;
    let moment = Moment::between(&first, &second);
    assert_eq!((moment.requests_s, moment.errors_s, moment.hit_ratio), (50.0, 0.5, Some(0.75)));
    assert_eq!((moment.cpu, moment.rss_bytes, moment.queue_depth), (0.5, 7, 3));
    let (p50, p99) = (moment.p50_ms.unwrap(), moment.p99_ms.unwrap());
    assert!(50.0 < p50 && p50 < p99 && p99 <= 100.0, "{p50} {p99}");
}

#[tokio::test]
async fn what_costs_much_is_made_seldom() {
    let (memo, made) = (Memo::default(), AtomicU32::new(0));
    let cheap = async || memo.get(Duration::ZERO, async { Ok::<_, ()>(made.fetch_add(1, Ordering::Relaxed)) }).await;
    let first = cheap().await.unwrap();
    let dear = memo.get(Duration::from_secs(60), async { Err::<u32, ()>(()) }).await;
    assert_eq!(dear, Ok(first), "young enough");
    let fails: Memo<u32> = Memo::default();
    assert_eq!(fails.get(Duration::ZERO, async { Err::<u32, ()>(()) }).await, Err(()));
    let slow = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        Ok::<_, ()>(7)
    };
    assert_eq!(fails.get(Duration::ZERO, slow).await, Ok(7), "a failure is not kept");
    assert_eq!(fails.get(Duration::ZERO, async { Ok::<_, ()>(8) }).await, Ok(7), "it has cost too much for that");
}
