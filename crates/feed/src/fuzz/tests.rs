use std::fs;
use std::path::Path;

use stdx::Rng;
use stdx::damage::damaged;

use super::*;

/// Good documents, and bad ones that were once too much for a reader.
fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(name);
    let mut files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

#[test]
fn every_reader_ends_on_its_corpus_and_on_damaged_copies_of_it() {
    for (name, target) in TARGETS {
        let documents = corpus(name);
        assert!(documents.len() >= 3, "{name} has {} documents", documents.len());
        documents.iter().for_each(|document| target(document));
        let dice = Rng::seeded(1);
        for _ in 0..40 {
            target(&damaged(&documents, &dice));
        }
    }
}

#[test]
fn the_corpus_is_what_its_readers_read() {
    for (name, kinds) in [("xml", ["rss", "atom"]), ("json", ["json feed", "json feed"])] {
        for document in corpus(name).iter().take(2) {
            assert!(crate::parse(document, &Hints::default()).is_ok(), "{name}, {kinds:?}");
        }
    }
    assert!(corpus("opml").iter().any(|list| opml::parse(list).is_ok_and(|list| list.outlines.len() > 2)));
    let dates = corpus("dates").concat();
    assert!(text(&dates).lines().filter(|line| date::parse(line).is_some()).count() > 20);
}
