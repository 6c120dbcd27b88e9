//! SQL of the tables inbound, inbound_seen, conversations, saved_replies and keyword_answers.

mod arrival;
mod conversations;
mod redact;
mod saved;

pub use arrival::*;
pub use conversations::*;
pub use redact::*;
pub use saved::*;
