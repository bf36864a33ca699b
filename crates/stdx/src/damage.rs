//! Ways to spoil a good document: what fuzzing feeds to whatever reads the input of strangers.

use crate::Rng;

/// Longest input made; the size limits of the product are tested with cases of their own.
const SIZE_MAX: usize = 256 << 10;

/// Pieces on which parsers of markup, JSON and text have stumbled before.
const PIECES: &[&str] = &[
    "<",
    ">",
    "</",
    "/>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<!DOCTYPE a [<!ENTITY x \"",
    "&x;",
    "&#0;",
    "&#x110000;",
    "&amp;amp;",
    "<?xml ",
    "encoding=\"utf-16\"",
    "xml:base=\"//\"",
    "<item>",
    "<entry>",
    "<svg onload=1>",
    "<script>",
    "javascript:",
    "\u{0}",
    "\u{feff}",
    "\u{202e}",
    "\u{1f469}\u{200d}\u{1f680}",
    "\\ud800",
    "{",
    "}",
    "[",
    "]",
    "\"",
    ",",
    "null",
    "1e999",
    "-",
    "9999999999999999999",
    "0000-00-00T99:99:99Z",
    "Wed, 32 Foo 99999 25:61:61 +9999",
    "\r",
    "\n\n",
    "= = =",
    "[[",
    "''",
    "https://[::1]:0/",
    "\r\n\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Content-Length: 5\r\n",
    "0\r\n\r\n",
    "bytes=-0,",
    ";q=0.",
    "*,",
    "max-age=99999999999999999999,",
];

/// A damaged copy of one of `seeds`, decided by `dice` alone.
pub fn damaged(seeds: &[Vec<u8>], dice: &Rng) -> Vec<u8> {
    let mut bytes = dice.pick(seeds).cloned().unwrap_or_default();
    for _ in 0..1 + dice.below(6) {
        hurt(&mut bytes, seeds, dice);
        bytes.truncate(SIZE_MAX);
    }
    bytes
}

fn hurt(bytes: &mut Vec<u8>, seeds: &[Vec<u8>], dice: &Rng) {
    let at = dice.below(bytes.len() as u64 + 1) as usize;
    let end = (at + dice.below(200) as usize).min(bytes.len());
    match dice.below(8) {
        0 if at < bytes.len() => bytes[at] ^= 1 << dice.below(8),
        1 if at < bytes.len() => bytes[at] = dice.below(256) as u8,
        2 => bytes.truncate(at),
        3 => drop(bytes.drain(at..end)),
        4 => {
            let piece = bytes[at..end].to_vec();
            bytes.splice(at..at, piece.repeat(1 + dice.below(64) as usize));
        }
        5 => {
            let other = dice.pick(seeds).map(Vec::as_slice).unwrap_or_default();
            let from = dice.below(other.len() as u64 + 1) as usize;
            bytes.splice(at..end, other[from..].iter().copied());
        }
        _ => {
            let piece = dice.pick(PIECES).copied().unwrap_or_default();
            // Now and then so often that nesting or length becomes the trouble.
            let times = if dice.below(8) == 0 { 20_000 / piece.len() } else { 1 };
            bytes.splice(at..at, piece.repeat(times).into_bytes());
        }
    }
}

#[cfg(test)]
mod tests;
