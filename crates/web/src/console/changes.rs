//! What differs between two texts, word by word.

use super::show::{Html, escape};

/// The longest middle parts that are compared word by word (rows × columns); longer ones are shown whole.
const CELLS_MAX: usize = 1_000_000;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Step {
    Same,
    Gone,
    New,
}

/// `new` with deletions and insertions since `old` marked; empty when nothing has changed.
pub fn marked(old: &str, new: &str) -> Html {
    if old == new {
        return Html::default();
    }
    let mut out = String::new();
    for (step, text) in steps(&words(old), &words(new)) {
        let text = escape(&text);
        match step {
            Step::Same => out.push_str(&text),
            Step::Gone => out.push_str(&format!("<del>{text}</del>")),
            Step::New => out.push_str(&format!("<ins>{text}</ins>")),
        }
    }
    Html::trusted(out)
}

/// Words, and the white space between them.
fn words(text: &str) -> Vec<&str> {
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

/// Runs of equal steps, in order.
fn steps(old: &[&str], new: &[&str]) -> Vec<(Step, String)> {
    let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let tail = old[head..].iter().rev().zip(new[head..].iter().rev()).take_while(|(a, b)| a == b).count();
    let (old_middle, new_middle) = (&old[head..old.len() - tail], &new[head..new.len() - tail]);
    let mut runs: Vec<(Step, String)> = Vec::new();
    let mut push = |step: Step, word: &str| match runs.last_mut() {
        Some((last, text)) if *last == step => text.push_str(word),
        _ => runs.push((step, word.to_owned())),
    };
    old[..head].iter().for_each(|word| push(Step::Same, word));
    if old_middle.len().saturating_mul(new_middle.len()) > CELLS_MAX {
        old_middle.iter().for_each(|word| push(Step::Gone, word));
        new_middle.iter().for_each(|word| push(Step::New, word));
    } else {
        common(old_middle, new_middle, &mut push);
    }
    old[old.len() - tail..].iter().for_each(|word| push(Step::Same, word));
    runs
}

/// Walks the longest common subsequence (Wagner & Fischer 1974).
fn common(old: &[&str], new: &[&str], push: &mut impl FnMut(Step, &str)) {
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
            push(Step::Same, new[j]);
            (i, j) = (i + 1, j + 1);
        } else if i < old.len() && (j == new.len() || lengths[(i + 1) * width + j] >= lengths[i * width + j + 1]) {
            push(Step::Gone, old[i]);
            i += 1;
        } else {
            push(Step::New, new[j]);
            j += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_what_changed() {
        let check = |old: &str, new: &str, expected: &str| assert_eq!(marked(old, new).to_string(), expected);
        check("same text", "same text", "");
        check("the red boat sank", "the blue boat sank", "the <del>red</del><ins>blue</ins> boat sank");
        check("one two", "one two three", "one two<ins> three</ins>");
        check("", "<b>", "<ins>&lt;b&gt;</ins>");
    }

    #[test]
    fn both_texts_can_be_read_out_again() {
        let (old, new) = ("a b c d e f g\n\nh i", "a x c d f y g\n\nh z i");
        let runs = steps(&words(old), &words(new));
        let read =
            |not: Step| runs.iter().filter(|(step, _)| *step != not).map(|(_, text)| text.as_str()).collect::<String>();
        assert_eq!((read(Step::New), read(Step::Gone)), (old.to_owned(), new.to_owned()));
    }

    #[test]
    fn very_long_texts_are_shown_whole() {
        let (old, new) = ("a-".repeat(10) + &" a".repeat(3_000), "b-".repeat(10) + &" b".repeat(3_000) + "!");
        assert_eq!(steps(&words(&old), &words(&new)).len(), 2);
    }
}
