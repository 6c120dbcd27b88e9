//! The SQL of this subject, a file per table.

pub(super) mod audit;
pub(super) mod idempotency;
pub(super) mod installation;
pub(super) mod keys;
pub(super) mod sessions;
pub(super) mod subaccounts;
pub(super) mod throttle;
pub(super) mod users;
