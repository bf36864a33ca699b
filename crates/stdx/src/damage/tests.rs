use super::*;

#[test]
fn the_seed_decides_and_sizes_are_bounded() {
    let seeds = [b"<rss><channel><title>News</title></channel></rss>".to_vec(), b"{\"version\":\"1.1\"}".to_vec()];
    let run = |seed| {
        let dice = Rng::seeded(seed);
        (0..300).map(|_| damaged(&seeds, &dice)).collect::<Vec<_>>()
    };
    let first = run(7);
    assert_eq!(first, run(7));
    assert_ne!(first, run(8));
    assert!(first.iter().all(|case| case.len() <= SIZE_MAX));
    assert!(first.iter().any(|case| case.len() > 4_000), "some are long");
    assert!(first.iter().filter(|case| !seeds.contains(case)).count() > 280, "nearly all differ from their seed");
}

#[test]
fn an_empty_seed_is_no_trouble() {
    let dice = Rng::seeded(1);
    for _ in 0..500 {
        damaged(&[Vec::new()], &dice);
    }
}
