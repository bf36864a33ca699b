//! The files of a build, ready to be sent.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use edge::{Encoding, Ready};
use http::{HeaderValue, StatusCode};
use serde::Deserialize;
use serde_json::Value;

use super::page::Page;
use super::route::{Route, Routes};
use crate::assets::media_type;

/// One file of the built console, as the binary's build embeds it.
#[derive(Clone, Copy, Debug)]
pub struct Built {
    /// From the root of the build, such as `main-4f2a91c0.js`.
    pub path: &'static str,
    pub plain: &'static [u8],
    /// Variants; `None` where compressing does not pay.
    pub br: Option<&'static [u8]>,
    pub zstd: Option<&'static [u8]>,
    pub gzip: Option<&'static [u8]>,
}

/// Where the console comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Part of the binary.
    Embedded,
    /// Read from a folder at the start.
    Folder,
}

impl Origin {
    /// The word that `doctor` and `/health` use; `none` stands for the absence of both.
    pub fn name(self) -> &'static str {
        match self {
            Origin::Embedded => "embedded",
            Origin::Folder => "folder",
        }
    }
}

/// Why a build of the console cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    #[error("reading {}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{} is no build of the console: it has no {file}", folder.display())]
    Missing { folder: PathBuf, file: &'static str },
    #[error("{file} cannot be used: {reason}")]
    Unusable { file: &'static str, reason: String },
    #[error("{} holds more than {what}", folder.display())]
    TooMuch { folder: PathBuf, what: &'static str },
}

/// A whole console.
#[derive(Debug)]
pub struct Console {
    origin: Origin,
    page: Page,
    routes: Routes,
    /// By path below [`ASSETS`]; the page and the lists are not among them.
    files: BTreeMap<String, Ready>,
}

/// Where the files are; the page alone is elsewhere.
pub(super) const ASSETS: &str = "/console/assets/";
const PAGE: &str = "index.html";
const ROUTES: &str = "routes.json";
/// The bundler's list of what it has named after its content.
const MANIFEST: &str = "manifest.json";
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("public, no-cache");
const FILES_MAX: usize = 2_000;
const BYTES_MAX: u64 = 64 << 20;

impl Console {
    /// # Errors
    /// When the page or the list of its routes is missing or cannot be read.
    pub fn embedded(files: &'static [Built]) -> Result<Console, Broken> {
        let mut ready = BTreeMap::new();
        for file in files {
            let bytes = |variant: Option<&'static [u8]>| variant.map(Bytes::from_static);
            let made = as_file(file.path, Bytes::from_static(file.plain))
                .coded_as(Encoding::Br, bytes(file.br))
                .coded_as(Encoding::Zstd, bytes(file.zstd))
                .coded_as(Encoding::Gzip, bytes(file.gzip));
            ready.insert(file.path.to_owned(), made);
        }
        Console::of(Origin::Embedded, Path::new("the binary"), ready)
    }

    /// Reads a folder once; variants are compressed when they are first asked for.
    ///
    /// # Errors
    /// As [`Console::embedded`], when a file cannot be read, and when the folder holds far more than a console.
    pub fn read(folder: &Path) -> Result<Console, Broken> {
        let mut ready = BTreeMap::new();
        let mut bytes = 0;
        let mut waiting = vec![folder.to_owned()];
        while let Some(next) = waiting.pop() {
            let failed = |source| Broken::Read { path: next.clone(), source };
            for entry in std::fs::read_dir(&next).map_err(failed)? {
                let path = entry.map_err(failed)?.path();
                let failed = |source| Broken::Read { path: path.clone(), source };
                let meta = std::fs::metadata(&path).map_err(failed)?;
                if meta.is_dir() {
                    waiting.push(path);
                    continue;
                }
                bytes += meta.len();
                let too_much = |what| Broken::TooMuch { folder: folder.to_owned(), what };
                if bytes > BYTES_MAX {
                    return Err(too_much("64 MiB"));
                }
                if ready.len() == FILES_MAX {
                    return Err(too_much("2000 files"));
                }
                let name = path.strip_prefix(folder).expect("it was found below the folder").to_string_lossy();
                let content = std::fs::read(&path).map_err(failed)?;
                ready.insert(name.clone().into_owned(), as_file(&name, content.into()));
            }
        }
        Console::of(Origin::Folder, folder, ready)
    }

    fn of(origin: Origin, folder: &Path, mut files: BTreeMap<String, Ready>) -> Result<Console, Broken> {
        let mut take = |file| files.remove(file).ok_or_else(|| Broken::Missing { folder: folder.to_owned(), file });
        let (page, routes, manifest) = (take(PAGE)?, take(ROUTES)?, take(MANIFEST)?);
        let html = std::str::from_utf8(page.body())
            .map_err(|error| Broken::Unusable { file: PAGE, reason: error.to_string() })?;
        let page = Page::parse(html).map_err(|reason| Broken::Unusable { file: PAGE, reason })?;
        let routes = Routes::parse(routes.body()).map_err(|reason| Broken::Unusable { file: ROUTES, reason })?;
        let hashed = hashed(manifest.body()).map_err(|reason| Broken::Unusable { file: MANIFEST, reason })?;
        let kept = |name: &str| if hashed.contains(name) { FOREVER } else { ASK_AGAIN };
        let files = files.into_iter().map(|(name, file)| {
            let kept = kept(&name);
            (name, file.cache_control(kept))
        });
        Ok(Console { origin, page, routes, files: files.collect() })
    }

    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// How many files there are besides the page.
    pub fn count(&self) -> usize {
        self.files.len()
    }

    /// The file at an address; `None` in the middle for one that is not of this build, and outside when the
    /// address is not one of a file at all.
    pub(super) fn file(&self, path: &str) -> Option<Option<&Ready>> {
        Some(self.files.get(path.strip_prefix(ASSETS)?))
    }

    /// The screen at `path`.
    pub(super) fn route(&self, path: &str) -> Option<&Route> {
        self.routes.find(path)
    }

    /// The page for a screen: the screen's files are named ahead of the script that would ask for them.
    pub(super) fn page(&self, route: Option<&Route>, told: Option<&Value>) -> String {
        self.page.html(route.map_or(&[], |route| route.addresses()), told)
    }
}

fn as_file(path: &str, bytes: Bytes) -> Ready {
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    Ready::new(StatusCode::OK, HeaderValue::from_static(media_type(extension)), bytes)
}

/// One of the manifest's entries, as far as it names files.
#[derive(Deserialize)]
struct Entry {
    file: String,
    #[serde(default)]
    css: Vec<String>,
    #[serde(default)]
    assets: Vec<String>,
}

fn hashed(manifest: &[u8]) -> Result<BTreeSet<String>, String> {
    let entries: BTreeMap<String, Entry> = serde_json::from_slice(manifest).map_err(|error| error.to_string())?;
    Ok(entries.into_values().flat_map(|entry| [vec![entry.file], entry.css, entry.assets].concat()).collect())
}
