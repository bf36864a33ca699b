//! What lies behind the memory: a disk of one's own and a server that all processes share.
//!
//! Both keep [`crate::wire::Frame`]s under a hash of space and key; a frame holds the key itself, so that two
//! keys of one hash are two misses and never a wrong answer.

pub(crate) mod disk;
pub mod remote;

use std::sync::Arc;

use stdx::Timestamp;
use xxhash_rust::xxh3::xxh3_128;

use crate::stats::TierStats;
use disk::Disk;
use remote::guard::Distant;

/// A key of a shared space.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    pub hash: u128,
}

impl Name {
    pub fn of(space: &str, key: &str) -> Name {
        let mut text = String::with_capacity(space.len() + 1 + key.len());
        text.push_str(space);
        text.push('\0');
        text.push_str(key);
        Name { hash: xxh3_128(text.as_bytes()) }
    }
}

#[derive(Default)]
pub(crate) struct Tiers {
    pub disk: Option<Disk>,
    pub remote: Option<Arc<Distant>>,
}

impl Tiers {
    /// Keeps `frame` until `until` wherever there is a place; returns at once.
    pub fn write(&self, name: &Name, frame: &Arc<[u8]>, until: Timestamp) {
        if let Some(disk) = &self.disk {
            disk.write(name, Arc::clone(frame), until);
        }
        if let Some(remote) = &self.remote {
            remote.write_soon(name, Arc::clone(frame), until);
        }
    }

    /// Gives the memory back; that it is not served is the purge's matter.
    pub fn remove(&self, name: &Name) {
        if let Some(disk) = &self.disk {
            disk.remove(name);
        }
        if let Some(remote) = &self.remote {
            remote.remove_soon(name);
        }
    }

    pub fn stats(&self) -> Vec<TierStats> {
        self.disk.iter().map(Disk::stats).chain(self.remote.iter().map(|remote| remote.stats())).collect()
    }
}
