//! The operator's own pages: Markdown files in a folder.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use desk::pages::RESERVED;
use stdx::Timestamp;

use super::view::without_remote_pictures;
use super::visit::is_slug;
use crate::{App, SitePage};

/// Cache tag of every answer: each names the own pages in its foot.
pub(super) const TAG: &str = "site own pages";

/// How soon a change to a file is seen.
const LOOK_EVERY: Duration = Duration::from_secs(5);
const PAGES_MAX: usize = 100;
const PAGE_BYTES_MAX: u64 = 1 << 20;

/// The folder as it was last seen.
#[derive(Default)]
pub(super) struct Folder(Mutex<Seen>);

#[derive(Default)]
struct Seen {
    looked_at: Option<Timestamp>,
    files: Vec<File>,
    pages: Arc<Vec<SitePage>>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct File {
    name: String,
    changed_at: Option<SystemTime>,
    bytes: u64,
}

impl Folder {
    /// Looks for changes, where there is a folder.
    pub fn refresh(&self, app: &App) {
        if app.settings.pages_folder.is_some() {
            self.pages(app);
        }
    }

    /// The pages, by slug. Every few seconds the folder is listed, and read again when a file's time
    /// or size has changed: some system calls on a local folder, too short to leave the task for.
    pub fn pages(&self, app: &App) -> Arc<Vec<SitePage>> {
        let Some(folder) = app.settings.pages_folder.as_deref().map(Path::new) else { return Arc::default() };
        let now = app.desk.now();
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.looked_at.is_none_or(|at| now.since(at) >= LOOK_EVERY) {
            seen.looked_at = Some(now);
            let files = list(folder);
            if files != seen.files {
                seen.pages = Arc::new(files.iter().filter_map(|file| read(folder, file)).collect());
                seen.files = files;
                app.desk.cache.invalidate_tag(TAG);
            }
        }
        Arc::clone(&seen.pages)
    }
}

/// The Markdown files whose names can be addresses, by name.
fn list(folder: &Path) -> Vec<File> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files = Vec::new();
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str().and_then(|name| name.strip_suffix(".md")) else { continue };
        // Followed, so that a mounted configuration made of links works.
        let Ok(meta) = std::fs::metadata(entry.path()) else { continue };
        if meta.is_file() && is_slug(name) && !RESERVED.contains(&name) {
            files.push(File { name: name.to_owned(), changed_at: meta.modified().ok(), bytes: meta.len() });
        } else {
            tracing::debug!(name, "not a page: its name must be lower-case letters, digits and hyphens, and not taken");
        }
    }
    files.sort();
    files.truncate(PAGES_MAX);
    files
}

fn read(folder: &Path, file: &File) -> Option<SitePage> {
    let path = folder.join(format!("{}.md", file.name));
    let text = match file.bytes {
        0..=PAGE_BYTES_MAX => std::fs::read_to_string(&path),
        size => Err(std::io::Error::other(format!("{size} bytes are more than {PAGE_BYTES_MAX}"))),
    };
    match text {
        Ok(text) => Some(page(&file.name, text.trim_start_matches('\u{feff}'))),
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "a page of one's own is left out: it cannot be read");
            None
        }
    }
}

/// The first line that is a heading is the title and leaves the body.
fn page(slug: &str, markdown: &str) -> SitePage {
    let mut lines: Vec<&str> = markdown.lines().collect();
    let heading = lines.iter().position(|line| !line.trim().is_empty()).filter(|at| lines[*at].starts_with("# "));
    let title = heading.map(|at| text::markdown::to_text(lines.remove(at))).unwrap_or_default();
    let title = if title.trim().is_empty() { slug.replace('-', " ") } else { title.trim().to_owned() };
    let html = text::markdown::to_html(&lines.join("\n"));
    SitePage { slug: slug.to_owned(), title, html: without_remote_pictures(&html).into_owned() }
}
