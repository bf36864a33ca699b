//! Groups: what their members tell together, and who the members are.

use std::time::Duration;

use stdx::Timestamp;

use super::likeness::{Term, Weight};
use super::live::{Live, Member};
use super::reading::Script;
use super::vocabulary::Vocabulary;

/// The heaviest terms of a group; of many members only what they share remains.
const TERMS_MAX: usize = 100;
/// What a new member changes at least, as a part: a group follows what happens.
const SHARE_MIN: f32 = 0.08;

#[derive(Debug)]
pub(super) struct Group {
    /// The key of its first member, which names it.
    pub name: u64,
    /// Counts up: of two groups the older has the smaller.
    pub order: u64,
    pub script: Script,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
    pub weight: Weight,
    /// Numbers of its members, those that have gone among them until there are too many.
    members: Vec<u32>,
    alive: u32,
    /// Members that tell, and the number of the only one.
    tellers: u32,
    teller: u32,
    /// What its tellers tell on average, sorted; empty while that is what the only one tells.
    terms: Vec<Term>,
}

impl Group {
    /// The time between `at` and the group, zero inside it; `None` beyond the window.
    pub fn distance(&self, at: Timestamp, window: Duration) -> Option<Duration> {
        let distance = at.since(self.last_at).max(self.first_at.since(at));
        (distance <= window).then_some(distance)
    }

    pub fn members<'a>(&'a self, live: &'a Live, me: u32) -> impl Iterator<Item = (u32, &'a Member)> + 'a {
        let member = move |number: &u32| live.get(*number).map(|member| (*number, member));
        self.members.iter().filter_map(member).filter(move |(_, member)| member.group == me)
    }

    pub fn terms<'a>(&'a self, live: &'a Live) -> &'a [Term] {
        if self.terms.is_empty() {
            return live.get(self.teller).map_or(&[], |member| &*member.terms);
        }
        &self.terms
    }
}

#[derive(Debug, Default)]
pub(super) struct Groups {
    all: Vec<Option<Group>>,
    free: Vec<u32>,
    made: u64,
}

impl Groups {
    pub fn len(&self) -> usize {
        self.all.len() - self.free.len()
    }

    pub fn get(&self, place: u32) -> Option<&Group> {
        self.all.get(place as usize)?.as_ref()
    }

    /// An empty group; its first member must join at once.
    pub fn make(&mut self, name: u64, at: Timestamp, script: Script, vocabulary: &mut Vocabulary) -> u32 {
        self.made += 1;
        vocabulary.group_made();
        let group = Group {
            name,
            order: self.made,
            script,
            first_at: at,
            last_at: at,
            weight: Weight::default(),
            members: Vec::new(),
            alive: 0,
            tellers: 0,
            teller: 0,
            terms: Vec::new(),
        };
        if let Some(place) = self.free.pop() {
            self.all[place as usize] = Some(group);
            return place;
        }
        self.all.push(Some(group));
        u32::try_from(self.all.len() - 1).expect("there are fewer groups than four billion")
    }

    /// Takes a live document in, whose own record names this group.
    pub fn join(&mut self, place: u32, number: u32, live: &Live, vocabulary: &mut Vocabulary) {
        let (Some(group), Some(member)) = (self.all[place as usize].as_mut(), live.get(number)) else { return };
        group.first_at = group.first_at.min(member.at);
        group.last_at = group.last_at.max(member.at);
        group.alive += 1;
        if group.members.len() > 2 * group.alive as usize + 16 {
            group.members.retain(|number| live.get(*number).is_some_and(|member| member.group == place));
        }
        group.members.push(number);
        if member.tells {
            group.tell(number, live, vocabulary);
        }
    }

    /// Lets a document go that has been taken out of `live` and gives back what is left of its terms, which nobody has
    /// released yet. The group goes with its last member.
    pub fn leave(&mut self, number: u32, member: &mut Member, live: &Live, vocabulary: &mut Vocabulary) {
        let place = member.group as usize;
        let Some(group) = self.all[place].as_mut() else { return };
        group.alive -= 1;
        let was_all = group.terms.is_empty() && group.tellers > 0 && group.teller == number;
        if group.alive > 0 {
            if was_all {
                // It leaves what it told to the copies that are still here.
                group.terms = std::mem::take(&mut member.terms).into_vec();
            }
            if group.members.len() > 2 * group.alive as usize + 16 {
                group.members.retain(|number| live.get(*number).is_some());
            }
            return;
        }
        if was_all {
            member.terms.iter().for_each(|term| vocabulary.discount(term.id()));
        }
        group.drop_terms(vocabulary);
        self.remove(place, vocabulary);
    }

    fn remove(&mut self, place: usize, vocabulary: &mut Vocabulary) {
        self.all[place] = None;
        self.free.push(place as u32);
        vocabulary.group_gone();
    }

    /// Moves live documents from one group to another; both tell afterwards what their members do. A group that is
    /// left without any goes.
    pub fn shift(&mut self, numbers: &[u32], from: u32, to: u32, live: &mut Live, vocabulary: &mut Vocabulary) {
        for place in [from, to] {
            if let Some(group) = self.all[place as usize].as_mut() {
                group.untell(live, vocabulary);
            }
        }
        for number in numbers {
            if let Some(member) = live.get_mut(*number) {
                member.group = to;
            }
        }
        let Some(mut source) = self.all[from as usize].take() else { return };
        if let Some(target) = self.all[to as usize].as_mut() {
            target.members.extend(numbers);
            target.retell(to, live, vocabulary);
        }
        source.members.retain(|number| !numbers.contains(number));
        source.retell(from, live, vocabulary);
        let is_left = source.alive > 0;
        self.all[from as usize] = Some(source);
        if !is_left {
            self.remove(from as usize, vocabulary);
        }
    }
}

impl Group {
    /// Adds what a member tells.
    fn tell(&mut self, number: u32, live: &Live, vocabulary: &mut Vocabulary) {
        let Some(member) = live.get(number) else { return };
        self.tellers += 1;
        if self.tellers == 1 && self.terms.is_empty() {
            self.teller = number;
            member.terms.iter().for_each(|term| vocabulary.count(term.id()));
            self.weight = Weight::of(&member.terms, vocabulary);
            return;
        }
        if self.terms.is_empty() {
            self.terms = self.terms(live).to_vec();
            self.terms.iter().for_each(|term| vocabulary.hold_again(term.id()));
        }
        let share = (1.0 / self.tellers as f32).max(SHARE_MIN);
        self.blend(&member.terms, share, vocabulary);
        self.weight = Weight::of(&self.terms, vocabulary);
    }

    /// Moves the terms towards others, by a part.
    fn blend(&mut self, others: &[Term], share: f32, vocabulary: &mut Vocabulary) {
        let mut blended = Vec::with_capacity(self.terms.len() + others.len());
        let (mut old, mut new) = (self.terms.iter().peekable(), others.iter().peekable());
        loop {
            let id = match (old.peek(), new.peek()) {
                (Some(a), Some(b)) => a.id().min(b.id()),
                (Some(only), None) | (None, Some(only)) => only.id(),
                (None, None) => break,
            };
            let (mine, other) = (old.next_if(|term| term.id() == id), new.next_if(|term| term.id() == id));
            let part = |term: Option<&Term>, share: f32| term.map_or(0.0, |term| term.weight * share);
            let weight = part(mine, 1.0 - share) + part(other, share);
            let class = match (mine, other) {
                (_, Some(term)) | (Some(term), None) => term.class(),
                (None, None) => break,
            };
            if mine.is_none() {
                vocabulary.hold_again(id);
                vocabulary.count(id);
            }
            blended.push(Term::new(id, class, weight));
        }
        if blended.len() > TERMS_MAX {
            let worth = |term: &Term| term.weight * vocabulary.rarity_of(term.id());
            blended
                .select_nth_unstable_by(TERMS_MAX - 1, |a, b| worth(b).total_cmp(&worth(a)).then(a.id().cmp(&b.id())));
            for term in blended.drain(TERMS_MAX..) {
                vocabulary.discount(term.id());
                vocabulary.release(term.id());
            }
            blended.sort_unstable_by_key(|term| term.id());
        }
        self.terms = blended;
    }

    fn drop_terms(&mut self, vocabulary: &mut Vocabulary) {
        for term in self.terms.drain(..) {
            vocabulary.discount(term.id());
            vocabulary.release(term.id());
        }
    }

    /// Forgets what its members tell.
    fn untell(&mut self, live: &Live, vocabulary: &mut Vocabulary) {
        if self.terms.is_empty() && self.tellers > 0 {
            self.terms(live).iter().for_each(|term| vocabulary.discount(term.id()));
        }
        self.drop_terms(vocabulary);
        self.tellers = 0;
    }

    /// Tells anew what its members do, and who they are; `untell` has come before.
    fn retell(&mut self, me: u32, live: &mut Live, vocabulary: &mut Vocabulary) {
        self.members.retain(|number| live.get(*number).is_some_and(|member| member.group == me));
        self.members.sort_unstable_by_key(|number| number.wrapping_sub(live.oldest()));
        self.alive = u32::try_from(self.members.len()).expect("there are fewer members than numbers");
        let members = std::mem::take(&mut self.members);
        if !members.iter().any(|number| live.get(*number).is_some_and(|member| member.tells))
            && let Some(first) = members.first().and_then(|number| live.get_mut(*number))
        {
            first.tells = true;
        }
        let mut times: Vec<Timestamp> = Vec::with_capacity(members.len());
        for number in &members {
            let Some(member) = live.get(*number) else { continue };
            times.push(member.at);
            if member.tells {
                self.tell(*number, live, vocabulary);
            }
        }
        self.first_at = times.iter().copied().min().unwrap_or(self.first_at);
        self.last_at = times.iter().copied().max().unwrap_or(self.last_at);
        if let Some(first) = members.first().and_then(|number| live.get(*number))
            && !members.iter().any(|number| live.get(*number).is_some_and(|member| member.key == self.name))
        {
            self.name = first.key;
        }
        self.members = members;
    }
}
