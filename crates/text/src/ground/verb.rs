//! Roots of words, light and alike for all forms rather than right, and the Turkish verb that denies.

/// A common beginning of the forms of a [`crate::word::fold`]ed word.
pub(super) fn root(key: &str, turkish: bool) -> String {
    if key.chars().count() <= 3 || key.starts_with(|c: char| c.is_numeric()) {
        return key.to_owned();
    }
    let stem = if turkish { negated(key).0 } else { english(key) };
    let cut: String = stem.chars().take(5).collect();
    let short = cut.trim_end_matches(['a', 'e', 'i', 'ı', 'u', 'ü', 'o', 'y']);
    if short.chars().count() >= 3 { short.to_owned() } else { cut }
}

fn english(key: &str) -> String {
    let irregular = match key {
        "found" => "find",
        "took" | "taken" => "take",
        "gave" | "given" => "give",
        "made" => "make",
        "told" => "tell",
        "paid" => "pay",
        "met" => "meet",
        "held" => "hold",
        "kept" => "keep",
        "left" => "leave",
        "went" | "gone" => "go",
        "came" => "come",
        "drove" | "driven" => "drive",
        "wrote" | "written" => "write",
        "ran" => "run",
        "saw" | "seen" => "see",
        "spoke" | "spoken" => "speak",
        "built" => "build",
        "spent" => "spend",
        "began" | "begun" => "begin",
        "broke" | "broken" => "break",
        "chose" | "chosen" => "choose",
        _ => "",
    };
    if !irregular.is_empty() {
        return irregular.to_owned();
    }
    for (ending, least) in [("ies", 2), ("ing", 3), ("ed", 3), ("es", 3), ("ly", 4), ("s", 3)] {
        if let Some(stem) = key.strip_suffix(ending)
            && stem.chars().count() >= least
            && !(ending == "s" && stem.ends_with(['s', 'u']))
        {
            let mut stem = stem.to_owned();
            // planned, plan.
            let double =
                stem.len() > 3 && stem.is_ascii() && stem.as_bytes()[stem.len() - 1] == stem.as_bytes()[stem.len() - 2];
            if double && matches!(ending, "ing" | "ed") && !stem.ends_with(['l', 's', 'z']) {
                stem.pop();
            }
            return stem;
        }
    }
    key.to_owned()
}

/// Signs of tense and of verbal nouns behind the root.
const TENSES: [&str; 26] = [
    "yecek", "yacak", "yeceğ", "yacağ", "ecek", "acak", "eceğ", "acağ", "iyor", "uyor", "üyor", "miş", "müş", "muş",
    "diğ", "duğ", "düğ", "tiğ", "tuğ", "tüğ", "dik", "duk", "dük", "tik", "tuk", "tük",
];

/// The root of a Turkish word, and whether a verb is denied (`onaylamadı`, `gitmiyor`, `olmayan`).
pub(super) fn negated(key: &str) -> (String, bool) {
    let plain = || (key.to_owned(), false);
    if key.len() > 60 {
        return plain();
    }
    if let Some(root) = key.strip_suffix("maz").or_else(|| key.strip_suffix("mez")) {
        return if root.chars().count() >= 2 { (root.to_owned(), true) } else { plain() };
    }
    let first = |signs: &[&str]| -> Option<(usize, usize)> {
        signs.iter().filter_map(|sign| key.find(sign).filter(|at| *at >= 2).map(|at| (at, sign.len()))).min()
    };
    let found = first(&TENSES).or_else(|| {
        // Short signs only where nearly nothing follows.
        let ends = ["di", "du", "dü", "ti", "tu", "tü", "dilar", "diler", "tilar", "tiler", "yen", "yan", "den", "dan"];
        let sign = ends.iter().find(|sign| key.ends_with(**sign) && key.len() >= sign.len() + 2)?;
        let at = key.len() - sign.len();
        let denies =
            !matches!(*sign, "yen" | "yan" | "den" | "dan") || key[..at].ends_with("me") || key[..at].ends_with("ma");
        denies.then_some((at, sign.len()))
    });
    let Some((at, _)) = found else { return plain() };
    let head = &key[..at];
    let progressive = key[at..].starts_with("iyor") || key[at..].starts_with("uyor") || key[at..].starts_with("üyor");
    let bare = head.trim_end_matches('y');
    let root = |text: &str| text.to_owned();
    if progressive && bare.ends_with('m') && bare.chars().count() >= 3 {
        return (root(&bare[..bare.len() - 1]), true);
    }
    let denied = bare.strip_suffix("me").or_else(|| bare.strip_suffix("ma")).filter(|rest| rest.chars().count() >= 2);
    match denied {
        Some(rest) => (root(rest), true),
        None if bare.chars().count() >= 2 => (root(bare), false),
        None => plain(),
    }
}
