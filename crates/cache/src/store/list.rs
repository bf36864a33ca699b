//! Queues of numbered entries that share one table of links.

/// No entry.
pub const NONE: u32 = u32::MAX;

/// What the policy knows of an entry; its place in a queue included.
#[derive(Clone, Debug)]
pub struct Node {
    pub hash: u64,
    pub weight: u64,
    pub place: Place,
    before: u32,
    after: u32,
}

/// The queue that an entry stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Free,
    Window,
    Probation,
    Protected,
}

/// The entries that were ever needed at once; freed ones are given out again.
#[derive(Debug, Default)]
pub struct Nodes {
    all: Vec<Node>,
    free: Vec<u32>,
}

impl Nodes {
    pub fn add(&mut self, hash: u64, weight: u64) -> u32 {
        let node = Node { hash, weight, place: Place::Free, before: NONE, after: NONE };
        if let Some(i) = self.free.pop() {
            self.all[i as usize] = node;
            return i;
        }
        let i = u32::try_from(self.all.len()).ok().filter(|i| *i != NONE).expect("fewer entries than 2^32 in a shard");
        self.all.push(node);
        i
    }

    pub fn free(&mut self, i: u32) {
        self.get_mut(i).place = Place::Free;
        self.free.push(i);
    }

    pub fn get(&self, i: u32) -> &Node {
        &self.all[i as usize]
    }

    pub fn get_mut(&mut self, i: u32) -> &mut Node {
        &mut self.all[i as usize]
    }
}

/// A queue, the oldest first, with the weight of what stands in it.
#[derive(Debug)]
pub struct List {
    first: u32,
    last: u32,
    pub weight: u64,
    place: Place,
}

impl List {
    pub fn new(place: Place) -> Self {
        List { first: NONE, last: NONE, weight: 0, place }
    }

    pub fn first(&self) -> Option<u32> {
        (self.first != NONE).then_some(self.first)
    }

    pub fn push(&mut self, nodes: &mut Nodes, i: u32) {
        let node = nodes.get_mut(i);
        (node.before, node.after, node.place) = (self.last, NONE, self.place);
        self.weight += node.weight;
        match self.last {
            NONE => self.first = i,
            last => nodes.get_mut(last).after = i,
        }
        self.last = i;
    }

    pub fn unlink(&mut self, nodes: &mut Nodes, i: u32) {
        let Node { before, after, weight, .. } = *nodes.get(i);
        match before {
            NONE => self.first = after,
            before => nodes.get_mut(before).after = after,
        }
        match after {
            NONE => self.last = before,
            after => nodes.get_mut(after).before = before,
        }
        self.weight -= weight;
    }
}
