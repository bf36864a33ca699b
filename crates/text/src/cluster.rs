//! Telling, as documents come in, which copy one another and which tell of the same event.
//!
//! One pass: each document is read once and placed for good. It belongs to the group whose members it is most like, if it
//! is like enough, by the weight of the terms that they share: rare ones weigh more, names three times, numbers twice.
//! What is compared with what is decided by listings of the rarest terms, so that a document costs the same among a
//! thousand and among a hundred thousand others. Placing depends on nothing but the documents before, in their order.

use std::ops::Range;
use std::time::Duration;

use stdx::Timestamp;

mod bonds;
mod copies;
mod groups;
mod keyed;
mod likeness;
mod live;
mod reading;
mod vocabulary;
mod words;

use bonds::{Bond, Bonds};
use copies::{Common, Keys};
use groups::Groups;
use likeness::{Class, Known, Term, Weight};
use live::{Live, Member};
use reading::{Kind, Reading};
use vocabulary::{TermId, Vocabulary};

/// Terms kept of a document, fewer than 255; by which it is found; and with which it looks for others: the heaviest.
const TERMS_MAX: usize = 40;
const LISTED: usize = 12;
const ASKED: usize = 12;
/// Documents that share enough of what was asked to have their groups looked at.
const NEAREST: usize = 16;
/// Those whose score is this part of the best one's.
const NEAR: f32 = 0.2;
/// Groups that are compared in full.
const GROUPS: usize = 8;
/// Documents that are compared for copies: by shingles, and by terms.
const SUSPECTS: usize = 4;
const SUSPECTS_BY_TERMS: usize = 2;
/// A word whose only capitals mean nothing, and of which nobody knows: half a name.
const DOUBTFUL: f32 = 1.5;
/// Words that explain why a document is in its group.
const SHARED: usize = 6;

/// What is remembered, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Documents further apart are never put together.
    pub window: Duration,
    /// Beyond this many the oldest is forgotten.
    pub documents_max: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { window: Duration::from_secs(72 * 3_600), documents_max: 200_000 }
    }
}

/// What is put into a group. Only the beginning of a long text is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Document<'a> {
    /// The caller's name for it; each has its own.
    pub key: u64,
    pub title: &'a str,
    /// Without markup.
    pub text: &'a str,
    /// When it appeared. Documents may come a little out of order.
    pub at: Timestamp,
}

/// Where a document belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The key of the group's first document: its own, when it tells something new.
    pub group: u64,
    /// The earliest document that it repeats, in whole or in part.
    pub copy_of: Option<u64>,
    /// Documents that repeat it and came before it, although they appeared later: what they were said to copy until now
    /// is a copy of this one, as they are.
    pub copies: Vec<u64>,
    /// Up to six of the names, numbers with what they count, and words that it shares with its group, the weightiest
    /// first: "Port Alder", "12 arrests", "ferry".
    pub shared: Vec<String>,
}

/// What has been done so far, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    pub documents: u64,
    /// Words that were read.
    pub words: u64,
    /// Places in listings that were looked at.
    pub listings: u64,
    /// Documents and groups that were compared in full.
    pub compared: u64,
}

/// The documents of a window and their groups.
#[derive(Debug, Default)]
pub struct Clusters {
    settings: Settings,
    live: Live,
    groups: Groups,
    vocabulary: Vocabulary,
    keys: Keys,
    bonds: Bonds,
    work: Work,
    reading: Reading,
    asked: Vec<Asked>,
    known: Vec<Known>,
    /// By term: one more than its place in `known`, 0 for those of others.
    places: Vec<u8>,
    scores: Scores,
}

/// A term of the document that is being placed.
#[derive(Clone, Copy, Debug)]
struct Asked {
    hash: u32,
    id: Option<TermId>,
    class: Class,
    weight: f32,
    rarity: f32,
    /// Its place in [`Reading::terms`].
    found: u32,
}

impl Asked {
    fn worth(&self) -> f32 {
        self.weight * self.rarity
    }
}

/// Heavier ones first.
fn heavier(a: &Asked, b: &Asked) -> std::cmp::Ordering {
    b.worth().total_cmp(&a.worth()).then(a.hash.cmp(&b.hash))
}

/// What documents share with the one that is being placed, by number.
#[derive(Debug, Default)]
struct Scores {
    turn: u32,
    of: Vec<(u32, f32)>,
    touched: Vec<u32>,
}

/// Where the document that is being placed could belong.
struct Suspects {
    /// Numbers of documents, the likeliest first.
    copies: Vec<u32>,
    groups: Vec<u32>,
}

impl Clusters {
    pub fn new(settings: Settings) -> Self {
        Self { settings, ..Self::default() }
    }

    /// Documents in memory.
    pub fn len(&self) -> usize {
        self.live.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Groups in memory.
    pub fn groups(&self) -> usize {
        self.groups.len()
    }

    /// Different terms in memory.
    pub fn terms(&self) -> usize {
        self.vocabulary.len()
    }

    pub fn work(&self) -> Work {
        self.work
    }

    /// The group of a document in memory.
    pub fn group_of(&self, key: u64) -> Option<u64> {
        let member = self.live.get(self.live.number(key)?)?;
        self.groups.get(member.group).map(|group| group.name)
    }

    /// Takes a document in. One that is in memory already stays where it is.
    pub fn push(&mut self, document: &Document<'_>) -> Placed {
        if let Some(member) = self.live.number(document.key).and_then(|number| self.live.get(number)) {
            let group = self.groups.get(member.group).map_or(document.key, |group| group.name);
            let origin = self.live.get(member.origin).map(|origin| origin.key).filter(|key| *key != document.key);
            return Placed { group, copy_of: origin, copies: Vec::new(), shared: Vec::new() };
        }
        let reading = self.read(document);
        let weight = self.weigh(&reading);
        let suspects = self.suspects(&reading);
        let barred = self.barred(document.key);
        let bound = self.bound(document.key, &barred);
        let copied = self
            .copied(document, &reading, &suspects.copies, &barred)
            .filter(|number| bound.is_none() || bound == self.live.get(*number).map(|member| member.group));
        let home = bound
            .or_else(|| copied.and_then(|number| self.live.get(number)).map(|member| member.group))
            .or_else(|| self.fitting(document, &reading, &weight, &suspects.groups, &barred));
        let shared = home.map_or_else(Vec::new, |place| self.shared(place, &reading, document));
        let origin = copied.and_then(|number| self.live.get(number));
        let is_first = origin.is_some_and(|origin| document.at < origin.at);
        let copy_of = origin.filter(|_| !is_first).map(|origin| origin.key);
        let place =
            home.unwrap_or_else(|| self.groups.make(document.key, document.at, reading.script, &mut self.vocabulary));
        let number = self.live.next();
        self.admit(document, &reading, place, copied);
        self.reading = reading;
        let copies = if is_first { copied.map(|origin| self.give_over(origin, number)) } else { None };
        let group = self.groups.get(place).map_or(document.key, |group| group.name);
        Placed { group, copy_of, copies: copies.unwrap_or_default(), shared }
    }

    /// Takes a document in whose place is known: the group of the document `with`, or one of its own when that is not in
    /// memory, and as a copy of `copy_of` if that is in the same group. One that is in memory already stays where it is.
    pub fn put(&mut self, document: &Document<'_>, with: Option<u64>, copy_of: Option<u64>) {
        if self.live.number(document.key).is_some() {
            return;
        }
        let reading = self.read(document);
        self.weigh(&reading);
        let member = |key: u64| self.live.get(self.live.number(key)?);
        let home = with.and_then(member).map(|member| member.group);
        let origin = copy_of.and_then(member).filter(|member| Some(member.group) == home).map(|member| member.origin);
        let origin = origin.filter(|number| self.live.get(*number).is_some());
        let place =
            home.unwrap_or_else(|| self.groups.make(document.key, document.at, reading.script, &mut self.vocabulary));
        self.admit(document, &reading, place, origin);
        self.reading = reading;
    }

    fn read(&mut self, document: &Document<'_>) -> Reading {
        self.make_room();
        let mut reading = std::mem::take(&mut self.reading);
        reading.read(document.title, document.text);
        self.work.documents += 1;
        self.work.words += reading.words as u64;
        reading
    }

    /// Says that two documents belong together, whatever they tell: their groups become one, and if one of them is yet
    /// to come it will join the other. Where people have parted others of the two groups, only `b` moves, and that only if
    /// nobody has parted it from the group.
    pub fn bind(&mut self, a: u64, b: u64) {
        if a == b {
            return;
        }
        self.bonds.set(a, b, Bond::Together);
        let (Some(first), Some(second)) = (self.live.number(a), self.live.number(b)) else { return };
        let (Some(one), Some(other)) = (self.home(first), self.home(second)) else { return };
        if one.0 == other.0 {
            return;
        }
        if self.are_parted(one.0, other.0) {
            if !self.barred(b).contains(&one.0) {
                self.shift(&[second], other.0, one.0);
            }
            return;
        }
        let (old, young) = if one.1 < other.1 { (one.0, other.0) } else { (other.0, one.0) };
        let numbers = self.numbers(young);
        self.shift(&numbers, young, old);
    }

    /// Says that two documents do not belong together: `b` leaves the group of `a`, for that of a document that it is
    /// bound to or for one of its own, and neither will join the other's group again.
    pub fn part(&mut self, a: u64, b: u64) {
        if a == b {
            return;
        }
        self.bonds.set(a, b, Bond::Apart);
        let (Some(first), Some(second)) = (self.live.number(a), self.live.number(b)) else { return };
        let (Some((shared, _)), Some((home, _))) = (self.home(first), self.home(second)) else { return };
        if shared != home {
            return;
        }
        if let Some(member) = self.live.get_mut(second) {
            member.origin = second;
            member.tells = true;
        }
        let barred = self.barred(b);
        let target = self.bound(b, &barred).or_else(|| {
            let (at, script) = (self.live.get(second)?.at, self.groups.get(home)?.script);
            Some(self.groups.make(b, at, script, &mut self.vocabulary))
        });
        if let Some(target) = target {
            self.shift(&[second], home, target);
        }
    }

    /// Forgets the documents that appeared before `at`, their bonds, and groups that none is left of.
    pub fn forget_before(&mut self, at: Timestamp) {
        while let Some((oldest, number)) = self.live.old()
            && oldest < at
        {
            self.forget(number);
        }
    }

    fn make_room(&mut self) {
        let most = self.settings.documents_max.max(1);
        while self.live.len() >= most {
            let Some((_, number)) = self.live.old() else { break };
            self.forget(number);
        }
        // A date far ahead must not hold the numbers of all that came after.
        while self.live.span() >= 2 * most {
            let Some(number) = self.live.first() else { break };
            self.forget(number);
        }
    }

    fn forget(&mut self, number: u32) {
        let Some(mut member) = self.live.remove(number) else { return };
        self.keys.remove(&member.shingles, number);
        self.bonds.forget(member.key);
        self.groups.leave(number, &mut member, &self.live, &mut self.vocabulary);
        member.terms.iter().for_each(|term| self.vocabulary.release(term.id()));
    }

    /// Fills `asked` with the heaviest terms, heaviest first, and `known` with those that others have, by term.
    fn weigh(&mut self, reading: &Reading) -> Weight {
        self.asked.clear();
        let new = self.vocabulary.rarity_of_new();
        for (place, found) in reading.terms.iter().enumerate() {
            if found.kind == Kind::Stem && found.named && !found.common {
                continue;
            }
            let id = self.vocabulary.find(found.hash);
            let rarity = id.map_or(new, |id| self.vocabulary.rarity_of(id));
            let is_name = match id {
                Some(id) => self.vocabulary.entry(id).is_name(found.named, found.common),
                None => (found.named || found.common).then_some(found.named),
            };
            let (class, doubt) = match (found.kind, is_name) {
                (Kind::Number, _) => (Class::Number, 1.0),
                (Kind::Stem, _) => (Class::Stem, 1.0),
                (Kind::Word, Some(true)) => (Class::Name, 1.0),
                (Kind::Word, None) if found.capital => (Class::Word, DOUBTFUL),
                (Kind::Word, _) => (Class::Word, 1.0),
            };
            let part = if class == Class::Name { found.part } else { 1.0 };
            let weight = found.weight * class.weight() * doubt * part.sqrt();
            self.asked.push(Asked { hash: found.hash, id, class, weight, rarity, found: place as u32 });
        }
        if self.asked.len() > TERMS_MAX {
            self.asked.select_nth_unstable_by(TERMS_MAX, heavier);
            self.asked.truncate(TERMS_MAX);
        }
        if self.asked.len() > ASKED {
            self.asked.select_nth_unstable_by(ASKED, heavier);
        }
        self.known.iter().for_each(|known| self.places[known.term.id() as usize] = 0);
        self.known.clear();
        self.known.extend(self.asked.iter().filter_map(|asked| {
            let id = asked.id?;
            let term = Term::new(id, asked.class, asked.weight);
            Some(Known { term, rarity: asked.rarity, company: self.vocabulary.company_of(id) })
        }));
        self.places.resize(self.vocabulary.places(), 0);
        for (known, place) in self.known.iter().zip(1..) {
            self.places[known.term.id() as usize] = place;
        }
        let none = Weight::default();
        self.asked.iter().fold(none, |sum, term| sum.with(term.class, term.weight, term.rarity))
    }

    /// Documents and groups that share much with the one that is being placed.
    fn suspects(&mut self, reading: &Reading) -> Suspects {
        self.scores.start(self.live.span());
        let (oldest, span) = (self.live.oldest(), self.live.span() as u32);
        for term in self.asked.iter().take(ASKED) {
            let Some(id) = term.id else { continue };
            let score = term.weight * term.rarity * term.rarity;
            for number in self.vocabulary.entry(id).listed() {
                self.work.listings += 1;
                if number.wrapping_sub(oldest) >= span {
                    // Those before have gone too.
                    break;
                }
                self.scores.add(number, score);
            }
        }
        let near = self.scores.best(NEAREST, &self.live);
        let mut groups: Vec<u32> = Vec::with_capacity(GROUPS);
        for member in near.iter().filter_map(|number| self.live.get(*number)) {
            if groups.len() < GROUPS && !groups.contains(&member.group) {
                groups.push(member.group);
            }
        }
        let mut votes: Vec<(u32, u32)> = Vec::new();
        for number in self.keys.find(&reading.shingles) {
            match votes.iter_mut().find(|(other, _)| *other == number) {
                Some((_, votes)) => *votes += 1,
                None => votes.push((number, 1)),
            }
        }
        votes.sort_unstable_by_key(|(number, votes)| (std::cmp::Reverse(*votes), number.wrapping_sub(oldest)));
        let by_votes = votes.iter().map(|(number, _)| *number).take(SUSPECTS);
        let mut copies: Vec<u32> = Vec::new();
        for number in by_votes.chain(near.into_iter().take(SUSPECTS_BY_TERMS)) {
            let origin = self.live.get(number).map_or(number, |member| member.origin);
            for number in [origin, number] {
                if !copies.contains(&number) {
                    copies.push(number);
                }
            }
        }
        Suspects { copies, groups }
    }

    /// Groups of documents that people have parted from this one.
    fn barred(&self, key: u64) -> Vec<u32> {
        self.homes(key, Bond::Apart).collect()
    }

    /// The group of a document that people have bound this one to.
    fn bound(&self, key: u64, barred: &[u32]) -> Option<u32> {
        self.homes(key, Bond::Together).find(|place| !barred.contains(place))
    }

    fn homes(&self, key: u64, bond: Bond) -> impl Iterator<Item = u32> + '_ {
        let ends = self.bonds.of(key, bond);
        ends.filter_map(|other| self.live.get(self.live.number(other)?)).map(|member| member.group)
    }

    /// The document that this one copies: the first of its family that is still here.
    fn copied(&mut self, document: &Document<'_>, reading: &Reading, suspects: &[u32], barred: &[u32]) -> Option<u32> {
        let mut best: Option<(f32, u32)> = None;
        for number in suspects {
            let Some(other) = self.live.get(*number) else { continue };
            let apart = document.at.since(other.at).max(other.at.since(document.at));
            let script = self.groups.get(other.group).map(|group| group.script);
            if apart > self.settings.window || barred.contains(&other.group) || script != Some(reading.script) {
                continue;
            }
            self.work.compared += 1;
            let contained = copies::containment(&reading.shingles, &other.shingles);
            let found = copies::copied(&reading.shingles, &other.shingles, contained, || self.common(&other.terms));
            if let Some(share) = found
                && best.is_none_or(|(most, _)| share > most)
            {
                best = Some((share, *number));
            }
        }
        let (_, number) = best?;
        let origin = self.live.get(number)?.origin;
        Some(if self.live.get(origin).is_some() { origin } else { number })
    }

    #[inline]
    fn known_of(&self, id: TermId) -> Option<&Known> {
        // Terms that came after the document was weighed have no place.
        self.known.get(usize::from(*self.places.get(id as usize)?).checked_sub(1)?)
    }

    fn common(&self, theirs: &[Term]) -> Common {
        let is_fact = |class| matches!(class, Class::Name | Class::Number);
        let mut common = Common::default();
        for term in &self.asked {
            common.mine += term.worth();
            common.facts_mine += u32::from(is_fact(term.class));
        }
        for term in theirs {
            common.theirs += term.weight * self.vocabulary.rarity_of(term.id());
            common.facts_theirs += u32::from(is_fact(term.class()));
        }
        for y in theirs {
            let Some(known) = self.known_of(y.id()) else { continue };
            let x = known.term;
            common.shared += x.weight.min(y.weight) * known.rarity;
            common.facts += u32::from(is_fact(x.class()) || is_fact(y.class()));
            common.facts_mine -= u32::from(is_fact(x.class()));
            common.facts_theirs -= u32::from(is_fact(y.class()));
        }
        common
    }

    /// The group that the document fits best, if it fits one.
    fn fitting(
        &mut self,
        document: &Document<'_>,
        reading: &Reading,
        weight: &Weight,
        suspects: &[u32],
        barred: &[u32],
    ) -> Option<u32> {
        let window = self.settings.window.as_secs_f32().max(1.0);
        let mut best: Option<(f32, u64, u32)> = None;
        for place in suspects.iter().filter(|place| !barred.contains(place)) {
            let Some(group) = self.groups.get(*place).filter(|group| group.script == reading.script) else { continue };
            let Some(distance) = group.distance(document.at, self.settings.window) else { continue };
            self.work.compared += 1;
            let theirs = group.terms(&self.live);
            let like = likeness::compare(theirs, |id| self.known_of(id), weight, &group.weight);
            let fit = like.fit(distance.as_secs_f32() / window);
            // Of equals the older.
            if fit > 0.0 && best.is_none_or(|(most, order, _)| fit > most || fit == most && group.order < order) {
                best = Some((fit, group.order, *place));
            }
        }
        best.map(|(.., place)| place)
    }

    fn shared(&self, place: u32, reading: &Reading, document: &Document<'_>) -> Vec<String> {
        let Some(group) = self.groups.get(place) else { return Vec::new() };
        let theirs = group.terms(&self.live);
        let known = |id: TermId| theirs.binary_search_by_key(&id, |term| term.id()).is_ok();
        let mut shared: Vec<&Asked> =
            self.asked.iter().filter(|term| term.class != Class::Stem && term.id.is_some_and(known)).collect();
        shared.sort_unstable_by(|a, b| heavier(a, b));
        let hashes: Vec<u32> = shared.iter().map(|term| term.hash).collect();
        let mut shown = Vec::with_capacity(SHARED);
        // The words of one name would be named one by one otherwise.
        let mut told: Vec<Range<u32>> = Vec::with_capacity(SHARED);
        for term in shared {
            let tokens = reading.phrase(&reading.terms[term.found as usize], &hashes);
            if told.iter().any(|told| told.start < tokens.end && tokens.start < told.end) {
                continue;
            }
            let phrase = reading.shown(&tokens, document.title, document.text);
            told.push(tokens);
            if !shown.iter().any(|other| other == phrase) {
                shown.push(phrase.to_owned());
            }
            if shown.len() == SHARED {
                break;
            }
        }
        shown
    }

    fn admit(&mut self, document: &Document<'_>, reading: &Reading, place: u32, copied: Option<u32>) {
        let (number, oldest) = (self.live.next(), self.live.oldest());
        let mut terms = Vec::with_capacity(self.asked.len());
        for (rank, term) in self.asked.iter().enumerate() {
            let id = self.vocabulary.hold(term.hash);
            let found = &reading.terms[term.found as usize];
            self.vocabulary.note(id, found.named, found.common);
            if rank < LISTED {
                self.vocabulary.list(id, number, oldest);
            }
            terms.push(Term::new(id, term.class, term.weight));
        }
        terms.sort_unstable_by_key(|term| term.id());
        self.keys.add(&reading.shingles, number);
        self.live.add(Member {
            key: document.key,
            at: document.at,
            group: place,
            origin: copied.unwrap_or(number),
            tells: copied.is_none(),
            terms: terms.into_boxed_slice(),
            shingles: reading.shingles.as_slice().into(),
        });
        self.groups.join(place, number, &self.live, &mut self.vocabulary);
    }

    /// Makes `first` the original of what `origin` has been the original of, and gives the keys of those.
    fn give_over(&mut self, origin: u32, first: u32) -> Vec<u64> {
        let Some((place, _)) = self.home(first) else { return Vec::new() };
        let mut keys = Vec::new();
        for number in self.numbers(place) {
            if let Some(member) = self.live.get_mut(number).filter(|member| member.origin == origin) {
                member.origin = first;
                if number != first {
                    keys.push(member.key);
                }
            }
        }
        keys
    }

    /// The place of a document's group, and its age.
    fn home(&self, number: u32) -> Option<(u32, u64)> {
        let place = self.live.get(number)?.group;
        Some((place, self.groups.get(place)?.order))
    }

    fn numbers(&self, place: u32) -> Vec<u32> {
        let group = self.groups.get(place);
        group.into_iter().flat_map(|group| group.members(&self.live, place)).map(|(number, _)| number).collect()
    }

    fn are_parted(&self, one: u32, other: u32) -> bool {
        let Some(group) = self.groups.get(one) else { return false };
        group.members(&self.live, one).any(|(_, member)| self.homes(member.key, Bond::Apart).any(|home| home == other))
    }

    fn shift(&mut self, numbers: &[u32], from: u32, to: u32) {
        self.groups.shift(numbers, from, to, &mut self.live, &mut self.vocabulary);
    }
}

impl Scores {
    fn start(&mut self, span: usize) {
        let room = (span + 1).next_power_of_two();
        if self.of.len() < room {
            self.of = vec![(0, 0.0); room];
            self.turn = 0;
        }
        self.turn = self.turn.wrapping_add(1);
        if self.turn == 0 {
            self.of.fill((0, 0.0));
            self.turn = 1;
        }
        self.touched.clear();
    }

    #[inline]
    fn add(&mut self, number: u32, score: f32) {
        let mask = self.of.len() - 1;
        let cell = &mut self.of[number as usize & mask];
        if cell.0 == self.turn {
            cell.1 += score;
        } else {
            *cell = (self.turn, score);
            self.touched.push(number);
        }
    }

    /// The documents with the highest scores, highest first.
    fn best(&self, most: usize, live: &Live) -> Vec<u32> {
        let mask = self.of.len() - 1;
        let score = |number: u32| self.of[number as usize & mask].1;
        let highest = self.touched.iter().map(|number| score(*number)).fold(0.0, f32::max);
        let mut near: Vec<(f32, u32)> = self
            .touched
            .iter()
            .map(|number| (score(*number), *number))
            .filter(|(score, number)| *score >= NEAR * highest && live.get(*number).is_some())
            .collect();
        // Of equals the newer: it is nearer in time.
        let order = |a: &(f32, u32), b: &(f32, u32)| {
            let age = |number: u32| number.wrapping_sub(live.oldest());
            b.0.total_cmp(&a.0).then(age(b.1).cmp(&age(a.1)))
        };
        if near.len() > most {
            near.select_nth_unstable_by(most, order);
            near.truncate(most);
        }
        near.sort_unstable_by(order);
        near.into_iter().map(|(_, number)| number).collect()
    }
}

#[cfg(test)]
mod tests;
