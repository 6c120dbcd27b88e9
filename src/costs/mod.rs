//! What sending costs: facts by the quarter of an hour, spending against the budget, summaries.
//!
//! Facts are counts of messages by status. They move in the same transaction as the messages that they
//! count, so that pages read a few rows instead of the history.

mod budget;
mod facts;
mod store;
mod summary;

pub use budget::{BudgetView, SpendingChanges, budget, month_of, room, spend};
pub use facts::{Fact, FactChanges, apply};
pub use summary::{Day, Group, GroupBy, Period, Stats, Summary, Totals, day_around, days, stats, summary};
