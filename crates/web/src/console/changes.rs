//! What differs between two texts, as the desk shows it.

use text::diff::{self, Op};

use super::show::{Html, escape};

/// `new` with deletions and insertions since `old` marked; empty when nothing has changed.
pub fn marked(old: &str, new: &str) -> Html {
    if old == new {
        return Html::default();
    }
    let mut out = String::new();
    for span in diff::words(old, new) {
        let text = escape(&span.text);
        match span.op {
            Op::Same => out.push_str(&text),
            Op::Del => out.push_str(&format!("<del>{text}</del>")),
            Op::Add => out.push_str(&format!("<ins>{text}</ins>")),
        }
    }
    Html::trusted(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_is_marked_and_escaped() {
        let check = |old: &str, new: &str, expected: &str| assert_eq!(marked(old, new).to_string(), expected);
        check("same text", "same text", "");
        check("the red boat sank", "the blue boat sank", "the <del>red</del><ins>blue</ins> boat sank");
        check("", "<b>", "<ins>&lt;b&gt;</ins>");
    }
}
