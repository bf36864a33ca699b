//! Whether two keywords say the same, judged as yake 0.7.3 judges it with its method `seqm` and limit 0.9 (found by asking
//! it about pairs): a quick look at lengths and ends, then shared words, or shared letters and triples of letters.

use std::collections::BTreeSet;

const LIMIT: f64 = 0.9;

/// `a` and `b` are lower-case.
pub fn say_the_same(a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    // Few pairs get past their first two letters and their last, so that these are compared before anything is counted.
    let long = a.len().max(b.len()) > 3;
    if long
        && a.is_ascii()
        && b.is_ascii()
        && (a.as_bytes().last() != b.as_bytes().last() || a.as_bytes().first() != b.as_bytes().first())
    {
        return false;
    }
    let (first, second): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let (shorter, longer) = (first.len().min(second.len()), first.len().max(second.len()));
    if (longer - shorter) as f64 > 0.6 * longer as f64 {
        return false;
    }
    if longer > 3 && (first.first() != second.first() || first.last() != second.last() || first.get(1) != second.get(1))
    {
        return false;
    }
    let (words, others): (Vec<&str>, Vec<&str>) = (a.split(' ').collect(), b.split(' ').collect());
    if words.len().abs_diff(others.len()) > 1 {
        return false;
    }
    similarity(&first, &second, &words, &others) > LIMIT
}

fn similarity(a: &[char], b: &[char], words: &[&str], others: &[&str]) -> f64 {
    let length = a.len().min(b.len()) as f64 / a.len().max(b.len()).max(1) as f64;
    let letters = jaccard(a.iter(), b.iter());
    if a.len().max(b.len()) <= 4 {
        return length * letters;
    }
    let shared = jaccard(words.iter(), others.iter());
    if words.len().max(others.len()) > 1 && shared > 0.4 {
        return shared;
    }
    0.3 * length + 0.2 * letters + 0.5 * jaccard(a.windows(3), b.windows(3))
}

/// The share of what is in both among what is in either.
fn jaccard<T: Ord>(a: impl Iterator<Item = T>, b: impl Iterator<Item = T>) -> f64 {
    let (a, b): (BTreeSet<T>, BTreeSet<T>) = (a.collect(), b.collect());
    let shared = a.intersection(&b).count();
    shared as f64 / (a.len() + b.len() - shared).max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_judged_as_the_reference_judges_them() {
        for (a, b, same) in [
            ("city council", "city council", true),
            ("city council", "city councils", false),
            ("aaaaaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaaaa", true),
            ("abcdefghij", "abcdefghijj", true),
            ("abcdefghij", "abcdefghxj", false),
            ("a a b", "a b b", true),
            ("the cats", "cats the", false),
            ("abc", "cba", true),
            ("abcd", "dcba", false),
            ("new york", "new york city", false),
        ] {
            assert_eq!(say_the_same(a, b), same, "{a} / {b}");
            assert_eq!(say_the_same(b, a), same, "{b} / {a}");
        }
    }
}
