//! Where a page says something that its readers do not see.

use std::ops::Range;

use super::walk::{Attributes, after_raw, attributes, tag_name};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hidden {
    /// Bytes of the page, with the marks or tags around them.
    pub range: Range<usize>,
    pub is_comment: bool,
}

/// Comments, declarations, scripts, style sheets, templates and elements that their author hid, in order, none within another.
///
/// What is never closed reaches to the end, as in a browser. Nothing is found behind a tag without its end. Linear.
pub(crate) fn hidden(html: &str) -> Vec<Hidden> {
    let mut found: Vec<Hidden> = Vec::new();
    // The start, the name and how many of that name are open in the hidden element under way.
    let mut within: Option<(usize, &str, usize)> = None;
    let mut at = 0;
    while let Some(start) = html[at..].find('<').map(|offset| at + offset) {
        let rest = &html[start + 1..];
        let end_of = |after: &str| html.len() - after.len();
        if rest.starts_with(['!', '?']) {
            at = match rest.strip_prefix("!--") {
                // `<!-->` and `<!--->` are complete comments.
                Some(comment) => match comment.strip_prefix('>').or_else(|| comment.strip_prefix("->")) {
                    Some(after) => end_of(after),
                    None => comment.find("-->").map_or(html.len(), |end| end_of(comment) + end + 3),
                },
                None => rest.find('>').map_or(html.len(), |end| start + end + 2),
            };
            if within.is_none() {
                found.push(Hidden { range: start..at, is_comment: true });
            }
        } else if let Some(closing) = rest.strip_prefix('/') {
            let (name, _) = tag_name(closing);
            let Some(end) = closing.find('>') else { break };
            at = start + 2 + end + 1;
            if let Some((from, open, count)) = &mut within
                && open.eq_ignore_ascii_case(name)
            {
                *count -= 1;
                if *count == 0 {
                    found.push(Hidden { range: *from..at, is_comment: false });
                    within = None;
                }
            }
        } else if rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            let (name, after) = tag_name(rest);
            let Some((attributes, after)) = attributes(after) else { break };
            at = end_of(after);
            let is = |names: &[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
            if is(&["script", "style", "textarea", "title", "iframe", "noscript", "xmp", "plaintext"]) {
                at = end_of(after_raw(name, after));
                if within.is_none() && is(&["script", "style"]) {
                    found.push(Hidden { range: start..at, is_comment: false });
                }
                continue;
            }
            if let Some((from, open, count)) = &mut within {
                if !open.eq_ignore_ascii_case(name) {
                    continue;
                }
                if !is(&CLOSED_BY_THE_NEXT) {
                    *count += 1;
                    continue;
                }
                found.push(Hidden { range: *from..start, is_comment: false });
                within = None;
            }
            if is(&["template"]) || hides(&attributes) {
                if is(&VOID) {
                    found.push(Hidden { range: start..at, is_comment: false });
                } else {
                    within = Some((start, name, 1));
                }
            }
        } else {
            at = start + 1;
        }
    }
    if let Some((from, ..)) = within {
        found.push(Hidden { range: from..html.len(), is_comment: false });
    }
    found
}

/// Elements whose end tag may be missing.
const CLOSED_BY_THE_NEXT: [&str; 8] = ["p", "li", "td", "th", "tr", "dt", "dd", "option"];

const VOID: [&str; 13] =
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"];

/// More ways than [`Attributes::hides`] knows: there a mistake would cost a reader a paragraph.
fn hides(attributes: &Attributes<'_>) -> bool {
    if attributes.hides() {
        return true;
    }
    let Some(style) = attributes.get("style") else { return false };
    let style: String = style.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_lowercase()).collect();
    style.split(';').any(|rule| {
        let Some((name, value)) = rule.split_once(':') else { return false };
        let number =
            value.trim_end_matches("!important").trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '%');
        let number = number.parse::<f32>();
        match name {
            "font-size" | "opacity" | "max-height" | "max-width" => {
                number.is_ok_and(|n| n.abs() < 0.05 || (n < 1.5 && value.ends_with("px")))
            }
            "left" | "top" | "right" | "text-indent" | "margin-left" => number.is_ok_and(|n| n <= -999.0),
            "color" => value.starts_with("transparent"),
            "clip" | "clip-path" => {
                value.starts_with("rect(0") || value.starts_with("inset(100%") || value.starts_with("inset(50%")
            }
            _ => false,
        }
    })
}
