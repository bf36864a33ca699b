//! What models answered, invented and spoilt for this: `fixtures/structured.jsonl`, with the value that is meant or that
//! there is none. A fifth, by the hash of its name, was never tuned on.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::llm::structured::read;

const CORPUS: &str = include_str!("../../../../fixtures/structured.jsonl");

#[derive(Clone, Copy, Default, Debug, PartialEq)]
struct Counts {
    right: usize,
    wrong: usize,
    refused_wrongly: usize,
}

/// FNV-1a, so that a case stays in its half whatever else is added.
fn is_sealed(id: &str) -> bool {
    let hash =
        id.bytes().fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    (hash >> 20).is_multiple_of(5)
}

#[test]
fn damaged_answers_are_read_or_refused() {
    let mut halves = [Counts::default(); 2];
    let (mut ids, mut kinds) = (BTreeSet::new(), BTreeSet::new());
    for line in CORPUS.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let [id, kind, text] = ["id", "kind", "text"].map(|name| case[name].as_str().unwrap());
        assert!(ids.insert(id.to_owned()), "{id} stands twice");
        kinds.insert(kind.to_owned());
        assert!(case.get("value").is_some() != (case["refused"] == true), "{id} has a value or is refused");
        let sealed = is_sealed(id);
        let counts = &mut halves[usize::from(sealed)];
        match (read(text), case.get("value")) {
            (Ok(read), Some(value)) if read.value == *value => counts.right += 1,
            (Err(_), None) => counts.right += 1,
            (Ok(read), _) => {
                println!("{id}: wrong: {}", read.value);
                counts.wrong += 1;
            }
            (Err(refusal), Some(_)) => {
                println!("{id}: refused: {refusal}");
                counts.refused_wrongly += 1;
            }
        }
    }
    for (name, counts) in ["open", "sealed"].iter().zip(&halves) {
        let Counts { right, wrong, refused_wrongly } = counts;
        println!("{name}: {right} right, {wrong} wrong, {refused_wrongly} refused wrongly");
        assert_eq!(*wrong, 0, "{name}");
        assert!(refused_wrongly * 100 <= right + refused_wrongly, "{name}: more than one in a hundred refused wrongly");
    }
    assert!(ids.len() >= 260 && kinds.len() >= 40, "{} cases of {} kinds", ids.len(), kinds.len());
    assert!(halves[1].right * 8 >= ids.len(), "about a fifth is sealed");
}
