//! Messages: one text to one contact; its life, attempts, receipts and history.

mod compose;
mod content;
mod control;
mod doubt;
mod enqueue;
mod failures;
mod intake;
mod list;
mod poll;
mod preview;
mod receipts;
mod send;
mod status;
mod store;
mod tally;
mod text;
mod trial;
mod view;
mod work;

pub use compose::{LONGEST_TEXT, SendRequest};
pub use content::Content;
pub use control::{CarrierOptOut, cancel, cancel_queued, carrier_opt_outs, drop_queued, retry};
pub use doubt::{Doubt, Resolution, doubts, rescue, resolve};
pub use enqueue::{AUTHENTICATION_QUEUE, NewMessage, SINGLE_QUEUE, enqueue, lifetime};
pub use failures::{Failures, failures};
pub use intake::{Intake, receive};
pub use list::{Filter, list};
pub use poll::{Awaited, asked, await_reports, claim_awaited, has_awaited};
pub use preview::{Preview, PreviewRequest, preview};
pub use receipts::match_waiting;
pub use send::{SendCall, Sending, send, send_once};
pub use status::Status;
pub use tally::{Announcements, Tally};
pub use trial::{TestRequest, test};
pub use view::{Amount, AttemptView, EventView, Message, MessageDetail, MessageError, get, why, words};
pub use work::{Claimed, Diversion, Intent, Settled, Settlement, Tried, claim, defer, divert, has_due, release, settle, submit, tried};
