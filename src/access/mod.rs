//! Who may do what, and for which tenant: subaccounts, users, roles, sessions, API keys, audit.

mod actor;
mod audit;
mod quiet_hours;
mod settings;
mod store;
mod subaccounts;
#[cfg(test)]
mod tests;

pub use actor::{Actor, Permission, Role, Who};
pub use audit::{Chain, Entry, audit, audit_entries, verify_audit};
pub use quiet_hours::{QuietHours, TimeOfDay};
pub use settings::{Amount, Settings, SettingsPatch};
pub use subaccounts::{
    Subaccount, all_subaccounts, default_subaccount, existing_default, settings, settings_of, subaccount, subaccount_by_name,
    subaccount_by_sid, subaccount_named, update_settings,
};
