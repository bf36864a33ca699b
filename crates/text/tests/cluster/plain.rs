//! The plain way that the engine has to beat: cosine of word weights against the mean of each group, capitals three times,
//! numbers twice, one threshold. It knows all texts before it begins, which no engine does.

use std::collections::HashMap;

use crate::made::Report;

type Terms = HashMap<String, f64>;

/// The number of the group of each report.
pub fn groups(reports: &[Report], threshold: f64) -> Vec<u64> {
    let counts: Vec<Terms> =
        reports.iter().map(|report| terms(&format!("{}. {}", report.title, report.text))).collect();
    let mut having: HashMap<&str, f64> = HashMap::new();
    for word in counts.iter().flat_map(Terms::keys) {
        *having.entry(word).or_default() += 1.0;
    }
    let all = reports.len() as f64;
    let mut groups: Vec<Terms> = Vec::new();
    let mut placed = Vec::new();
    for counts in &counts {
        let vector: Terms = counts
            .iter()
            .map(|(word, weight)| (word.clone(), weight * (((1.0 + all) / (1.0 + having[word.as_str()])).ln() + 1.0)))
            .collect();
        let length = norm(&vector);
        let best = (0..groups.len())
            .map(|at| {
                let dot: f64 = vector.iter().filter_map(|(word, x)| Some(x * groups[at].get(word)?)).sum();
                (dot / (length * norm(&groups[at])).max(1e-9), at)
            })
            .max_by(|a, b| a.0.total_cmp(&b.0));
        let home = match best {
            Some((cosine, at)) if cosine >= threshold => at,
            _ => {
                groups.push(Terms::new());
                groups.len() - 1
            }
        };
        for (word, weight) in vector {
            *groups[home].entry(word).or_default() += weight / length.max(1e-9);
        }
        placed.push(home as u64);
    }
    placed
}

fn norm(vector: &Terms) -> f64 {
    vector.values().map(|x| x * x).sum::<f64>().sqrt()
}

fn terms(text: &str) -> Terms {
    let mut terms = Terms::new();
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let weight = match word.chars().next() {
            Some(c) if c.is_numeric() => 2.0,
            Some(c) if c.is_uppercase() => 3.0,
            _ => 1.0,
        };
        *terms.entry(word.to_lowercase()).or_default() += weight;
    }
    terms
}
