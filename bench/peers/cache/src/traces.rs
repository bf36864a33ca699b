//! The traces: where they stand, what they must hash to, how they are read.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use sha2::{Digest, Sha256};

pub struct Source {
    pub name: &'static str,
    file: &'static str,
    sha256: &'static str,
    form: Form,
}

enum Form {
    /// Big-endian numbers of so many bytes.
    Binary(usize),
    /// One decimal number a line.
    Lines,
}

const fn source(name: &'static str, file: &'static str, sha256: &'static str, form: Form) -> Source {
    Source { name, file, sha256, form }
}

pub const ALL: [Source; 5] = [
    source(
        "web07",
        "web07.trace.xz",
        "e50bb13aa66d1cc71877c8ea92c577be0d0ab5b2b4f7a16c87046af1097bd46a",
        Form::Binary(4),
    ),
    source(
        "web12",
        "web12.trace.xz",
        "a76c78e129a982fe17055d0a291ebf385e7a0aa7964bd091d006bcde862bcdad",
        Form::Binary(4),
    ),
    source(
        "scarab",
        "scarab-recs.trace.xz",
        "abf86a7eef62e1e5ed93afe318168bb72a575c6d552e9904426711039c05ede3",
        Form::Binary(8),
    ),
    source(
        "orm-busy",
        "orm-busy.trace.xz",
        "0b1d6593387d713c98cc20a5b8c4128eaa983f94dcd70069b032dc1af9c2ceb3",
        Form::Binary(4),
    ),
    source(
        "multi3",
        "multi3.trace.gz",
        "e1957bb3c49a1e3409fb651dd8fc4273eb144acdc5deb820e7671cb18583dfad",
        Form::Lines,
    ),
];

/// A trace, its keys numbered in the order in which they first come.
pub struct Trace {
    pub requests: Vec<u32>,
    pub keys: u32,
}

impl Source {
    /// `None` when the folder does not hold it.
    pub fn read(&self, folder: &Path) -> Result<Option<Trace>, String> {
        let path = folder.join(self.file);
        let Ok(packed) = fs::read(&path) else { return Ok(None) };
        let sum: String = Sha256::digest(&packed).iter().map(|byte| format!("{byte:02x}")).collect();
        if sum != self.sha256 {
            return Err(format!("{} has the SHA-256 {sum}, which should be {}", path.display(), self.sha256));
        }
        let bytes = unpack(&path)?;
        let keys: Vec<u64> = match self.form {
            Form::Binary(size) => bytes
                .chunks_exact(size)
                .map(|chunk| chunk.iter().fold(0, |key, byte| key << 8 | u64::from(*byte)))
                .collect(),
            Form::Lines => {
                String::from_utf8_lossy(&bytes).lines().filter_map(|line| line.trim().parse().ok()).collect()
            }
        };
        let mut numbers = HashMap::new();
        let requests = keys
            .iter()
            .map(|key| {
                let next = numbers.len() as u32;
                *numbers.entry(*key).or_insert(next)
            })
            .collect();
        Ok(Some(Trace { requests, keys: numbers.len() as u32 }))
    }
}

fn unpack(path: &Path) -> Result<Vec<u8>, String> {
    let program = if path.extension().is_some_and(|ext| ext == "gz") { "gzip" } else { "xz" };
    let output = Command::new(program).arg("-dc").arg(path).output().map_err(|e| format!("starting {program}: {e}"))?;
    if !output.status.success() {
        return Err(format!("{program} could not unpack {}", path.display()));
    }
    Ok(output.stdout)
}
