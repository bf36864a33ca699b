//! Commands that say by themselves what they are: rows of classes, read in one pass over the words.

use std::sync::LazyLock;

use super::Kind;
use super::lexicon::{Classes, LEXICON};
use super::sentence::Token;

static LIST: &str = include_str!("commands.txt");

/// Elements of the longest rule.
const ELEMENTS_MAX: usize = 7;
/// Words before a command in which a "never" takes it back.
const DENIED: usize = 3;

struct Rule {
    kind: Kind,
    certain: bool,
    elements: Vec<Element>,
}

#[derive(Clone, Copy)]
struct Element {
    classes: Classes,
    /// Words that may stand before it.
    gap: usize,
    begins: Begins,
}

#[derive(Clone, Copy, PartialEq)]
enum Begins {
    Anywhere,
    /// A clause begins, or one goes on by "please", "now" and such.
    Led,
    Clause,
}

pub(super) struct Command {
    pub kind: Kind,
    /// It needs nothing else to be suspicious.
    pub certain: bool,
    pub quoted: bool,
    pub first: usize,
    pub last: usize,
}

/// What the commands of a text come to.
#[derive(Clone, Copy, Default)]
pub(super) struct Orders {
    certain: bool,
    quoted: bool,
    reported: bool,
    marked: bool,
}

impl Orders {
    /// Signs of chat templates, faked calls and open addresses stand outside of quotations.
    pub fn mark(&mut self, marked: bool) {
        self.marked |= marked;
    }

    /// Counts the words of one window of `text`.
    pub fn note(&mut self, text: &str, tokens: &[Token], certain: bool, quoted: bool) {
        let rules = &*RULES;
        // `shop.example` gives no example.
        let is_host = |token: &Token| matches!(text.as_bytes()[..token.start].last(), Some(b'.' | b'@' | b'/'));
        let says = |classes: Classes| {
            tokens.iter().any(|token| token.classes & classes != 0 && !token.quoted && !is_host(token))
        };
        self.certain |= certain;
        self.quoted |= quoted && !says(rules.said);
        self.reported |= says(rules.reports);
    }

    /// Whether they need nothing else: quotations do where nothing says that they are somebody's.
    pub fn are_enough(self) -> bool {
        self.certain || ((self.quoted || self.marked) && !self.reported)
    }
}

struct Rules {
    all: Vec<Rule>,
    /// Classes that some rule begins with.
    firsts: Classes,
    lead: Classes,
    must: Classes,
    you: Classes,
    who: Classes,
    denial: Classes,
    said: Classes,
    reports: Classes,
}

static RULES: LazyLock<Rules> = LazyLock::new(|| {
    let mask = |names: &str| names.split('|').fold(0, |all, name| all | 1 << LEXICON.class(name));
    let rule = |line: &str| {
        let mut parts = line.split_whitespace();
        let certain = parts.next() == Some("certain");
        let kind = parts.next().and_then(Kind::named).expect("a rule names its kind");
        let (mut elements, mut gap, mut begins) = (Vec::new(), 0, Begins::Anywhere);
        for part in parts {
            match part.strip_prefix("..") {
                Some(words) => gap = words.parse().expect("a number of words"),
                None if part == "~" => begins = Begins::Led,
                None if part == "^" => begins = Begins::Clause,
                None => {
                    elements.push(Element { classes: mask(part), gap, begins });
                    (gap, begins) = (0, Begins::Anywhere);
                }
            }
        }
        assert!((1..=ELEMENTS_MAX).contains(&elements.len()), "{line}");
        Rule { kind, certain, elements }
    };
    let all: Vec<Rule> = LIST.lines().filter(|line| !line.starts_with('#')).map(rule).collect();
    let firsts = all.iter().fold(0, |firsts, rule| firsts | rule.elements[0].classes);
    Rules {
        all,
        firsts,
        lead: mask("%lead"),
        must: mask("must"),
        you: mask("%you"),
        who: mask("who"),
        denial: mask("neg"),
        said: mask("said"),
        reports: mask("report|example|docs"),
    }
});

/// Hands on each command once. The latest place of each beginning of a rule is all that need be known: what may follow is counted
/// from there, so nothing is read twice.
pub(super) fn each(tokens: &[Token], mut found: impl FnMut(Command)) {
    let rules = &*RULES;
    let present = tokens.iter().fold(0, |all, token| all | token.classes);
    if present & rules.firsts == 0 {
        return;
    }
    for rule in &rules.all {
        if rule.elements.iter().any(|element| element.classes & present == 0) {
            continue;
        }
        // Of each element: the place of the first word of its row, and that of its own.
        let mut places: [Option<(usize, usize)>; ELEMENTS_MAX] = [None; ELEMENTS_MAX];
        for (at, token) in tokens.iter().enumerate() {
            for (index, element) in rule.elements.iter().enumerate().rev() {
                if token.classes & element.classes == 0 || !begins(rules, tokens, at, element.begins) {
                    continue;
                }
                let first = match index {
                    0 => (!is_denied(tokens, at, rules.denial)).then_some(at),
                    _ => places[index - 1]
                        .filter(|(_, before)| at <= before + tokens[*before].length + element.gap)
                        .map(|(first, _)| first),
                };
                let Some(first) = first else { continue };
                places[index] = Some((first, at));
                if index + 1 == rule.elements.len() {
                    let quoted = tokens[first].quoted || token.quoted;
                    found(Command { kind: rule.kind, certain: rule.certain, quoted, first, last: at });
                }
            }
        }
    }
}

fn begins(rules: &Rules, tokens: &[Token], at: usize, how: Begins) -> bool {
    let has = |back: usize, classes: Classes| at >= back && tokens[at - back].classes & classes != 0;
    match how {
        Begins::Anywhere => true,
        Begins::Clause => tokens[at].opens,
        Begins::Led => {
            tokens[at].opens
                || at == 0
                || has(1, rules.lead)
                || (has(1, rules.must) && (has(2, rules.you) || has(3, rules.you)))
                || (has(1, rules.who) && tokens[at - 1].opens)
        }
    }
}

/// Whether a "never" stands before it in the same clause.
fn is_denied(tokens: &[Token], at: usize, denial: Classes) -> bool {
    if tokens[at].opens {
        return false;
    }
    for before in (at.saturating_sub(DENIED)..at).rev() {
        if tokens[before].classes & denial != 0 {
            return true;
        }
        if tokens[before].opens {
            return false;
        }
    }
    false
}
