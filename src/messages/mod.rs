//! Messages: one text to one contact; its life, attempts, receipts and history.

mod content;
mod control;
mod doubt;
mod enqueue;
mod list;
mod receipts;
mod status;
mod store;
mod tally;
mod text;
mod view;
mod work;

pub use content::Content;
pub use control::{cancel, cancel_queued, drop_queued, retry};
pub use doubt::{Doubt, Resolution, doubts, rescue, resolve};
pub use enqueue::{AUTHENTICATION_QUEUE, NewMessage, SINGLE_QUEUE, enqueue, lifetime};
pub use list::{Filter, list};
pub use receipts::{CarrierOptOut, Report, apply, match_waiting};
pub use status::Status;
pub use tally::{Announcements, Tally};
pub use view::{Amount, AttemptView, EventView, Message, MessageDetail, MessageError, get, words};
pub use work::{Claimed, Diversion, Intent, Settled, Settlement, claim, divert, release, settle, submit};
