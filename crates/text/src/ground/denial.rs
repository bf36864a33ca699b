//! What a text says not to be: words behind "not", Turkish verbs that deny, and what somebody says to be untrue.

use std::ops::Range;

use super::reading::Token;
use super::verb;

/// Marks what is said not to be.
pub(super) fn negations(text: &str, tokens: &mut [Token<'_>], turkish: bool) {
    for at in 0..tokens.len() {
        let key = tokens[at].key.clone();
        let full = tokens[at].word.text;
        let next_is = |word: &str| tokens.get(at + 1).is_some_and(|next| next.key == word);
        let reach = match &*key {
            _ if full.len() < 12 && (full.ends_with("n't") || full.ends_with("n’t")) => 1,
            "not" | "never" | "cannot" | "without" | "nor" | "hardly" | "nothing" => 1,
            // "They said no." and "no-confidence" deny nothing that follows.
            "free" if next_is("of") => 1,
            "no" if !text[tokens[at].word.end()..].starts_with([' ', '\u{a0}', '\n']) => 0,
            "neither" | "no" => 2,
            "nobody" => 1,
            "none" if next_is("of") => 3,
            "none" => usize::from(tokens.get(at + 1).is_some_and(|next| HELPING.contains(&&*next.key))),
            _ => 0,
        };
        if reach > 0 {
            let next = tokens.get(at + 1).map(|t| t.key.clone()).unwrap_or_default();
            if matches!(&*next, "only" | "more" | "less" | "later" | "fewer" | "least" | "matter" | "doubt" | "since") {
                continue;
            }
            let reach = if key == "no" && next == "one" { 1 } else { reach };
            // "The fire injured no one."
            let object = key == "nobody" || key == "nothing" || key == "no" && next == "one";
            let before = tokens[..at].last().filter(|t| object && t.is_content() && t.clause == tokens[at].clause);
            if before.is_some() {
                tokens[at - 1].negated = true;
                continue;
            }
            let clause = tokens[at].clause;
            // "None of the patients had been vaccinated" denies no patients.
            let of = key == "none" && next == "of";
            let skip = if of {
                tokens[at + 1..].iter().take(6).position(Token::is_content).map_or(0, |place| place + 1)
            } else {
                0
            };
            let reach = if of { 1 } else { reach };
            let mut left = reach;
            for token in tokens[at + 1 + skip..].iter_mut().take(8) {
                // "No plant would close" denies the closing, "no plant in May" denies no May.
                let past = reach == 2 && left == 1 && token.stop && !HELPING.contains(&&*token.key);
                let says = matches!(&*token.key, "say" | "saying" | "tell" | "telling");
                if left == 0 || past || says || (token.clause != clause && reach < 3) {
                    break;
                }
                if token.is_content() && token.key != "one" && token.key != "yet" {
                    token.negated = true;
                    // Who does not seek a retrial has none.
                    let lends = reach == 1 && LENDING.contains(&&*token.key);
                    left -= usize::from(!token.key.ends_with("ly") && !lends);
                }
            }
            continue;
        }
        if !turkish {
            continue;
        }
        let before = |tokens: &mut [Token<'_>]| {
            if let Some(token) = tokens[..at].iter_mut().rev().take(2).find(|t| t.is_content()) {
                token.negated = true;
            }
        };
        match &*key {
            // "140 değil 110" denies no year.
            "değil" if at > 0 && tokens[at - 1].word.is_number() => {}
            "yok" | "yoktu" => before(tokens),
            _ if key.starts_with("değil") => before(tokens),
            // Without poison.
            _ if tokens[at].concepts.is_empty()
                && key.chars().count() >= 6
                && ["siz", "suz", "süz"].iter().any(|end| key.ends_with(end)) =>
            {
                tokens[at].negated = true
            }
            // A name at the start may end as a denial does: Korkmaz.
            _ if !tokens[at].word.is_capitalised() || (at == 0 && !key.ends_with("maz") && !key.ends_with("mez")) => {
                if let (root, true) = verb::negated(&key) {
                    tokens[at].negated = true;
                    if LIGHT.contains(&&*root) {
                        before(tokens);
                    }
                    // "İptal edilen uçuş olmadı": none was cancelled.
                    let participle = at.checked_sub(2).map(|i| tokens[i].key.as_str()).unwrap_or_default();
                    if matches!(&*root, "ol" | "bulun")
                        && (["an", "en"].iter().any(|end| participle.ends_with(end))
                            && !["dan", "den", "tan", "ten"].iter().any(|end| participle.ends_with(end)))
                    {
                        let own = tokens[at - 2].is_content();
                        let back = if own { at - 2 } else { at.saturating_sub(3) };
                        tokens[back].negated |= tokens[back].is_content();
                    }
                }
            }
            _ => {}
        }
    }
}

/// What a clause says to be untrue is denied: "denied that it plans to sell", "kapatılacağı haberleri yalanlandı".
pub(super) fn denials(tokens: &mut [Token<'_>], turkish: bool) {
    for at in 0..tokens.len() {
        if !is_untrue(tokens, at, turkish) {
            continue;
        }
        let clause = clause_of(tokens, at);
        let said: Vec<usize> = if turkish {
            (clause.start..at).rev().filter(|i| may_be_denied(&tokens[*i])).take(DENIED).collect()
        } else {
            (at + 1..clause.end).filter(|i| may_be_denied(&tokens[*i])).take(DENIED).collect()
        };
        for i in said {
            tokens[i].negated = !tokens[i].negated;
        }
    }
}

fn is_untrue(tokens: &[Token<'_>], at: usize, turkish: bool) -> bool {
    let (key, negated) = (tokens[at].key.as_str(), tokens[at].negated);
    if !turkish {
        return !negated && matches!(key, "denied" | "denies" | "deny" | "denying" | "refuted" | "refutes");
    }
    let claimed = || {
        let claim = |t: &Token<'_>| t.key.starts_with("iddia") || t.key.starts_with("söylenti");
        tokens[clause_of(tokens, at)].iter().any(claim)
    };
    match key {
        "asilsiz" | "gerçekdişi" => true,
        _ if key.starts_with("yalanla") => !negated,
        _ if key.starts_with("doğrula") => negated && claimed(),
        _ => key.starts_with("reddet") && claimed(),
    }
}

/// The claim itself stands: a report is denied, and there is one.
fn may_be_denied(token: &Token<'_>) -> bool {
    const CLAIMS: [&str; 11] =
        ["report", "claim", "alleg", "accus", "charg", "rumo", "suggest", "iddia", "haber", "suçla", "söylenti"];
    token.is_content()
        && token.role.is_none()
        && !token.word.is_capitalised()
        && !CLAIMS.iter().any(|claim| token.key.starts_with(claim))
}

/// The tokens of the clause around `at`, which are few.
fn clause_of(tokens: &[Token<'_>], at: usize) -> Range<usize> {
    let same = |token: &&Token<'_>| token.clause == tokens[at].clause;
    let before = tokens[..at].iter().rev().take_while(same).count();
    let behind = tokens[at..].iter().take_while(same).count();
    at - before..at + behind
}

/// Words that a denial of a claim denies: what is done, and to what.
const DENIED: usize = 2;

/// English verbs whose object is what is denied with them.
const LENDING: [&str; 16] = [
    "reported", "known", "seek", "have", "hold", "make", "give", "face", "need", "want", "plan", "get", "impose",
    "order", "receive", "offer",
];

const HELPING: [&str; 14] =
    ["would", "will", "was", "were", "is", "are", "has", "had", "have", "been", "be", "could", "can", "may"];

/// Turkish verbs that lend themselves to a noun: the noun is what is denied.
pub(super) const LIGHT: [&str; 18] = [
    "gel",
    "sürdür",
    "içer",
    "kaynaklan",
    "et",
    "edil",
    "ol",
    "olun",
    "bulun",
    "yap",
    "yapil",
    "al",
    "alin",
    "ver",
    "kal",
    "çek",
    "gerektir",
    "gör",
];
