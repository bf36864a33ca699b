//! What no reader sees is taken out.

use unicode_general_category::{GeneralCategory, get_general_category};

use super::{Cleaned, Removed};
use crate::html;

/// `text` for a prompt: without comments and hidden elements, and as [`clean_text`] leaves it. Markup that shows stays as it is.
///
/// Each comment and element leaves one space. Applying it twice changes nothing. Linear.
pub fn clean_html(text: &str) -> Cleaned {
    let Cleaned { text, mut removed } = clean_text(text);
    let hidden = html::hidden(&text);
    if hidden.is_empty() {
        return Cleaned { text, removed };
    }
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for part in hidden {
        out.push_str(&text[from..part.range.start]);
        // Otherwise what stood on both sides could make up a new tag.
        out.push(' ');
        from = part.range.end;
        if part.is_comment {
            removed.comments += 1;
        } else {
            removed.elements += 1;
        }
    }
    out.push_str(&text[from..]);
    Cleaned { text: out, removed }
}

/// `text` without characters that do not show: zero-width ones, those that turn the direction, tags, other format and control
/// characters but tab and line end. A lone carriage return becomes a line end.
///
/// What writing needs stays: joiners between letters of scripts that join and between emoji, one variation selector behind what can
/// have one, the flags of England, Scotland and Wales. Applying it twice changes nothing. Linear.
pub fn clean_text(text: &str) -> Cleaned {
    let mut out = String::with_capacity(text.len());
    let mut removed = Removed::default();
    let mut chars = text.chars().peekable();
    while let Some(&c) = chars.peek() {
        if c == '\r' {
            chars.next();
            removed.controls += 1;
            if chars.peek() != Some(&'\n') {
                out.push('\n');
            }
            continue;
        }
        let Some(_) = unseen(c) else {
            out.push(c);
            chars.next();
            continue;
        };
        let mut run = Run::default();
        while let Some(&c) = chars.peek()
            && let Some(kind) = unseen(c)
        {
            run.take(c, kind, &mut removed);
            chars.next();
        }
        run.finish(chars.peek().copied(), &mut out, &mut removed);
    }
    Cleaned { text: out, removed }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unseen {
    ZeroWidth,
    Joiner,
    Bidi,
    Tag,
    Selector,
    Format,
    Control,
}

/// Why `c` does not show; `None` when it does. A carriage return is left to the caller.
pub(super) fn unseen(c: char) -> Option<Unseen> {
    if matches!(c, ' '..='~' | '\n' | '\t' | '\r') {
        return None;
    }
    match c {
        '\u{200C}' | '\u{200D}' => Some(Unseen::Joiner),
        '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}' | '\u{61C}' => {
            Some(Unseen::ZeroWidth)
        }
        '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => Some(Unseen::Bidi),
        '\u{E0000}'..='\u{E007F}' => Some(Unseen::Tag),
        '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}' => Some(Unseen::Selector),
        // Signs of Arabic, Syriac and Kaithi that stand around numbers and words, and show.
        '\u{600}'..='\u{605}'
        | '\u{6DD}'
        | '\u{70F}'
        | '\u{890}'
        | '\u{891}'
        | '\u{8E2}'
        | '\u{110BD}'
        | '\u{110CD}' => None,
        // Fillers of Hangul are letters by name.
        '\u{115F}' | '\u{1160}' | '\u{3164}' | '\u{FFA0}' => Some(Unseen::Format),
        _ if c.is_control() => Some(Unseen::Control),
        _ if c < '\u{AD}'
            || matches!(c, '\u{AE}'..='\u{5FF}' | '\u{2E80}'..='\u{D7FF}' | '\u{1F000}'..='\u{1FAFF}') =>
        {
            None
        }
        _ if get_general_category(c) == GeneralCategory::Format => Some(Unseen::Format),
        _ => None,
    }
}

/// Characters in a row that do not show.
#[derive(Default)]
struct Run {
    selector: Option<char>,
    joiner: Option<char>,
    /// The first tags of it, and how many there are.
    tags: String,
    tag_count: usize,
}

/// The tags behind a black flag that make it one of a country within another, and their end.
const FLAGS: [&str; 3] = ["gbeng", "gbsct", "gbwls"];
const TAG_END: char = '\u{E007F}';

impl Run {
    /// Counts `c` as removed; [`Run::finish`] takes back what stays.
    fn take(&mut self, c: char, kind: Unseen, removed: &mut Removed) {
        match kind {
            Unseen::ZeroWidth => removed.zero_width += 1,
            Unseen::Joiner => {
                removed.zero_width += 1;
                self.joiner.get_or_insert(c);
            }
            Unseen::Bidi => removed.bidi += 1,
            Unseen::Tag => {
                removed.tags += 1;
                self.tag_count += 1;
                if self.tag_count <= 6 {
                    self.tags.push(c);
                }
            }
            Unseen::Selector => {
                removed.selectors += 1;
                self.selector.get_or_insert(c);
            }
            Unseen::Format => removed.formats += 1,
            Unseen::Control => removed.controls += 1,
        }
    }

    fn finish(self, next: Option<char>, out: &mut String, removed: &mut Removed) {
        let previous = out.chars().next_back();
        let Some(before) = previous else { return };
        if let Some(selector) = self.selector
            && takes_selector(before, selector, next)
        {
            out.push(selector);
            removed.selectors -= 1;
        }
        if before == '\u{1F3F4}' && is_flag(&self.tags, self.tag_count) {
            out.push_str(&self.tags);
            removed.tags -= 6;
        }
        if let (Some(joiner), Some(next)) = (self.joiner, next)
            && let (Some(left), Some(right)) = (joining(before), joining(next))
            && left == right
            && (left != Joining::Emoji || joiner == '\u{200D}')
        {
            out.push(joiner);
            removed.zero_width -= 1;
        }
    }
}

fn is_flag(tags: &str, count: usize) -> bool {
    let name: String = tags.chars().filter_map(tag_letter).collect();
    count == 6 && tags.ends_with(TAG_END) && FLAGS.contains(&name.as_str())
}

/// The ASCII character that a tag stands for.
pub(super) fn tag_letter(tag: char) -> Option<char> {
    matches!(tag, '\u{E0020}'..='\u{E007E}').then(|| char::from((u32::from(tag) & 0x7f) as u8))
}

/// Source: StandardizedVariants.txt and emoji-variation-sequences.txt, by blocks.
fn takes_selector(before: char, selector: char, next: Option<char>) -> bool {
    match selector {
        '\u{FE0E}' | '\u{FE0F}' => match before {
            '0'..='9' | '#' | '*' => next == Some('\u{20E3}'),
            _ => {
                joining(before) == Some(Joining::Emoji)
                    || matches!(before, '©' | '®' | '\u{3030}' | '\u{303D}' | '\u{3297}' | '\u{3299}')
            }
        },
        '\u{E0100}'.. => is_han(before),
        _ => {
            is_han(before)
                || matches!(before, '\u{1000}'..='\u{109F}' | '\u{1820}'..='\u{18AA}' | '\u{2200}'..='\u{22FF}' | '\u{A840}'..='\u{A877}')
        }
    }
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{323AF}')
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Joining {
    Arabic,
    Indic,
    Emoji,
}

fn joining(c: char) -> Option<Joining> {
    match c {
        '\u{600}'..='\u{8FF}' | '\u{1800}'..='\u{18AF}' | '\u{FB50}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}' => {
            Some(Joining::Arabic)
        }
        '\u{900}'..='\u{DFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}' | '\u{A8E0}'..='\u{A8FF}' => {
            Some(Joining::Indic)
        }
        '\u{203C}'
        | '\u{2049}'
        | '\u{2122}'
        | '\u{2139}'
        | '\u{2190}'..='\u{21FF}'
        | '\u{2300}'..='\u{23FF}'
        | '\u{25A0}'..='\u{27BF}'
        | '\u{2900}'..='\u{297F}'
        | '\u{2B00}'..='\u{2BFF}'
        | '\u{1F000}'..='\u{1FAFF}' => Some(Joining::Emoji),
        _ => None,
    }
}
