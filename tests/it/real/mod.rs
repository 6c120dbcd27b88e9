//! Peyk as its users run it: real processes that can be killed, asked over HTTP, with a carrier that writes
//! down what it took. The tests in `proof` and the figures in `benches` stand on it.

mod api;
mod installation;
pub mod journal;
mod people;
pub mod process;

pub use api::Api;
pub use installation::{Carrier, Installation};
pub use people::{Person, TEXT, csv};
