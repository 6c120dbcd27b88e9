//! One person's data: handed out, erased, kept for a time; and the map of all of it.

mod doors;
mod erasure;
mod map;
mod redaction;
mod retention;
pub mod scene;
mod whole;
