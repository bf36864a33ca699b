//! What a process knows of the others: which batch of each comes next, and what it has asked for.
//!
//! Words of the protocol: `b<n>⏎<lines>` a batch, `s<n>` the sender's newest is n, `x<n>` likewise and it
//! leaves, `l<n>` what came before n is gone, `w` everybody say where you stand, `a<sender> <n>` that sender
//! say again from n on. What cannot be read is ignored.

use std::collections::HashMap;
use std::time::{Duration, Instant};

pub(super) const WHO: &str = "w";
/// Senders that are remembered; those heard longest ago are forgotten first.
const SENDERS_MAX: usize = 1_024;
/// How long an answer may take; then it is taken for lost.
const ANSWER_MAX: Duration = Duration::from_secs(2);
/// Gaps that follow each other faster than this are not asked for: the line cannot carry what is sent.
const ASK_EVERY: Duration = Duration::from_secs(1);

/// What follows from a word.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Answer<'a> {
    /// To be told before the lines.
    pub is_loss: bool,
    pub lines: Option<&'a str>,
    /// The sender is asked to say again from this number on.
    pub ask: Option<u64>,
}

#[derive(Debug, Default)]
pub(super) struct Ear {
    senders: HashMap<u64, Sender>,
    has_joined: bool,
    /// Something may have passed unheard at some time: whoever is new may have said something already.
    was_away: bool,
}

#[derive(Debug)]
struct Sender {
    /// The next batch's number; `None` after a loss: wherever it goes on.
    next: Option<u64>,
    asked_at: Option<Instant>,
    /// It was asked and has not answered.
    is_asked: bool,
    /// Since when it has to show that nothing was missed.
    doubted_at: Option<Instant>,
    heard_at: Instant,
}

impl Ear {
    /// The line stands, for the first time or again.
    pub fn joined(&mut self, now: Instant) {
        if std::mem::replace(&mut self.has_joined, true) {
            self.was_away = true;
            // Of who was given up before, nothing is expected.
            for sender in self.senders.values_mut().filter(|sender| sender.next.is_some()) {
                sender.doubted_at.get_or_insert(now);
            }
        }
    }

    pub fn hear<'a>(&mut self, from: u64, body: &'a str, now: Instant) -> Answer<'a> {
        let Some((number, rest, sign)) = read(body) else { return Answer::default() };
        // Who never was away has heard of everybody who was there and of everything since: a stranger goes on
        // from where it is. Who was away has missed how it began.
        let start = match (self.was_away, sign) {
            (true, _) => 1,
            (false, 'b' | 'l') => number,
            (false, _) => number + 1,
        };
        let sender = self.senders.entry(from).or_insert_with(|| Sender::new(start, now));
        sender.heard_at = now;
        let answer = match sign {
            'b' => sender.batch(number, rest, now),
            'l' => sender.lost_before(number),
            'x' => Answer { is_loss: sender.next.is_some_and(|next| next <= number), ..Answer::default() },
            _ => sender.stands(number, now),
        };
        if sign == 'x' {
            self.senders.remove(&from);
        }
        self.forget();
        answer
    }

    /// `from` has come back: what it was asked while it was away it has not heard. The batch to ask it for.
    pub fn called(&mut self, from: u64, now: Instant) -> Option<u64> {
        let sender = self.senders.get_mut(&from).filter(|sender| sender.is_asked || sender.doubted_at.is_some())?;
        sender.asked_at = Some(now);
        sender.doubted_at = sender.doubted_at.map(|_| now);
        sender.next
    }

    /// Whether something is waited for, so that [`Ear::look`] has to be called.
    pub fn waits(&self) -> bool {
        self.senders.values().any(|sender| sender.is_asked || sender.doubted_at.is_some())
    }

    /// Gives up waiting for those that took too long; `true` if something is lost with that.
    pub fn look(&mut self, now: Instant) -> bool {
        let is_late = |at: Option<Instant>| at.is_some_and(|at| now.duration_since(at) > ANSWER_MAX);
        let late = |sender: &&mut Sender| is_late(sender.doubted_at) || sender.is_asked && is_late(sender.asked_at);
        let mut is_loss = false;
        for sender in self.senders.values_mut().filter(late) {
            (sender.doubted_at, sender.is_asked, sender.next, is_loss) = (None, false, None, true);
        }
        is_loss
    }

    fn forget(&mut self) {
        while self.senders.len() > SENDERS_MAX {
            let oldest = self.senders.iter().min_by_key(|(_, sender)| sender.heard_at).map(|(from, _)| *from);
            self.senders.remove(&oldest.unwrap_or_default());
        }
    }
}

impl Sender {
    fn new(next: u64, now: Instant) -> Sender {
        Sender { next: Some(next), asked_at: None, is_asked: false, doubted_at: None, heard_at: now }
    }

    fn batch<'a>(&mut self, number: u64, lines: &'a str, now: Instant) -> Answer<'a> {
        match self.next {
            // Messages may come twice.
            Some(next) if number < next => Answer::default(),
            Some(next) if number > next => {
                let answer = self.gap(next, now);
                if answer.is_loss {
                    self.next = Some(number + 1);
                    return Answer { lines: Some(lines), ..answer };
                }
                answer
            }
            _ => {
                (self.next, self.is_asked, self.doubted_at) = (Some(number + 1), false, None);
                Answer { lines: Some(lines), ..Answer::default() }
            }
        }
    }

    fn stands(&mut self, last: u64, now: Instant) -> Answer<'static> {
        self.doubted_at = None;
        let next = *self.next.get_or_insert(last + 1);
        if next > last {
            self.is_asked = false;
            return Answer::default();
        }
        let answer = self.gap(next, now);
        if answer.is_loss {
            self.next = Some(last + 1);
        }
        answer
    }

    fn lost_before(&mut self, first: u64) -> Answer<'static> {
        self.doubted_at = None;
        let is_loss = self.next.is_some_and(|next| next < first);
        if is_loss || self.next.is_none() {
            (self.next, self.is_asked) = (Some(first), false);
        }
        Answer { is_loss, ..Answer::default() }
    }

    /// Something between what is known and what is said is missing. Nothing is kept until it has come: the
    /// sender says everything again from there, in order.
    fn gap(&mut self, next: u64, now: Instant) -> Answer<'static> {
        self.doubted_at = None;
        if self.is_asked {
            return Answer::default();
        }
        if self.asked_at.is_some_and(|at| now.duration_since(at) < ASK_EVERY) {
            return Answer { is_loss: true, ..Answer::default() };
        }
        (self.asked_at, self.is_asked) = (Some(now), true);
        Answer { ask: Some(next), ..Answer::default() }
    }
}

/// Asks `of` to say again from batch `number` on.
pub(super) fn again(of: u64, number: u64) -> String {
    format!("a{of:x} {number}")
}

/// Who is asked, and from which batch on.
pub(super) fn read_again(body: &str) -> Option<(u64, u64)> {
    let (of, number) = body.strip_prefix('a')?.split_once(' ')?;
    Some((u64::from_str_radix(of, 16).ok()?, number.parse().ok()?))
}

/// Number, lines and sign of a word that says something of its sender.
fn read(body: &str) -> Option<(u64, &str, char)> {
    let (head, lines) = body.split_once('\n').unwrap_or((body, ""));
    let sign = head.chars().next().filter(|sign| "bslx".contains(*sign))?;
    let number: u64 = head[1..].parse().ok()?;
    (number < u64::MAX).then_some((number, lines, sign))
}
