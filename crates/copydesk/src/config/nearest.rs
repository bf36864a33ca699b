//! "Did you mean …?"

/// The known path that `written` most likely stands for; `None` when nothing is close.
///
/// A key in the wrong section is found too: `workers_max` at the root means `queue.workers_max`.
pub fn nearest(written: &str, known: &[String]) -> Option<String> {
    let moved = known.iter().filter(|path| last(path) == last(written)).map(|path| (0, path));
    let similar = known.iter().map(|path| (distance(written, path), path));
    // A third of the letters may differ: more is another word.
    let close = |(d, path): &(usize, &String)| *d <= (path.chars().count() / 3).clamp(1, 4);
    similar.chain(moved).filter(close).min_by_key(|(d, _)| *d).map(|(_, path)| path.clone())
}

fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

/// Levenshtein's: insertions, deletions and replacements.
fn distance(a: &str, b: &str) -> usize {
    // What somebody wrote has no bound; what is known has.
    let a: Vec<char> = a.chars().take(100).collect();
    let mut row: Vec<usize> = (0..=a.len()).collect();
    for (i, other) in b.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, one) in a.iter().enumerate() {
            let replaced = diagonal + usize::from(*one != other);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[a.len()]
}
