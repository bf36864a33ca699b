//! What the world may throw at the product: each gets a clear error, and the line goes on.

mod disk;
mod outside;
mod requests;
mod surroundings;
