//! What a process has to say: lines that wait, and the last batches with their numbers.

use std::collections::VecDeque;

use crate::bus::MESSAGE_BYTES_MAX;

/// Longest line, in bytes; the rest of a message is for its topic and number.
pub const LINE_BYTES_MAX: usize = MESSAGE_BYTES_MAX - 100;
/// Bytes that may wait for one sending: beyond, the flood is cut and told as a loss.
const WAITING_BYTES_MAX: usize = 64 << 10;
/// Bytes of batches that can be sent again.
const KEPT_BYTES_MAX: usize = 512 << 10;

#[derive(Debug, Default)]
pub(super) struct Mouth {
    /// The newest batch's number; they count from 1.
    last: u64,
    waiting: Vec<String>,
    waiting_bytes: usize,
    /// Lines were dropped since the last sending.
    is_cut: bool,
    /// Numbers without a gap, the newest at the end.
    kept: VecDeque<(u64, String)>,
    kept_bytes: usize,
}

impl Mouth {
    pub fn push(&mut self, line: &str) {
        if line.len() > LINE_BYTES_MAX || self.waiting_bytes + line.len() > WAITING_BYTES_MAX {
            self.is_cut = true;
            return;
        }
        self.waiting_bytes += line.len() + 1;
        self.waiting.push(line.to_owned());
    }

    /// What is to be sent now, in order.
    pub fn take(&mut self) -> Vec<String> {
        let mut words = Vec::new();
        let mut body = String::new();
        for line in std::mem::take(&mut self.waiting) {
            if !body.is_empty() && body.len() + 1 + line.len() > LINE_BYTES_MAX {
                words.push(self.number(&std::mem::take(&mut body)));
            }
            if !body.is_empty() {
                body.push('\n');
            }
            body.push_str(&line);
        }
        if !body.is_empty() {
            words.push(self.number(&body));
        }
        self.waiting_bytes = 0;
        if std::mem::take(&mut self.is_cut) {
            // A number that nobody will ever see, so that who misses the mark finds a gap.
            self.last += 1;
            self.kept.clear();
            self.kept_bytes = 0;
            words.push(self.lost());
        }
        words
    }

    /// Everything from batch `from` on, behind a mark when some of it is gone, and where that ends.
    pub fn again(&self, from: u64) -> Vec<String> {
        let mark = (from < self.first_kept()).then(|| self.lost());
        let first = self.kept.partition_point(|(number, _)| *number < from);
        mark.into_iter().chain(self.kept.range(first..).map(|(_, word)| word.clone())).chain([self.stand()]).collect()
    }

    pub fn stand(&self) -> String {
        format!("s{}", self.last)
    }

    pub fn leave(&self) -> String {
        format!("x{}", self.last)
    }

    /// Everything before the batch that is named is gone.
    fn lost(&self) -> String {
        format!("l{}", self.first_kept())
    }

    fn first_kept(&self) -> u64 {
        self.kept.front().map_or(self.last + 1, |(number, _)| *number)
    }

    fn number(&mut self, body: &str) -> String {
        self.last += 1;
        let word = format!("b{}\n{body}", self.last);
        self.kept_bytes += word.len();
        self.kept.push_back((self.last, word.clone()));
        while self.kept_bytes > KEPT_BYTES_MAX
            && let Some((_, gone)) = self.kept.pop_front()
        {
            self.kept_bytes -= gone.len();
        }
        word
    }
}
