use super::*;

fn wish(line: &str) -> Result<Wish> {
    Wish::read(Args::new(line.split_whitespace().map(str::to_owned)))
}

#[test]
fn the_benchmark_takes_its_own_words_and_passes_on_the_rest() {
    let bare = Wish { binary: None, install: false, passed_on: Vec::new() };
    assert_eq!(wish("").unwrap(), bare);
    let passed_on = ["--only", "lists", "--reps=3"].map(str::to_owned).to_vec();
    assert_eq!(
        wish("--only lists --binary target/x --install --reps=3").unwrap(),
        Wish { binary: Some("target/x".into()), install: true, passed_on }
    );
    assert!(wish("--binary").unwrap_err().to_string().contains("--binary needs a value"));
}

#[test]
fn the_steps_stand_around_the_browser() {
    let steps = crate::test::names();
    let place = |name: &str| steps.iter().position(|step| *step == name).unwrap();
    assert!(place("console") < place("browser") && place("browser") < place("journeys"), "{steps:?}");
}
