//! Contacts: people we hold a number for, and the CSV files that bring them.
//!
//! A contact is also the lock of a person: an intent to send and a withdrawal of consent take the
//! same row, so that nothing is submitted after a STOP has been committed.

pub mod csv;
mod people;
mod store;

pub use people::{
    Person, Standing, by_ids, ensure, ensure_unless_erased, erase, find, hold, link_epoch, lock, open_phone, refusing, revoke_links,
    set_language, set_standing,
};
