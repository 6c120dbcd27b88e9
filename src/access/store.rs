//! The SQL of this subject, a file per table.

pub(super) mod audit;
pub(super) mod installation;
pub(super) mod subaccounts;
