//! Contacts: people we hold a number for, what is noted about them, and the CSV files that bring them.
//!
//! A contact is also the lock of a person: an intent to send and a withdrawal of consent take the
//! same row, so that nothing is submitted after a STOP has been committed. What they agreed to is
//! never touched here: a profile that is changed, imported, merged or removed leaves consent as it is.

mod contact;
pub mod csv;
mod edit;
mod export;
mod import;
mod input;
mod list;
mod people;
mod profile;
pub mod purchases;
mod store;
mod words;

pub use contact::{Contact, OtherNumber, attributes_of, known, shown};
pub use edit::{Created, clear_profile, create, merge, remove, update};
pub use export::export;
pub use import::{ImportProblem, ImportReport, file_names, import, rename_naming};
pub use input::{ContactInput, ContactPatch};
pub use list::{ContactFilter, Query, get, list, tags};
pub use people::{
    Person, Standing, by_ids, ensure, ensure_unless_erased, erase, find, hold, link_epoch, link_epochs, lock, main_number, open_phone,
    other_numbers, refusing, relist, revoke_links, set_language, set_standing,
};
pub use profile::{LeadStatus, Profile, Refusal, attribute, attribute_name, language, status, tag, time_zone};
pub use purchases::{Purchase, PurchaseInput};
