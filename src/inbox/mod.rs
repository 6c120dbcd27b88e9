//! The inbox: what people write to us, their keywords acted on, and what we answer.
//!
//! Every text is kept before its provider is told that it came: storing it, acting on a keyword in it and queuing the
//! answer are one transaction, so that nothing is lost and nothing is done twice.

mod answer;
mod change;
mod conversation;
mod hear;
mod redact;
mod reply;
mod saved;
mod store;
mod thread;

pub use answer::answers_among;
pub use change::{assign, close, mark_read, mark_unread, reopen};
pub use conversation::{Assignee, Conversation, InboxFilter, Shown, conversation, list, unread, who_can_answer};
pub use hear::{hear_all, hear_asked};
pub use redact::{count_texts, erase, redact_person, sweep_texts};
pub use reply::{ReplyRequest, preview, reply};
pub use saved::{SavedReply, delete_saved, save_reply, saved_replies};
pub use thread::{Direction, Line, Thread, thread, written_by};
