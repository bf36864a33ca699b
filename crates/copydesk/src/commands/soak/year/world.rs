//! The sites of a simulated year: what each publishes, and when it does what sites do. All of it follows from a seed and the time.

use std::time::Duration;

use stdx::{Rng, Timestamp};

use super::oracle::Seen;

pub const DAY: Duration = Duration::from_secs(86_400);
const HOUR: f64 = 3_600.0;
/// The product looks through so many of the last items, and a few more, for the text of an entry without a name, and for the
/// words of one that has another name.
const NAMELESS_MAX: usize = 80;
const LATEST_MAX: usize = 400;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Rss,
    Atom,
    Json,
}

/// By what a site's entries can be told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    IdAndAddress,
    /// Without any address.
    Id,
    /// All lead to one page.
    IdAndSharedAddress,
    Address,
    Nothing,
}

/// What its dates are worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dates {
    True,
    None,
    Unreadable,
    /// So many hours beside the truth.
    Off(i8),
    /// Each twentieth lies in another year.
    Wild,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    NewestFirst,
    OldestFirst,
}

#[derive(Clone, Copy, Debug)]
pub struct Habits {
    pub format: Format,
    pub names: Names,
    pub dates: Dates,
    pub order: Order,
    /// Entries in the document.
    pub window: usize,
    /// Between two entries, in hours.
    pub gap_h: f64,
    /// Seven titles in turn, as of columns and bulletins.
    pub same_titles: bool,
    pub etag: bool,
    /// Says another time of its making at each call.
    pub restless: bool,
}

/// One thing that a site has published.
#[derive(Clone, Debug)]
pub struct Article {
    /// Its place in the document.
    pub born: Timestamp,
    /// What the site says of its date.
    pub dated: Option<Timestamp>,
    /// It came with a dump of the archive, and is in the document only as one of the `extras`.
    pub is_old: bool,
    /// How often its title and its text were edited.
    pub edition: (u16, u16),
    /// How often its id and its address were changed.
    pub names: (u16, u16),
    /// It was taken out of the document until then.
    pub hidden_until: Timestamp,
    pub seen: Seen,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outage {
    Refused,
    Error,
    /// 503 with `Retry-After`, as seconds or as a date.
    Busy,
    Missing,
    Garbage,
    /// The connection breaks in the middle of the body.
    Broken,
    /// A document that ends too early, and says that it does not.
    Cut,
    /// A page for people, with status 200.
    Login,
    Empty,
    NoEntries,
}

const OUTAGES: [Outage; 10] = [
    Outage::Refused,
    Outage::Error,
    Outage::Busy,
    Outage::Missing,
    Outage::Garbage,
    Outage::Broken,
    Outage::Cut,
    Outage::Login,
    Outage::Empty,
    Outage::NoEntries,
];

pub struct Site {
    pub number: u32,
    pub habits: Habits,
    pub articles: Vec<Article>,
    /// Beside the newest ones, until then.
    pub extras: Vec<(usize, Timestamp)>,
    pub outage: Option<(Outage, Timestamp)>,
    /// The document's order is mixed until then.
    pub mixed_until: Timestamp,
    /// How often it has moved for good, and the status that its former addresses answer with.
    pub moves: u32,
    pub moved: u16,
    pub moved_at: Timestamp,
    /// What happened to the site as a whole.
    pub log: Vec<(Timestamp, String)>,
    /// Full documents that the product has stored.
    pub documents: u32,
    pub pending: Option<super::oracle::Pending>,
    /// Titles of entries in whose middle a document ended, with their articles.
    pub halves: Vec<(usize, String)>,
    pub dice: Rng,
    eventful: f64,
    next_article: Timestamp,
    next_day: Timestamp,
}

impl Site {
    /// In a year that is `eventful`, all that a site does now and then it does so many times as often.
    pub fn new(number: u32, seed: u64, eventful: u32, start: Timestamp) -> Site {
        let dice = Rng::seeded(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ u64::from(number));
        let habits = Habits::thrown(&dice);
        let mut site = Site {
            number,
            habits,
            articles: Vec::new(),
            extras: Vec::new(),
            outage: None,
            mixed_until: start,
            moves: 0,
            moved: 301,
            moved_at: start,
            log: Vec::new(),
            documents: 0,
            pending: None,
            halves: Vec::new(),
            dice,
            eventful: f64::from(eventful),
            next_article: start,
            next_day: start + DAY,
        };
        // It has been there for a while.
        for n in (1..=site.habits.window * 3 / 2).rev() {
            site.publish(start - gap(habits.gap_h) * u32::try_from(n).unwrap_or(u32::MAX), false);
        }
        site
    }

    /// Lets everything happen until `now`.
    pub fn advance(&mut self, now: Timestamp) {
        loop {
            let next = self.next_article.min(self.next_day);
            if next > now {
                break;
            }
            if self.next_article <= self.next_day {
                self.publish(next, false);
                if self.dice.below(10) == 0 {
                    self.publish(next, false);
                }
                self.next_article = next + gap(self.habits.gap_h * (0.3 + 1.4 * self.dice.unit()));
            } else {
                self.live(next);
                self.next_day = next + DAY;
            }
        }
        self.extras.retain(|(_, until)| *until > now);
        if self.outage.is_some_and(|(_, until)| until <= now) {
            self.outage = None;
        }
    }

    fn publish(&mut self, born: Timestamp, is_old: bool) {
        let dated = match self.habits.dates {
            Dates::True => Some(born),
            Dates::None | Dates::Unreadable => None,
            Dates::Off(hours) if hours < 0 => Some(born - gap(f64::from(-hours))),
            Dates::Off(hours) => Some(born + gap(f64::from(hours))),
            Dates::Wild if self.dice.below(20) > 0 => Some(born),
            Dates::Wild if self.dice.below(2) == 0 => Some(born + DAY * 400),
            Dates::Wild => Some(born - DAY * 400),
        };
        self.articles.push(Article {
            born,
            dated: dated.map(|at| Timestamp::from_seconds(at.seconds())),
            is_old,
            edition: (0, 0),
            names: (0, 0),
            hidden_until: Timestamp::EPOCH,
            seen: Seen::default(),
        });
    }

    /// The articles in the document of `now`, in its order.
    pub fn document(&self, now: Timestamp) -> Vec<usize> {
        let newest = self.articles.iter().enumerate().rev();
        let newest = newest.filter(|(_, article)| !article.is_old && article.hidden_until <= now);
        let mut shown: Vec<usize> = newest.take(self.habits.window).map(|(index, _)| index).collect();
        for (index, _) in &self.extras {
            if !shown.contains(index) {
                shown.push(*index);
            }
        }
        if self.habits.order == Order::OldestFirst {
            shown.reverse();
        }
        if self.mixed_until > now {
            let salt = now.day_number().unsigned_abs();
            shown.sort_by_key(|index| (*index as u64 ^ salt).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        }
        shown
    }

    /// One day of a site's life.
    fn live(&mut self, now: Timestamp) {
        if self.happens(0.3) {
            self.edit();
        }
        if self.happens(0.03) {
            self.rename_one();
        }
        if self.happens(0.004) {
            self.rename_all(now);
        }
        if self.happens(0.03) {
            self.mixed_until = now + self.length(0.5, 3.0);
        }
        if self.happens(0.02) {
            self.bring_back(now);
        }
        if self.happens(0.02)
            && let Some(index) = self.any_of_window(now)
        {
            self.articles[index].hidden_until = now + self.length(0.2, 20.0);
        }
        if self.happens(0.001) {
            self.dump(now);
        }
        if self.happens(0.001) && now.since(self.moved_at) > DAY * 20 {
            self.moves += 1;
            self.moved = if self.dice.below(2) == 0 { 301 } else { 308 };
            self.moved_at = now;
            self.tell(now, format!("moves for good ({})", self.moved));
        }
        if self.outage.is_none() && self.happens(0.01) {
            let kind = OUTAGES[self.dice.below(OUTAGES.len() as u64) as usize];
            // As likely per doubling: minutes to eight days.
            let length = DAY.mul_f64(0.02 * 400f64.powf(self.dice.unit()));
            self.outage = Some((kind, now + length));
            self.tell(now, format!("{kind:?} for {:.1} h", length.as_secs_f64() / HOUR));
        }
    }

    /// A title or a text, or both, of something in the document.
    fn edit(&mut self) {
        let Some(index) = self.any_of_window(self.next_day) else { return };
        let (names, kind) = (self.habits.names, self.dice.below(3));
        if names == Names::Nothing && index + NAMELESS_MAX < self.articles.len() {
            return;
        }
        let article = &mut self.articles[index];
        // Where nothing but its words says which it is, a site does one thing at a time; so do we.
        let (now, before) = (article.names, article.seen.names);
        if article.seen.is_known() && now != before && (names != Names::IdAndAddress || now.1 != before.1) {
            return;
        }
        if kind != 1 && !self.habits.same_titles {
            article.edition.0 += 1;
        }
        if kind != 0 || self.habits.same_titles {
            article.edition.1 += 1;
        }
    }

    fn rename_one(&mut self) {
        if self.habits.names != Names::Nothing
            && let Some(index) = self.any_of_window(self.next_day)
        {
            let only_address = self.habits.names == Names::Address;
            self.rename(index, !only_address, only_address);
        }
    }

    /// The site has new software, which gives each entry in the document another id, and half of the time another address.
    fn rename_all(&mut self, now: Timestamp) {
        if self.habits.names == Names::Nothing {
            return;
        }
        let address = self.habits.names == Names::Address
            || (self.habits.names == Names::IdAndAddress && self.dice.below(2) == 0);
        for index in self.document(now) {
            self.rename(index, self.habits.names != Names::Address, address);
        }
        if self.habits.names == Names::IdAndAddress && self.dice.below(2) == 0 {
            self.habits.format = [Format::Rss, Format::Atom, Format::Json][self.dice.below(3) as usize];
        }
        self.tell(now, format!("all ids are new, addresses {}", if address { "too" } else { "as before" }));
    }

    fn rename(&mut self, index: usize, id: bool, address: bool) {
        // What keeps its address is known by it for ever; by its words among the latest.
        let is_late = index + LATEST_MAX >= self.articles.len();
        let article = &mut self.articles[index];
        let is_settled = is_late && article.seen.is_settled(article.edition, article.names);
        if is_settled || (self.habits.names == Names::IdAndAddress && !address) {
            article.names.0 += u16::from(id);
            article.names.1 += u16::from(address);
        }
    }

    /// Old entries stand in the document again for some days.
    fn bring_back(&mut self, now: Timestamp) {
        let until = now + self.length(0.3, 30.0);
        for _ in 0..=self.dice.below(4) {
            let index = self.dice.below(self.articles.len() as u64) as usize;
            let article = &self.articles[index];
            let is_settled = article.seen.is_settled(article.edition, article.names) && article.seen.is_known();
            if is_settled && !self.extras.iter().any(|(at, _)| *at == index) {
                self.extras.push((index, until));
            }
        }
    }

    /// The archive of years, at once.
    fn dump(&mut self, now: Timestamp) {
        let (count, until) = (20 + self.dice.below(300), now + self.length(0.5, 4.0));
        for _ in 0..count {
            let at = now - DAY * (30 + self.dice.below(1_500) as u32);
            self.publish(at, true);
            self.extras.push((self.articles.len() - 1, until));
        }
        self.tell(now, format!("dumps {count} old entries until {until}"));
    }

    fn any_of_window(&self, now: Timestamp) -> Option<usize> {
        self.dice.pick(&self.document(now)).copied()
    }

    fn happens(&self, chance: f64) -> bool {
        self.dice.unit() < chance * self.eventful
    }

    /// So many days.
    fn length(&self, least: f64, most: f64) -> Duration {
        DAY.mul_f64(least + (most - least) * self.dice.unit())
    }

    fn tell(&mut self, at: Timestamp, what: String) {
        self.log.push((at, what));
    }
}

impl Habits {
    fn thrown(dice: &Rng) -> Habits {
        let names = match dice.below(20) {
            0..11 => Names::IdAndAddress,
            11..14 => Names::Id,
            14 => Names::IdAndSharedAddress,
            15..18 => Names::Address,
            _ => Names::Nothing,
        };
        let format = match (names, dice.below(4)) {
            (Names::Nothing, _) | (_, 0 | 1) => Format::Rss,
            (_, 2) => Format::Atom,
            _ => Format::Json,
        };
        let dates = match dice.below(20) {
            0..12 => Dates::True,
            12 | 13 => Dates::None,
            14 => Dates::Unreadable,
            15..18 => Dates::Off(i8::try_from(dice.below(25)).unwrap_or_default() - 12),
            _ => Dates::Wild,
        };
        // From three an hour to one a month; slow ones as likely per doubling as quick ones, and a little more.
        let gap_h = 0.33 * 2_200f64.powf(dice.unit().sqrt());
        Habits {
            format,
            names,
            dates,
            order: if dice.below(10) == 0 { Order::OldestFirst } else { Order::NewestFirst },
            window: if dice.below(8) == 0 { 15 + dice.below(30) } else { 3 + dice.below(10) } as usize,
            gap_h,
            same_titles: dice.below(8) == 0,
            etag: dice.below(3) > 0,
            restless: dice.below(8) == 0,
        }
    }
}

fn gap(hours: f64) -> Duration {
    Duration::from_secs_f64(hours * HOUR)
}
