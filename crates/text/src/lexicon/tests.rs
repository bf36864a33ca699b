use super::*;

const LIST: Lines = Lines("alpha\t1\nbeta\t2\nbetamax\t3\ngamma\t\n");

#[test]
fn a_sorted_list_is_searched_line_by_line() {
    assert_eq!(LIST.get("alpha"), Some("1"));
    assert_eq!(LIST.get("beta"), Some("2"));
    assert_eq!(LIST.get("betamax"), Some("3"));
    assert_eq!(LIST.get("gamma"), Some(""));
    for missing in ["", "a", "alphab", "bet", "betam", "zeta", "beta\t2", "1"] {
        assert_eq!(LIST.get(missing), None, "{missing:?}");
    }
    assert_eq!(Lines("").get("a"), None);
}

#[test]
fn the_committed_lists_are_sorted_and_each_line_is_found() {
    for text in [
        include_str!("../../data/vader.tsv"),
        include_str!("../../data/emoji.tsv"),
        include_str!("../../data/dale_chall.txt"),
    ] {
        let keys: Vec<&str> = text.lines().map(|line| line.split('\t').next().expect("a key")).collect();
        assert!(keys.is_sorted() && keys.len() > 1000);
        assert!(keys.iter().all(|key| Lines(text).contains(key)));
    }
}

#[test]
fn every_word_of_the_front_coded_blocks_is_found_and_its_neighbours_are_not() {
    const WORDS: Blocks = Blocks(include_bytes!("../../data/syllables.bin"));
    let blocks = u32_at(WORDS.0, 0);
    let mut rest = &WORDS.0[4 + 4 * blocks..];
    let (mut word, mut known) = (Vec::new(), std::collections::BTreeMap::new());
    while let [head, length, tail @ ..] = rest {
        let (suffix, next) = tail.split_at(usize::from(*length));
        word.truncate(usize::from(head >> 4));
        word.extend(suffix);
        known.insert(String::from_utf8(word.clone()).expect("ascii"), head & 15);
        rest = next;
    }
    assert!(known.len() > 100_000);
    for (word, count) in &known {
        assert_eq!(WORDS.get(word), Some(*count), "{word}");
        for neighbour in [format!("{word}a"), format!("{word}q"), word[..word.len() - 1].to_owned(), format!("{word}~")]
        {
            assert_eq!(WORDS.get(&neighbour), known.get(&neighbour).copied(), "{neighbour}");
        }
    }
    assert_eq!(WORDS.get(""), None);
    assert_eq!(WORDS.get("ünder"), None);
}
