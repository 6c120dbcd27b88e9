//! SQL of the tables inbound, inbound_seen, conversations, saved_replies and keyword_answers.

mod arrival;
mod conversations;
mod saved;

pub use arrival::*;
pub use conversations::*;
pub use saved::*;
