//! Numbers that a draft may work out: a difference, a sum, a share of two counts, other units of a length of time.

use super::date::When;
use super::known::Known;
use super::lexicon::THINGS;
use super::number::{Number, Unit};
use super::reading::Reading;
use super::thing;

/// Numbers of one source sentence, and sentences in all, that are put together.
const NUMBERS_MAX: usize = 10;
const SENTENCES_MAX: usize = 400;

/// Words beside which a difference or a sum may stand.
#[rustfmt::skip]
const COMPARING: &[&str] = &[
    "leaving", "left", "leaves", "lost", "saves", "saved", "kalacak",
    "less", "fewer", "more", "down", "up", "short", "shorter", "difference", "gap", "ahead", "behind", "rise", "rose", "fell", "fall",
    "drop", "dropped", "increase", "increased", "decrease", "lead", "raised", "gained", "lost", "later", "earlier", "older", "younger",
    "longer", "higher", "lower", "after", "grew", "total", "combined", "together", "altogether", "margin", "cut", "improvement", "additional",
    "extra", "apart", "remaining", "rest", "sum", "all", "points", "daha", "fark", "farkla", "az", "fazla", "artiş", "artti", "azaldi", "düştü",
    "düşüş", "yükseldi", "toplam", "toplamda", "eksik", "geride", "önde", "sonra", "kalan", "majority", "took", "takes", "loses", "gains", "dearer", "cheaper", "payina", "kalani", "bakiye", "puan", "puanlik",
];

/// Beginnings of Turkish verbs of the kind.
const CHANGING: [&str; 8] = ["pahalan", "ucuzla", "art", "azal", "düş", "yüksel", "geriled", "indi"];

/// A month of thirty days, in seconds.
const MONTH_S: f64 = 2_592_000.0;

/// Words beside which a length may be given in larger units.
#[rustfmt::skip]
const ROUGHLY: [&str; 22] = [
    "under", "over", "about", "around", "nearly", "almost", "roughly", "some", "just", "approximately", "less", "more", "yaklaşik", "neredeyse",
    "fazla", "az", "aşkin", "yakin", "civarinda", "bulan", "little", "well",
];

const OTHERS: [&str; 9] =
    ["other", "others", "rivals", "rival", "competitors", "remaining", "diğer", "diğeri", "rakibini"];

/// Whether `number` of `draft` follows from numbers of one source sentence.
pub(super) fn explains(draft: &Reading<'_>, number: &Number, known: &Known<'_>) -> bool {
    let Some(value) = figure(number) else { return false };
    let at = draft.token_at(number.range.start);
    let sentence = draft.sentence_of(at);
    let near = at.saturating_sub(5).max(sentence.start)..(at + 7).min(sentence.end);
    let words = || draft.tokens.get(near.clone()).unwrap_or_default().iter().map(|t| &*t.key);
    let roughly = words().any(|key| ROUGHLY.contains(&key));
    let others = words().any(|key| OTHERS.contains(&key));
    let compares = words().any(|key| COMPARING.contains(&key) || CHANGING.iter().any(|begin| key.starts_with(begin)));
    let thing = thing::thing(draft, &number.range).and_then(|group| measure(THINGS.name(group)));
    let mut seen = 0;
    for source in &known.readings {
        let mut from = 0;
        for (at_place, place) in source.places.iter().enumerate() {
            from += source.numbers[from..].partition_point(|n| n.range.start < place.start);
            // With those of the next sentence: 9.91 seconds there, 9.95 here.
            let until = source.places.get(at_place + 1).map_or(place.end, |next| next.end);
            let to = from + source.numbers[from..].partition_point(|n| n.range.start < until);
            let numbers = &source.numbers[from..to.min(from + NUMBERS_MAX)];
            seen += 1;
            if seen > SENTENCES_MAX {
                return false;
            }
            if let Some((kind, factor)) = thing
                && spans(source, place, kind, factor * value)
            {
                return true;
            }
            if numbers.is_empty() {
                continue;
            }
            if others && numbers.iter().any(|n| n.unit == number.unit && figure(n) == Some(value + 1.0)) {
                return true;
            }
            if let Some((kind, factor)) = thing {
                let same = |n: &Number| {
                    let theirs = thing::thing(source, &n.range).and_then(|group| measure(THINGS.name(group)));
                    theirs.zip(figure(n)).is_some_and(|((k, f), v)| match (k, kind) {
                        // Sixty days are two months.
                        (0, 1) => close(f * v, factor * value * MONTH_S),
                        (1, 0) => close(f * v * MONTH_S, factor * value),
                        _ => {
                            k == kind
                                && (close(f * v, factor * value)
                                    || roughly && f != factor && near_to(f * v, factor * value))
                        }
                    })
                };
                if numbers.iter().any(same) || halves(source, place, kind, factor * value) {
                    return true;
                }
            }
            if multiple(source, place.start..until, numbers, number, value) {
                return true;
            }
            let years = thing == Some((1, 12.0));
            if pairs(numbers, number, value, compares || years) {
                return true;
            }
        }
    }
    false
}

fn figure(number: &Number) -> Option<f64> {
    number.readings.first().and_then(|(value, _)| match value.as_str() {
        "1/3" => Some(33.3),
        "2/3" => Some(66.7),
        value => value.parse().ok(),
    })
}

/// "A little under two weeks" for eleven days.
fn near_to(a: f64, b: f64) -> bool {
    (a - b).abs() <= 0.25 * b
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
}

/// Whether two numbers of a sentence make the value: their difference or sum beside a word that compares, or a percentage.
fn pairs(numbers: &[Number], number: &Number, value: f64, compares: bool) -> bool {
    let year = |n: &Number, v: f64| {
        n.unit == Unit::Plain && n.range.len() == 4 && (1000.0..2100.0).contains(&v) && v.fract() == 0.0
    };
    numbers.iter().enumerate().any(|(i, a)| {
        numbers[i + 1..].iter().any(|b| {
            let (Some(x), Some(y)) = (figure(a), figure(b)) else { return false };
            let alike = a.unit == b.unit && year(a, x) == year(b, y) && x > 0.0 && y > 0.0;
            let (small, big) = (x.min(y), x.max(y));
            // Percentages differ by points, which are no percentages.
            let kind = a.unit == number.unit
                || matches!((a.unit, number.unit), (Unit::Currency(_), Unit::Plain))
                || (a.unit == Unit::Percent && number.unit == Unit::Plain);
            let made = compares && kind && (close(big - small, value) || (!year(a, x) && close(big + small, value)));
            let share = number.unit == Unit::Percent
                && a.unit != Unit::Percent
                && small < big
                && !year(a, x)
                && big >= 3.0
                && {
                    let decimals = number.readings.first().map_or(0, |(v, _)| {
                        v.split_once('.').map_or(usize::from(v.contains('/')), |(_, part)| part.len())
                    });
                    let step = 10f64.powi(-(decimals.min(9) as i32)) / 2.0 + 1e-9;
                    // A tenth more, or one of two.
                    [100.0 * small / big, 100.0 * (big - small) / small, 100.0 * (big - small) / big]
                        .iter()
                        .any(|percent| (percent - value).abs() <= step)
                };
            // Half of the 1,200.
            let of = |share: &Number, whole: &Number, s: f64, w: f64| {
                share.unit == Unit::Percent
                    && whole.unit != Unit::Percent
                    && whole.unit == number.unit
                    && close(s * w / 100.0, value)
            };
            alike && (made || share) || of(a, b, x, y) || of(b, a, y, x)
        })
    })
}

/// Half of the money, twice the estimate; basis points as points.
fn multiple(
    source: &Reading<'_>,
    place: std::ops::Range<usize>,
    numbers: &[Number],
    number: &Number,
    value: f64,
) -> bool {
    let from = source.token_at(place.start);
    let tokens = || source.tokens[from..].iter().take_while(|t| t.word.start < place.end);
    let says = |words: &[&str]| tokens().any(|t| words.contains(&&*t.key));
    let halved =
        says(&["half", "yarisi", "yarisini", "yarisinin", "twice", "double", "doubled", "iki_kati", "kati", "katina"]);
    let doubled = says(&["twice", "double", "doubled", "kati", "katina"]);
    let points = says(&["basis", "baz"]);
    numbers.iter().filter_map(|n| Some((n, figure(n)?))).any(|(n, theirs)| {
        let unit = (n.unit == number.unit || number.unit == Unit::Plain) && n.unit != Unit::Percent && !n.weak;
        unit && (halved && close(theirs / 2.0, value)
            || doubled && close(theirs * 2.0, value)
            || points && close(theirs / 100.0, value))
    })
}

/// What a measure is of and how many of the least: lengths of time in seconds save months and years.
fn measure(name: &str) -> Option<(u8, f64)> {
    Some(match name.strip_prefix("m ")? {
        "second" => (0, 1.0),
        "minute" => (0, 60.0),
        "hour" => (0, 3_600.0),
        "day" => (0, 86_400.0),
        "week" => (0, 604_800.0),
        "month" => (1, 1.0),
        "year" => (1, 12.0),
        "century" => (1, 1_200.0),
        "millimetre" => (2, 0.001),
        "centimetre" => (2, 0.01),
        "metre" => (2, 1.0),
        "kilometre" => (2, 1_000.0),
        "gram" => (3, 1.0),
        "kilogram" => (3, 1_000.0),
        "tonne" => (3, 1_000_000.0),
        "megawatt" => (4, 1.0),
        "gigawatt" => (4, 1_000.0),
        "megabyte" => (5, 1.0),
        "gigabyte" => (5, 1_000.0),
        "terabyte" => (5, 1_000_000.0),
        _ => return None,
    })
}

/// From 11 p.m. to 2 a.m. it is three hours, to the half of one; from January to October ten months.
fn spans(source: &Reading<'_>, place: &std::ops::Range<usize>, kind: u8, wanted: f64) -> bool {
    let from = source.dates.partition_point(|date| date.range.start < place.start);
    let dates = source.dates[from..].iter().take_while(|date| date.range.end <= place.end).take(NUMBERS_MAX);
    let span = |when: &When| matches!(when, When::Clock { .. } | When::Day { .. });
    let whens: Vec<When> = dates.map(|date| date.when).filter(span).collect();
    whens.windows(2).any(|pair| match (pair[0], pair[1], kind) {
        (When::Clock { minutes: a, .. }, When::Clock { minutes: b, .. }, 0) => {
            let minutes = f64::from((b + 1_440 - a) % 1_440);
            (minutes * 60.0 - wanted).abs() <= 1_800.0
        }
        // From 12 September to 3 October it is three weeks.
        (When::Day { month: a, day: Some(from), .. }, When::Day { month: b, day: Some(to), .. }, 0) => {
            let day =
                |month: u8, day: u8| f64::from((u16::from(month) - 1) * 30 + u16::from(month * 5 / 9) + u16::from(day));
            let days = (day(b, to) - day(a, from)).rem_euclid(365.0);
            (days * 86_400.0 - wanted).abs() <= 86_400.0
        }
        (When::Day { month: a, day: None, .. }, When::Day { month: b, day: None, .. }, 1) => {
            close(f64::from((b + 12 - a) % 12 + 1), wanted)
        }
        _ => false,
    })
}

/// Half a year is six months, a quarter three.
fn halves(source: &Reading<'_>, place: &std::ops::Range<usize>, kind: u8, months: f64) -> bool {
    let from = source.token_at(place.start);
    let tokens = || source.tokens[from..].iter().take_while(|t| t.word.start < place.end);
    // Half an hour, yarım saat.
    if kind == 0 && close(months, 1_800.0) {
        return tokens().any(|t| matches!(&*t.key, "half" | "yarim"));
    }
    if kind != 1 || !(close(months, 6.0) || close(months, 3.0)) {
        return false;
    }
    tokens().map(|t| &*t.key).any(|key| match key {
        "half" | "yarisinda" | "yarisi" | "yari" | "yariyil" | "yarida" => close(months, 6.0),
        "quarter" | "quarterly" | "çeyrekte" | "çeyrek" | "çeyreğinde" | "çeyreği" => close(months, 3.0),
        _ => false,
    })
}
