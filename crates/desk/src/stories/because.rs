//! Why items are one story: the names, numbers and words they share, for people to check.

use std::collections::HashMap;

const TERMS: usize = 6;

/// One sentence about what `reports` of a story share, by what each that joined it shared with those before.
pub(super) fn because(reports: u32, shared: &[Vec<String>]) -> String {
    if reports < 2 {
        return "one report so far".to_owned();
    }
    let mut terms: HashMap<&str, (usize, usize)> = HashMap::new();
    for list in shared {
        for (rank, term) in list.iter().enumerate() {
            let (times, ranks) = terms.entry(term).or_default();
            *times += 1;
            *ranks += rank;
        }
    }
    let mut terms: Vec<(&str, (usize, usize))> = terms.into_iter().collect();
    // What most share; of those what weighs most, which stands first.
    terms.sort_by(|(a, (times_a, ranks_a)), (b, (times_b, ranks_b))| {
        times_b.cmp(times_a).then((ranks_a * times_b).cmp(&(ranks_b * times_a))).then(a.cmp(b))
    });
    let terms: Vec<&str> = terms.iter().take(TERMS).map(|(term, _)| *term).collect();
    if terms.is_empty() {
        format!("{reports} reports")
    } else {
        format!("{reports} reports share {}", terms.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_most_share_comes_first() {
        let lists = [vec!["Bodrum", "214 people", "ferry"], vec!["214 people", "Bodrum"], vec!["ferry", "214 people"]];
        let lists = lists.map(|list| list.into_iter().map(str::to_owned).collect());
        assert_eq!(because(4, &lists), "4 reports share 214 people, Bodrum, ferry");
        assert_eq!(because(1, &[]), "one report so far");
        assert_eq!(because(2, &[Vec::new()]), "2 reports");
    }
}
