//! The settings that belong to no section, and those of the log.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use stdx::config::{Field, Problem};

use super::section::Settings;

stdx::settings! {
    /// The keys at the root of the file.
    pub struct Root {
        /// Folder of everything that Copydesk keeps; made when it is not there.
        data: PathBuf = PathBuf::from("copydesk-data"),
        /// Address and port of the site, the API and the console; port 0 takes a free one.
        listen: SocketAddr = SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
        /// File of the key that seals stored secrets, 64 hexadecimal digits. Without it, `secret.key` in the
        /// data folder, made at the first start.
        secret_key_file: Option<PathBuf> = None,
        /// Folder of a built console that is served instead of the one in the binary; read once, at the start.
        console_dir: Option<PathBuf> = None,
    }
}

impl Settings for Root {
    const FIELDS: &'static [Field] = Root::FIELDS;

    fn validate(&self, _: &str) -> Vec<Problem> {
        let empty = self.data.as_os_str().is_empty();
        if empty {
            vec![Problem::new("data", "\"\"", "must name a folder; remove the line to use copydesk-data")]
        } else {
            Vec::new()
        }
    }
}

stdx::settings! {
    /// What is written to standard error.
    pub struct Log {
        /// The least important line that is written: `error`, `warn`, `info`, `debug` or `trace`.
        level: Level = Level::Info,
        /// `text` for people, `json` for collectors.
        format: Format = Format::Text,
    }
}

impl Log {
    /// Every level and format works.
    pub fn validate(&self, _: &str) -> Vec<Problem> {
        Vec::new()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    Text,
    Json,
}
