use clap::Parser as _;

use super::*;
use crate::cli::{Bench, Cli, Command};

fn args(words: &[&str]) -> BenchQueue {
    let words = ["copydesk", "bench", "queue"].iter().chain(words);
    match Cli::try_parse_from(words).unwrap().command {
        Command::Bench(Bench::Queue(args)) => args,
        other => panic!("{other:?}"),
    }
}

#[test]
fn arguments_that_do_not_go_together_are_refused() {
    let told = |words: &[&str]| check(&args(words)).map_err(|error| error.to_string());
    assert_eq!(told(&["--phase", "drain"]), Ok(()));
    assert_eq!(told(&["--phase", "drain", "--url", "sqlite:here", "--keep"]), Ok(()));
    assert!(told(&["--phase", "drain", "--url", "mysql://x"]).unwrap_err().contains("--url"));
    assert!(told(&["--phase", "drain", "--keep"]).unwrap_err().contains("temporary folder"));
    assert!(told(&["--phase", "latency", "--other-node", "--url", "sqlite:x"]).unwrap_err().contains("PostgreSQL"));
}

#[test]
fn quantiles_are_of_the_sorted_times() {
    let mut times: Vec<u32> = (1..=1_000).rev().map(|ms| ms * 1_000).collect();
    assert_eq!(quantile_ms(&mut times, 0.5), Some(501.0));
    assert_eq!(quantile_ms(&mut times, 0.99), Some(991.0));
    assert_eq!(quantile_ms(&mut [], 0.5), None);
}

#[tokio::test]
async fn a_place_empties_only_what_is_its_own() {
    let folder = std::env::temp_dir().join(format!("copydesk-bench-place-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("diary"), "dear").unwrap();
    let config = crate::config::load(&crate::config::Sources::none()).unwrap().config;
    let place = Place::choose(&config, Some(&format!("sqlite:{}", folder.display())), 4).unwrap();
    let refused = place.prepare().await.unwrap_err().to_string();
    assert!(refused.contains("holds something else"), "{refused}");
    assert!(folder.join("diary").exists());
    std::fs::remove_dir_all(folder).unwrap();
}

/// Every statement, on the tables of a real process.
#[tokio::test]
async fn every_statement_can_be_prepared() {
    let config = crate::config::load(&crate::config::Sources::none()).unwrap().config;
    let folder = std::env::temp_dir().join(format!("copydesk-bench-statements-{}", std::process::id()));
    let place = Place::choose(&config, Some(&format!("sqlite:{}", folder.display())), 4).unwrap();
    place.prepare().await.unwrap();
    let process = place.open().await.unwrap();
    for statement in STATEMENTS.concat() {
        process.desk.store.prepare(statement).await.unwrap();
    }
    process.close(std::time::Duration::from_secs(5)).await;
    place.clear().await.unwrap();
    assert!(!folder.exists());
}
