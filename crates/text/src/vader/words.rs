//! The short word lists of VADER: boosters, negations and idioms (vaderSentiment 3.3.2, MIT, `data/LICENSE-vader.txt`).

const BOOST: f64 = 0.293;

/// Words that strengthen what follows.
const STRONGER: &[&str] = &[
    "absolutely",
    "amazingly",
    "awfully",
    "completely",
    "considerable",
    "considerably",
    "decidedly",
    "deeply",
    "effing",
    "enormous",
    "enormously",
    "entirely",
    "especially",
    "exceptional",
    "exceptionally",
    "extreme",
    "extremely",
    "fabulously",
    "flippin",
    "flipping",
    "frackin",
    "fracking",
    "frickin",
    "fricking",
    "friggin",
    "frigging",
    "fuckin",
    "fucking",
    "fuggin",
    "fugging",
    "fully",
    "greatly",
    "hella",
    "highly",
    "hugely",
    "incredible",
    "incredibly",
    "intensely",
    "major",
    "majorly",
    "more",
    "most",
    "particularly",
    "purely",
    "quite",
    "really",
    "remarkably",
    "so",
    "substantially",
    "thoroughly",
    "total",
    "totally",
    "tremendous",
    "tremendously",
    "uber",
    "unbelievably",
    "unusually",
    "utter",
    "utterly",
    "very",
];

/// Words that weaken what follows.
const WEAKER: &[&str] = &[
    "almost",
    "barely",
    "hardly",
    "kind-of",
    "kinda",
    "kindof",
    "less",
    "little",
    "marginal",
    "marginally",
    "occasional",
    "occasionally",
    "partly",
    "scarce",
    "scarcely",
    "slight",
    "slightly",
    "somewhat",
    "sort-of",
    "sorta",
    "sortof",
];

/// Negations besides those with "n't".
pub const NEGATIONS: &[&str] = &[
    "aint", "arent", "cannot", "cant", "couldnt", "darent", "despite", "didnt", "doesnt", "dont", "hadnt", "hasnt",
    "havent", "isnt", "mightnt", "mustnt", "neednt", "neither", "never", "none", "nope", "nor", "not", "nothing",
    "nowhere", "oughtnt", "rarely", "seldom", "shant", "shouldnt", "uh-uh", "uhuh", "wasnt", "werent", "without",
    "wont", "wouldnt",
];

/// Words with how much they add to the valence of a word after them.
pub fn boosters() -> impl Iterator<Item = (&'static str, f64)> {
    STRONGER.iter().map(|word| (*word, BOOST)).chain(WEAKER.iter().map(|word| (*word, -BOOST)))
}

/// The two-word boosters; they are only looked for two and three words before a listed word.
pub fn phrase_booster(first: &str, second: &str) -> Option<f64> {
    matches!((first, second), ("kind" | "sort", "of") | ("just", "enough")).then_some(-BOOST)
}

/// The valence of an idiom of two or three words.
pub fn phrase_valence<'a>(mut words: impl Iterator<Item = &'a str>) -> Option<f64> {
    let phrase = (words.next()?, words.next()?, words.next().unwrap_or(""));
    match phrase {
        ("the", "shit" | "bomb", "") | ("to", "die", "for") => Some(3.0),
        ("bad", "ass", "") => Some(1.5),
        ("bus", "stop", "") => Some(0.0),
        ("yeah", "right", "") => Some(-2.0),
        ("kiss", "of", "death") => Some(-1.5),
        ("beating", "heart", "") => Some(3.5),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted() {
        assert!([STRONGER, WEAKER, NEGATIONS].iter().all(|list| list.is_sorted()));
    }
}
