use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use stdx::config::Secret;
use stdx::task::Tasks;

use super::ear::{Answer, Ear, again, read_again};
use super::mouth::{LINE_BYTES_MAX, Mouth};
use super::{Heard, Relay};
use crate::bus::Bus;
use crate::testing::{TempStore, temporary};
use crate::tests::REDIS_ALONE;
use crate::{Engine, Settings, Statement, params};

fn lines<'a>(answer: &Answer<'a>) -> Vec<&'a str> {
    answer.lines.into_iter().flat_map(str::lines).collect()
}

fn say(mouth: &mut Mouth, line: &str) -> String {
    mouth.push(line);
    let mut words = mouth.take();
    assert_eq!(words.len(), 1);
    words.remove(0)
}

#[test]
fn a_gap_is_filled_by_the_sender() {
    let (mut mouth, mut ear, now) = (Mouth::default(), Ear::default(), Instant::now());
    ear.joined(now);
    let words: Vec<String> = (1..=5).map(|n| say(&mut mouth, &format!("line {n}"))).collect();
    assert_eq!(lines(&ear.hear(7, &words[0], now)), ["line 1"]);
    assert_eq!(ear.hear(7, &words[0], now), Answer::default(), "twice is once");
    let answer = ear.hear(7, &words[2], now);
    assert_eq!((answer.ask, answer.is_loss, answer.lines), (Some(2), false, None));
    assert_eq!(read_again(&again(7, 2)), Some((7, 2)));
    assert_eq!(ear.hear(7, &words[3], now), Answer::default(), "asked once");
    let told: Vec<String> = mouth.again(2);
    let heard: Vec<&str> = told.iter().flat_map(|word| lines(&ear.hear(7, word, now))).collect();
    assert_eq!(heard, ["line 2", "line 3", "line 4", "line 5"]);
    assert!(!ear.waits());
}

#[test]
fn what_is_gone_is_one_loss() {
    let (mut mouth, mut ear, now) = (Mouth::default(), Ear::default(), Instant::now());
    ear.joined(now);
    ear.hear(7, &say(&mut mouth, "first"), now);
    let long = "x".repeat(LINE_BYTES_MAX);
    for _ in 0..200 {
        say(&mut mouth, &long);
    }
    ear.joined(now);
    assert_eq!(ear.hear(7, &mouth.stand(), now).ask, Some(2));
    let told = mouth.again(2);
    assert!(told.len() < 80 && told.iter().map(String::len).sum::<usize>() < 600_000, "{} words", told.len());
    let heard: Vec<(bool, bool)> =
        told.iter().map(|word| ear.hear(7, word, now)).map(|a| (a.is_loss, a.lines.is_some())).collect();
    assert_eq!(heard[0], (true, false));
    assert_eq!(heard.last(), Some(&(false, false)), "where it stands");
    assert!(heard[1..heard.len() - 1].iter().all(|answer| *answer == (false, true)));
    assert_eq!(lines(&ear.hear(7, &say(&mut mouth, "on"), now)), ["on"]);
}

#[test]
fn a_flood_is_cut_and_told() {
    let (mut mouth, mut ear, now) = (Mouth::default(), Ear::default(), Instant::now());
    ear.joined(now);
    for n in 0..10_000 {
        mouth.push(&format!("line {n}"));
    }
    let words = mouth.take();
    let answers: Vec<Answer<'_>> = words.iter().map(|word| ear.hear(7, word, now)).collect();
    let told: usize = answers.iter().map(|answer| lines(answer).len()).sum();
    assert!((1_000..10_000).contains(&told), "{told}");
    assert_eq!(answers.iter().filter(|answer| answer.is_loss).count(), 1);
    assert!(answers.last().unwrap().is_loss && answers.iter().all(|answer| answer.ask.is_none()));
    mouth.push(&"x".repeat(LINE_BYTES_MAX + 1));
    assert!(ear.hear(7, &mouth.take()[0], now).is_loss);
}

#[test]
fn silence_after_an_absence_is_a_loss() {
    let (mut ear, now) = (Ear::default(), Instant::now());
    let later = now + Duration::from_secs(3);
    ear.joined(now);
    ear.hear(7, "s4", now);
    ear.hear(8, "b1\na", now);
    ear.hear(9, "b1\na", now);
    assert!(!ear.hear(9, "x1", now).is_loss, "who has left is not waited for");
    assert!(!ear.waits() && !ear.look(later));
    ear.joined(now);
    assert_eq!(ear.hear(8, "s1", now), Answer::default());
    assert!(ear.waits() && !ear.look(now) && ear.look(later) && !ear.look(later));
    // It was only slow: it goes on from where it is.
    assert_eq!(lines(&ear.hear(7, "b9\nz", later)), ["z"]);
    // Somebody who began while we were away says all again.
    assert_eq!(ear.hear(10, "b3\nc", later).ask, Some(1));
    assert!(ear.look(later + Duration::from_secs(3)));
    // And who has left meanwhile cannot.
    assert!(ear.hear(11, "x2", later).is_loss);
}

#[test]
fn who_did_not_hear_the_question_is_asked_again() {
    let (mut mouth, mut ear, now) = (Mouth::default(), Ear::default(), Instant::now());
    ear.joined(now);
    let words = ["a", "b", "c"].map(|line| say(&mut mouth, line));
    ear.hear(7, &words[0], now);
    assert_eq!(ear.called(7, now), None);
    assert_eq!(ear.hear(7, &words[2], now).ask, Some(2));
    assert_eq!(ear.called(7, now), Some(2));
    let told = mouth.again(2);
    let heard: Vec<&str> = told.iter().flat_map(|word| lines(&ear.hear(7, word, now))).collect();
    assert!(heard == ["b", "c"] && !ear.waits());
    // Nothing was missed: the answer says so.
    ear.joined(now);
    assert_eq!(ear.called(7, now), Some(4));
    assert!(mouth.again(4).iter().all(|word| ear.hear(7, word, now) == Answer::default()) && !ear.waits());
}

#[test]
fn a_line_that_cannot_carry_it_is_not_asked_again() {
    let (mut ear, now) = (Ear::default(), Instant::now());
    ear.joined(now);
    ear.hear(7, "b1\na", now);
    assert_eq!(ear.hear(7, "b3\nc", now).ask, Some(2));
    ear.hear(7, "b2\nb", now);
    let answer = ear.hear(7, "b9\ni", now);
    assert!(answer.is_loss && answer.ask.is_none() && lines(&answer) == ["i"]);
    assert_eq!(lines(&ear.hear(7, "b10\nj", now)), ["j"]);
}

proptest! {
    /// Whatever is dropped or doubled on the way: each line comes once and in order, or there is a loss between.
    #[test]
    fn nothing_is_missed_without_a_word(fates in prop::collection::vec(0u8..8, 1..200)) {
        let (mut mouth, mut ear, now) = (Mouth::default(), Ear::default(), Instant::now());
        ear.joined(now);
        ear.hear(7, &mouth.stand(), now);
        let (mut heard, mut told): (Vec<u64>, u64) = (Vec::new(), 0);
        let mut lost = Vec::new();
        for fate in fates.into_iter().chain([7, 7]) {
            told += 1;
            let word = say(&mut mouth, &told.to_string());
            let mut queue = match fate {
                0 | 1 => vec![],
                2 => vec![word.clone(), word],
                _ => vec![word],
            };
            while !queue.is_empty() {
                let word = queue.remove(0);
                let answer = ear.hear(7, &word, now);
                if answer.is_loss {
                    lost.push(heard.len());
                }
                heard.extend(lines(&answer).iter().map(|line| line.parse::<u64>().unwrap()));
                if let Some(from) = answer.ask {
                    queue.extend(mouth.again(from));
                }
            }
        }
        prop_assert!(heard.windows(2).all(|pair| pair[0] < pair[1]), "in order: {:?}", heard);
        let mut before = 0;
        for (at, number) in heard.iter().enumerate() {
            prop_assert!(*number == before + 1 || lost.contains(&at), "{} behind {} without a word", number, before);
            before = *number;
        }
        prop_assert_eq!(before, told);
    }

    #[test]
    fn no_word_breaks_it(words in prop::collection::vec("[bslxaw]?[0-9]{0,21}\n?.{0,20}", 0..20)) {
        let mut ear = Ear::default();
        for word in &words {
            ear.hear(1, word, Instant::now());
            let _ = read_again(word);
        }
    }
}

static KILL_LISTENERS: Statement = Statement::shared(
    "test.kill_listeners",
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN %'",
);

/// On one database, with the listening connections killed again and again.
#[tokio::test]
async fn lines_survive_the_loss_of_a_connection() {
    let store = temporary(&[]).await;
    if store.engine() != Engine::Postgres {
        eprintln!("skipped: needs COPYDESK_TEST_POSTGRES");
        return;
    }
    survive(&store, None, async || drop(store.read().all(&KILL_LISTENERS, params![]).await.unwrap())).await;
}

#[tokio::test]
async fn lines_survive_it_over_redis_too() {
    let store = temporary(&[]).await;
    let Some(url) = std::env::var("COPYDESK_TEST_REDIS").ok().filter(|_| store.engine() == Engine::Postgres) else {
        eprintln!("skipped: needs COPYDESK_TEST_POSTGRES and COPYDESK_TEST_REDIS");
        return;
    };
    let _alone = REDIS_ALONE.lock().await;
    let client = redis::Client::open(url.as_str()).unwrap();
    let connection = client.get_multiplexed_async_connection().await.unwrap();
    let kill = async || {
        let mut connection = connection.clone();
        let kill = redis::cmd("CLIENT").arg("KILL").arg("TYPE").arg("pubsub").query_async(&mut connection).await;
        let killed: u32 = kill.unwrap();
        assert!(killed > 0, "the lines go by this server");
    };
    survive(&store, Some(&url), kill).await;
}

/// Lines from one process to another while `kill` ends the connections that listen.
async fn survive(store: &TempStore, bus_url: Option<&str>, kill: impl AsyncFn()) {
    let tasks = Tasks::default();
    let settings = Settings { bus_url: bus_url.map(Secret::new), ..store.settings().clone() };
    let told: Arc<Mutex<(Vec<u64>, u64)>> = Arc::default();
    let start = |me: u64, told: Arc<Mutex<(Vec<u64>, u64)>>| {
        let bus = Bus::join(store, &settings, me, &tasks).unwrap();
        let relay = Relay::start(&bus, me, "test", &tasks, move |heard| {
            let mut told = told.lock().unwrap();
            match heard {
                Heard::Line(line) => told.0.push(line.parse().unwrap()),
                Heard::Lost => told.1 += 1,
            }
        });
        (bus, relay)
    };
    let (bus_a, a) = start(1, Arc::default());
    let (bus_b, _b) = start(2, Arc::clone(&told));
    let began = Instant::now();
    while !(bus_a.is_connected() && bus_b.is_connected()) {
        assert!(began.elapsed() < Duration::from_secs(10), "both connect");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    const LINES: u64 = 300;
    for n in 1..=LINES {
        a.send(&n.to_string());
        if n % 100 == 50 {
            kill().await;
        }
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
    let began = Instant::now();
    while told.lock().unwrap().0.last() != Some(&LINES) {
        assert!(began.elapsed() < Duration::from_secs(10), "{:?}", told.lock().unwrap());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let told = told.lock().unwrap().clone();
    let misses = told.0.windows(2).filter(|pair| pair[1] != pair[0] + 1).count() as u64;
    assert!(told.0.is_sorted() && misses <= told.1, "{misses} gaps, {} losses told: {:?}", told.1, told.0);
    assert!(misses > 0 || told.0 == (1..=LINES).collect::<Vec<_>>());
    assert_eq!(tasks.shutdown(Duration::from_secs(5)).await, 0);
}
