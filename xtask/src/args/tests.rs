use super::*;

fn args(line: &str) -> Args {
    Args::new(line.split_whitespace().map(str::to_owned))
}

#[test]
fn words_flags_and_options_in_any_order() {
    let mut args = args("soak kill --seed=7 --loud --seconds 45");
    assert_eq!((args.word().as_deref(), args.word().as_deref()), (Some("soak"), Some("kill")));
    assert!(args.flag("--loud") && !args.flag("--quiet"));
    assert_eq!(args.option("--seconds", 60u64).unwrap(), 45);
    assert_eq!(args.option("--seed", 1u64).unwrap(), 7);
    assert_eq!(args.option("--kills", 50u32).unwrap(), 50);
    args.finish().unwrap();
}

#[test]
fn mistakes_are_named() {
    assert!(args("--seed").option("--seed", 1u64).unwrap_err().to_string().contains("needs a value"));
    assert_eq!(args("--seed many").option("--seed", 1u64).unwrap_err().to_string(), "--seed many");
    assert!(args("--sed 1").finish().unwrap_err().to_string().contains("--sed"));
}
