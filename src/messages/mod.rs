//! Messages: one text to one contact; its life, attempts, receipts and history.

mod content;
mod enqueue;
mod receipts;
mod status;
mod store;
mod tally;
mod work;

pub use content::Content;
pub use enqueue::{AUTHENTICATION_QUEUE, NewMessage, SINGLE_QUEUE, enqueue, lifetime};
pub use receipts::{CarrierOptOut, Report, apply, match_waiting};
pub use status::Status;
pub use tally::{Announcements, Tally};
pub use work::{Claimed, Diversion, Intent, Settled, Settlement, claim, divert, release, settle, submit};
