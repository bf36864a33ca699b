//! What happens in the demo's country: event number `index` is a pure function of the seed, so that
//! a restarted demo, a test and a bug report all see the same news.

use stdx::Rng;

use super::outlets::{OUTLETS, TABLOID};
use super::plots::{self, Language, Names, Plot};

/// Something that happened, as the outlets tell it.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub index: u64,
    pub language: Language,
    pub theme: &'static str,
    pub town: &'static str,
    /// One to four, each by another outlet. They share names, numbers and quotations.
    pub tellings: Vec<Telling>,
}

/// One outlet's article.
#[derive(Clone, Debug, PartialEq)]
pub struct Telling {
    /// Place in [`OUTLETS`].
    pub outlet: usize,
    pub kind: Kind,
    pub title: String,
    pub author: String,
    /// The text in order, without markup. An element may hold two short sentences.
    pub sentences: Vec<String>,
}

impl Telling {
    /// The text as an outlet sets it.
    pub fn paragraphs(&self) -> Vec<String> {
        self.sentences.chunks(2).map(|pair| pair.join(" ")).collect()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A whole article in the outlet's own words.
    Full,
    /// Two sentences.
    Thin,
    /// Capitals, exclamation marks and hardly a fact.
    Shouty,
    /// The first outlet's text, word by word.
    Copy,
    /// The first outlet's text with a sentence changed and one left out.
    NearCopy,
}

/// Words below which no sentence is left out.
const WORDS_MIN: usize = 120;

/// Event number `index`.
pub fn event(seed: u64, index: u64) -> Event {
    let (language, nth) = language_of(index);
    let dice = dice(seed, index, 1);
    let round = nth / plots::count(language);
    let story = Story::new(&dice, language, plots::plot(language, plot_number(seed, language, nth)), round);
    let mut outlets = choose_outlets(&dice, language, nth);
    let rumour = rumour(index);
    if rumour.is_some() {
        outlets.truncate(1);
    }
    let mut tellings: Vec<Telling> = Vec::with_capacity(outlets.len());
    let mut voice = 0;
    for (place, outlet) in outlets.into_iter().enumerate() {
        let first = tellings.first();
        let worth_copying = first.is_some_and(|f| f.kind == Kind::Full);
        let kind = match rumour.unwrap_or_else(|| choose_kind(&dice, place, outlet)) {
            Kind::Copy | Kind::NearCopy if !worth_copying => Kind::Full,
            kind => kind,
        };
        let (title, beats) = match (kind, first) {
            (Kind::Shouty, _) => story.shout(&dice),
            (Kind::Thin, _) => (story.title(place), story.beats(place)[..2].to_vec()),
            (Kind::Copy, Some(first)) => (first.title.clone(), first.sentences.clone()),
            (Kind::NearCopy, Some(first)) => (first.title.clone(), story.edited(&first.sentences)),
            (Kind::Full | Kind::Copy | Kind::NearCopy, _) => {
                voice += 1;
                (story.title(place), story.told(&dice, voice - 1))
            }
        };
        let author = match (kind, first) {
            (Kind::Copy | Kind::NearCopy, Some(first)) => OUTLETS[first.outlet].name.to_owned(),
            _ => author(seed, outlet, dice.below(4)),
        };
        tellings.push(Telling { outlet, kind, title, author, sentences: beats });
    }
    Event { index, language, theme: story.plot.theme, town: story.town, tellings }
}

/// Every fifth event is known from one poor article alone, so that the desk always has something to decide.
fn rumour(index: u64) -> Option<Kind> {
    match index % 10 {
        4 => Some(Kind::Thin),
        9 => Some(Kind::Shouty),
        _ => None,
    }
}

/// Of eight events six are English, one German and one Turkish; the second value counts the events
/// of the language.
fn language_of(index: u64) -> (Language, u64) {
    let (round, place) = (index / 8, index % 8);
    match place {
        3 => (Language::German, round),
        6 => (Language::Turkish, round),
        _ => (Language::English, round * 6 + place - u64::from(place > 3) - u64::from(place > 6)),
    }
}

/// Goes through all plots of a language before one comes again, in another order each time.
fn plot_number(seed: u64, language: Language, nth: u64) -> u64 {
    let count = plots::count(language);
    let dice = dice(seed, nth / count, 2 + language as u64);
    let start = dice.below(count);
    let step = loop {
        let step = 1 + dice.below(count);
        if common_divisor(step, count) == 1 {
            break step;
        }
    };
    start + (nth % count) * step
}

fn common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { common_divisor(b, a % b) }
}

fn choose_outlets(dice: &Rng, language: Language, nth: u64) -> Vec<usize> {
    let mut able: Vec<usize> = (0..OUTLETS.len()).filter(|i| OUTLETS[*i].language == language).collect();
    let wanted = [1, 1, 2, 2, 2, 3, 3, 3, 4, 4][dice.below(10) as usize].min(able.len());
    // Who is first takes turns, so that no outlet is ever without news.
    let turn = (nth % able.len() as u64) as usize;
    able.rotate_left(turn);
    for place in 1..wanted {
        let other = place + dice.below((able.len() - place) as u64) as usize;
        able.swap(place, other);
    }
    able.truncate(wanted);
    able
}

fn choose_kind(dice: &Rng, place: usize, outlet: usize) -> Kind {
    let roll = dice.below(10);
    match (place, roll) {
        _ if outlet == TABLOID && roll < 5 => Kind::Shouty,
        (0, 0) => Kind::Thin,
        (0, _) => Kind::Full,
        // There are three wordings of a sentence at most: a fourth voice would repeat the first.
        (3.., 0..=3) => Kind::Copy,
        (3.., 4..=6) => Kind::NearCopy,
        (3.., _) => Kind::Thin,
        (_, 0) => Kind::Copy,
        (_, 1) => Kind::NearCopy,
        (_, 2) => Kind::Thin,
        _ => Kind::Full,
    }
}

/// A plot with its facts filled in.
struct Story {
    plot: &'static Plot,
    names: &'static Names,
    town: &'static str,
    facts: Vec<(&'static str, String)>,
    /// For each beat, and for the title, the wording of the first telling.
    wording: Vec<usize>,
    /// The first telling's first sentence about the place.
    background: usize,
}

impl Story {
    /// `round` says how often the plot was used before.
    fn new(dice: &Rng, language: Language, plot: &'static Plot, round: u64) -> Self {
        let names = plots::names(language);
        let (town, town2) = two(dice, names.towns);
        let (first, first2) = two(dice, names.first);
        let (last, last2) = two(dice, names.last);
        let (day, day2) = two(dice, &names.days);
        let mut facts = vec![
            ("{town}", town.to_owned()),
            ("{town2}", town2.to_owned()),
            ("{person}", format!("{first} {last}")),
            ("{last}", last.to_owned()),
            ("{person2}", format!("{first2} {last2}")),
            ("{last2}", last2.to_owned()),
            ("{firm}", one(dice, names.firms).to_owned()),
            ("{day}", day.to_owned()),
            ("{day2}", day2.to_owned()),
            ("{pop}", number(3_000 + dice.below(60_000), names)),
            ("{km}", (11 + dice.below(60)).to_string()),
            ("{year}", (2027 + dice.below(4)).to_string()),
            ("{q1}", one(dice, plot.q1).to_owned()),
            ("{q2}", one(dice, plot.q2).to_owned()),
        ];
        for (name, (least, most)) in ["{a}", "{b}", "{c}", "{d}"].into_iter().zip(plot.numbers) {
            facts.push((name, number(least + dice.below(most - least + 1), names)));
        }
        // Where a beat has two wordings, the first eight rounds follow the rows of a Hadamard matrix: any
        // two of them agree in half of the beats. Later ones are left to chance.
        let row = |place: usize| ((place as u64 & (round % 8)).count_ones() % 2) as usize;
        let chance = |place: usize| match plot.beats.get(place) {
            Some(wordings) if wordings.len() == 2 && round < 8 => row(place),
            _ => dice.below(6) as usize,
        };
        let wording = (0..=plot.beats.len()).map(chance).collect();
        let background = dice.below(names.background.len() as u64) as usize;
        Story { plot, names, town, facts, wording, background }
    }

    /// The headline of the telling at `place`; different places have different ones.
    fn title(&self, place: usize) -> String {
        let titles = self.plot.titles;
        self.fill(titles[(self.wording[self.plot.beats.len()] + place) % titles.len()])
    }

    /// Every beat in one voice. The first two share no wording; the third must borrow where a beat has
    /// two, and borrows from either.
    fn beats(&self, voice: usize) -> Vec<String> {
        let word = |(place, wordings): (usize, &&[&str])| {
            let borrowed = usize::from(voice >= wordings.len() && place % 2 == 0);
            self.fill(wordings[(self.wording[place] + voice + borrowed) % wordings.len()])
        };
        self.plot.beats.iter().enumerate().map(word).collect()
    }

    /// The beats without up to two that this voice leaves out, for room, and two sentences on the place. The first three stay: they say
    /// what happened, how much of it, and who speaks.
    fn told(&self, dice: &Rng, voice: usize) -> Vec<String> {
        let mut beats = self.beats(voice);
        for _ in 0..2 {
            let out = 3 + dice.below(beats.len() as u64 - 3) as usize;
            let left: usize = beats.iter().map(|b| b.split(' ').count()).sum::<usize>() - beats[out].split(' ').count();
            if dice.below(2) == 0 && left >= WORDS_MIN {
                beats.remove(out);
            }
        }
        let about = self.names.background;
        let chosen = (0..2).map(|i| self.fill(about[(self.background + 2 * voice + i) % about.len()]));
        beats.extend(chosen);
        beats
    }

    /// What a hasty editor makes of somebody else's text: one sentence in other words, the last one cut.
    fn edited(&self, sentences: &[String]) -> Vec<String> {
        let mut edited = sentences.to_vec();
        if edited.len() > 3 {
            edited.pop();
            let other = |voice: usize| self.beats(voice).swap_remove(1);
            edited[1] = if other(1) == edited[1] { other(0) } else { other(1) };
        }
        edited
    }

    fn shout(&self, dice: &Rng) -> (String, Vec<String>) {
        let title = format!("{}: {}!!!", one(dice, &["SHOCK", "UNBELIEVABLE", "WOW"]), self.title(0).to_uppercase());
        let hooks = [
            "You will NOT BELIEVE what is going on in {town}!!!",
            "EVERYBODY in {town} is talking about this, and you will see why!!!",
            "What happened in {town} will leave you SPEECHLESS!!!",
        ];
        let ends = [
            "Number {a} will AMAZE you!!! CLICK to see what {person} did NEXT!!!",
            "Wait until you hear what {person} said!!! SHARE it before it is GONE!!!",
        ];
        let lead = self.beats(dice.below(3) as usize).swap_remove(0);
        (title, vec![self.fill(one(dice, &hooks)), lead, self.fill(one(dice, &ends))])
    }

    fn fill(&self, pattern: &str) -> String {
        let mut text = String::with_capacity(pattern.len() + 48);
        let mut rest = pattern;
        while let Some(start) = rest.find('{') {
            let end = rest[start..].find('}').map_or(rest.len(), |e| start + e + 1);
            text.push_str(&rest[..start]);
            let name = &rest[start..end];
            text.push_str(self.facts.iter().find(|(n, _)| *n == name).map_or(name, |(_, value)| value));
            rest = &rest[end..];
        }
        text + rest
    }
}

/// One of the four people who write for an outlet.
fn author(seed: u64, outlet: usize, which: u64) -> String {
    let names = plots::names(OUTLETS[outlet].language);
    let dice = dice(seed, outlet as u64 * 4 + which, 9);
    format!("{} {}", one(&dice, names.first), one(&dice, names.last))
}

fn number(n: u64, names: &Names) -> String {
    if n < 1000 { n.to_string() } else { format!("{}{}{:03}", n / 1000, names.thousands, n % 1000) }
}

fn one<'a>(dice: &Rng, of: &[&'a str]) -> &'a str {
    dice.pick(of).copied().unwrap_or_default()
}

fn two(dice: &Rng, of: &'static [&'static str]) -> (&'static str, &'static str) {
    let first = dice.below(of.len() as u64);
    let second = (first + 1 + dice.below(of.len() as u64 - 1)) % of.len() as u64;
    (of[first as usize], of[second as usize])
}

/// Dice of their own for each thing that is decided.
fn dice(seed: u64, index: u64, purpose: u64) -> Rng {
    let mixed = Rng::seeded(seed ^ purpose.rotate_left(56)).next_u64() ^ index.wrapping_mul(0xD6E8_FEB8_6659_FD93);
    Rng::seeded(Rng::seeded(mixed).next_u64())
}

#[cfg(test)]
mod tests;
