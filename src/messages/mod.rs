//! Messages: one text to one contact; its life, attempts, receipts and history.

mod again;
mod compose;
mod content;
mod control;
mod doubt;
mod enqueue;
mod failures;
mod intake;
mod leaving;
mod links;
mod list;
mod person;
mod poll;
mod preview;
mod price;
mod receipts;
mod redact;
mod responses;
mod secret;
mod send;
mod single;
mod status;
mod store;
mod tally;
mod template_counts;
mod text;
mod thread;
mod times;
mod trial;
mod view;
mod words;
mod work;

pub use again::{AGAIN_ROWS, FailedMessage, NotAgain, Retried, Unretried, campaigns_among, failed_among, requeue, retryable};
pub use compose::SendRequest;
pub use content::Content;
pub use control::{CarrierOptOut, cancel, cancel_queued, carrier_opt_outs, drop_queued, drop_these};
pub use doubt::{Doubt, Resolution, doubts, has_doubts, note_repeats, postpone, rescue, resolve};
pub use enqueue::{AUTHENTICATION_QUEUE, NewMessage, SINGLE_QUEUE, enqueue, lifetime};
pub use failures::{Failures, MOST_REASONS, failed_reasons, failures};
pub use intake::{Intake, receive};
pub use leaving::{LEAVES_WITHIN, has_left};
pub use links::PersonalLinks;
pub use list::{Filter, list, note_export, of_contact};
pub use person::{contact_of, count_of_contact, erase, everything_of, last_category, sent_to};
pub use poll::{Awaited, asked, await_reports, claim_awaited, has_awaited};
pub use preview::{Preview, PreviewRequest, preview};
pub use price::{AwaitedPrice, PriceAnswer, claim_awaited_prices, has_awaited_price, price};
pub use receipts::match_waiting;
pub use redact::{
    BELONGINGS, count_provider_words, count_rows, count_words, note_sensitive, redact, redact_due, redact_person, sweep_provider_words,
    sweep_rows, sweep_words,
};
pub use responses::respond;
pub use secret::{end_secrets, enqueue_secret};
pub use send::{SendCall, Sending, send, send_once};
pub use single::{compose_single, enqueue_single};
pub use status::Status;
pub use store::waiting_with_template;
pub use tally::{Announcements, Response, Tally};
pub use template_counts::{
    Moved, TemplateCount, counts_by_campaign, counts_of_campaign, counts_of_template, having_left, longest_values, prune_longest, say,
};
pub use thread::to_contact;
pub use trial::{TestRequest, test};
pub use view::{Amount, AttemptView, EventView, Message, MessageDetail, MessageError, get, why, words};
pub use words::unsendable;
pub use work::{Claimed, Diversion, Intent, Settled, Settlement, Tried, claim, defer, divert, has_due, release, settle, submit, tried};
