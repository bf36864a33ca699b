//! A newsroom of invented outlets, and the command that runs the whole line on it.

pub mod news;
pub mod outlets;
pub mod plots;
pub mod render;
pub mod respond;
mod run;
pub mod serve;
mod staff;

pub use run::run;
