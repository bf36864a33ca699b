use super::*;

#[test]
fn a_claim_costs_the_blocks_between_two_looks() {
    let mark = |blocks: f64, claims: f64| Counters { blocks, claims, jobs: 0.0, dead: 0.0 };
    let marks = [mark(0.0, 0.0), mark(100.0, 10.0), mark(900.0, 10.0), mark(1_100.0, 20.0)];
    assert_eq!(costs(&marks, |mark| mark.claims), [10.0, 20.0], "a window without a claim tells nothing");
    assert_eq!(median(&[9.0, 1.0, 2.0]), 2.0);
}
