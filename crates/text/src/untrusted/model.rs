//! A linear model over the features of windows; its weights are made by `train.rs` from the fixtures.

use std::cmp::Ordering;
use std::sync::LazyLock;

use super::commands::Orders;
use super::features;
use super::sentence::Window;
use super::{Kind, Reason, shortened};

static LIST: &str = include_str!("weights.txt");

/// What a window gains that was read backwards, by moved letters, decoded, or put together from letters: nobody else hides an order.
const DISGUISED: f32 = 2.5;
/// Disguised words that have a meaning from which on a window counts as such.
const DISGUISED_MIN: usize = 3;
/// The same for what stands where nobody sees it.
const HIDDEN: f32 = 2.0;
const HIDDEN_MIN: usize = 2;
/// The least that a window scores with a command that needs nothing else.
const CERTAIN: f32 = 1.0;
/// Kinds that are told of one window, and the share of the most telling one that each needs.
const KINDS_MAX: usize = 4;
const KIND_SHARE: f32 = 0.2;
/// Words of one reason.
const REASON_WORDS: usize = 16;

pub(super) static MODEL: LazyLock<Model> = LazyLock::new(|| Model::read(LIST));

pub(super) struct Model {
    weights: Vec<f32>,
    /// Which features have a weight, a bit each: few have one, and this stays in the nearest cache.
    known: Vec<u64>,
    /// Added to what windows and signs say; a text is suspicious from 0 on.
    pub bias: f32,
}

/// What a window says.
pub(super) struct Said {
    /// Without the bias.
    pub score: f32,
    /// A command stands there that needs nothing else, or would if it were not quoted.
    pub commands: bool,
}

/// Which features have been counted, a bit each.
pub(super) struct Seen(Vec<u64>);

impl Seen {
    pub fn new() -> Self {
        Self(vec![0; features::COUNT.div_ceil(64)])
    }

    fn clear(&mut self) {
        self.0.fill(0);
    }

    /// Whether it is the first time.
    fn put(&mut self, feature: usize) -> bool {
        let (word, bit) = (&mut self.0[feature / 64], 1 << (feature % 64));
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }
}

impl Model {
    /// Lines of `name weight`; the name `bias` stands for the constant.
    fn read(list: &str) -> Self {
        let mut model =
            Self { weights: vec![0.0; features::COUNT], known: vec![0; features::COUNT.div_ceil(64)], bias: 0.0 };
        for line in list.lines().filter(|line| !line.starts_with('#')) {
            let Some((name, weight)) = line.rsplit_once(' ') else { continue };
            let Ok(weight) = weight.parse::<f32>() else { continue };
            if name == "bias" {
                model.bias = weight;
            } else if let Some(feature) = features::of_name(name) {
                model.weights[feature] = weight;
                model.known[feature / 64] |= 1 << (feature % 64);
            }
        }
        model
    }

    pub fn mark(&self, kind: Kind, quoted: bool) -> f32 {
        self.weights[features::mark(kind, quoted)]
    }

    /// What the window says; its words are counted in `orders`.
    pub fn score(&self, text: &str, window: &Window<'_>, seen: &mut Seen, orders: &mut Orders) -> Said {
        seen.clear();
        let mut score = disguise(window);
        let (mut certain, mut quoted) = (false, false);
        features::each(window, |feature, _, _| {
            if let Some(is_quoted) = features::certain(feature) {
                (certain, quoted) = (certain | !is_quoted, quoted | is_quoted);
            }
            if self.known[feature / 64] >> (feature % 64) & 1 == 1 && seen.put(feature) {
                score += self.weights[feature];
            }
        });
        orders.note(text, window.tokens, certain, quoted);
        Said { score: if certain { score.max(CERTAIN - self.bias) } else { score }, commands: certain || quoted }
    }

    /// What in the window speaks for a command, by kind: the words that say it most clearly, and those of the kind around them.
    pub fn reasons(&self, text: &str, window: &Window<'_>, seen: &mut Seen) -> Vec<Reason> {
        seen.clear();
        let mut parts: Vec<Part> = Vec::new();
        features::each(window, |feature, first, last| {
            let least = if features::certain(feature).is_some() { CERTAIN } else { f32::MIN };
            let weight = self.weights[feature].max(least);
            if weight > 0.0
                && seen.put(feature)
                && let Some(kind) = features::kind(feature)
            {
                parts.push(Part { kind, weight, first, last, is_pure: features::is_pure(feature) });
            }
        });
        // Two words say more than one.
        parts.sort_by(|one, other| {
            (other.first != other.last, other.is_pure, other.weight)
                .partial_cmp(&(one.first != one.last, one.is_pure, one.weight))
                .unwrap_or(Ordering::Equal)
        });
        let mut kinds: Vec<(f32, Part)> = Vec::new();
        for part in &parts {
            match kinds.iter_mut().find(|(_, known)| known.kind == part.kind) {
                Some((sum, known)) => {
                    *sum += part.weight;
                    let (first, last) = (known.first.min(part.first), known.last.max(part.last));
                    let touches = part.first <= known.last && part.last >= known.first;
                    if touches && part.is_pure && last - first < REASON_WORDS {
                        (known.first, known.last) = (first, last);
                    }
                }
                None => kinds.push((part.weight, *part)),
            }
        }
        kinds.sort_by(|one, other| other.0.total_cmp(&one.0));
        let least = kinds.first().map_or(0.0, |best| best.0 * KIND_SHARE);
        kinds.retain(|(sum, _)| *sum >= least);
        kinds.truncate(KINDS_MAX);
        let told: Vec<Part> = kinds.iter().map(|(_, part)| *part).collect();
        // What everybody asks for, within what says more.
        kinds.retain(|(_, part)| {
            !matches!(part.kind, Kind::Task | Kind::Address)
                || !told
                    .iter()
                    .any(|other| other.kind != part.kind && other.first <= part.first && other.last >= part.last)
        });
        let mut reasons = Vec::new();
        for (_, part) in kinds {
            let (one, other) = (&window.tokens[part.first], &window.tokens[part.last]);
            let (start, end) = (one.start.min(other.start), one.end.max(other.end));
            reasons.push(Reason { kind: part.kind, text: shortened(&text[start..end]), start, end });
        }
        if let Some((first, last)) = hidden(window) {
            let (start, end) = (window.tokens[first].start, window.tokens[last].end);
            reasons.push(Reason { kind: Kind::Hidden, text: shortened(&text[start..end]), start, end });
        }
        reasons
    }
}

/// A feature that speaks for a command, from word to word.
#[derive(Clone, Copy)]
struct Part {
    kind: Kind,
    weight: f32,
    first: usize,
    last: usize,
    /// All its classes are of the kind.
    is_pure: bool,
}

/// What a window has before its features are counted.
pub(super) fn disguise(window: &Window<'_>) -> f32 {
    let known = window.tokens.iter().filter(|token| token.disguised && token.classes != 0);
    let disguised = if window.encoded || known.count() >= DISGUISED_MIN { DISGUISED } else { 0.0 };
    let told = window.tokens.iter().filter(|token| token.hidden && features::is_telling(token.classes));
    disguised + if told.count() >= HIDDEN_MIN { HIDDEN } else { 0.0 }
}

/// The first and the last word that nobody sees.
fn hidden(window: &Window<'_>) -> Option<(usize, usize)> {
    let first = window.tokens.iter().position(|token| token.hidden)?;
    let last = window.tokens.iter().rposition(|token| token.hidden)?;
    (!window.encoded).then_some((first, last))
}
