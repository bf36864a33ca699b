//! Hashtags are words of a text written as one, which no source writes so.

use std::borrow::Cow;

use text::slug::fold;

/// `plain` with blanks, byte for byte, in place of the hashtags whose words stand in a row in one of `facts`. Others stay, and are
/// held against the sources as they are.
pub(super) fn without<'a>(plain: &'a str, facts: &[String]) -> Cow<'a, str> {
    if !plain.contains('#') {
        return Cow::Borrowed(plain);
    }
    let said: Vec<Vec<String>> = facts.iter().map(|fact| letters(fact)).collect();
    let mut out = plain.to_owned();
    for (at, _) in
        plain.match_indices('#').filter(|(at, _)| plain[..*at].chars().next_back().is_none_or(char::is_whitespace))
    {
        let tag = plain[at..].split(char::is_whitespace).next().unwrap_or_default();
        let wanted = letters(tag).concat();
        if said.iter().any(|words| holds(words, &wanted)) {
            out.replace_range(at..at + tag.len(), &" ".repeat(tag.len()));
        }
    }
    Cow::Owned(out)
}

/// Folded words without anything but letters and digits.
fn letters(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(fold).collect()
}

/// Whether whole words in a row make `tag`.
fn holds(words: &[String], tag: &str) -> bool {
    let makes = |from: usize| {
        let mut left = tag;
        for word in &words[from..] {
            match left.strip_prefix(word.as_str()) {
                Some("") => return true,
                Some(rest) => left = rest,
                None => return false,
            }
        }
        false
    };
    (0..words.len()).any(makes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_of_a_source_are_taken_out() {
        let facts = ["A fire on Foundry Lane in Işık, Port Alder. It started late.".to_owned()];
        let text = "It burns.\n\n#FoundryLane #IşıkPortAlder #Art #Lane #PortBlue #";
        let bare = without(text, &facts);
        assert_eq!(bare.len(), text.len());
        assert_eq!(bare.split_whitespace().collect::<Vec<_>>(), ["It", "burns.", "#Art", "#PortBlue", "#"]);
        assert!(matches!(without("No tag.", &facts), Cow::Borrowed(_)));
    }
}
