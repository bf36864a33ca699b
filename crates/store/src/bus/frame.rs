//! Messages as they travel: several in one frame, which fits into the payload of a NOTIFY.
//!
//! `cd1 <sender, 16 hex digits> <= or !>` and then, for each message, `<bytes of topic> <bytes of body>
//! <topic><body>`. The sign is `!` if the sender had to drop messages before this frame.

use std::collections::VecDeque;

/// Longest topic and body together, in bytes.
pub const MESSAGE_BYTES_MAX: usize = 7_500;
/// PostgreSQL takes payloads shorter than 8,000 bytes.
const FRAME_BYTES_MAX: usize = 7_999;
const MAGIC: &str = "cd1 ";
/// Magic, sender, blank, sign.
const HEAD_BYTES: usize = MAGIC.len() + 16 + 2;
const SIGN_AT: usize = HEAD_BYTES - 1;
/// Frames that are kept while the line is down: 2 MB.
const FRAMES_MAX: usize = 256;

/// What waits to be sent.
pub(super) struct Outbox {
    me: u64,
    frames: VecDeque<String>,
    /// Something was dropped since the last frame was taken.
    lost: bool,
}

impl Outbox {
    pub fn new(me: u64) -> Self {
        Outbox { me, frames: VecDeque::new(), lost: false }
    }

    /// Takes up a message of at most `MESSAGE_BYTES_MAX`; `false` if there is no room.
    pub fn push(&mut self, topic: &str, body: &str) -> bool {
        let lengths = format!("{} {} ", topic.len(), body.len());
        let bytes = lengths.len() + topic.len() + body.len();
        if self.frames.back().is_none_or(|frame| frame.len() + bytes > FRAME_BYTES_MAX) {
            if self.frames.len() >= FRAMES_MAX {
                self.lost = true;
                return false;
            }
            self.frames.push_back(format!("{MAGIC}{:016x} =", self.me));
        }
        if let Some(frame) = self.frames.back_mut() {
            frame.push_str(&lengths);
            frame.push_str(topic);
            frame.push_str(body);
        }
        true
    }

    /// Everything, in order.
    pub fn take(&mut self) -> Vec<String> {
        let mut frames: Vec<String> = self.frames.drain(..).collect();
        if let Some(first) = frames.first_mut()
            && std::mem::take(&mut self.lost)
        {
            first.replace_range(SIGN_AT..HEAD_BYTES, "!");
        }
        frames
    }

    /// Puts back what could not be sent, as far as there is room; how many messages were dropped.
    pub fn give_back(&mut self, mut frames: Vec<String>) -> u64 {
        let room = FRAMES_MAX.saturating_sub(self.frames.len());
        let kept = frames.split_off(frames.len().saturating_sub(room));
        // The mark of an earlier loss may be among them.
        self.lost |= !frames.is_empty();
        for frame in kept.into_iter().rev() {
            self.frames.push_front(frame);
        }
        frames.iter().map(|frame| count(frame)).sum()
    }
}

/// A frame that was understood.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Frame<'a> {
    pub from: u64,
    /// The sender had to drop messages before.
    pub after_loss: bool,
    /// Topic and body.
    pub messages: Vec<(&'a str, &'a str)>,
}

/// `None` unless every part of `payload` is as it should be.
pub(super) fn decode(payload: &str) -> Option<Frame<'_>> {
    let rest = payload.strip_prefix(MAGIC)?;
    let (from, rest) = rest.split_at_checked(16)?;
    let from = u64::from_str_radix(from, 16).ok()?;
    let (after_loss, mut rest) = match rest.strip_prefix(" =") {
        Some(rest) => (false, rest),
        None => (true, rest.strip_prefix(" !")?),
    };
    let mut messages = Vec::new();
    while !rest.is_empty() {
        let (topic, after) = rest.split_once(' ')?;
        let (body, after) = after.split_once(' ')?;
        let (topic, after) = after.split_at_checked(topic.parse().ok()?)?;
        let (body, after) = after.split_at_checked(body.parse().ok()?)?;
        messages.push((topic, body));
        rest = after;
    }
    Some(Frame { from, after_loss, messages })
}

/// How many messages a frame of ours holds.
pub(super) fn count(frame: &str) -> u64 {
    decode(frame).map_or(0, |frame| frame.messages.len() as u64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn messages_share_frames_and_come_out_in_order() {
        let mut outbox = Outbox::new(0xabc);
        let long = "ş".repeat(MESSAGE_BYTES_MAX / 2 - 2);
        assert!(outbox.push("wake", "default 3") && outbox.push("", "") && outbox.push("tağ", &long));
        assert!(outbox.push("tağ", &long) && outbox.push("a", "b"));
        let frames = outbox.take();
        assert!(frames.len() == 2 && frames.iter().all(|frame| frame.len() <= FRAME_BYTES_MAX));
        let heard: Vec<Frame<'_>> = frames.iter().map(|frame| decode(frame).unwrap()).collect();
        assert!(heard.iter().all(|frame| frame.from == 0xabc && !frame.after_loss));
        let messages: Vec<_> = heard.into_iter().flat_map(|frame| frame.messages).collect();
        assert_eq!(
            messages,
            [("wake", "default 3"), ("", ""), ("tağ", long.as_str()), ("tağ", long.as_str()), ("a", "b")]
        );
        assert_eq!(frames.iter().map(|frame| count(frame)).sum::<u64>(), 5);
        assert!(outbox.take().is_empty());
    }

    #[test]
    fn what_is_dropped_is_told() {
        let mut outbox = Outbox::new(1);
        let body = "x".repeat(MESSAGE_BYTES_MAX);
        let kept = (0..FRAMES_MAX + 10).filter(|_| outbox.push("", &body)).count();
        assert_eq!(kept, FRAMES_MAX);
        let frames = outbox.take();
        assert!(decode(&frames[0]).unwrap().after_loss && !decode(&frames[1]).unwrap().after_loss);
        assert!(outbox.push("", "later"));
        assert_eq!(outbox.give_back(frames), 1);
        let frames = outbox.take();
        assert_eq!(frames.len(), FRAMES_MAX);
        assert!(decode(&frames[0]).unwrap().after_loss);
        assert_eq!(decode(frames.last().unwrap()).unwrap().messages, [("", "later")]);
    }

    #[test]
    fn strangers_are_not_understood() {
        for text in [
            "",
            "hello",
            "cd1 ",
            "cd1 zzzzzzzzzzzzzzzz =",
            "cd1 0000000000000001 =5 1 ab",
            "cd1 0000000000000001 =1 1 ş",
            "cd1 0000000000000001 =-1 2 ab",
            "cd1 0000000000000001 =99999999999999999999 1 a",
            "cd1 0000000000000001 ?",
            "cd2 0000000000000001 =1 1 ab",
        ] {
            assert_eq!(decode(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_message_comes_back(messages in prop::collection::vec((".{0,40}", ".{0,400}"), 0..60)) {
            let mut outbox = Outbox::new(7);
            for (topic, body) in &messages {
                prop_assert!(outbox.push(topic, body));
            }
            let frames = outbox.take();
            let back: Vec<(String, String)> = frames.iter().flat_map(|frame| decode(frame).unwrap().messages)
                .map(|(topic, body)| (topic.to_owned(), body.to_owned())).collect();
            prop_assert_eq!(back, messages);
        }

        #[test]
        fn no_payload_breaks_it(tail in ".{0,80}") {
            let _ = decode(&tail);
            let _ = decode(&format!("cd1 0000000000000001 ={tail}"));
        }
    }
}
