//! Who may do what, and for which tenant: subaccounts, users, roles, sessions, API keys, audit.

mod actor;
mod audit;
mod consent_rules;
mod erase;
pub mod idempotency;
mod keys;
mod keywords;
mod login;
mod opt_in_texts;
mod password;
mod quiet_hours;
mod retention;
mod sessions;
mod settings;
pub mod setup;
mod store;
mod subaccounts;
mod users;

pub use actor::{Actor, Permission, Role, Who};
pub use audit::{Chain, Entry, audit, audit_entries, count_audit, sweep_audit, verify_audit};
pub use consent_rules::{DoubleOptIn, LONGEST_CONFIRMATION, StopScope};
pub use erase::forget_person;
pub use keys::{ALL_SCOPES, ApiKey, NewKey, actor_for_key, add_key, list_keys, maker_of_key, revoke_key};
pub use keywords::{KeywordChange, KeywordRule, KeywordRules, LONGEST_ANSWER, default_answers};
pub use login::{SignedIn, login};
pub use opt_in_texts::{categories_in, default_confirmations, stopped_one};
pub use quiet_hours::{QuietHours, TimeOfDay};
pub use retention::{Held, Retention, RetentionChange, days};
pub use sessions::{ABSOLUTE, IDLE, SESSION_USER, SessionStore};
pub use settings::{Amount, Settings, SettingsPatch};
pub use subaccounts::{
    Subaccount, all_subaccounts, default_subaccount, existing_default, settings, settings_of, subaccount, subaccount_by_id,
    subaccount_by_name, subaccount_by_sid, subaccount_named, update_settings,
};
pub use users::{NewUser, User, actor_for_user, add_user, disable_user, enable_user, list_users, who_can_answer};

use crate::db::Tx;
use crate::kernel::clock::Millis;
use crate::kernel::error::Result;

/// Deletes what has had its time: ended sessions, forgotten sign-in failures, old idempotency keys. A step
/// for the chores; how many rows went.
pub async fn prune(tx: &mut Tx, now: Millis) -> Result<u64> {
    let sessions = store::sessions::prune(tx, now).await?;
    let failures = store::throttle::prune(tx, now - login::FORGOTTEN_AFTER).await?;
    Ok(sessions + failures + store::idempotency::prune(tx, now - idempotency::KEPT).await?)
}
