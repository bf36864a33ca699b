//! Whether two words are forms of one word, by light rules: English endings, Turkish suffix chains, elsewhere short endings.
//!
//! Made for finding a keyphrase in a text, where a form missed costs more than two words taken for one.

use crate::language::Language;

/// Whether `a` and `b` (lower case) are forms of the same word in `language`.
pub fn same(a: &str, b: &str, language: Language) -> bool {
    if a == b {
        return true;
    }
    // Forms of a word begin alike; this ends nearly every comparison.
    if a.as_bytes().first() != b.as_bytes().first() {
        return false;
    }
    match language {
        // "car" and "care" have one stem and are two words.
        Language::English => {
            a.strip_suffix('e') != Some(b) && b.strip_suffix('e') != Some(a) && english(a) == english(b)
        }
        Language::Turkish => turkish(a, b),
        _ => ends_shortly(a, b) || ends_shortly(b, a),
    }
}

/// The stem of an English word: without possessive, plural, `-ing`, `-ed`, `-ly`, `-er`, `-est`, final `e`, `y` as `i` and
/// doubled consonants.
fn english(word: &str) -> String {
    let word = word.split(['\'', '’']).next().unwrap_or(word);
    let mut stem = word.to_owned();
    let cut = |stem: &mut String, ending: &str, least: usize| {
        let fits = stem.ends_with(ending) && stem.len() >= ending.len() + least;
        if fits {
            stem.truncate(stem.len() - ending.len());
        }
        fits
    };
    if cut(&mut stem, "ies", 2) {
        stem.push('y');
    } else if !["sses", "shes", "ches", "xes", "zes"].iter().any(|e| stem.ends_with(e)) {
        if !stem.ends_with("ss") && !stem.ends_with("us") && !stem.ends_with("is") {
            cut(&mut stem, "s", 2);
        }
    } else {
        cut(&mut stem, "es", 2);
    }
    let vowel = |stem: &str| stem.contains(['a', 'e', 'i', 'o', 'u', 'y']);
    for ending in ["ing", "ed", "ly", "er", "est"] {
        let kept = stem.len().saturating_sub(ending.len());
        if stem.ends_with(ending) && kept >= 3 && stem.is_char_boundary(kept) && vowel(&stem[..kept]) {
            stem.truncate(kept);
            let bytes = stem.as_bytes();
            let double = kept >= 4 && bytes[kept - 1] == bytes[kept - 2] && !b"lsz".contains(&bytes[kept - 1]);
            if double {
                stem.pop();
            }
            break;
        }
    }
    if stem.len() > 3 {
        cut(&mut stem, "e", 3);
    }
    if stem.ends_with('y') {
        stem.pop();
        stem.push('i');
    }
    stem
}

/// Whether both words are a common beginning of three letters or more with a chain of suffixes each.
fn turkish(a: &str, b: &str) -> bool {
    let a = a.split(['\'', '’']).next().unwrap_or(a);
    let b = b.split(['\'', '’']).next().unwrap_or(b);
    let common = a.chars().zip(b.chars()).take_while(|(x, y)| hard(*x) == hard(*y)).count();
    let rest = |word: &str, from: usize| word.chars().skip(from).map(fold).collect::<String>();
    (3..=common).rev().take(4).any(|from| is_chain(&rest(a, from), 0) && is_chain(&rest(b, from), 0))
}

/// The final consonants that soften before a vowel (kitap, kitabı) are one.
fn hard(c: char) -> char {
    match c {
        'b' => 'p',
        'c' => 'ç',
        'd' => 't',
        'ğ' | 'g' => 'k',
        c => c,
    }
}

fn fold(c: char) -> char {
    match c {
        'ı' | 'u' | 'ü' => 'i',
        'a' => 'e',
        't' => 'd',
        c => c,
    }
}

fn is_chain(rest: &str, depth: usize) -> bool {
    const LONGEST: usize = 6;
    rest.is_empty()
        || depth < LONGEST
            && SUFFIXES.iter().any(|suffix| rest.strip_prefix(suffix).is_some_and(|rest| is_chain(rest, depth + 1)))
}

/// Suffixes of nouns, folded as by [`fold`]: plural, possessive, case, copula.
const SUFFIXES: &[&str] = &[
    "ler", "i", "yi", "si", "im", "in", "imiz", "iniz", "nin", "e", "ye", "ne", "ni", "de", "den", "nde", "nden", "le",
    "yle", "ki", "dir", "li", "lik", "siz", "ce", "m", "n",
];

/// `word` is `base`, of four letters or more, with at most four more.
fn ends_shortly(word: &str, base: &str) -> bool {
    word.strip_prefix(base)
        .is_some_and(|rest| rest.starts_with(['\'', '’']) || base.chars().count() >= 4 && rest.chars().count() <= 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn english_forms_meet_and_other_words_do_not() {
        for (a, b) in [
            ("budget", "budgets"),
            ("city", "cities"),
            ("run", "running"),
            ("bake", "baking"),
            ("plan", "planned"),
            ("box", "boxes"),
            ("council", "council's"),
            ("school", "school"),
            ("quick", "quickly"),
        ] {
            assert!(same(a, b, Language::English), "{a} {b}: {} {}", english(a), english(b));
        }
        for (a, b) in [("port", "portrait"), ("bus", "business"), ("car", "care"), ("glass", "glad")] {
            assert!(!same(a, b, Language::English), "{a} {b}");
        }
    }

    #[test]
    fn turkish_suffixes_are_followed() {
        for (a, b) in [
            ("bütçe", "bütçenin"),
            ("bütçesi", "bütçeyi"),
            ("kitap", "kitabı"),
            ("okul", "okullarda"),
            ("okullar", "okulunda"),
            ("ankara", "ankara'da"),
            ("ekmek", "ekmeğin"),
        ] {
            assert!(same(a, b, Language::Turkish), "{a} {b}");
        }
        for (a, b) in [("port", "portre"), ("kapı", "kapak"), ("okul", "oku"), ("bal", "balık")] {
            assert!(!same(a, b, Language::Turkish), "{a} {b}");
        }
    }

    #[test]
    fn other_languages_allow_short_endings() {
        assert!(same("haushalt", "haushalts", Language::German));
        assert!(!same("rat", "rathaus", Language::German));
    }
}
