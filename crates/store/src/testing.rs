//! Temporary databases for tests: SQLite in a folder of its own, or a fresh PostgreSQL database if
//! `COPYDESK_TEST_POSTGRES` holds the address of a server on which databases may be created.

use std::ops::Deref;
use std::path::{Path, PathBuf};

use stdx::config::Secret;
use stdx::{Clock, Rng};
use tokio_postgres::{Config, NoTls};

use crate::{MigrationSet, Settings, Store};

/// A store that is deleted at the end. It derefs to [`Store`].
pub struct TempStore {
    store: Store,
    place: Place,
}

/// A folder for data, and settings that lead to a database of its own. Deleted at the end.
pub struct Place {
    folder: PathBuf,
    settings: Settings,
    /// The server and the database there, on PostgreSQL.
    database: Option<(Config, String)>,
}

/// A store with `migrations` applied, on the engine that the environment asks for.
///
/// # Panics
/// If there is no such database to be had: a test cannot go on then.
pub async fn temporary(migrations: &[MigrationSet]) -> TempStore {
    let place = Place::new().await;
    let store = Store::open(place.folder(), place.settings(), migrations, Clock::system())
        .await
        .expect("a temporary store opens");
    TempStore { store, place }
}

impl Place {
    pub async fn new() -> Place {
        let name = format!("copydesk_test_{}_{:016x}", std::process::id(), Rng::from_os().next_u64());
        let folder = std::env::temp_dir().join(&name);
        std::fs::create_dir_all(&folder).expect("the folder for temporary files is writable");
        let (mut settings, mut database) = (Settings::default(), None);
        if let Ok(url) = std::env::var("COPYDESK_TEST_POSTGRES") {
            let server =
                crate::postgres::parse(&Secret::new(url.clone())).expect("COPYDESK_TEST_POSTGRES is an address");
            run(&server, &format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")).await;
            settings.url = Some(Secret::new(address(&url, &name)));
            settings.write_pool = 4;
            settings.read_pool = 2;
            database = Some((server, name));
        }
        Place { folder, settings, database }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }
}

impl TempStore {
    pub fn folder(&self) -> &Path {
        self.place.folder()
    }

    pub fn settings(&self) -> &Settings {
        self.place.settings()
    }

    /// The store as others hold it.
    pub fn store(&self) -> Store {
        self.store.clone()
    }
}

impl Deref for TempStore {
    type Target = Store;
    fn deref(&self) -> &Store {
        &self.store
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
        if let Some((server, name)) = self.database.take() {
            // On a thread of its own: the test's runtime may be at its end.
            let drop_it = move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                let Ok(runtime) = runtime else { return };
                runtime.block_on(run(&server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")));
            };
            let _ = std::thread::spawn(drop_it).join();
        }
    }
}

/// `url` with another database.
fn address(url: &str, database: &str) -> String {
    let (before, query) =
        url.split_once('?').map_or((url, String::new()), |(before, query)| (before, format!("?{query}")));
    let authority = before.find("://").map_or(0, |at| at + 3);
    let end = before[authority..].find('/').map_or(before.len(), |at| authority + at);
    format!("{}/{database}{query}", &before[..end])
}

async fn run(server: &Config, text: &str) {
    let (client, connection) = server.connect(NoTls).await.expect("the test server answers");
    let work = async {
        let result = client.batch_execute(text).await;
        drop(client);
        result
    };
    let (result, _) = tokio::join!(work, connection);
    result.expect("the test server obeys");
}

/// The tables of a migration's text with the names of their columns, in order, so that a test can hold
/// the two texts of a pair against each other. Virtual tables are left out.
pub fn tables(migration: &str) -> std::collections::BTreeMap<String, Vec<String>> {
    let code: Vec<&str> = migration.lines().map(|line| line.split("--").next().unwrap_or_default().trim()).collect();
    let mut tables = std::collections::BTreeMap::new();
    let mut open: Option<(String, Vec<String>)> = None;
    for line in code {
        if let Some(rest) = line.strip_prefix("CREATE TABLE ") {
            if line.ends_with('(') {
                open = Some((rest.trim_end_matches('(').trim().to_owned(), Vec::new()));
            }
        } else if line.starts_with(')') {
            tables.extend(open.take());
        } else if let Some((_, columns)) = &mut open {
            let word = line.split_whitespace().next().unwrap_or_default();
            if !word.is_empty() && !matches!(word, "PRIMARY" | "UNIQUE" | "CHECK" | "FOREIGN") {
                columns.push(word.to_owned());
            }
        }
    }
    tables
}
