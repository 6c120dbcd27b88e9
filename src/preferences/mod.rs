//! Preferences: what people and those who act for them do about consent.
//!
//! The operations here change a standing (consent) and end the messages that must no longer go (messages)
//! in one transaction: when an opt-out has been answered, nothing that waited for the person is left, and nothing that was about to
//! leave for them still can.

mod by_code;
mod confirm;
mod customer;
mod export;
mod keyword;
mod link;
mod opt_in_page;
mod opt_out;
mod patch;
mod person;
mod steps;
mod store;

pub use by_code::{House, Proof, ask_for, ask_to_enter, enter, house, house_by_id, house_of_token, open_data, prove};
pub use confirm::{answered, confirmations_among, forget, lapse};
pub use customer::{Door, Saved, View, open, save, start, stop, view};
pub use export::export;
pub use keyword::{Confirmation, Heard, Obeyed, obey};
pub use link::{PreferenceLink, preference_link, revoke_links};
pub use opt_in_page::{OptIn, OptInState, confirm, opt_in_page};
pub use opt_out::{Allowed, Check, OptProof, OptRequest, check, opt_in, opt_out};
pub use patch::{PreferencesPatch, quiet_between};
pub use person::{Preferences, Switch, preferences, set_preferences};
pub use steps::read_phone;
