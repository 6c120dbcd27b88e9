//! API keys: `pk_<id>_<secret>_<check>`. The id finds the row, the secret has 256 bits of chance, the check
//! tells a mistyped key from a wrong one without a look-up. Only a hash is kept.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use subtle::ConstantTimeEq as _;

use super::audit::audit;
use super::{Actor, Permission, Who, store};
use crate::app::App;
use crate::db::Tx;
use crate::kernel::clock::{MINUTE, Millis};
use crate::kernel::crypto::{Secret, sha256_hex};
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{KeyId, SubaccountId, random_bytes};

/// A revoked key is refused everywhere within this time; in the process that revoked it, at once.
const REMEMBERED: Duration = Duration::from_secs(1);
/// How many keys are remembered at once.
const MOST_REMEMBERED: usize = 1_024;
/// The last use is written at most so often.
const USE_NOTED_EVERY: Millis = MINUTE;

/// What [`add_key`] takes for all rights that the actor has.
pub const ALL_SCOPES: &str = "all";

/// A key as lists show it; the key itself is shown once, when it is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// The id; not secret.
    pub id: KeyId,
    /// Whose data it reaches.
    pub subaccount: SubaccountId,
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Permission>,
    /// Who made it.
    pub created_by: String,
    /// When it was made.
    pub created_at: Millis,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Millis>,
    /// Since when it is refused.
    pub revoked_at: Option<Millis>,
}

/// A key that was just made.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// What is kept of it.
    pub key: ApiKey,
    /// The key itself: show it now, it cannot be had again.
    pub secret: Secret,
}

/// Makes a key for the actor's subaccount; needs [`Permission::Access`]. `scopes` is `all` or rights with
/// commas between them; nobody gives a key more than they have.
pub async fn add_key(app: &App, actor: &Actor, name: &str, scopes: &str) -> Result<NewKey> {
    actor.require(Permission::Access)?;
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 60 || name.chars().any(char::is_control) {
        return Err(Error::invalid("name", "unusable", "A key's name has 1 to 60 characters and stands on one line."));
    }
    let scopes = if scopes.trim() == ALL_SCOPES { actor.rights() } else { parse_scopes(scopes)? };
    for scope in &scopes {
        actor.require(*scope)?;
    }
    let (mut tx, now) = (app.db.write().await?, app.clock.now());
    let id = KeyId::new(now);
    let secret = compose(&id, &URL_SAFE_NO_PAD.encode(random_bytes::<32>()));
    let key = ApiKey {
        id,
        subaccount: actor.subaccount.clone(),
        name: name.to_owned(),
        scopes,
        created_by: actor.label(),
        created_at: now,
        last_used_at: None,
        revoked_at: None,
    };
    store::keys::add(&mut tx, &key, &words(&key.scopes), &sha256_hex(secret.as_bytes())).await?;
    audit(&mut tx, actor, "key.add", key.id.as_str(), &json!({ "name": key.name, "scopes": words(&key.scopes) }), now).await?;
    tx.commit().await?;
    Ok(NewKey { key, secret: Secret::new(secret) })
}

/// The subaccount's keys, oldest first, revoked ones too; needs [`Permission::Access`].
pub async fn list_keys(app: &App, actor: &Actor) -> Result<Vec<ApiKey>> {
    actor.require(Permission::Access)?;
    store::keys::list(&mut app.db.read().await?, &actor.subaccount).await
}

/// Who made a key, by name; `None` when there is no such key. A step.
pub async fn maker_of_key(tx: &mut Tx, subaccount: &SubaccountId, id: &KeyId) -> Result<Option<String>> {
    let key = store::keys::by_id(tx, id).await?.map(|(key, _)| key);
    Ok(key.filter(|key| key.subaccount == *subaccount).map(|key| key.created_by))
}

/// Ends a key for ever; needs [`Permission::Access`]. Revoking it again changes nothing.
pub async fn revoke_key(app: &App, actor: &Actor, id: &KeyId) -> Result<ApiKey> {
    actor.require(Permission::Access)?;
    let (mut tx, now) = (app.db.write().await?, app.clock.now());
    let found = store::keys::by_id(&mut tx, id).await?.map(|(key, _)| key);
    let mut key = found.filter(|k| k.subaccount == actor.subaccount).ok_or(Error::NotFound("API key"))?;
    if key.revoked_at.is_none() {
        key.revoked_at = Some(now);
        store::keys::revoke(&mut tx, &actor.subaccount, id, now).await?;
        audit(&mut tx, actor, "key.revoke", id.as_str(), &json!({ "name": key.name }), now).await?;
        tx.commit().await?;
    }
    remembered().retain(|_, (_, actor)| !matches!(&actor.who, Who::Key { id: own, .. } if own == id));
    Ok(key)
}

/// The actor that a key is; anything but a live key is [`Error::Unauthenticated`]. The answer is remembered
/// for a second.
pub async fn actor_for_key(app: &App, bearer: &str, ip: Option<String>) -> Result<Actor> {
    let id = read_id(bearer).ok_or(Error::Unauthenticated)?;
    let hash = sha256_hex(bearer.as_bytes());
    let known = remembered().get(&hash).filter(|(at, _)| at.elapsed() < REMEMBERED).map(|(_, actor)| actor.clone());
    if let Some(actor) = known {
        return Ok(actor.from_address(ip));
    }
    let mut tx = app.db.read().await?;
    let found = store::keys::by_id(&mut tx, &id).await?;
    tx.commit().await?;
    let (key, stored) = found.ok_or(Error::Unauthenticated)?;
    if !bool::from(stored.as_bytes().ct_eq(hash.as_bytes())) || key.revoked_at.is_some() {
        return Err(Error::Unauthenticated);
    }
    let now = app.clock.now();
    if key.last_used_at.is_none_or(|at| now - at >= USE_NOTED_EVERY) {
        let mut tx = app.db.write().await?;
        store::keys::used(&mut tx, &key.subaccount, &key.id, now, now - USE_NOTED_EVERY).await?;
        tx.commit().await?;
    }
    let actor = Actor::key(key.subaccount, key.id, key.name, &key.scopes, None);
    remember(hash, actor.clone());
    Ok(actor.from_address(ip))
}

/// Keys that were found good a moment ago, by the hash of the whole key.
type Remembered = HashMap<String, (Instant, Actor)>;

fn remembered() -> MutexGuard<'static, Remembered> {
    static REMEMBERED: LazyLock<Mutex<Remembered>> = LazyLock::new(Mutex::default);
    REMEMBERED.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn remember(hash: String, actor: Actor) {
    let mut all = remembered();
    if all.len() >= MOST_REMEMBERED {
        all.retain(|_, (at, _)| at.elapsed() < REMEMBERED);
    }
    if all.len() < MOST_REMEMBERED {
        all.insert(hash, (Instant::now(), actor));
    }
}

fn compose(id: &KeyId, secret: &str) -> String {
    let body = id.as_str().trim_start_matches(KeyId::PREFIX);
    let key = format!("pk{body}_{secret}");
    let check = check_of(&key);
    format!("{key}_{check}")
}

fn check_of(key: &str) -> String {
    sha256_hex(key.as_bytes())[..6].to_owned()
}

/// The id in a key whose check is right.
fn read_id(bearer: &str) -> Option<KeyId> {
    let (key, check) = bearer.rsplit_once('_')?;
    let (body, secret) = key.strip_prefix("pk_")?.split_once('_')?;
    if secret.len() != 43 || check_of(key) != check {
        return None;
    }
    KeyId::parse(&format!("{}_{body}", KeyId::PREFIX))
}

fn parse_scopes(text: &str) -> Result<Vec<Permission>> {
    let words: Vec<&str> = text.split(',').map(str::trim).filter(|w| !w.is_empty()).collect();
    let known = Permission::ALL.map(Permission::as_str).join(", ");
    let unknown = |word: &str| Error::invalid("scopes", "unknown", format!("“{word}” is no scope. Write all, or some of {known}."));
    if words.is_empty() {
        return Err(Error::invalid("scopes", "required", format!("Write all, or some of {known}.")));
    }
    words.into_iter().map(|word| Permission::parse(word).ok_or_else(|| unknown(word))).collect()
}

fn words(scopes: &[Permission]) -> String {
    scopes.iter().map(|p| p.as_str()).collect::<Vec<_>>().join(",")
}

/// Reads what [`words`] wrote.
pub(super) fn stored_scopes(text: &str) -> Vec<Permission> {
    text.split(',').filter_map(Permission::parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_tells_its_id_and_a_mistyped_one_nothing() {
        for _ in 0..200 {
            let id = KeyId::new(1_795_000_000_000);
            let key = compose(&id, &URL_SAFE_NO_PAD.encode(random_bytes::<32>()));
            assert_eq!(read_id(&key), Some(id));
            let mut typo = key.clone().into_bytes();
            typo[40] = if typo[40] == b'x' { b'y' } else { b'x' };
            assert_eq!(read_id(std::str::from_utf8(&typo).expect("ASCII")), None);
            assert_eq!(read_id(&key[..key.len() - 1]), None);
        }
        for other in ["", "pk_", "pk_a_b_c", "Bearer x"] {
            assert_eq!(read_id(other), None);
        }
    }

    #[test]
    fn scopes_are_read_and_unknown_ones_named() {
        assert_eq!(parse_scopes("send, view").expect("valid"), [Permission::Send, Permission::View]);
        assert_eq!(stored_scopes(&words(&Permission::ALL)), Permission::ALL);
        assert!(parse_scopes("").is_err());
        assert!(parse_scopes("send,fly").expect_err("unknown").to_string().contains("fly"));
    }
}
