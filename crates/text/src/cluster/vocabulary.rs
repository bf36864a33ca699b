//! The terms that live documents have: in how many groups each stands, whether it is a name, who has it.

use std::collections::HashMap;

use super::keyed::Keyed;

/// Documents that are remembered for a term, the newest; of more no term tells much.
const LISTED_MAX: usize = 64;
/// Groups without words that are counted beside the real ones: with two or three of these each shared word would
/// count as common.
const BACKGROUND: u32 = 200;

const LOGARITHMS: u16 = 4_096;

/// The place of a term in the [`Vocabulary`], as long as somebody holds it.
pub(super) type TermId = u32;

#[derive(Debug, Default)]
pub(super) struct Entry {
    hash: u32,
    /// Documents and groups that hold it.
    holders: u32,
    groups: u32,
    /// Documents in which it had a capital that means something, and in which it had none.
    named: u16,
    common: u16,
    /// Numbers of documents, in order.
    listed: Vec<u32>,
}

impl Entry {
    /// Whether it is a name rather than a word; `None` where nobody knows.
    pub fn is_name(&self, named: bool, common: bool) -> Option<bool> {
        // What stands in the document itself counts twice.
        let names = u32::from(self.named) + if named { 2 } else { 0 };
        let words = u32::from(self.common) + if common { 2 } else { 0 };
        (names + words > 0).then_some(names > words)
    }

    /// The documents that have it, newest first.
    pub fn listed(&self) -> impl Iterator<Item = u32> + '_ {
        self.listed.iter().rev().take(LISTED_MAX).copied()
    }
}

#[derive(Debug)]
pub(super) struct Vocabulary {
    /// Keyed by chance: it lives on, and is filled by whoever writes the documents.
    ids: HashMap<u32, TermId, Keyed>,
    entries: Vec<Entry>,
    free: Vec<TermId>,
    groups: u32,
    /// ln(N + 1).
    all_ln: f32,
    /// What another group with a term counts.
    crowd: f32,
    /// ln(n + ½), for the small n that nearly all terms have.
    logarithms: Box<[f32]>,
}

impl Default for Vocabulary {
    fn default() -> Self {
        let logarithms = (0..LOGARITHMS).map(|groups| (f32::from(groups) + 0.5).ln()).collect();
        let mut vocabulary = Self {
            ids: HashMap::default(),
            entries: Vec::new(),
            free: Vec::new(),
            groups: 0,
            all_ln: 0.0,
            crowd: 1.0,
            logarithms,
        };
        vocabulary.groups_changed();
        vocabulary
    }
}

impl Vocabulary {
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Every [`TermId`] is below this.
    pub fn places(&self) -> usize {
        self.entries.len()
    }

    pub fn find(&self, hash: u32) -> Option<TermId> {
        self.ids.get(&hash).copied()
    }

    pub fn entry(&self, id: TermId) -> &Entry {
        &self.entries[id as usize]
    }

    /// The term of `hash`, held once more. Whoever holds it lets go of it with [`Vocabulary::release`].
    pub fn hold(&mut self, hash: u32) -> TermId {
        let id = *self.ids.entry(hash).or_insert_with(|| match self.free.pop() {
            Some(id) => id,
            None => {
                self.entries.push(Entry::default());
                TermId::try_from(self.entries.len() - 1).expect("there are fewer terms than four billion")
            }
        });
        let entry = &mut self.entries[id as usize];
        entry.hash = hash;
        entry.holders += 1;
        id
    }

    /// Holds a known term once more.
    pub fn hold_again(&mut self, id: TermId) {
        self.entries[id as usize].holders += 1;
    }

    pub fn release(&mut self, id: TermId) {
        let entry = &mut self.entries[id as usize];
        entry.holders -= 1;
        if entry.holders == 0 {
            self.ids.remove(&entry.hash);
            *entry = Entry::default();
            self.free.push(id);
        }
    }

    /// One more document uses the term so.
    pub fn note(&mut self, id: TermId, named: bool, common: bool) {
        let entry = &mut self.entries[id as usize];
        if entry.named.max(entry.common) == u16::MAX {
            entry.named /= 2;
            entry.common /= 2;
        }
        entry.named += u16::from(named);
        entry.common += u16::from(common);
    }

    /// Notes that document `number` has the term; numbers come in order, and those before `oldest` have gone.
    pub fn list(&mut self, id: TermId, number: u32, oldest: u32) {
        let listed = &mut self.entries[id as usize].listed;
        if listed.len() >= 2 * LISTED_MAX {
            listed.drain(..LISTED_MAX);
        } else if listed.len() >= 8 && listed.len().is_power_of_two() {
            let back = number.wrapping_sub(oldest);
            listed.retain(|other| number.wrapping_sub(*other) <= back);
        }
        listed.push(number);
    }

    /// The groups that have the term, this one among them; where there are many groups others count for less.
    pub fn company_of(&self, id: TermId) -> f32 {
        1.0 + self.entries[id as usize].groups.saturating_sub(1) as f32 * self.crowd
    }

    /// One more group has the term.
    pub fn count(&mut self, id: TermId) {
        self.entries[id as usize].groups += 1;
    }

    pub fn discount(&mut self, id: TermId) {
        self.entries[id as usize].groups -= 1;
    }

    pub fn group_made(&mut self) {
        self.groups += 1;
        self.groups_changed();
    }

    pub fn group_gone(&mut self) {
        self.groups -= 1;
        self.groups_changed();
    }

    /// [`rarity`](Self::rarity_of) of a term nobody has.
    pub fn rarity_of_new(&self) -> f32 {
        self.rarity(0)
    }

    /// `ln(1 + (N − n + ½) / (n + ½))` with N groups, n of them with the term. Groups are counted and not documents, so
    /// that an event which everybody tells keeps its words. Source: Robertson and Zaragoza 2009, as in BM25.
    pub fn rarity_of(&self, id: TermId) -> f32 {
        self.rarity(self.entries[id as usize].groups)
    }

    #[inline]
    fn rarity(&self, groups: u32) -> f32 {
        // The same as ln((N + 1) / (n + ½)).
        let having = self.logarithms.get(groups as usize).copied();
        self.all_ln - having.unwrap_or_else(|| (groups as f32 + 0.5).ln())
    }

    fn groups_changed(&mut self) {
        let all = (self.groups + BACKGROUND) as f32;
        self.all_ln = (all + 1.0).ln();
        self.crowd = (BACKGROUND as f32 / all).sqrt();
    }
}
