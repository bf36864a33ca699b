//! What is said of a window of sentences: which classes stand in it, and how they stand to each other.
//!
//! A feature is a number: block, class, class (or what is said of the class).

use std::sync::LazyLock;

use super::lexicon::{Classes, LEXICON};
use super::sentence::Window;
use super::{Kind, commands};

/// Classes that there can be.
pub(super) const CLASSES: usize = 128;
const BLOCK: usize = CLASSES * CLASSES;
/// Features that there can be.
pub(super) const COUNT: usize = 8 * BLOCK;

/// Words between two classes that are near, and between two of those that stand for many.
const NEAR: usize = 4;
const NEAR_WIDE: usize = 8;

/// One class; the second number is one of [`MODES`].
const ONE: usize = 0;
/// One before the other, near, and the same with a sign between them.
const BEFORE: usize = BLOCK;
const SIGN: usize = 3 * BLOCK;
/// Both in the window.
const WITH: usize = 2 * BLOCK;
/// One before the other within a quotation.
const QUOTED: usize = 4 * BLOCK;
/// A class where somebody is spoken to and something ordered.
const ORDERED: usize = 5 * BLOCK;
/// A sign of the machinery; the second number is 1 where it is quoted.
const MARK: usize = 6 * BLOCK;
/// A command that says it by itself; the first number is its kind, the second one of [`COMMANDS`].
const COMMAND: usize = 7 * BLOCK;

/// A class stands there, begins a clause, the same within a quotation, and where nobody sees it.
const MODES: [&str; 5] = ["", "^", "\"", "\"^", "hidden "];

/// A command is likely or certain, the same within a quotation.
const COMMANDS: [&str; 4] = ["likely", "certain", "likely\"", "certain\""];

/// Classes of a special meaning.
pub(super) struct Special {
    /// The first of those that stand for many others; the rest follow it.
    wide: usize,
    addr: usize,
    order: usize,
}

static SPECIAL: LazyLock<Special> = LazyLock::new(|| Special {
    wide: LEXICON.class("who"),
    addr: LEXICON.class("addr"),
    order: LEXICON.class("order"),
});

/// The sign of a kind.
pub(super) fn mark(kind: Kind, quoted: bool) -> usize {
    MARK + kind as usize * CLASSES + usize::from(quoted)
}

/// Whether a word belongs to one of those classes that stand for many.
pub(super) fn is_telling(classes: Classes) -> bool {
    (classes & LEXICON.shown) >> SPECIAL.wide != 0
}

/// Hands on each feature with the first and the last word that make it; some more than once.
pub(super) fn each(window: &Window<'_>, mut put: impl FnMut(usize, usize, usize)) {
    let (tokens, special, links, shown) = (window.tokens, &*SPECIAL, LEXICON.links, LEXICON.shown);
    commands::each(tokens, |command| {
        let mode = usize::from(command.certain) + 2 * usize::from(command.quoted);
        put(COMMAND + command.kind as usize * CLASSES + mode, command.first, command.last);
    });
    let mut classes: Vec<(usize, usize)> = Vec::new();
    let mut first = [usize::MAX; CLASSES];
    for (at, token) in tokens.iter().enumerate() {
        for class in numbers(token.classes & shown) {
            classes.push((at, class));
            if links >> class & 1 == 1 {
                continue;
            }
            let quoted = usize::from(token.quoted) * 2;
            put(ONE + class * CLASSES + quoted, at, at);
            if token.opens {
                put(ONE + class * CLASSES + quoted + 1, at, at);
            }
            if token.hidden && class >= special.wide {
                put(ONE + class * CLASSES + 4, at, at);
            }
            if !token.quoted {
                first[class] = first[class].min(at);
            }
        }
    }
    for (index, &(at, one)) in classes.iter().enumerate() {
        let end = at + tokens[at].length;
        for &(to, other) in &classes[index + 1..] {
            if to >= end + NEAR_WIDE {
                break;
            }
            let is_wide = one >= special.wide && other >= special.wide;
            if to == at || (to >= end + NEAR && !is_wide) || links >> one & links >> other & 1 == 1 {
                continue;
            }
            let block = match (tokens[at].quoted, tokens[to].quoted) {
                (true, true) => QUOTED,
                (true, false) => continue,
                _ if tokens[at + 1..=to].iter().any(|token| token.opens) => SIGN,
                _ => BEFORE,
            };
            put(block + one * CLASSES + other, at, to);
        }
    }
    let present: Vec<usize> = (0..CLASSES).filter(|class| first[*class] != usize::MAX).collect();
    let (addr, order) = (first[special.addr], first[special.order]);
    let is_ordered = addr != usize::MAX && order != usize::MAX;
    for (index, &one) in present.iter().enumerate() {
        if is_ordered && one < special.wide {
            put(ORDERED + one * CLASSES, addr.min(order), addr.max(order));
        }
        for &other in &present[index + 1..] {
            put(WITH + one * CLASSES + other, first[one].min(first[other]), first[one].max(first[other]));
        }
    }
}

/// The numbers of the bits that are set.
fn numbers(mut classes: Classes) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let number = classes.trailing_zeros() as usize;
        classes &= classes.wrapping_sub(1);
        (number < CLASSES).then_some(number)
    })
}

/// The kind that a feature speaks for: the more telling one of its classes.
pub(super) fn kind(feature: usize) -> Option<Kind> {
    let (block, one, other) = (feature / BLOCK * BLOCK, feature / CLASSES % CLASSES, feature % CLASSES);
    let of = |class: usize| LEXICON.kinds.get(class).copied().flatten();
    match block {
        ONE | ORDERED => return of(one),
        COMMAND => return Some(Kind::ALL[one]),
        _ => (),
    }
    let rank = |kind: &Kind| match kind {
        Kind::Task => 0,
        Kind::Address => 1,
        _ => 2,
    };
    [of(one), of(other)].into_iter().flatten().max_by_key(rank)
}

/// Whether both classes of a feature of near words are of its kind.
pub(super) fn is_pure(feature: usize) -> bool {
    let (block, one, other) = (feature / BLOCK * BLOCK, feature / CLASSES % CLASSES, feature % CLASSES);
    let of = |class: usize| LEXICON.kinds.get(class).copied().flatten();
    block == COMMAND || matches!(block, BEFORE | SIGN | QUOTED) && of(one) == of(other)
}

/// Whether a feature is a command that needs nothing else, and whether it stands within a quotation.
pub(super) fn certain(feature: usize) -> Option<bool> {
    match (feature >= COMMAND, feature % CLASSES) {
        (true, 1) => Some(false),
        (true, 3) => Some(true),
        _ => None,
    }
}

/// The number of the block that a feature belongs to.
#[cfg(test)]
pub(super) fn block(feature: usize) -> usize {
    feature / BLOCK
}

/// How a feature is written in the list of weights.
#[cfg(test)]
pub(super) fn name(feature: usize) -> String {
    let (block, one, other) = (feature / BLOCK * BLOCK, feature / CLASSES % CLASSES, feature % CLASSES);
    let of = |class: usize| LEXICON.names[class];
    match block {
        ONE => format!("{}{}", MODES[other], of(one)),
        BEFORE => format!("{}>{}", of(one), of(other)),
        SIGN => format!("{},{}", of(one), of(other)),
        WITH => format!("{}+{}", of(one), of(other)),
        QUOTED => format!("\"{}>{}", of(one), of(other)),
        ORDERED => format!("!{}", of(one)),
        COMMAND => format!("{} {}", COMMANDS[other], Kind::ALL[one].name()),
        _ => format!("mark{} {}", if other == 1 { "\"" } else { "" }, Kind::ALL[one].name()),
    }
}

/// The feature of a name; none when the lists do not fit each other.
pub(super) fn of_name(name: &str) -> Option<usize> {
    let class = |name: &str| LEXICON.names.iter().position(|known| *known == name);
    if let Some(rest) = name.strip_prefix("mark") {
        let (quoted, kind) = rest.split_once(' ')?;
        return Some(mark(Kind::named(kind)?, !quoted.is_empty()));
    }
    if let Some((how, kind)) = name.split_once(' ')
        && let Some(how) = COMMANDS.iter().position(|known| *known == how)
    {
        return Some(COMMAND + Kind::named(kind)? as usize * CLASSES + how);
    }
    for (sign, block) in [('>', BEFORE), (',', SIGN), ('+', WITH)] {
        if let Some((one, other)) = name.split_once(sign) {
            let (one, block) = one.strip_prefix('"').map_or((one, block), |one| (one, QUOTED));
            return Some(block + class(one)? * CLASSES + class(other)?);
        }
    }
    if let Some(one) = name.strip_prefix('!') {
        return Some(ORDERED + class(one)? * CLASSES);
    }
    let mode = (0..MODES.len()).rev().find(|mode| name.starts_with(MODES[*mode]))?;
    Some(ONE + class(&name[MODES[mode].len()..])? * CLASSES + mode)
}
