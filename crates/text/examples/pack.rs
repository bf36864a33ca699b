//! Turns the published word lists into the files under `data/`; `data/README.md` names the inputs and the formats.
//!
//! Run as `cargo run -p text --example pack -- INPUT_FOLDER data`, with the original files in `INPUT_FOLDER`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;

const BLOCK: usize = 16;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (input, output) = (arguments.next().expect("an input folder"), arguments.next().expect("an output folder"));
    let read = |name: &str| std::fs::read_to_string(Path::new(&input).join(name)).expect("the input file is readable");
    let write = |name: &str, bytes: &[u8]| {
        std::fs::write(Path::new(&output).join(name), bytes).expect("the output is writable")
    };

    write("vader.tsv", pairs(&read("vader_lexicon.txt"), |_| true).as_bytes());
    write("emoji.tsv", pairs(&read("emoji_utf8_lexicon.txt"), |key| key.chars().count() == 1).as_bytes());
    let easy: BTreeSet<String> = read("easy_words.txt").lines().map(|line| line.trim().to_owned()).collect();
    write(
        "dale_chall.txt",
        easy.iter().filter(|w| !w.is_empty()).map(|w| format!("{w}\n")).collect::<String>().as_bytes(),
    );
    write("syllables.bin", &syllables(&read("cmudict.dict")));
    write("hyphens.bin", &hyphens(&read("hyph_en_US.dic")));
}

/// The first two tab-separated columns, sorted by the bytes of the first; of equal keys the last one counts.
fn pairs(file: &str, keep: impl Fn(&str) -> bool) -> String {
    let rows: BTreeMap<&str, &str> = file
        .lines()
        .filter_map(|line| {
            let mut columns = line.trim().split('\t');
            Some((columns.next()?, columns.next()?))
        })
        .collect();
    rows.iter().filter(|(key, _)| keep(key)).map(|(key, value)| format!("{key}\t{value}\n")).collect()
}

/// The first pronunciation's vowels of every word that a text without punctuation can hold.
fn syllables(file: &str) -> Vec<u8> {
    let mut words: BTreeMap<&str, u8> = BTreeMap::new();
    for line in file.lines() {
        let mut parts = line.split('#').next().unwrap_or_default().split_whitespace();
        let Some(word) = parts.next() else { continue };
        if word.ends_with(')') || !reachable(word) {
            continue;
        }
        let vowels = parts.filter(|phone| phone.ends_with(|c: char| c.is_ascii_digit())).count();
        words.entry(word).or_insert(u8::try_from(vowels).expect("a word has few syllables"));
    }
    let (mut index, mut data) = (Vec::new(), Vec::new());
    let mut previous: &[u8] = b"";
    for (at, (word, &count)) in words.iter().enumerate() {
        if at % BLOCK == 0 {
            index.extend(u32::try_from(data.len()).expect("under 4 GiB").to_le_bytes());
            previous = b"";
        }
        let word = word.as_bytes();
        let shared = word.iter().zip(previous).take_while(|(a, b)| a == b).count().min(15);
        assert!(count < 16);
        data.push(u8::try_from(shared).expect("at most 15") << 4 | count);
        data.push(u8::try_from(word.len() - shared).expect("words are short"));
        data.extend(&word[shared..]);
        previous = word;
    }
    let blocks = u32::try_from(index.len() / 4).expect("few blocks");
    [&blocks.to_le_bytes(), &index[..], &data[..]].concat()
}

/// Letters and the apostrophes of contractions: all that is left of a word when its punctuation has been removed.
fn reachable(word: &str) -> bool {
    let endings = ["t", "s", "d", "ve", "ll", "re"];
    word.bytes().all(|b| b.is_ascii_lowercase() || b == b'\'')
        && word.match_indices('\'').all(|(at, _)| endings.iter().any(|end| word[at + 1..].starts_with(end)))
}

/// The patterns as a trie in breadth-first order, so that the children of a node stand side by side.
fn hyphens(file: &str) -> Vec<u8> {
    #[derive(Default)]
    struct Node {
        value: u16,
        children: BTreeMap<u8, Node>,
    }

    let (mut root, mut values, mut known) = (Node::default(), vec![0u8], BTreeMap::new());
    for line in file.lines().skip(1).map(str::trim) {
        let ignored = ["%", "#", "LEFT", "RIGHT", "COMPOUND", "NEXTLEVEL"];
        if line.is_empty() || ignored.iter().any(|word| line.starts_with(word)) {
            continue;
        }
        assert!(!line.contains('='), "no alternative spellings in English");
        let (mut key, mut points) = (String::new(), vec![0u8]);
        for c in line.chars() {
            match c.to_digit(10) {
                Some(digit) => *points.last_mut().expect("never empty") = u8::try_from(digit).expect("one digit"),
                None => {
                    key.push(c);
                    points.push(0);
                }
            }
        }
        let Some(start) = points.iter().position(|&p| p > 0) else { continue };
        let end = points.iter().rposition(|&p| p > 0).expect("one is positive") + 1;
        let record =
            [&[u8::try_from(start).expect("short"), u8::try_from(end - start).expect("short")], &points[start..end]]
                .concat();
        let value = *known.entry(record.clone()).or_insert_with(|| {
            values.extend(&record);
            u16::try_from(values.len() - record.len()).expect("values fit 64 KiB")
        });
        key.bytes().fold(&mut root, |node, byte| node.children.entry(byte).or_default()).value = value;
    }
    let (mut nodes, mut queue, mut next) = (Vec::new(), VecDeque::from([(0u8, &root)]), 1usize);
    let mut count = 0u32;
    while let Some((label, node)) = queue.pop_front() {
        nodes.extend([label, u8::try_from(node.children.len()).expect("few letters")]);
        nodes.extend(u16::try_from(next).expect("under 65,536 nodes").to_le_bytes());
        nodes.extend(node.value.to_le_bytes());
        next += node.children.len();
        count += 1;
        queue.extend(node.children.iter().map(|(&label, child)| (label, child)));
    }
    [&count.to_le_bytes(), &nodes[..], &values[..]].concat()
}
