//! Values in a folder of one's own: segments that are only ever appended to, the oldest going first.
//!
//! What is where stands in memory; at the start it is read from the footers of full segments and from the heads of the
//! records of others. Nothing is synced: after a crash of the machine a record may be torn, and is found out by its
//! sum when it is read. A record that was asked for lately moves to the newest segment when its own must go. A folder
//! that is full or broken costs errors that are counted, and hits, but never an answer.

pub(crate) mod segment;
mod writer;

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Instant;

use stdx::task::Tasks;
use stdx::{Clock, Timestamp};

use super::Name;
use crate::error::TierError;
use crate::stats::{TierCounts, TierStats};
use crate::wire::Frame;
use segment::{Found, HEAD_BYTES};

/// Writes that wait at most, by number and by bytes.
const WAITING_MAX: usize = 4_096;
const WAITING_BYTES_MAX: u64 = 32 << 20;
/// Bytes of the folder per place in the index at least: small values must not fill the memory with their places.
const BYTES_PER_PLACE: u64 = 512;

pub(crate) struct Disk {
    shared: Arc<Shared>,
    /// Dropped with the disk, which ends the writer.
    writes: SyncSender<Write>,
}

/// What readers and the writer share.
struct Shared {
    folder: PathBuf,
    size_max: u64,
    segment_size: u64,
    places_max: usize,
    clock: Clock,
    counts: TierCounts,
    waiting_bytes: AtomicU64,
    index: RwLock<Index>,
    /// Held for as long as the folder is ours.
    _lock: File,
}

#[derive(Default)]
struct Index {
    places: HashMap<u128, Place>,
    segments: BTreeMap<u64, Segment>,
}

struct Segment {
    file: Arc<File>,
    /// Where the next record begins, or the end.
    bytes: u64,
}

/// Where a record is.
struct Place {
    segment: u64,
    offset: u32,
    /// Of the frame, without its head.
    len: u32,
    until: Timestamp,
    /// Asked for since its segment was last judged.
    hit: AtomicBool,
}

struct Write {
    hash: u128,
    frame: Arc<[u8]>,
    until: Timestamp,
}

impl Disk {
    /// Takes the folder over with what is in it.
    pub async fn open(
        folder: &Path,
        size_max: u64,
        segment_size: u64,
        clock: Clock,
        tasks: &Tasks,
    ) -> Result<Disk, TierError> {
        let folder = folder.to_owned();
        let opening = tokio::task::spawn_blocking(move || Shared::open(folder, size_max, segment_size, clock));
        let shared = Arc::new(opening.await.map_err(io::Error::other)??);
        let (writes, waiting) = sync_channel(WAITING_MAX);
        let writer = writer::Writer::new(Arc::clone(&shared), tasks.stop());
        std::thread::Builder::new().name("cache-disk".to_owned()).spawn(move || writer.run(&waiting))?;
        Ok(Disk { shared, writes })
    }

    /// The frame under `name`, if it is there and whole.
    pub async fn read(&self, name: &Name) -> Option<Vec<u8>> {
        let began = Instant::now();
        let (hash, shared) = (name.hash, Arc::clone(&self.shared));
        let found = {
            let index = shared.read();
            let place = index.places.get(&hash).filter(|place| place.until > shared.clock.now())?;
            place.hit.store(true, Ordering::Relaxed);
            let file = Arc::clone(&index.segments.get(&place.segment)?.file);
            (file, place.segment, place.offset, place.len)
        };
        let (file, segment, offset, len) = found;
        let reading = tokio::task::spawn_blocking(move || {
            let mut bytes = vec![0; len as usize];
            file.read_exact_at(&mut bytes, u64::from(offset) + HEAD_BYTES as u64)?;
            Ok::<_, io::Error>(bytes)
        });
        let bytes = reading.await.map_err(io::Error::other).and_then(|bytes| bytes);
        self.shared.counts.took(began.elapsed());
        if let Ok(bytes) = bytes
            && Frame::parse(&bytes).is_some()
        {
            return Some(bytes);
        }
        self.shared.counts.errors.inc();
        let mut index = self.shared.write();
        // Not what has been written there since.
        if index.places.get(&hash).is_some_and(|place| place.segment == segment && place.offset == offset) {
            index.places.remove(&hash);
        }
        None
    }

    /// Writes soon; what is too much is not written, and counted.
    pub fn write(&self, name: &Name, frame: Arc<[u8]>, until: Timestamp) {
        let len = frame.len() as u64;
        let fits = len + HEAD_BYTES as u64 * 2 <= self.shared.segment_size / 2;
        if !fits || self.shared.waiting_bytes.load(Ordering::Relaxed) + len > WAITING_BYTES_MAX {
            return self.shared.counts.dropped.inc();
        }
        self.shared.waiting_bytes.fetch_add(len, Ordering::Relaxed);
        if self.writes.try_send(Write { hash: name.hash, frame, until }).is_err() {
            self.shared.waiting_bytes.fetch_sub(len, Ordering::Relaxed);
            self.shared.counts.dropped.inc();
        }
    }

    pub fn remove(&self, name: &Name) {
        self.shared.write().places.remove(&name.hash);
    }

    /// Whether a frame that was read could be used.
    pub fn count(&self, used: bool) {
        if used { self.shared.counts.hits.inc() } else { self.shared.counts.misses.inc() }
    }

    pub fn stats(&self) -> TierStats {
        let index = self.shared.read();
        let bytes = index.segments.values().map(|segment| segment.bytes).sum();
        self.shared.counts.read(index.places.len() as u64, bytes)
    }

    /// Returns when all that waited is written.
    #[cfg(test)]
    pub async fn settled(&self) {
        while self.shared.waiting_bytes.load(Ordering::SeqCst) > 0 {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    }
}

impl Shared {
    fn open(folder: PathBuf, size_max: u64, segment_size: u64, clock: Clock) -> Result<Shared, TierError> {
        fs::create_dir_all(&folder)?;
        let lock = File::create(folder.join("lock"))?;
        if lock.try_lock().is_err() {
            return Err(io::Error::new(io::ErrorKind::ResourceBusy, "another process uses it").into());
        }
        let mut index = Index::default();
        for (id, path) in segments(&folder)? {
            let Some((file, records, bytes)) = File::open(&path).ok().and_then(|file| segment::read(file, id)) else {
                // Not ours, or damaged at its first bytes.
                fs::remove_file(&path)?;
                continue;
            };
            let now = clock.now();
            for Found { hash, offset, len, until } in records {
                let place = Place { segment: id, offset, len, until, hit: AtomicBool::new(false) };
                if until > now {
                    index.places.insert(hash, place);
                } else {
                    // An older record of the same name is older than this one.
                    index.places.remove(&hash);
                }
            }
            index.segments.insert(id, Segment { file: Arc::new(file), bytes });
        }
        Ok(Shared {
            folder,
            size_max,
            segment_size,
            places_max: usize::try_from(size_max / BYTES_PER_PLACE).unwrap_or(usize::MAX).max(1_024),
            clock,
            counts: TierCounts::new("disk"),
            waiting_bytes: AtomicU64::new(0),
            index: RwLock::new(index),
            _lock: lock,
        })
    }

    fn path(&self, id: u64) -> PathBuf {
        self.folder.join(format!("{id:016x}.seg"))
    }

    fn read(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Index> {
        self.index.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The oldest first.
fn segments(folder: &Path) -> io::Result<BTreeMap<u64, PathBuf>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        let id = stem.filter(|stem| stem.len() == 16).and_then(|stem| u64::from_str_radix(stem, 16).ok());
        if let Some(id) = id.filter(|_| path.extension().is_some_and(|ext| ext == "seg")) {
            found.insert(id, path);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
