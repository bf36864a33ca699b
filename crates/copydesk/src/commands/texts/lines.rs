//! `analyze --jsonl`: one text a line in, one analysis a line out.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use text::Analysis;
use text::language::Language;

use super::super::complain;

/// Longest line, in bytes; a longer one is passed over without being kept in memory.
const LINE_MAX: u64 = 64 << 20;

/// What else a line holds is the caller's own.
#[derive(Deserialize)]
struct Asked {
    id: Json,
    text: String,
    language: Option<String>,
    title: Option<String>,
    keyphrase: Option<String>,
}

#[derive(Serialize)]
struct Answer<'a> {
    id: &'a Json,
    #[serde(flatten)]
    analysis: Analysis,
}

/// Measures every line of the files, or of standard input. A line that cannot be measured is told on standard error
/// with its number and has no answer; the exit code is 1 then, and the other lines are measured all the same.
pub fn analyze(files: &[PathBuf], options: &text::Options) -> Result<ExitCode> {
    let mut out = BufWriter::new(io::stdout().lock());
    let mut sound = true;
    let stdin = [PathBuf::from("-")];
    for file in if files.is_empty() { &stdin } else { files } {
        let done = if file.as_os_str() == "-" {
            each(&mut BufReader::new(io::stdin().lock()), "standard input", options, &mut out)
        } else {
            open(file)
                .and_then(|file_in| each(&mut BufReader::new(file_in), &file.display().to_string(), options, &mut out))
        };
        match done {
            Ok(all) => sound &= all,
            Err(Stopped::Reader) => break,
            Err(Stopped::Failed(error)) => {
                complain(format!("copydesk: {error:#}"))?;
                sound = false;
            }
        }
    }
    // A reader that has seen enough (`| head`) is no failure.
    let _ = out.flush();
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

enum Stopped {
    /// Nobody reads the answers any more.
    Reader,
    Failed(anyhow::Error),
}

impl From<anyhow::Error> for Stopped {
    fn from(error: anyhow::Error) -> Self {
        match error.downcast_ref::<io::Error>() {
            Some(cause) if cause.kind() == io::ErrorKind::BrokenPipe => Stopped::Reader,
            _ => Stopped::Failed(error),
        }
    }
}

fn open(file: &Path) -> Result<File, Stopped> {
    let opened = File::open(file).with_context(|| format!("opening {}", file.display()))?;
    let is_folder = opened.metadata().is_ok_and(|about| about.is_dir());
    if is_folder { Err(anyhow::anyhow!("{} is a folder", file.display()).into()) } else { Ok(opened) }
}

/// Whether every line was measured.
fn each<R: Read>(
    input: &mut BufReader<R>,
    name: &str,
    options: &text::Options,
    out: &mut impl Write,
) -> Result<bool, Stopped> {
    let (mut line, mut sound) = (Vec::new(), true);
    for number in 1_u64.. {
        line.clear();
        let read = input.by_ref().take(LINE_MAX).read_until(b'\n', &mut line);
        if read.with_context(|| format!("reading {name}"))? == 0 {
            break;
        }
        let is_cut = line.len() as u64 == LINE_MAX && line.last() != Some(&b'\n');
        let said = if is_cut {
            input.skip_until(b'\n').with_context(|| format!("reading {name}"))?;
            Err(format!("it is longer than {} MiB", LINE_MAX >> 20))
        } else if line.trim_ascii().is_empty() {
            continue;
        } else {
            read_line(&line, options)
        };
        match said {
            Ok((id, analysis)) => {
                let written = serde_json::to_writer(&mut *out, &Answer { id: &id, analysis }).map_err(io::Error::from);
                written.and_then(|()| out.write_all(b"\n")).map_err(anyhow::Error::from)?;
            }
            Err(reason) => {
                sound = false;
                complain(format!("copydesk: {name}, line {number}: {reason}"))?;
            }
        }
        // Whoever waits for an answer before the next question gets it.
        if input.buffer().is_empty() {
            out.flush().map_err(anyhow::Error::from)?;
        }
    }
    Ok(sound)
}

fn read_line(line: &[u8], options: &text::Options) -> Result<(Json, Analysis), String> {
    let line =
        std::str::from_utf8(line).map_err(|error| format!("it is not UTF-8 from byte {} on", error.valid_up_to()))?;
    let asked: Asked = serde_json::from_str(line).map_err(|error| {
        // The parser sees one line only.
        let told = error.to_string();
        let told = told.split(" at line ").next().unwrap_or_default();
        format!("{told} at byte {}; a line is {{\"id\", \"text\"[, \"language\"]}}", error.column())
    })?;
    let Asked { id, text, language, title, keyphrase } = asked;
    let language = match language.as_deref() {
        None => options.language,
        Some(code) => match Language::from_code(code) {
            None => return Err(format!("{code:?} is no language that is known here")),
            known => known,
        },
    };
    let analysis = text::analyze(&text, &text::Options { language, title, keyphrase, ..options.clone() });
    Ok((id, analysis))
}
