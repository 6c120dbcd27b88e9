//! One person's data: handed out, erased, and the map of all of it.

mod doors;
mod erasure;
mod map;
mod scene;
