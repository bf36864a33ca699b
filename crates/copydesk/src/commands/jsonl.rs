//! Commands that read JSON lines and answer with one each, in the same order, without a desk.

use std::io::{self, BufRead, BufReader, BufWriter, ErrorKind, Read, Write};

use anyhow::{Context as _, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::Refused;

/// Longest line, in bytes.
const LINE_MAX: u64 = 16 << 20;

/// Answers the lines of standard input on standard output. `shape` is what a line holds, `{"id", "text"}`; what else it holds is
/// the caller's own.
///
/// # Errors
/// [`Refused`] with the number of the first line that is none; what came before it has been answered.
pub fn answer<L: DeserializeOwned>(shape: &str, each: impl FnMut(L, &mut dyn Write) -> Result<()>) -> Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    let done = answer_each(&mut BufReader::new(io::stdin().lock()), &mut out, shape, each);
    match (done, out.flush()) {
        (Err(error), _) if is_hung_up(&error) => Ok(()),
        (Err(error), _) => Err(error),
        // A reader that has seen enough (`| head`) is no failure.
        (Ok(()), Err(error)) if error.kind() != ErrorKind::BrokenPipe => {
            Err(error).context("writing to standard output")
        }
        (Ok(()), _) => Ok(()),
    }
}

fn is_hung_up(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

pub(super) fn answer_each<L: DeserializeOwned, R: Read>(
    input: &mut BufReader<R>,
    out: &mut impl Write,
    shape: &str,
    mut each: impl FnMut(L, &mut dyn Write) -> Result<()>,
) -> Result<()> {
    let mut line = Vec::new();
    for number in 1_u64.. {
        line.clear();
        if input.by_ref().take(LINE_MAX).read_until(b'\n', &mut line).context("reading standard input")? == 0 {
            break;
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let read = read_line(&line).map_err(|reason| {
            Refused(json!({
                "type": "/docs/problems#invalid", "title": "A line is not what it should be", "status": 422, "line": number,
                "detail": format!("line {number}: {reason}; a line is {shape}"),
            }))
        })?;
        each(read, out)?;
        // Whoever waits for an answer before the next question gets it.
        if input.buffer().is_empty() {
            out.flush()?;
        }
    }
    Ok(())
}

/// An answer and the end of its line.
///
/// # Errors
/// The reader hung up, or the disk is full.
pub fn write(out: &mut dyn Write, answer: &impl Serialize) -> Result<()> {
    serde_json::to_writer(&mut *out, answer).map_err(io::Error::from)?;
    Ok(out.write_all(b"\n")?)
}

fn read_line<L: DeserializeOwned>(line: &[u8]) -> Result<L, String> {
    if line.len() as u64 == LINE_MAX && line.last() != Some(&b'\n') {
        return Err(format!("it is longer than {} MiB", LINE_MAX >> 20));
    }
    let line =
        std::str::from_utf8(line).map_err(|error| format!("it is not UTF-8 from byte {} on", error.valid_up_to()))?;
    serde_json::from_str(line).map_err(|error| {
        // The parser sees one line only.
        let told = error.to_string();
        format!("{} at byte {}", told.split(" at line ").next().unwrap_or_default(), error.column())
    })
}
