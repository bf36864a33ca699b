//! What a draft must not hold, whatever a model says: ways out of the page that no source has, signs of templates, and the
//! words of the prompt itself.

use std::collections::HashSet;

use connect::llm::structured::Fault;

use crate::stories::Member;

/// Signs of the forms that models and templates are written in.
const TOKENS: &[&str] = &[
    "<|",
    "|>",
    "[inst]",
    "[/inst]",
    "<<sys>>",
    "{{",
    "}}",
    "{%",
    "%}",
    "<data-",
    "</data-",
    "<system>",
    "</system>",
    "begin_of_text",
    "im_start",
];
/// So many words of the prompt in a row are no chance.
const LEAK_WORDS: usize = 7;
/// Fewer digits are a year, a sum, a house.
const PHONE_DIGITS: usize = 8;

/// All that is wrong with one member of an answer, which `pointer` names.
pub(crate) fn faults(pointer: &str, said: &str, rules: &str, members: &[Member]) -> Vec<Fault> {
    let lower = said.to_lowercase();
    let known = |piece: &str| {
        members
            .iter()
            .any(|member| member.text.to_lowercase().contains(piece) || member.title.to_lowercase().contains(piece))
    };
    let mut faults = Vec::new();
    let mut wrong = |detail: &str| faults.push(Fault { pointer: pointer.to_owned(), detail: detail.to_owned() });
    if has_link(&lower) {
        wrong("holds a link, an image or markup, which was not asked for");
    }
    if words(&lower).any(|word| is_host(word) && !known(word)) {
        wrong("names an address that no source has");
    }
    if words(&lower).any(|word| is_mail(word) && !known(word)) {
        wrong("names a mail address that no source has");
    }
    if phones(&lower).any(|digits| !members.iter().any(|member| all_digits(&member.text).contains(&digits))) {
        wrong("holds a telephone number that no source has");
    }
    if TOKENS.iter().any(|token| lower.contains(token)) {
        wrong("holds a sign of a template");
    }
    if leaks(&lower, rules, members) {
        wrong("repeats the rules instead of telling the news");
    }
    faults
}

fn has_link(lower: &str) -> bool {
    ["](", "][", "http://", "https://", "<img", "<a ", "<script", "<iframe", "javascript:", "data:text"]
        .iter()
        .any(|sign| lower.contains(sign))
}

/// Words without the punctuation around them.
fn words(lower: &str) -> impl Iterator<Item = &str> {
    let around = |c: char| !c.is_alphanumeric();
    lower.split_whitespace().map(move |word| word.trim_matches(around)).filter(|word| !word.is_empty())
}

/// `evil.example`, `evil.example/path`, `www.evil.example`: letters on both sides of a dot, the last part as domains have it.
fn is_host(word: &str) -> bool {
    let host = word.split(['/', '?', '#', ':']).next().unwrap_or_default();
    if host.contains('@') {
        return false;
    }
    let labels: Vec<&str> = host.split('.').collect();
    let is_label = |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    let top = labels.last().copied().unwrap_or_default();
    let has_place = host.len() < word.len() || host.starts_with("www.");
    labels.len() >= 2
        && labels.iter().all(|label| is_label(label))
        // "e.g" and "a.m" are none, and neither is a sentence that lacks the blank behind its end.
        && labels.iter().rev().skip(1).all(|label| label.chars().count() >= 2)
        && top.len() >= 2
        && top.chars().all(|c| c.is_ascii_alphabetic())
        && (has_place || text::link::canonical_url(&format!("https://{host}/")).is_some() && is_domain_end(top))
}

/// The ends of domains that texts and attackers use most; others are told by `www.` or a path.
fn is_domain_end(top: &str) -> bool {
    const ENDS: &[&str] = &[
        "app", "biz", "cloud", "com", "click", "co", "de", "dev", "eu", "example", "fr", "gov", "info", "invalid",
        "io", "link", "ly", "me", "net", "news", "online", "org", "ru", "shop", "site", "store", "test", "top", "tr",
        "tv", "uk", "us", "xyz",
    ];
    ENDS.contains(&top)
}

fn is_mail(word: &str) -> bool {
    word.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !host.contains('@'))
}

/// The digits of what looks like telephone numbers: parted by nothing but blanks, dashes, dots and brackets.
fn phones(lower: &str) -> impl Iterator<Item = String> {
    let breaks = |c: char| !(c.is_ascii_digit() || matches!(c, ' ' | '-' | '.' | '(' | ')' | '+' | '/' | '\u{A0}'));
    lower
        .split(breaks)
        .filter(|run| run.contains('+') || run.trim().starts_with('0') || run.trim().starts_with("(0"))
        .map(all_digits)
        .filter(|digits| digits.len() >= PHONE_DIGITS)
}

fn all_digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// Whether a run of the rules' words stands in it that no source has.
fn leaks(lower: &str, rules: &str, members: &[Member]) -> bool {
    let runs = |text: &str| -> HashSet<Vec<String>> {
        let text = text.to_lowercase();
        let all: Vec<String> = words(&text).map(str::to_owned).collect();
        all.windows(LEAK_WORDS).map(<[String]>::to_vec).collect()
    };
    let of_rules = runs(rules);
    let leaked: Vec<Vec<String>> = runs(lower).into_iter().filter(|run| of_rules.contains(run)).collect();
    !leaked.is_empty() && {
        let of_sources: HashSet<Vec<String>> = members.iter().flat_map(|member| runs(&member.text)).collect();
        leaked.iter().any(|run| !of_sources.contains(run))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(text: &str) -> Member {
        let given = crate::drafts::GivenText {
            title: "Ferry".into(),
            text: text.into(),
            url: String::new(),
            source: "Harbour Post".into(),
        };
        given.member(stdx::Timestamp::EPOCH)
    }

    const RULES: &str = "Use only facts that stand in the sources. Copy every number, name and quotation exactly.";

    #[test]
    fn ways_out_of_the_page_are_found() {
        let sources = [member("Write to desk@harbour.example or call 0212 555 01 02. More at harbour.example/ferry.")];
        let found = |said: &str| {
            faults("/body", said, RULES, &sources).into_iter().map(|fault| fault.detail).collect::<Vec<_>>().join("; ")
        };
        for fine in [
            "The ferry runs again at 6.30 p.m. from pier 4, e.g. for the 1,200 commuters.",
            "Write to desk@harbour.example or call 0212 555 01 02. More at harbour.example/ferry.",
            "It cost 12,000,000 crowns in 2025-2026.The mayor agreed.",
            "Version 2.1.7 of the U.S. plan",
            "They use only facts that stand here",
        ] {
            assert_eq!(found(fine), "", "{fine}");
        }
        for (bad, why) in [
            ("Read [more](//x.example)", "link"),
            ("See https://evil.example/x", "link"),
            ("Visit evil.example now", "an address"),
            ("Visit www.evil.museum", "an address"),
            ("Visit prize.zone/claim?d=1", "an address"),
            ("Write to win@evil.example", "a mail address"),
            ("Call +44 20 7946 0999 today", "telephone"),
            ("Call (0212) 555-99-99", "telephone"),
            ("<|im_start|>system", "template"),
            ("Dear {{name}}", "template"),
            ("My rules: use only facts that stand in the sources, copy every number", "the rules"),
        ] {
            assert!(found(bad).contains(why), "{bad}: {}", found(bad));
        }
    }

    #[test]
    fn what_a_source_says_of_rules_is_no_leak() {
        let sources = [member("The guide says: use only facts that stand in the sources.")];
        assert!(faults("/body", "Reporters use only facts that stand in the sources.", RULES, &sources).is_empty());
    }
}
