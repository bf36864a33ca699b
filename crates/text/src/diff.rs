//! What differs between two texts, word by word.

/// The longest middle parts that are compared word by word (rows × columns); longer ones are shown whole.
const CELLS_MAX: usize = 1_000_000;

/// What became of a stretch of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    Same,
    Add,
    Del,
}

impl Op {
    pub fn name(self) -> &'static str {
        match self {
            Op::Same => "same",
            Op::Add => "add",
            Op::Del => "del",
        }
    }
}

/// A stretch of text with one fate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    pub op: Op,
    pub text: String,
}

/// From `old` to `new`, in order. What is same and deleted reads as `old`, what is same and added as `new`; no span
/// is empty, and neighbours differ in their `op`. At most a million comparisons: where more than that would be
/// needed, what lies between the common beginning and the common end is deleted and added as a whole.
pub fn words(old: &str, new: &str) -> Vec<Span> {
    let (old, new) = (split(old), split(new));
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let tail = old[head..].iter().rev().zip(new[head..].iter().rev()).take_while(|(a, b)| a == b).count();
    let (gone, come) = (&old[head..old.len() - tail], &new[head..new.len() - tail]);
    let mut spans = Spans(Vec::new());
    old[..head].iter().for_each(|word| spans.push(Op::Same, word));
    if gone.len().saturating_mul(come.len()) > CELLS_MAX {
        gone.iter().for_each(|word| spans.push(Op::Del, word));
        come.iter().for_each(|word| spans.push(Op::Add, word));
    } else {
        common(gone, come, &mut spans);
    }
    old[old.len() - tail..].iter().for_each(|word| spans.push(Op::Same, word));
    spans.0
}

struct Spans(Vec<Span>);

impl Spans {
    fn push(&mut self, op: Op, word: &str) {
        match self.0.last_mut() {
            Some(last) if last.op == op => last.text.push_str(word),
            _ => self.0.push(Span { op, text: word.to_owned() }),
        }
    }
}

/// Words, and the white space between them.
fn split(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let (mut start, mut in_space) = (0, false);
    for (at, c) in text.char_indices() {
        if at > start && in_space != c.is_whitespace() {
            words.push(&text[start..at]);
            start = at;
        }
        in_space = c.is_whitespace();
    }
    if start < text.len() {
        words.push(&text[start..]);
    }
    words
}

/// Walks the longest common subsequence (Wagner & Fischer 1974). No side is longer than [`CELLS_MAX`], and where one
/// is longer than `u16` the other is so short that no length exceeds it.
fn common(old: &[&str], new: &[&str], spans: &mut Spans) {
    let width = new.len() + 1;
    let mut lengths = vec![0u16; (old.len() + 1) * width];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            lengths[i * width + j] = if old[i] == new[j] {
                lengths[(i + 1) * width + j + 1] + 1
            } else {
                lengths[(i + 1) * width + j].max(lengths[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            spans.push(Op::Same, new[j]);
            (i, j) = (i + 1, j + 1);
        } else if i < old.len() && (j == new.len() || lengths[(i + 1) * width + j] >= lengths[i * width + j + 1]) {
            spans.push(Op::Del, old[i]);
            i += 1;
        } else {
            spans.push(Op::Add, new[j]);
            j += 1;
        }
    }
}

#[cfg(test)]
mod tests;
