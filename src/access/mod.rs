//! Who may do what, and for which tenant: subaccounts, users, roles, sessions, API keys, audit.

mod actor;

pub use actor::{Actor, Permission, Role, Who};
