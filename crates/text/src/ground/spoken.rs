//! Numbers that are written as words, in English, Turkish and German.

use super::date::is_month;
use crate::word::fold;

/// What words at a place say: a value, where they end, and how far they count.
pub(super) struct Spoken {
    pub value: String,
    pub end: usize,
    /// Too weak to be asked for: `twice`, `a pair`. A source's answers for a draft's number.
    pub weak: bool,
    /// A share of something: `half of`.
    pub share: bool,
}

/// Reads the number whose first word starts at `start`; `turkish` says whether `on` and `bin` count.
pub(super) fn read(text: &str, start: usize, turkish: bool) -> Option<Spoken> {
    let (first, first_end) = word_at(text, start)?;
    if let ("quarter" | "half", Some((points, end))) = (&*first, next(text, first_end))
        && points.starts_with("point")
    {
        let value = if first == "half" { "0.5" } else { "0.25" };
        return Some(Spoken { value: value.to_owned(), end, weak: false, share: false });
    }
    if let Some(share) = share(text, &first, first_end) {
        return Some(share);
    }
    if matches!(&*first, "twice" | "pair" | "couple" | "both" | "single" | "ilk" | "first" | "decade") {
        let value = match &*first {
            "single" | "ilk" | "first" => "1",
            "decade" => "10",
            _ => "2",
        };
        return Some(Spoken { value: value.to_owned(), end: first_end, weak: true, share: false });
    }
    if first == "dozen" {
        return Some(Spoken { value: "12".to_owned(), end: first_end, weak: false, share: false });
    }
    let article = matches!(&*first, "a") && matches!(next(text, first_end)?.0.as_str(), "hundred" | "dozen");
    let mut total = 0;
    let mut end = first_end;
    let mut parts = 0;
    let (mut word, mut word_end) = (first.clone(), first_end);
    if article {
        (word, word_end) = next(text, first_end)?;
    }
    // Bin iki yüz: a thousand and what is below it.
    if turkish && first == "bin" {
        let rest = next(text, first_end).filter(|(word, _)| word != "bin").and_then(|(_, end)| {
            let start = first_end + text[first_end..end].find(char::is_alphabetic)?;
            read(text, start, true).filter(|rest| !rest.share && !rest.weak && rest.value.len() <= 3)
        });
        let value = rest.as_ref().and_then(|rest| rest.value.parse::<u64>().ok()).unwrap_or(0);
        let end = rest.map_or(first_end, |rest| rest.end);
        return Some(Spoken { value: (1_000 + value).to_string(), end, weak: false, share: false });
    }
    // The least power of ten that may still follow: forty-two, and never two forty.
    let mut room = u64::MAX;
    while let Some((value, last)) = value(&word, turkish || parts > 0) {
        let fits = match value {
            100 if total > 0 && (total < 10 || !turkish && total < 100) => true,
            _ => value < room,
        };
        if !fits || parts >= 5 {
            break;
        }
        if value == 100 && total > 0 {
            total *= 100;
        } else {
            total += value;
        }
        room = match value {
            100.. => 100,
            20..=99 => 10,
            10 if turkish => 10,
            // A single digit may be the count of a hundred that follows.
            _ => 0,
        };
        parts += 1;
        end = word_end;
        if last {
            break;
        }
        let Some((following, following_end)) = next(text, end) else { break };
        let hundred = matches!(&*following, "hundred" | "yüz");
        if room == 0 && !(hundred && (total < 10 || !turkish && total < 100)) {
            break;
        }
        if room == 0 {
            room = u64::MAX;
        }
        (word, word_end) = (following, following_end);
        if word == "and" && total >= 100 {
            let Some(after) = next(text, word_end) else { break };
            (word, word_end) = after;
        }
    }
    // One is an article as often as a number; on, bin and yüz alone are other words, too.
    let doubtful = parts == 1
        && matches!(
            &*first,
            "one" | "bir" | "biri" | "birini" | "birinin" | "birinde" | "birine" | "birinci" | "ein" | "eine" | "yüz"
        );
    (parts > 0).then(|| Spoken { value: total.to_string(), end, weak: doubtful, share: false })
}

/// `half of`, `two thirds`, `üçte biri`, `yarısı` as hundredths or as a fraction.
fn share(text: &str, first: &str, end: usize) -> Option<Spoken> {
    let found = |value: &str, end| Some(Spoken { value: value.to_owned(), end, weak: false, share: true });
    let after = next(text, end);
    let (second, second_end) = after.as_ref().map_or(("", end), |(word, end)| (word.as_str(), *end));
    let third = next(text, second_end).map(|(word, _)| word).unwrap_or_default();
    if let Some((whole, part)) = tenth_of(first).zip(numeral(second)).filter(|(whole, part)| part < whole) {
        let value = match (part, whole) {
            (1, 3) => "1/3".to_owned(),
            (2, 3) => "2/3".to_owned(),
            _ if part * 100 % whole == 0 => (part * 100 / whole).to_string(),
            _ => return None,
        };
        return found(&value, second_end);
    }
    match (first, second) {
        ("half", "of") if is_month(&third) => None,
        ("half", "of" | "the" | "its" | "their" | "all") => found("50", end),
        ("yarisi" | "yarisini" | "yarisinin", _) => found("50", end),
        ("a" | "one", "third" | "quarter" | "fifth" | "tenth")
            if first == "one" || third == "of" || stands_alone(text, end, second_end) =>
        {
            let value = match second {
                "third" => "1/3",
                "quarter" => "25",
                "fifth" => "20",
                _ => "10",
            };
            found(value, second_end)
        }
        ("two", "thirds") => found("2/3", second_end),
        ("three", "quarters") => found("75", second_end),
        _ => None,
    }
}

/// The whole of a Turkish fraction: the five of "beşte dördü".
fn tenth_of(word: &str) -> Option<u64> {
    let stem = ["te", "de", "ta", "da"].iter().find_map(|end| word.strip_suffix(end))?;
    numeral(stem).filter(|whole| (2..=20).contains(whole))
}

/// One numeral, "biri" and "birinin" too.
fn numeral(word: &str) -> Option<u64> {
    match word.strip_prefix("bir") {
        Some(rest) if is_ending(rest) => Some(1),
        _ => value(word, true).map(|(value, _)| value),
    }
}

/// "By a fifth" and "a third less" are shares, "a third man" is a place in a row.
fn stands_alone(text: &str, first_end: usize, end: usize) -> bool {
    let behind = text[end..].trim_start_matches(' ');
    let follows = next(text, end).is_some_and(|(word, _)| {
        matches!(
            &*word,
            "more"
                | "less"
                | "fewer"
                | "higher"
                | "lower"
                | "cheaper"
                | "to"
                | "since"
                | "on"
                | "over"
                | "from"
                | "this"
                | "last"
        )
    });
    let before = text[..first_end].rsplit(|c: char| !c.is_alphabetic()).nth(1).unwrap_or("");
    matches!(before, "by" | "than" | "about" | "nearly" | "almost" | "around" | "roughly" | "over")
        && (follows || behind.starts_with(['.', ',', ';', ')', '\n']) || behind.is_empty())
        || follows && before != "the"
}

fn word_at(text: &str, start: usize) -> Option<(String, usize)> {
    // Words longer than any numeral are none, and stay cheap.
    let tail = &text[start..];
    let len = tail.char_indices().take(24).find(|(_, c)| !c.is_alphabetic()).map_or(tail.len().min(48), |(at, _)| at);
    let len = (0..=len).rev().find(|len| tail.is_char_boundary(*len))?;
    (len > 0).then(|| (fold(&tail[..len]), start + len))
}

fn next(text: &str, end: usize) -> Option<(String, usize)> {
    let tail = &text[end..];
    let gap = tail.chars().next().filter(|c| matches!(c, ' ' | '-' | '\u{a0}'))?;
    word_at(text, end + gap.len_utf8())
}

/// A numeral's value and whether its ending lets nothing follow (third, dördü).
fn value(word: &str, loose: bool) -> Option<(u64, bool)> {
    let plain = |value| Some((value, false));
    match word {
        "on" | "bin" if !loose => return None,
        "one" | "bir" | "ein" | "eine" => return plain(1),
        "two" | "zwei" | "iki" => return plain(2),
        "three" | "drei" | "üç" => return plain(3),
        "four" | "vier" | "dört" => return plain(4),
        "five" | "fünf" | "beş" => return plain(5),
        "six" | "sechs" | "alti" => return plain(6),
        "seven" | "sieben" | "yedi" => return plain(7),
        "eight" | "sekiz" => return plain(8),
        "nine" | "neun" | "dokuz" => return plain(9),
        "ten" | "zehn" | "on" => return plain(10),
        "eleven" | "elf" => return plain(11),
        "twelve" | "zwölf" => return plain(12),
        "thirteen" => return plain(13),
        "fourteen" => return plain(14),
        "fifteen" => return plain(15),
        "sixteen" => return plain(16),
        "seventeen" => return plain(17),
        "eighteen" => return plain(18),
        "nineteen" => return plain(19),
        "twenty" | "yirmi" | "zwanzig" => return plain(20),
        "thirty" | "otuz" | "dreißig" => return plain(30),
        "forty" | "kirk" | "vierzig" => return plain(40),
        "fifty" | "elli" | "fünfzig" => return plain(50),
        "sixty" | "altmiş" | "sechzig" => return plain(60),
        "seventy" | "yetmiş" | "siebzig" => return plain(70),
        "eighty" | "seksen" | "achtzig" => return plain(80),
        "ninety" | "doksan" | "neunzig" => return plain(90),
        "hundred" | "yüz" | "hundert" => return plain(100),
        "bin" => return plain(1000),
        _ => {}
    }
    let ordinals = ["third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth"];
    if let Some(at) = ordinals.iter().position(|ordinal| *ordinal == word) {
        return Some((at as u64 + 3, true));
    }
    const STEMS: [(&str, u64); 17] = [
        ("iki", 2),
        ("üç", 3),
        ("dört", 4),
        ("dörd", 4),
        ("beş", 5),
        ("alti", 6),
        ("yedi", 7),
        ("sekiz", 8),
        ("dokuz", 9),
        ("yirmi", 20),
        ("otuz", 30),
        ("elli", 50),
        ("altmiş", 60),
        ("yetmiş", 70),
        ("seksen", 80),
        ("doksan", 90),
        ("onun", 10),
    ];
    if word.strip_prefix("bir").is_some_and(|rest| rest.starts_with('i') && is_ending(rest)) {
        return Some((1, true));
    }
    STEMS
        .iter()
        .find_map(|(stem, value)| word.strip_prefix(stem).filter(|rest| is_ending(rest)).map(|_| (*value, true)))
}

/// Whether a Turkish numeral may end so: a case, an order, a share, or "of them" with a case behind it.
fn is_ending(rest: &str) -> bool {
    const CASES: [&str; 24] = [
        "ye", "ya", "yi", "yu", "yü", "e", "a", "de", "da", "te", "ta", "den", "dan", "ten", "tan", "nin", "nun",
        "nün", "in", "un", "ün", "er", "şer", "li",
    ];
    const OF_THEM: [&str; 7] = ["si", "su", "sü", "i", "u", "ü", "inci"];
    const BEHIND: [&str; 24] = [
        "", "ni", "nu", "nü", "ne", "na", "nde", "nda", "nden", "ndan", "nin", "nun", "nün", "nci", "ncu", "ncü",
        "yle", "yla", "ydi", "ydu", "ydü", "dir", "dür", "dur",
    ];
    let order = rest.trim_start_matches(['i', 'u', 'ü']);
    let ordered = ["nci", "ncu", "ncü"].iter().any(|end| order.starts_with(end)) && rest.len() <= 10;
    let owned = OF_THEM.iter().filter_map(|own| rest.strip_prefix(own)).any(|case| BEHIND.contains(&case));
    CASES.contains(&rest) || ordered || owned || matches!(rest, "lü" | "lu")
}
