//! Who is spoken to, and what is an order: found from how words of a sentence stand to each other.

use std::sync::LazyLock;

use super::lexicon::{Classes, LEXICON};
use super::sentence::Token;

/// Classes by name.
struct Roles {
    who: Classes,
    process: Classes,
    reading: Classes,
    calls: Classes,
    whatever: Classes,
    if_: Classes,
    you: Classes,
    must: Classes,
    neg: Classes,
    do_: Classes,
    addr: [Classes; 7],
    order: [Classes; 3],
}

static ROLES: LazyLock<Roles> = LazyLock::new(|| {
    let of = |names: &[&str]| names.iter().map(|name| LEXICON.class(name)).fold(0, |all, class| all | 1 << class);
    Roles {
        who: of(&["who"]),
        process: of(&["process"]),
        reading: of(&["this", "text"]),
        calls: of(&["note", "to"]),
        whatever: of(&["whatever"]),
        if_: of(&["if"]),
        you: of(&["you", "be"]),
        must: of(&["must"]),
        neg: of(&["neg"]),
        do_: of(&["do"]),
        addr: ["addr_reads", "addr_call", "addr_note", "addr_if", "addr_must", "addr_you", "addr"]
            .map(|name| of(&[name])),
        order: ["order_must", "order_not", "order"].map(|name| of(&[name])),
    }
});

/// Adds to each word of one sentence the classes that follow from its neighbours.
pub(super) fn mark(tokens: &mut [Token]) {
    let roles = &*ROLES;
    let forrole = 1 << LEXICON.class("forrole");
    for at in 0..tokens.len() {
        let has = |from: usize, to: usize, class: Classes| {
            tokens[from.min(tokens.len())..to.min(tokens.len())].iter().any(|token| token.classes & class != 0)
        };
        let before = |words: usize, class: Classes| has(at.saturating_sub(words), at, class);
        let after = |words: usize, class: Classes| has(at + 1, at + 1 + words, class);
        let mut found = 0;
        let token = tokens[at];
        let is_who = token.classes & roles.who != 0;
        if is_who || token.classes & (roles.whatever | roles.you) != 0 {
            let reads = (at + 1..(at + 5).min(tokens.len())).any(|read| {
                tokens[read].classes & roles.process != 0
                    && tokens[read].classes & roles.who == 0
                    && has(read + 1, read + 5, roles.reading)
            });
            // Where verbs stand last, what is read comes before.
            let is_read = is_who
                && (at.saturating_sub(5)..at).chain(at + 1..(at + 9).min(tokens.len())).any(|read| {
                    tokens[read].classes & roles.process != 0
                        && tokens[read].classes & roles.who == 0
                        && has(read.saturating_sub(4), read, roles.reading)
                });
            if reads || is_read {
                found |= roles.addr[0];
            }
        }
        if is_who {
            let signed = (at + 1..(at + 3).min(tokens.len()))
                .any(|next| tokens[next].opens && (next == at + 1 || tokens[next - 1].classes & roles.who != 0));
            let opened = (at.saturating_sub(3)..=at).any(|first| {
                tokens[first].opens
                    && (first..at).all(|between| tokens[between].classes & (roles.who | roles.calls) != 0)
            });
            if signed && opened {
                found |= roles.addr[1];
            }
            if before(4, roles.calls) {
                found |= roles.addr[2];
            }
            if before(4, roles.if_) {
                found |= roles.addr[3];
            }
            if after(8, roles.must) {
                found |= roles.addr[4];
            }
            if before(4, roles.you) {
                found |= roles.addr[5];
            }
        }
        if token.classes & forrole != 0 {
            found |= roles.addr[2];
        }
        if found != 0 {
            found |= roles.addr[6];
        }
        if token.classes & roles.do_ != 0 {
            if before(3, roles.must) {
                found |= roles.order[0];
            }
            if before(2, roles.neg)
                && (token.opens || tokens[at.saturating_sub(2)..at].iter().any(|t| t.opens) || before(4, roles.must))
            {
                found |= roles.order[1];
            }
            if token.opens || found & (roles.order[0] | roles.order[1]) != 0 {
                found |= roles.order[2];
            }
        }
        tokens[at].classes |= found;
    }
}
