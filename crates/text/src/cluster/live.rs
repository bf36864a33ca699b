//! The documents in memory, by number and by key, and which of them are old.

use std::collections::{BTreeSet, HashMap, VecDeque};

use stdx::Timestamp;

use super::keyed::Keyed;
use super::likeness::Term;

/// What is kept of a document.
#[derive(Debug)]
pub(super) struct Member {
    pub key: u64,
    pub at: Timestamp,
    /// Its place in [`super::groups::Groups`].
    pub group: u32,
    /// The number of the document that it copies, or its own.
    pub origin: u32,
    /// It has a part in what its group tells; a copy has none.
    pub tells: bool,
    pub terms: Box<[Term]>,
    pub shingles: Box<[u32]>,
}

/// Documents by number, which counts up and around; the numbers of those alive lie close together.
#[derive(Debug, Default)]
pub(super) struct Live {
    oldest: u32,
    documents: VecDeque<Option<Box<Member>>>,
    by_key: HashMap<u64, u32, Keyed>,
    by_age: BTreeSet<(Timestamp, u32)>,
}

impl Live {
    pub fn len(&self) -> usize {
        self.by_key.len()
    }

    /// Numbers from [`Live::oldest`] on that may be alive.
    pub fn span(&self) -> usize {
        self.documents.len()
    }

    pub fn oldest(&self) -> u32 {
        self.oldest
    }

    pub fn next(&self) -> u32 {
        self.oldest.wrapping_add(u32::try_from(self.documents.len()).expect("there are fewer documents than numbers"))
    }

    pub fn number(&self, key: u64) -> Option<u32> {
        self.by_key.get(&key).copied()
    }

    pub fn get(&self, number: u32) -> Option<&Member> {
        self.documents.get(number.wrapping_sub(self.oldest) as usize)?.as_deref()
    }

    pub fn get_mut(&mut self, number: u32) -> Option<&mut Member> {
        self.documents.get_mut(number.wrapping_sub(self.oldest) as usize)?.as_deref_mut()
    }

    /// Takes a document in under [`Live::next`].
    pub fn add(&mut self, member: Member) {
        let number = self.next();
        self.by_key.insert(member.key, number);
        self.by_age.insert((member.at, number));
        self.documents.push_back(Some(Box::new(member)));
    }

    /// The oldest document by its time.
    pub fn old(&self) -> Option<(Timestamp, u32)> {
        self.by_age.first().copied()
    }

    pub fn remove(&mut self, number: u32) -> Option<Box<Member>> {
        let member = self.documents.get_mut(number.wrapping_sub(self.oldest) as usize)?.take()?;
        self.by_key.remove(&member.key);
        self.by_age.remove(&(member.at, number));
        while let Some(None) = self.documents.front() {
            self.documents.pop_front();
            self.oldest = self.oldest.wrapping_add(1);
        }
        Some(member)
    }

    /// The oldest by number: the one that keeps [`Live::span`] large.
    pub fn first(&self) -> Option<u32> {
        (!self.documents.is_empty()).then_some(self.oldest)
    }
}
