//! Consent: what a person has agreed to, refused and asked for, and the ledger that proves it.
//!
//! The standing of a person lives beside their number in the contacts table, so that one row lock
//! covers both the intent to send and a withdrawal. It changes only through the steps here, which write
//! the ledger in the same transaction: the standing is always the replay of the ledger.

mod age;
mod change;
mod evidence;
mod ledger;
pub mod link;
mod store;
#[cfg(test)]
mod tests;
mod verdict;
mod verify;

pub use age::{count_evidence, sweep_evidence};
pub use change::{Aged, Change, Scope};
pub use evidence::{Whose, evidence};
pub use ledger::{Entry, Evidence, Source, change, entries, entries_before, erase, grant, opt_outs, withdraw, withdraw_many, withdrawals};
pub use verdict::{FREQUENCY, NO_CONSENT, OPTED_OUT, PAUSED, PENDING, QUIET_HOURS, STOPPED, Verdict, has_opted_out, opted_out, verdict};
pub use verify::{Proof, verify};
