//! The figures of a run, and what they have to reach.

use anyhow::{Context, Result};
use serde_json::{Value, json};

/// Engines that ours is held beside on the traces.
const PEERS: &[&str] = &["lru", "moka", "quick_cache", "foyer-lfu", "foyer-s3fifo", "foyer-sieve"];
const OURS: &str = "ours";
/// Traces times sizes; on fewer a mean says something else.
const CELLS: usize = 15;

#[derive(Default)]
pub struct Figures {
    costs: Vec<(String, f64)>,
    ratios: Vec<Ratio>,
    /// What has a name and no peer.
    singles: Vec<(&'static str, f64)>,
}

struct Ratio {
    engine: String,
    cell: (String, u64),
    /// Percent.
    hits: f64,
}

pub struct Bar {
    pub what: &'static str,
    limit: f64,
    least: bool,
    /// `None` when the run left out what it takes.
    pub measured: Option<f64>,
}

impl Bar {
    pub fn wanted(&self) -> String {
        format!("{} {}", if self.least { "≥" } else { "≤" }, self.limit)
    }

    pub fn verdict(&self) -> &'static str {
        match self.measured {
            None => "not measured",
            Some(value) if (value >= self.limit) == self.least || value == self.limit => "holds",
            Some(_) => "DOES NOT HOLD",
        }
    }
}

pub fn bars(figures: &Figures) -> Vec<Bar> {
    let times = |of: &str, to: &str| Some(figures.cost(of)? / figures.cost(to)?);
    let whole = figures.cells().len() == CELLS;
    let bar = |what, least, limit, measured| Bar { what, limit, least, measured };
    vec![
        bar("a hit with expiry and three tags, times quick_cache", false, 1.3, times("ours-l1", "quick_cache")),
        // Like beside like: neither looks at expiry and tags.
        bar("a hit in a thread's front, times one in the bare store", false, 1.0, times("ours-front", "ours-store")),
        bar("purge of a tag that a million entries have, ns", false, 1_000.0, figures.quantile("purge_ns", 0.5)),
        bar("until another process obeys, ms, 99 of 100", false, 5.0, figures.quantile("heard_ms", 0.99)),
        bar(
            "start with a gibibyte on the disk, to the first answer, ms",
            false,
            1_000.0,
            figures.quantile("warm_ms", 1.0),
        ),
        bar("mean of the hit ratios, percent", true, 58.1, figures.mean(OURS).filter(|_| whole)),
        bar("most points below the best of six in any cell", false, 1.5, figures.gap(OURS).filter(|_| whole)),
    ]
}

pub fn json(figures: &Figures) -> Vec<Value> {
    bars(figures)
        .iter()
        .map(|bar| {
            json!({ "bar": bar.what, "wanted": bar.wanted(), "measured": bar.measured, "verdict": bar.verdict() })
        })
        .collect()
}

impl Figures {
    /// One line of `peer-cache cost`.
    pub fn add_cost(&mut self, line: &Value) -> Result<()> {
        let ns = line["ns"].as_f64().with_context(|| format!("no ns in {line}"))?;
        self.costs.push((text(line, "engine")?, ns));
        Ok(())
    }

    /// One line of `peer-cache ratio`.
    pub fn add_ratio(&mut self, line: &Value) -> Result<()> {
        let hits = line["ratio"].as_f64().with_context(|| format!("no ratio in {line}"))?;
        let percent = line["percent"].as_u64().with_context(|| format!("no percent in {line}"))?;
        self.ratios.push(Ratio { engine: text(line, "engine")?, cell: (text(line, "trace")?, percent), hits });
        Ok(())
    }

    /// One value of the figure `name`.
    pub fn add(&mut self, name: &'static str, value: &Value) -> Result<()> {
        self.singles.push((name, value.as_f64().with_context(|| format!("{name} is {value}"))?));
        Ok(())
    }

    /// `q` from 0, the least, to 1, the most.
    pub fn quantile(&self, name: &str, q: f64) -> Option<f64> {
        let mut all: Vec<f64> = self.singles.iter().filter(|(n, _)| *n == name).map(|(_, value)| *value).collect();
        all.sort_by(f64::total_cmp);
        let at = (q * (all.len().saturating_sub(1)) as f64).ceil() as usize;
        all.get(at).copied()
    }

    /// Least, median, 99th percentile and most of each.
    pub fn singles(&self) -> Vec<(&str, [f64; 4])> {
        let names = unique(self.singles.iter().map(|(name, _)| *name));
        let of = |name| [0.0, 0.5, 0.99, 1.0].map(|q| self.quantile(name, q).unwrap_or_default());
        names.into_iter().map(|name| (name, of(name))).collect()
    }

    /// The median over the rounds.
    pub fn cost(&self, engine: &str) -> Option<f64> {
        let mut all: Vec<f64> = self.costs.iter().filter(|(name, _)| name == engine).map(|(_, ns)| *ns).collect();
        all.sort_by(f64::total_cmp);
        all.get(all.len() / 2).copied()
    }

    /// Each engine once, in the order of the run.
    pub fn costs(&self) -> Vec<(&str, f64)> {
        let names = unique(self.costs.iter().map(|(name, _)| name.as_str()));
        names.into_iter().filter_map(|name| Some((name, self.cost(name)?))).collect()
    }

    pub fn engines(&self) -> Vec<&str> {
        unique(self.ratios.iter().map(|ratio| ratio.engine.as_str()))
    }

    /// Traces and sizes.
    pub fn cells(&self) -> Vec<&(String, u64)> {
        unique(self.ratios.iter().map(|ratio| &ratio.cell))
    }

    /// Hits of `engine` in percent, by cells.
    pub fn row(&self, engine: &str) -> Vec<f64> {
        self.ratios.iter().filter(|ratio| ratio.engine == engine).map(|ratio| ratio.hits).collect()
    }

    pub fn mean(&self, engine: &str) -> Option<f64> {
        let row = self.row(engine);
        (!row.is_empty()).then(|| row.iter().sum::<f64>() / row.len() as f64)
    }

    /// How many points `engine` is below the best of the peers where it is worst; negative when it is always above.
    pub fn gap(&self, engine: &str) -> Option<f64> {
        let best = |cell: &(String, u64)| {
            let peers =
                self.ratios.iter().filter(|ratio| ratio.cell == *cell && PEERS.contains(&ratio.engine.as_str()));
            peers.map(|ratio| ratio.hits).max_by(f64::total_cmp)
        };
        let own = self.ratios.iter().filter(|ratio| ratio.engine == engine);
        own.filter_map(|ratio| Some(best(&ratio.cell)? - ratio.hits)).max_by(f64::total_cmp)
    }

    pub fn json(&self) -> Value {
        let costs: Vec<Value> =
            self.costs().into_iter().map(|(engine, ns)| json!({ "engine": engine, "ns": ns })).collect();
        let ratios: Vec<Value> = self
            .ratios
            .iter()
            .map(|ratio| {
                let (trace, percent) = &ratio.cell;
                json!({ "engine": ratio.engine, "trace": trace, "percent": percent, "ratio": ratio.hits })
            })
            .collect();
        let singles: Vec<Value> =
            self.singles.iter().map(|(name, value)| json!({ "figure": name, "value": value })).collect();
        json!({ "costs": costs, "ratios": ratios, "singles": singles })
    }
}

fn text(line: &Value, key: &str) -> Result<String> {
    Ok(line[key].as_str().with_context(|| format!("no {key} in {line}"))?.to_owned())
}

fn unique<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut seen = Vec::new();
    for one in all {
        if !seen.contains(&one) {
            seen.push(one);
        }
    }
    seen
}
