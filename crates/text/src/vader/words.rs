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

/// The two-word boosters, which weaken; they are only looked for two and three words before a listed word.
const PHRASES: [(&str, &str); 3] = [("kind", "of"), ("sort", "of"), ("just", "enough")];

/// What the words of `first` and `second` add to the valence of a word after them.
pub fn phrase_booster(first: &str, second: &str) -> Option<f64> {
    PHRASES.contains(&(first, second)).then_some(-BOOST)
}

/// Idioms of two or three words with their valence.
const IDIOMS: [([&str; 3], f64); 8] = [
    (["the", "shit", ""], 3.0),
    (["the", "bomb", ""], 3.0),
    (["to", "die", "for"], 3.0),
    (["bad", "ass", ""], 1.5),
    (["bus", "stop", ""], 0.0),
    (["yeah", "right", ""], -2.0),
    (["kiss", "of", "death"], -1.5),
    (["beating", "heart", ""], 3.5),
];

/// The valence of an idiom; the third word may be empty.
pub fn phrase_valence(words: [&str; 3]) -> Option<f64> {
    IDIOMS.iter().find(|(idiom, _)| *idiom == words).map(|(_, valence)| *valence)
}

/// The words with which idioms and two-word boosters begin.
pub fn openers() -> impl Iterator<Item = &'static str> {
    IDIOMS.iter().map(|(words, _)| words[0]).chain(PHRASES.iter().map(|(first, _)| *first))
}

/// All words that a rule asks for by name.
pub fn named() -> impl Iterator<Item = &'static str> {
    let idioms = IDIOMS.iter().flat_map(|(words, _)| words).copied().filter(|word| !word.is_empty());
    let phrases = PHRASES.iter().flat_map(|(first, second)| [*first, *second]);
    idioms.chain(phrases).chain([
        "at", "but", "doubt", "kind", "least", "never", "no", "nor", "of", "or", "so", "this", "very", "without",
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted() {
        assert!([STRONGER, WEAKER, NEGATIONS].iter().all(|list| list.is_sorted()));
    }
}
