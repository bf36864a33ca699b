//! Reports of events that never happened, with what belongs together: made by lot from `fixtures/events.jsonl` and
//! `fixtures/retold.jsonl`.
//!
//! An event is told by several sources in different words, followed up hours later, and repeated by copies of five kinds.
//! Other events of the same plot, with other names and numbers, happen on the same days in the same few towns. Forms
//! (weather, results, matches) are one text with other facts: each is an event of its own and copies none.

use std::time::Duration;

use serde_json::Value;
use stdx::{Rng, Timestamp};

const EVENTS: &str = include_str!("../../fixtures/events.jsonl");
const RETOLD: &str = include_str!("../../fixtures/retold.jsonl");
/// 21 November 2026.
const START: i64 = 1_795_219_200;
const SPAN_S: u64 = 5 * 86_400;
const PLOT_EVENTS: usize = 10;
const FORM_EVENTS: usize = 16;

#[derive(Clone, Debug)]
pub struct Report {
    pub key: u64,
    pub title: String,
    pub text: String,
    pub at: Timestamp,
    pub event: usize,
    /// The key of the report that it was made from.
    pub copy_of: Option<u64>,
    pub kind: &'static str,
}

/// One half of the plots, with reports in the order of their times.
pub fn reports(half: &str, seed: u64) -> Vec<Report> {
    let lines: Vec<Value> =
        EVENTS.lines().chain(RETOLD.lines()).map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut maker =
        Maker { dice: Rng::seeded(seed), lines: &lines, half, reports: Vec::new(), event: 0, pools: Vec::new() };
    for line in lines.iter().filter(|line| line["half"] == half) {
        if let Some(events) = line.get("events") {
            events.as_array().unwrap().iter().for_each(|event| maker.retold(line, event));
        } else if line.get("event").is_some() {
            maker.retold(line, &Value::Array(Vec::new()));
        } else if line.get("told").is_some() {
            (0..PLOT_EVENTS).for_each(|_| maker.plot(line));
        } else if line.get("form").is_some() {
            (0..FORM_EVENTS).for_each(|_| maker.form(line));
        } else if let Some(single) = line.get("single") {
            let at = maker.moment();
            maker.add(text(&single[0]), text(&single[1]), at, "single");
            maker.event += 1;
        }
    }
    let mut reports = maker.reports;
    reports.sort_by_key(|report| (report.at, report.key));
    // Keys tell nothing of what belongs together.
    let order: std::collections::HashMap<u64, u64> =
        reports.iter().zip(1..).map(|(report, place)| (report.key, place * 7)).collect();
    for report in &mut reports {
        report.key = order[&report.key];
        report.copy_of = report.copy_of.map(|key| order[&key]);
    }
    reports
}

/// Towns, first names, surnames, firms, streets.
type Pools = [Vec<String>; 5];

struct Maker<'a> {
    dice: Rng,
    lines: &'a [Value],
    half: &'a str,
    reports: Vec<Report>,
    event: usize,
    /// By language.
    pools: Vec<(String, Pools)>,
}

impl Maker<'_> {
    fn plot(&mut self, plot: &Value) {
        let facts = self.facts(plot);
        let start = self.moment();
        let mut told: Vec<usize> = (0..plot["told"].as_array().unwrap().len()).collect();
        let count = 2 + self.dice.below(told.len() as u64 - 1) as usize;
        self.shuffle(&mut told);
        for at in told.into_iter().take(count) {
            let later = Duration::from_secs(self.dice.below(16 * 3_600));
            self.tell(plot, &plot["told"][at], &facts, start + later, "told");
        }
        for follow_up in plot["later"].as_array().unwrap() {
            if self.dice.below(3) > 0 {
                let later = Duration::from_secs(12 * 3_600 + self.dice.below(30 * 3_600));
                self.tell(plot, follow_up, &facts, start + later, "later");
            }
        }
        self.event += 1;
    }

    /// An event whose facts are given, told as often as its plot has tellings but for one of four.
    fn retold(&mut self, plot: &Value, event: &Value) {
        let values = event.as_array().unwrap();
        let names = plot.get("slots").and_then(Value::as_array).into_iter().flatten();
        let mut facts: Vec<(String, String)> =
            names.zip(values).map(|(name, value)| (format!("{{{}}}", text(name)), text(value))).collect();
        facts.push(("{town}".to_owned(), values.first().map_or_else(|| "the region".to_owned(), text)));
        let start = self.moment();
        let told = plot["told"].as_array().unwrap();
        let mut left_out = 0;
        for telling in told {
            if left_out + 2 < told.len() && self.dice.below(4) == 0 {
                left_out += 1;
                continue;
            }
            let later = Duration::from_secs(self.dice.below(20 * 3_600));
            self.tell(plot, telling, &facts, start + later, "retold");
        }
        for follow_up in plot.get("later").and_then(Value::as_array).into_iter().flatten() {
            let later = Duration::from_secs(20 * 3_600 + self.dice.below(28 * 3_600));
            self.tell(plot, follow_up, &facts, start + later, "later");
        }
        self.event += 1;
    }

    fn form(&mut self, form: &Value) {
        let facts = self.facts(form);
        let at = self.moment();
        self.tell(form, &form["form"][0], &facts, at, "form");
        self.event += 1;
    }

    fn tell(&mut self, plot: &Value, telling: &Value, facts: &[(String, String)], at: Timestamp, kind: &'static str) {
        let (mut title, mut body) = (text(&telling[0]), text(&telling[1]));
        if kind != "form" && plot.get("half").is_some_and(|half| half == "tuned" || half == "held") {
            identify(&mut title, &mut body, plot["language"].as_str().unwrap());
        }
        let (title, body) = (filled(&title, facts), filled(&body, facts));
        let key = self.add(title.clone(), body.clone(), at, kind);
        let rate = if kind == "form" { 5 } else { 3 };
        if self.dice.below(rate) > 0 {
            return;
        }
        let language = plot["language"].as_str().unwrap();
        let words: Vec<&str> = body.split(' ').collect();
        let (kind, title, body) = match self.dice.below(5) {
            0 => ("verbatim", title, body),
            1 => ("edited", title, self.edited(&words)),
            2 => ("dropped", title, self.dropped(&words, language)),
            3 => ("cut", title, words[..words.len() * 3 / 5].join(" ") + " …"),
            _ => {
                let (headline, intro) = wire(language, self.dice.below(3) as usize);
                ("wire", filled(headline, facts), format!("{} {body}", filled(intro, facts)))
            }
        };
        let later = Duration::from_secs(300 + self.dice.below(8 * 3_600));
        let copy = self.add(title, body, at + later, kind);
        self.reports.last_mut().expect("it was added").copy_of = Some(key);
        debug_assert_ne!(copy, key);
    }

    fn add(&mut self, title: String, text: String, at: Timestamp, kind: &'static str) -> u64 {
        let key = self.reports.len() as u64 + 1;
        self.reports.push(Report { key, title, text, at, event: self.event, copy_of: None, kind });
        key
    }

    /// Two words of a hundred, and one at least, are others.
    fn edited(&self, words: &[&str]) -> String {
        let mut words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        for _ in 0..words.len().div_ceil(50) {
            let at = self.dice.below(words.len() as u64) as usize;
            words[at] = ["again", "reportedly", "yine", "wohl"][self.dice.below(4) as usize].to_owned();
        }
        words.join(" ")
    }

    /// A tenth of the words left out and as many said in another way.
    fn dropped(&self, words: &[&str], language: &str) -> String {
        let swaps = self.lines.iter().find(|line| line["language"] == language && line.get("swaps").is_some()).unwrap();
        let swaps: Vec<(&str, &str)> =
            swaps["swaps"].as_array().unwrap().iter().filter_map(|pair| pair.as_str()?.split_once(' ')).collect();
        let mut out = Vec::new();
        for word in words {
            if self.dice.below(10) == 0 {
                continue;
            }
            let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
            match swaps.iter().find(|(from, _)| *from == bare) {
                Some((_, to)) if self.dice.below(2) == 0 => out.push((*to).to_owned()),
                _ if self.dice.below(16) == 0 && bare.starts_with(char::is_lowercase) => {
                    out.push(["meanwhile", "rather", "ayrıca", "etwa"][self.dice.below(4) as usize].to_owned());
                }
                _ => out.push((*word).to_owned()),
            }
        }
        out.join(" ")
    }

    /// The names of a language, each list in an order of its own. They come round and round: many events share a town or
    /// a firm or a surname, and none shares two of them with another.
    fn shuffled(&mut self, plot: &Value) -> Pools {
        let is_names = |line: &&Value| {
            line["half"] == self.half && line["language"] == plot["language"] && line.get("names").is_some()
        };
        let names = &self.lines.iter().find(is_names).unwrap()["names"];
        let pools = ["towns", "first", "last", "orgs", "streets"].map(|list| {
            let mut names: Vec<String> = names[list].as_array().unwrap().iter().map(text).collect();
            self.shuffle(&mut names);
            names
        });
        self.pools.push((plot["language"].as_str().unwrap().to_owned(), pools.clone()));
        pools
    }

    fn facts(&mut self, plot: &Value) -> Vec<(String, String)> {
        let language = plot["language"].as_str().unwrap();
        let number = self.event;
        let pools = self.pools.iter().find(|(of, _)| of == language).map(|(_, pools)| pools.clone());
        let [towns, first, last, orgs, streets] = &pools.unwrap_or_else(|| self.shuffled(plot));
        let one = |list: &[String], place: usize| list[place % list.len()].clone();
        let any = |list: &[String]| self.dice.pick(list).unwrap().clone();
        let surname = one(last, number);
        let surname2 = one(last, number + 1 + self.dice.below(last.len() as u64 - 1) as usize);
        // The beginning of one firm's name with the end of another's: two may share a half.
        let (whole, ending) = (one(orgs, number), one(orgs, number + number / orgs.len()));
        let firm = format!("{} {}", whole.split_once(' ').unwrap().0, ending.split_once(' ').unwrap().1);
        let mut facts = vec![
            ("{town2}".to_owned(), one(towns, number + 1 + number / towns.len() % (towns.len() - 1))),
            ("{town}".to_owned(), one(towns, number)),
            ("{person2}".to_owned(), format!("{} {surname2}", any(first))),
            ("{person}".to_owned(), format!("{} {surname}", any(first))),
            ("{last2}".to_owned(), surname2),
            ("{last}".to_owned(), surname),
            ("{org}".to_owned(), firm),
            ("{street}".to_owned(), one(streets, number)),
            ("{day}".to_owned(), days(language)[self.dice.below(7) as usize].to_owned()),
        ];
        for (name, range) in ["{a}", "{b}", "{c}", "{d}"].into_iter().zip(plot["numbers"].as_array().unwrap()) {
            let (least, most) = (range[0].as_u64().unwrap(), range[1].as_u64().unwrap());
            facts.push((name.to_owned(), (least + self.dice.below(most - least + 1)).to_string()));
        }
        facts
    }

    fn moment(&self) -> Timestamp {
        Timestamp::from_seconds(START) + Duration::from_secs(self.dice.below(SPAN_S))
    }

    fn shuffle<T>(&self, list: &mut [T]) {
        for at in (1..list.len()).rev() {
            list.swap(at, self.dice.below(at as u64 + 1) as usize);
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn filled(text: &str, facts: &[(String, String)]) -> String {
    facts.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
}

fn days(language: &str) -> [&'static str; 7] {
    match language {
        "tr" => ["pazartesi", "salı", "çarşamba", "perşembe", "cuma", "cumartesi", "pazar"],
        "de" => ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"],
        _ => ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
    }
}

/// A report says where it happened and who it is about; those of the plots that leave it out get it added.
fn identify(title: &mut String, body: &mut String, language: &str) {
    if ![&*title, &*body].iter().any(|part| part.contains("{town}")) {
        *body = format!("{{town}} – {body}");
    }
    if !["{person}", "{last}"].iter().any(|fact| title.contains(fact) || body.contains(fact)) {
        body.push_str(match language {
            "tr" => " {person} konuyla ilgili açıklama yapmadı.",
            "de" => " {person} wollte sich dazu nicht äußern.",
            _ => " Asked about it, {person} gave no comment.",
        });
    }
}

/// What an agency's customers put over and before its text.
fn wire(language: &str, number: usize) -> (&'static str, &'static str) {
    let all = match language {
        "tr" => [
            (
                "Bölgeden son dakika: {town}",
                "(Haber merkezi) Muhabirimizin bölgeden aktardığı bilgilere göre gelişmeler şöyle:",
            ),
            ("Günün öne çıkan haberi", "Ajanslara düşen haberin ayrıntıları okurlarımız için derlendi."),
            ("{town} haberleri", "Yerel kaynaklardan edinilen bilgiye göre:"),
        ],
        "de" => [
            ("Nachrichten aus der Region {town}", "(eigener Bericht) Wie unsere Redaktion aus der Region erfährt:"),
            ("Das ist heute wichtig", "Die folgende Meldung erreichte uns am Vormittag von einer Agentur."),
            ("Kurz gemeldet: {town}", "Aus dem Polizeibericht und von unseren Mitarbeitern vor Ort."),
        ],
        _ => [
            (
                "Around the region: the latest from {town}",
                "(Staff and agencies) This report was first sent by our partners in the region and is given here in full.",
            ),
            ("What we know so far", "Here is what readers are talking about this morning, as it reached our desk:"),
            ("News in brief: {town}", "By our correspondent, with additional reporting from the wires."),
        ],
    };
    all[number]
}
