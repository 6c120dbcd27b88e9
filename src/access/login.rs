//! Signing in, and what keeps guessing slow.
//!
//! An attempt is counted before its password is looked at, so that many at once gain nothing. A right
//! password takes the count back. Account and address each have their own count; both are kept as MACs.

use std::net::IpAddr;

use super::audit::{audit, audit_stranger};
use super::users::User;
use super::{Actor, password, store};
use crate::app::App;
use crate::db::Tx;
use crate::kernel::clock::{DAY, Millis, SECOND};
use crate::kernel::crypto::Secret;
use crate::kernel::error::{Error, Result};
use std::time::Duration;

/// Failures of one account that cost nothing.
const FREE_PER_ACCOUNT: i64 = 5;
/// Failures from one address that cost nothing: a whole office may share one.
const FREE_PER_ADDRESS: i64 = 20;
/// The longest wait between two attempts.
const LONGEST_WAIT: Millis = 900 * SECOND;
/// After so long without a failure the count begins anew.
pub(super) const FORGOTTEN_AFTER: Millis = DAY;

/// Who signed in. Put the user's id into the session under [`super::SESSION_USER`], after `cycle_id`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn {
    /// The user.
    pub user: User,
}

/// How often one account or address failed of late.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Failures {
    pub count: i64,
    pub blocked_until: Millis,
    pub updated_at: Millis,
}

impl Failures {
    /// With one more attempt at `now`; the time to wait when it may not be made yet.
    fn charged(self, free: i64, now: Millis) -> Result<Self, Millis> {
        if self.blocked_until > now {
            return Err(self.blocked_until - now);
        }
        let before = if now - self.updated_at > FORGOTTEN_AFTER { 0 } else { self.count };
        let count = before + 1;
        let over = count - free;
        // 1, 2, 4, … seconds; from the tenth on it is the longest wait.
        let wait = if over <= 0 { 0 } else { LONGEST_WAIT.min(SECOND << (over - 1).min(10)) };
        Ok(Self { count, blocked_until: now + wait, updated_at: now })
    }

    /// With the attempt taken back.
    fn forgiven(self, now: Millis) -> Self {
        Self { count: (self.count - 1).max(0), blocked_until: now, ..self }
    }
}

/// The counts that one attempt goes to.
struct Throttle {
    account: String,
    address: String,
}

impl Throttle {
    fn new(app: &App, email: &str, ip: &str) -> Self {
        let mac = |kind: &str, what: &str| {
            let hex: String = app.cipher.sign("login throttle", what.as_bytes())[..16].iter().map(|b| format!("{b:02x}")).collect();
            format!("{kind}:{hex}")
        };
        Self { account: mac("account", email), address: mac("address", &network_of(ip)) }
    }

    async fn charge(&self, tx: &mut Tx, now: Millis) -> Result<()> {
        for (key, free) in [(&self.account, FREE_PER_ACCOUNT), (&self.address, FREE_PER_ADDRESS)] {
            let failures = store::throttle::lock(tx, key).await?;
            let wait = |ms: Millis| Error::Busy { retry_after: Duration::from_millis(ms.unsigned_abs().next_multiple_of(1000)) };
            store::throttle::set(tx, key, failures.charged(free, now).map_err(wait)?).await?;
        }
        Ok(())
    }

    /// Takes back an attempt that was not a failure; a right password also clears the account.
    async fn forgive(&self, tx: &mut Tx, right: bool, now: Millis) -> Result<()> {
        let account = store::throttle::lock(tx, &self.account).await?;
        let account = if right { Failures::default() } else { account.forgiven(now) };
        store::throttle::set(tx, &self.account, account).await?;
        let address = store::throttle::lock(tx, &self.address).await?.forgiven(now);
        store::throttle::set(tx, &self.address, address).await
    }
}

/// The network that counts as one address: /24 of IPv4, /64 of IPv6.
fn network_of(ip: &str) -> String {
    match ip.parse::<IpAddr>().map(|ip| ip.to_canonical()) {
        Ok(IpAddr::V4(v4)) => format!("{:?}", &v4.octets()[..3]),
        Ok(IpAddr::V6(v6)) => format!("{:?}", &v6.segments()[..4]),
        Err(_) => ip.to_owned(),
    }
}

/// Checks an address and password. The wrong ones, unknown and disabled users all give the same
/// [`Error::Invalid`] after the same work; after too many failures, or when too many sign in at once,
/// [`Error::Busy`]. Successes and failures are in the audit log.
pub async fn login(app: &App, email: &str, password: &str, ip: &str) -> Result<SignedIn> {
    let email = email.trim().to_lowercase();
    let throttle = Throttle::new(app, &email, ip);
    let mut tx = app.db.write().await?;
    throttle.charge(&mut tx, app.clock.now()).await?;
    let found = store::users::with_hash(&mut tx, &email).await?;
    tx.commit().await?;

    let (user, stored) = found.unzip();
    let verdict = match password::verify(password, stored).await {
        Ok(verdict) => verdict,
        Err(unchecked) => {
            let mut tx = app.db.write().await?;
            throttle.forgive(&mut tx, false, app.clock.now()).await?;
            tx.commit().await?;
            return Err(unchecked);
        }
    };
    match user.as_ref().filter(|u| verdict.right && u.disabled_at.is_none()) {
        Some(known) => {
            let hash = if verdict.outdated { Some(password::hash(&Secret::new(password)).await?) } else { None };
            if let Some(user) = admit(app, &throttle, known, hash, ip).await? {
                return Ok(SignedIn { user });
            }
            Err(wrong())
        }
        None => {
            let mut tx = app.db.write().await?;
            let (subaccount, object) = user.as_ref().map_or((None, "unknown"), |u| (Some(u.subaccount.as_str()), u.id.as_str()));
            audit_stranger(&mut tx, subaccount, ip, ("login.fail", object), app.clock.now()).await?;
            tx.commit().await?;
            Err(wrong())
        }
    }
}

/// Notes the success; `None` when the user was disabled meanwhile.
async fn admit(app: &App, throttle: &Throttle, known: &User, hash: Option<String>, ip: &str) -> Result<Option<User>> {
    let (mut tx, now) = (app.db.write().await?, app.clock.now());
    if !store::users::seen(&mut tx, &known.id, now).await? {
        return Ok(None);
    }
    if let Some(hash) = hash {
        store::users::set_hash(&mut tx, &known.id, &hash).await?;
    }
    throttle.forgive(&mut tx, true, now).await?;
    let user = User { last_seen_at: Some(now), ..known.clone() };
    let actor = Actor::user(user.subaccount.clone(), user.id.clone(), user.name.clone(), user.role, Some(ip.to_owned()));
    audit(&mut tx, &actor, "login", user.id.as_str(), &serde_json::Value::Null, now).await?;
    tx.commit().await?;
    Ok(Some(user))
}

fn wrong() -> Error {
    Error::invalid("password", "wrong", "This e-mail address and password do not belong together. Check both and try again.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_after_the_free_failures_up_to_fifteen_minutes() {
        let (mut failures, mut now, mut waits) = (Failures::default(), 1_795_000_000_000, Vec::new());
        for _ in 0..18 {
            failures = failures.charged(5, now).expect("the wait is over");
            waits.push((failures.blocked_until - now) / SECOND);
            assert!(waits.last() == Some(&0) || failures.charged(5, now).is_err());
            now = failures.blocked_until;
        }
        assert_eq!(waits, [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
        let later = failures.charged(5, now + FORGOTTEN_AFTER + 1).expect("the wait is over");
        assert_eq!((later.count, later.blocked_until - later.updated_at), (1, 0));
    }

    #[test]
    fn neighbours_share_an_address_and_strangers_do_not() {
        assert_eq!(network_of("192.0.2.1"), network_of("::ffff:192.0.2.77"));
        assert_ne!(network_of("192.0.2.1"), network_of("192.0.3.1"));
        assert_eq!(network_of("2001:db8:0:1::1"), network_of("2001:db8:0:1:ffff::2"));
        assert_ne!(network_of("2001:db8:0:1::1"), network_of("2001:db8:0:2::1"));
    }
}
