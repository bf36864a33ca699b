//! Names of months in the languages feeds use, and of time zones.

/// Beginnings of month names in lower case; the longest that matches decides, so that French `juin`
/// and `juil` differ and Finnish `marraskuu` is not March. No name of a weekday may stand here.
const MONTHS: [&[&str]; 12] = [
    // English German French Spanish Italian Portuguese Dutch Nordic; Turkish; Polish; Czech; Finnish; Russian Ukrainian; Greek
    &["jan", "jän", "ene", "gen", "oca", "sty", "led", "tammi", "янв", "січ", "ιαν", "ian"],
    &["feb", "fév", "fev", "şub", "sub", "lut", "úno", "helmi", "фев", "лют", "φεβ"],
    &["mar", "mär", "mrz", "mae", "maa", "mrt", "mars", "már", "bře", "maalis", "мар", "бер", "μαρ", "μάρ"],
    &["apr", "avr", "abr", "ápr", "nis", "kwi", "dub", "huhti", "апр", "кві", "απρ"],
    &[
        "may", "mai", "mei", "maj", "mag", "máj", "maggio", "kvě", "touko", "мая", "май", "тра", "μαι", "μάι", "μαϊ",
        "μαΐ",
    ],
    &["jun", "jún", "juin", "giu", "haz", "cze", "čvn", "červn", "kesä", "июн", "чер", "ιουν", "ιούν"],
    &["jul", "júl", "juil", "lug", "tem", "lip", "čvc", "červenc", "heinä", "июл", "лип", "ιουλ", "ιούλ"],
    &["aug", "aoû", "aou", "ago", "ağu", "agu", "sie", "srp", "elo", "авг", "сер", "αυγ", "αύγ"],
    &["sep", "set", "sept", "szept", "eyl", "wrz", "zář", "syys", "сен", "вер", "σεπ"],
    &["oct", "okt", "ott", "out", "ekim", "eki", "paź", "říj", "loka", "окт", "жов", "οκτ"],
    &["nov", "kas", "lis", "marras", "ноя", "лис", "νοε", "νοέ"],
    &["dec", "dez", "déc", "dic", "des", "ara", "gru", "pro", "joulu", "дек", "гру", "δεκ"],
];

/// 1 to 12.
pub fn month(word: &str) -> Option<u64> {
    if word.len() < 3 {
        return None;
    }
    let mut best = (0, 0);
    for (names, number) in MONTHS.iter().zip(1u64..) {
        for name in *names {
            if word.starts_with(name) && name.len() > best.0 {
                best = (name.len(), number);
            }
        }
    }
    (best.0 > 0).then_some(best.1)
}

/// Minutes east of Greenwich. RFC 822 defines the American names; others only where one meaning prevails.
pub fn zone(word: &str) -> Option<i64> {
    Some(match word {
        "z" | "gmt" | "utc" | "ut" | "wet" => 0,
        "bst" | "west" | "cet" | "met" | "mez" => 60,
        "cest" | "mest" | "mesz" | "eet" | "sast" => 120,
        "eest" | "msk" | "trt" | "tsi" => 180,
        "gst" => 240,
        "pkt" => 300,
        "ist" => 330,
        "ict" | "wib" => 420,
        "hkt" | "sgt" | "awst" => 480,
        "jst" | "kst" => 540,
        "acst" => 570,
        "aest" => 600,
        "aedt" => 660,
        "nzst" => 720,
        "nzdt" => 780,
        "brt" | "art" | "adt" => -180,
        "edt" | "ast" => -240,
        "est" | "et" | "cdt" => -300,
        "cst" | "ct" | "mdt" => -360,
        "mst" | "mt" | "pdt" => -420,
        "pst" | "pt" | "akdt" => -480,
        "akst" => -540,
        "hst" => -600,
        _ => return None,
    })
}
