//! The process's own log, on standard error.

use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt;

use crate::config::{Format, Level, Log};

/// Starts the log. A command that is not a server says only what went wrong, unless more was asked for.
pub fn start(settings: &Log, server: bool) {
    let level = match settings.level {
        Level::Info if !server => LevelFilter::WARN,
        Level::Error => LevelFilter::ERROR,
        Level::Warn => LevelFilter::WARN,
        Level::Info => LevelFilter::INFO,
        Level::Debug => LevelFilter::DEBUG,
        Level::Trace => LevelFilter::TRACE,
    };
    let builder = fmt().with_max_level(level).with_writer(std::io::stderr);
    // An error means that a log runs already, as in a test.
    let _ = match settings.format {
        Format::Text => builder.with_ansi(false).try_init(),
        Format::Json => builder.json().try_init(),
    };
}
