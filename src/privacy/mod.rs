//! Privacy: everything that is held about one person, in one hand: shown, exported, erased, and kept no longer than it must be.
//!
//! Stands right of all subjects that hold something about people, and calls each one's own steps: nobody else writes their tables.
//! [`data_map`] says of every column what it holds.

pub mod data_map;
mod erase;
mod export;
mod own;
mod person;
mod redact;
mod retention;
mod rounds;
mod store;

pub use erase::{Erasure, erase, finish_erasures};
pub use export::export;
pub use own::{erase_own, export_own};
pub use person::{Held, held, person_of_message};
pub use redact::{Redaction, redact};
pub use retention::{KeptKind, MOST_COUNTED, RetentionView, look_again, preview, retention, set_retention};
pub use rounds::{plan, step};
