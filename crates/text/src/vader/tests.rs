use super::*;

fn scored(text: &str) -> Sentiment {
    score(&Tokens::of(text))
}

#[test]
fn rounding_is_half_to_even_on_the_exact_value() {
    for (value, digits, rounded) in
        [(0.0625, 3, 0.062), (0.1875, 3, 0.188), (0.3125, 3, 0.312), (0.4375, 3, 0.438), (0.0005, 3, 0.001)]
    {
        assert_eq!(round(value, digits), rounded, "{value}");
    }
}

#[test]
fn nothing_scores_nothing() {
    assert_eq!(scored(""), Sentiment::default());
    assert_eq!(scored(" \u{1c}\n"), Sentiment::default());
}

#[test]
fn a_repeated_value_is_changed_at_its_first_place() {
    let naive = |mut valences: Vec<f64>, but: usize| {
        for at in 0..valences.len() {
            let value = valences[at];
            let first = valences.iter().position(|v| *v == value).expect("it is there");
            valences[first] = match first.cmp(&but) {
                std::cmp::Ordering::Less => value * 0.5,
                std::cmp::Ordering::Equal => value,
                std::cmp::Ordering::Greater => value * 1.5,
            };
        }
        valences
    };
    let mut seed = 7u32;
    for length in 1..60 {
        let mut valences: Vec<f64> = (0..length)
            .map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                [0.0, 1.9, -2.5, 0.95, 3.8][(seed >> 24) as usize % 5]
            })
            .collect();
        let but = length / 2;
        valences[but] = 0.0;
        let expected = naive(valences.clone(), but);
        weigh_around_but(&mut valences, but);
        assert_eq!(valences, expected);
    }
}

#[test]
fn large_inputs_take_linear_time() {
    scored(&"a".repeat(1_000_000));
    scored(&"good but ".repeat(20_000));
    scored(&"!?😀".repeat(20_000));
}
