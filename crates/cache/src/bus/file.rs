//! A log of purges in a file, for one process alone: what lies on its disk outlives it, and so must the purges.
//!
//! Records of length u32, purge in postcard, XXH3-64 of both; the position of the first and the log's number stand in
//! the head. Nothing is synced: it survives the process, and after a crash of the machine what lies on the disk is as
//! old as this file.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use stdx::rng::os_random;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use xxhash_rust::xxh3::xxh3_64;

use super::{Backplane, Heard, Purge};

const MAGIC: &[u8; 8] = b"CDPURGE1";
/// The file is made anew, with its newer half, when it has so many records.
const RECORDS_MAX: usize = 16_384;

/// See the module.
pub struct FileLog {
    log: u64,
    path: PathBuf,
    state: Mutex<State>,
}

struct State {
    file: File,
    /// Position of the first record that is kept, less one.
    base: u64,
    purges: Vec<Purge>,
    listeners: Vec<UnboundedSender<Heard>>,
}

impl FileLog {
    /// # Errors
    /// If the file cannot be read or made.
    pub fn open(path: &Path) -> io::Result<FileLog> {
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        // Without its head it is another log, with which nothing on the disk has to do.
        let (log, base, purges) = parse(&bytes).unwrap_or_else(|| (u64::from_le_bytes(os_random()), 0, Vec::new()));
        let file = write_anew(path, log, base, &purges)?;
        let state = State { file, base, purges, listeners: Vec::new() };
        Ok(FileLog { log, path: path.to_owned(), state: Mutex::new(state) })
    }
}

impl Backplane for FileLog {
    fn log(&self) -> u64 {
        self.log
    }

    fn publish(&self, purge: Purge) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let written = record(&purge).map_or(Ok(()), |record| state.file.write_all(&record));
        state.purges.push(purge.clone());
        let position = state.base + state.purges.len() as u64;
        let rewritten = if state.purges.len() > RECORDS_MAX {
            let old = RECORDS_MAX / 2;
            state.base += old as u64;
            state.purges.drain(..old);
            write_anew(&self.path, self.log, state.base, &state.purges).map(|file| state.file = file)
        } else {
            Ok(())
        };
        if let Err(error) = written.and(rewritten) {
            // In this process it holds; a later one must not believe the disk.
            tracing::error!(error = &error as &dyn std::error::Error, "a purge could not be logged");
            let _ = fs::remove_file(&self.path);
        }
        let heard = Heard::Purge { position, purge };
        state.listeners.retain(|listener| listener.send(heard.clone()).is_ok());
    }

    fn subscribe(&self) -> UnboundedReceiver<Heard> {
        let (tell, heard) = unbounded_channel();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let told = (state.base > 0).then_some(Heard::Forgotten { position: state.base });
        let purges = state.purges.iter().cloned().zip(state.base + 1..);
        let told = told.into_iter().chain(purges.map(|(purge, position)| Heard::Purge { position, purge }));
        let position = state.base + state.purges.len() as u64;
        for word in told.chain([Heard::Current { position }]) {
            // It cannot have gone: it is in our hands.
            let _ = tell.send(word);
        }
        state.listeners.push(tell);
        heard
    }
}

fn parse(bytes: &[u8]) -> Option<(u64, u64, Vec<Purge>)> {
    let rest = bytes.strip_prefix(MAGIC)?;
    let (log, rest) = rest.split_first_chunk()?;
    let (base, mut rest) = rest.split_first_chunk()?;
    let mut purges = Vec::new();
    // The last one may be torn; it was never answered for.
    while let Some((purge, after)) = next(rest) {
        purges.push(purge);
        rest = after;
    }
    Some((u64::from_le_bytes(*log), u64::from_le_bytes(*base), purges))
}

fn next(bytes: &[u8]) -> Option<(Purge, &[u8])> {
    let (len, _) = bytes.split_first_chunk()?;
    let (body, rest) = bytes.split_at_checked(4 + u32::from_le_bytes(*len) as usize)?;
    let (sum, rest) = rest.split_first_chunk()?;
    let fits = xxh3_64(body).to_le_bytes() == *sum;
    fits.then(|| postcard::from_bytes(&body[4..]).ok()).flatten().map(|purge| (purge, rest))
}

fn record(purge: &Purge) -> Option<Vec<u8>> {
    let body = postcard::to_stdvec(purge).ok()?;
    let mut record = u32::try_from(body.len()).ok()?.to_le_bytes().to_vec();
    record.extend(body);
    record.extend(xxh3_64(&record).to_le_bytes());
    Some(record)
}

/// Under its name only once it is whole.
fn write_anew(path: &Path, log: u64, base: u64, purges: &[Purge]) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let beside = path.with_extension("new");
    let mut file = File::create(&beside)?;
    let mut bytes = MAGIC.to_vec();
    bytes.extend(log.to_le_bytes());
    bytes.extend(base.to_le_bytes());
    purges.iter().filter_map(record).for_each(|record| bytes.extend(record));
    file.write_all(&bytes)?;
    fs::rename(&beside, path)?;
    Ok(file)
}

#[cfg(test)]
mod tests;
