//! Makes `weights.txt` from the fixtures: logistic regression over the windows of each text.
//!
//! A text is as suspicious as its most suspicious window, so the windows of an attack share its lesson by their scores. The order
//! of the texts is dealt by a fixed seed; the same fixtures make the same weights.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::commands::Orders;
use super::{features, model, quotes, signs, windows};

/// Rounds over all texts, the first step, how far weights are drawn to nothing.
const ROUNDS: usize = 20;
const STEP: f32 = 0.03;

const DECAY: f32 = 0.001;
/// Rounds at the end whose weights are averaged.
const AVERAGED: usize = 10;
/// Texts that a feature must stand in, and the weight that it must reach to be kept.
const TEXTS_MIN: u32 = 8;
const WEIGHT_MIN: f32 = 0.05;
/// Windows with less than this share of a text's lesson learn nothing.
const SHARE_MIN: f32 = 0.02;
/// What each block of features counts, in their order: pairs are many and rare.
const SCALES: [f32; 8] = [1.0, 0.5, 0.3, 0.5, 0.5, 1.0, 1.0, 1.0];
/// Shares of a fixture's texts in the lesson: the natural ones count in whole, prose that nobody wrote for a model is plenty.
const SHARE_OTHERS: f32 = 0.8;
const SHARE_PROSE: f32 = 0.3;
/// Of a hundred natural harmless texts of authors that were left out, so many are marked.
const FALSE_PERCENT: usize = 4;

/// A text as the model sees it.
pub(super) struct Sample {
    /// Who wrote it; texts of one author are left out together.
    pub author: String,
    pub attack: bool,
    share: f32,
    /// The features of each window, and what it has before they are counted.
    windows: Vec<(Vec<u32>, f32)>,
    signs: Vec<(u32, f32)>,
    is_enough: bool,
    /// Characters that do not show say it, whatever the words are.
    is_unread: bool,
}

impl Sample {
    pub fn of(author: &str, text: &str, attack: bool, share: f32) -> Self {
        let quotes = quotes(text);
        let (mut found, mut orders) = (Vec::new(), Orders::default());
        windows(text, &quotes, |window, part, _| {
            let mut list = Vec::new();
            features::each(window, |feature, _, _| list.push(feature as u32));
            list.sort_unstable();
            list.dedup();
            let has = |quoted| list.iter().any(|feature| features::certain(*feature as usize) == Some(quoted));
            orders.note(part, window.tokens, has(false), has(true));
            found.push((list, model::disguise(window)));
        });
        if found.is_empty() {
            found.push((Vec::new(), 0.0));
        }
        let signs = signs(text, &quotes);
        orders.mark(signs.marked >= super::MARKED);
        let values = signs.values.iter().map(|(kind, quoted, value)| (features::mark(*kind, *quoted) as u32, *value));
        Self {
            author: author.to_owned(),
            attack,
            share,
            windows: found,
            signs: values.collect(),
            is_enough: signs.is_enough || orders.are_enough(),
            is_unread: signs.is_enough,
        }
    }

    fn features(&self) -> Vec<u32> {
        let mut all: Vec<u32> = self.windows.iter().flat_map(|(list, _)| list.iter().copied()).collect();
        all.extend(self.signs.iter().map(|(feature, _)| feature));
        all.sort_unstable();
        all.dedup();
        all
    }
}

pub(super) struct Weights {
    pub weights: Vec<f32>,
    pub bias: f32,
}

impl Weights {
    fn windows(&self, sample: &Sample) -> Vec<f32> {
        let sum = |list: &[u32]| list.iter().map(|feature| self.weights[*feature as usize]).sum::<f32>();
        sample.windows.iter().map(|(list, before)| before + sum(list)).collect()
    }

    fn signs(&self, sample: &Sample) -> f32 {
        sample.signs.iter().map(|(feature, value)| value * self.weights[*feature as usize]).sum()
    }

    pub fn score(&self, sample: &Sample) -> f32 {
        let best = self.windows(sample).into_iter().fold(f32::MIN, f32::max);
        if sample.is_enough { f32::MAX } else { self.bias + best + self.signs(sample) }
    }

    /// The list as the file holds it.
    fn list(&self) -> String {
        let mut list = String::from("# Made by `UPDATE_EXPECT=1 cargo test -p text --lib train`; do not edit.\n");
        _ = writeln!(list, "bias {:.2}", self.bias);
        for (feature, weight) in self.weights.iter().enumerate().filter(|(_, weight)| **weight != 0.0) {
            _ = writeln!(list, "{} {weight:.2}", features::name(feature));
        }
        list
    }
}

/// Steepest descent with a step for each feature that shrinks as it learns (AdaGrad; Duchi, Hazan, Singer 2011).
pub(super) fn train(samples: &[&Sample]) -> Weights {
    let mut texts = vec![0u32; features::COUNT];
    samples.iter().for_each(|sample| sample.features().iter().for_each(|feature| texts[*feature as usize] += 1));
    let mut made = Weights { weights: vec![0.0; features::COUNT], bias: -1.0 };
    let (mut learned, mut learned_bias) = (vec![0.01f32; features::COUNT], 1.0f32);
    let (mut order, dice): (Vec<usize>, _) = ((0..samples.len()).collect(), stdx::Rng::seeded(12));
    let (mut sums, mut sum) = (vec![0.0f32; features::COUNT], 0.0);
    for round in 0..ROUNDS {
        for last in (1..order.len()).rev() {
            order.swap(last, dice.below(last as u64 + 1) as usize);
        }
        for sample in order.iter().map(|index| samples[*index]) {
            if sample.is_unread {
                continue;
            }
            let scores = made.windows(sample);
            let best = scores.iter().copied().fold(f32::MIN, f32::max);
            let said = 1.0 / (1.0 + (-(made.bias + best + made.signs(sample))).exp());
            let error = (said - f32::from(u8::from(sample.attack))) * sample.share;
            if error.abs() < 1e-4 {
                continue;
            }
            made.bias -= STEP * error / learned_bias.sqrt();
            learned_bias += error * error;
            let mut learn = |feature: u32, value: f32| {
                let (feature, scale) = (feature as usize, SCALES[features::block(feature as usize)]);
                if texts[feature] < TEXTS_MIN {
                    return;
                }
                // The weight itself is kept scaled.
                let slope = error * value * scale + DECAY * made.weights[feature] / scale;
                learned[feature] += slope * slope;
                made.weights[feature] -= STEP * slope / learned[feature].sqrt() * scale;
            };
            let parts: Vec<f32> = scores.iter().map(|score| (score - best).exp()).collect();
            let whole: f32 = parts.iter().sum();
            for ((list, _), part) in sample.windows.iter().zip(&parts).filter(|(_, part)| **part / whole > SHARE_MIN) {
                list.iter().for_each(|feature| learn(*feature, part / whole));
            }
            sample.signs.iter().for_each(|(feature, value)| learn(*feature, *value));
        }
        if round >= ROUNDS - AVERAGED {
            sums.iter_mut().zip(&made.weights).for_each(|(sum, weight)| *sum += weight / AVERAGED as f32);
            sum += made.bias / AVERAGED as f32;
        }
    }
    (made.weights, made.bias) = (sums, sum);
    made.weights.iter_mut().filter(|weight| weight.abs() < WEIGHT_MIN).for_each(|weight| *weight = 0.0);
    made
}

/// Every text of the fixtures.
pub(super) fn samples() -> Vec<Sample> {
    let mut all = Vec::new();
    for (name, cases) in super::tests::sets() {
        for case in cases {
            // The authors of natural texts are told by their ids.
            let (author, share) = match name {
                "natural" => (&case.id[..2], 1.0),
                _ => (name, SHARE_OTHERS),
            };
            all.push(Sample::of(author, &case.text, case.attack, share));
        }
    }
    let prose = super::tests::prose();
    all.extend(
        prose.iter().enumerate().map(|(at, text)| Sample::of(&format!("prose {}", at % 5), text, false, SHARE_PROSE)),
    );
    all
}

/// The score of each text by weights that were made without its author.
pub(super) fn crossed(samples: &[Sample]) -> Vec<f32> {
    let mut scores = vec![f32::NAN; samples.len()];
    let mut authors: Vec<&str> = samples.iter().map(|sample| sample.author.as_str()).collect();
    authors.sort_unstable();
    authors.dedup();
    for author in authors {
        let others: Vec<&Sample> = samples.iter().filter(|sample| sample.author != author).collect();
        let made = train(&others);
        let own = samples.iter().zip(&mut scores).filter(|(sample, _)| sample.author == author);
        own.for_each(|(sample, score)| *score = made.score(sample));
    }
    scores
}

/// The score that so many of a hundred natural harmless texts exceed.
fn threshold(samples: &[Sample], scores: &[f32]) -> f32 {
    let harmless = samples.iter().zip(scores).filter(|(sample, _)| !sample.attack && is_natural(sample));
    let mut harmless: Vec<f32> = harmless.map(|(_, score)| *score).collect();
    harmless.sort_by(|one, other| other.total_cmp(one));
    harmless[harmless.len() * FALSE_PERCENT / 100]
}

fn is_natural(sample: &Sample) -> bool {
    sample.author.len() == 2
}

/// Prints how well authors are told apart that the weights were made without, and compares the weights; `UPDATE_EXPECT=1` writes them.
#[test]
fn weights_are_those_that_the_fixtures_make() {
    let samples = samples();
    let scores = crossed(&samples);
    let least = threshold(&samples, &scores);
    let mut authors: Vec<&str> = samples.iter().map(|sample| sample.author.as_str()).collect();
    authors.sort_unstable();
    authors.dedup();
    let mut total = [0; 4];
    for author in authors {
        let mut counts = [0; 4];
        for (sample, score) in samples.iter().zip(&scores).filter(|(sample, _)| sample.author == author) {
            let at = if sample.attack { 0 } else { 2 };
            counts[at] += 1;
            counts[at + 1] += usize::from(*score > least);
            if is_natural(sample) {
                total[at] += 1;
                total[at + 1] += usize::from(*score > least);
            }
        }
        println!(
            "without {author}: {} of {} attacks, {} of {} harmless texts",
            counts[1], counts[0], counts[3], counts[2]
        );
    }
    println!("natural: {} of {} attacks, {} of {} harmless texts", total[1], total[0], total[3], total[2]);
    let mut made = train(&samples.iter().collect::<Vec<_>>());
    made.bias -= least;
    let (path, list) = (concat!(env!("CARGO_MANIFEST_DIR"), "/src/untrusted/weights.txt"), made.list());
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(path, &list).unwrap();
    }
    assert!(list.len() < 100_000, "{} bytes", list.len());
    let differing = differing(&std::fs::read_to_string(path).unwrap(), &list);
    assert!(differing.is_empty(), "weights.txt is of other fixtures or another lexicon: {differing:?}");
    assert!(total[1] * 100 >= total[0] * 75 && total[3] * 100 <= total[2] * FALSE_PERCENT);
}

/// What another library of mathematics may change of a weight: the last digit that is written, or whether a small one is kept.
const TOLERANCE: f32 = 0.03;

/// The names whose weights are not the same; one that is not listed is nothing, and may be where the other is hardly kept.
fn differing(one: &str, other: &str) -> Vec<String> {
    let weights = |list: &str| -> BTreeMap<String, f32> {
        let pairs = list.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.rsplit_once(' '));
        pairs.map(|(name, weight)| (name.to_owned(), weight.parse().expect("a weight is a number"))).collect()
    };
    let (one, other) = (weights(one), weights(other));
    let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    let differs = |name: &&String| match (one.get(*name), other.get(*name)) {
        (Some(one), Some(other)) => (one - other).abs() > TOLERANCE,
        (Some(only), None) | (None, Some(only)) => only.abs() > WEIGHT_MIN + TOLERANCE,
        (None, None) => false,
    };
    names.into_iter().filter(differs).cloned().collect()
}

#[test]
fn weights_differ_by_more_than_a_library_makes() {
    let list = "# x\nbias -3.10\nai 0.20\n^ai 0.05\n";
    assert!(differing(list, "bias -3.11\nai 0.21\nrole -0.05\n").is_empty());
    assert_eq!(differing(list, "bias -3.10\nai 0.25\n^ai 0.05\n"), ["ai"]);
    assert_eq!(differing(list, "bias -3.20\n^ai 0.05\n"), ["ai", "bias"]);
    assert_eq!(differing(list, "").len(), 2);
}
