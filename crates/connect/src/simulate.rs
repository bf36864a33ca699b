//! The other sides of our calls, as pure functions: for tests and for trying the product offline.

pub mod llm;
