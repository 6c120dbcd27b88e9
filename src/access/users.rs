//! People who sign in.

use serde_json::json;

use super::audit::audit;
use super::{Actor, Permission, Role, password, setup, store};
use crate::app::App;
use crate::db::Tx;
use crate::kernel::clock::Millis;
use crate::kernel::crypto::Secret;
use crate::kernel::error::{Error, FieldErrors, Result};
use crate::kernel::id::{SubaccountId, UserId};

/// Somebody who signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The id.
    pub id: UserId,
    /// Where they work.
    pub subaccount: SubaccountId,
    /// Their address, in small letters; unique in the installation.
    pub email: String,
    /// The name to show.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Since when they may not sign in.
    pub disabled_at: Option<Millis>,
    /// When they last signed in.
    pub last_seen_at: Option<Millis>,
    /// When they were added.
    pub created_at: Millis,
}

/// A user to be.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// Their address, as written.
    pub email: String,
    /// Their name; the part of the address before the `@` when empty.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Their password.
    pub password: Secret,
}

/// A user whose fields have been checked.
#[derive(Debug)]
pub(super) struct Checked {
    pub email: String,
    pub name: String,
    pub role: Role,
    pub password: Secret,
}

impl NewUser {
    /// Checks every field and notes what is wrong.
    pub(super) fn check(self, errors: &mut FieldErrors) -> Option<Checked> {
        let email = errors.check("email", parse_email(&self.email));
        let before_at = email.as_deref().and_then(|e| e.split('@').next()).unwrap_or_default();
        let name = self.name.trim();
        let name = if name.is_empty() { before_at } else { name }.to_owned();
        if name.chars().count() > 100 || name.chars().any(char::is_control) {
            errors.add("name", "unusable", "A name has at most 100 characters and stands on one line.");
            return None;
        }
        let fine = errors.check("password", password::check(&self.password, &[email.as_deref().unwrap_or_default(), before_at, &name]));
        fine.and(email).map(|email| Checked { email, name, role: self.role, password: self.password })
    }
}

/// Reads an address: one `@` with something on both sides, no spaces, at most 254 bytes; in small letters.
pub(super) fn parse_email(text: &str) -> Result<String, (String, String)> {
    let text = text.trim().to_lowercase();
    let sound = text.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty() && !host.contains('@'));
    if sound && text.len() <= 254 && !text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        Ok(text)
    } else {
        Err(("not_an_address".into(), "Write an e-mail address such as name@example.com.".into()))
    }
}

/// Adds a user to the actor's subaccount; needs [`Permission::Access`], for an owner also
/// [`Permission::Installation`]. With the first user set-up is over.
pub async fn add_user(app: &App, actor: &Actor, new: NewUser) -> Result<User> {
    actor.require(Permission::Access)?;
    if new.role == Role::Owner {
        actor.require(Permission::Installation)?;
    }
    let mut errors = FieldErrors::new();
    let checked = new.check(&mut errors);
    errors.into_result()?;
    let checked = checked.expect("what was not refused is there");
    let hash = password::hash(&checked.password).await?;
    let (mut tx, now) = (app.db.write().await?, app.clock.now());
    setup::close(&mut tx, now).await?;
    let user = insert(&mut tx, &actor.subaccount, &checked, &hash, now).await?;
    let detail = json!({ "role": user.role.as_str() });
    audit(&mut tx, actor, "user.add", user.id.as_str(), &detail, now).await?;
    tx.commit().await?;
    Ok(user)
}

/// Writes a checked user. A step.
pub(super) async fn insert(tx: &mut Tx, subaccount: &SubaccountId, new: &Checked, hash: &str, now: Millis) -> Result<User> {
    let user = User {
        id: UserId::new(now),
        subaccount: subaccount.clone(),
        email: new.email.clone(),
        name: new.name.clone(),
        role: new.role,
        disabled_at: None,
        last_seen_at: None,
        created_at: now,
    };
    if store::users::add(tx, &user, hash).await? {
        Ok(user)
    } else {
        Err(Error::invalid("email", "taken", "There is a user with this address already."))
    }
}

/// The users of the actor's subaccount, oldest first; needs [`Permission::Access`].
pub async fn list_users(app: &App, actor: &Actor) -> Result<Vec<User>> {
    actor.require(Permission::Access)?;
    store::users::list(&mut app.db.read().await?, &actor.subaccount).await
}

/// Who of a subaccount can sign in and answer people, oldest first. A step.
pub async fn who_can_answer(tx: &mut Tx, subaccount: &SubaccountId) -> Result<Vec<User>> {
    let mut users = store::users::list(tx, subaccount).await?;
    users.retain(|user| user.disabled_at.is_none() && user.role.may(Permission::Send));
    Ok(users)
}

/// Shuts a user out at once, by id or address: their sessions end and they cannot sign in. Needs
/// [`Permission::Access`], for an owner also [`Permission::Installation`]; the last owner stays.
pub async fn disable_user(app: &App, actor: &Actor, id_or_email: &str) -> Result<User> {
    actor.require(Permission::Access)?;
    let (mut tx, now) = (app.db.write().await?, app.clock.now());
    let owners = store::users::lock_owners(&mut tx).await?;
    let mut user = named(&mut tx, actor, id_or_email).await?;
    if user.role == Role::Owner && owners.iter().all(|id| *id == user.id) {
        return Err(Error::conflict("This is the last owner. Make somebody else an owner first."));
    }
    if user.disabled_at.is_none() {
        user.disabled_at = Some(now);
        store::users::set_disabled(&mut tx, &user.id, user.disabled_at).await?;
        store::sessions::end_all_of(&mut tx, &user.id).await?;
        audit(&mut tx, actor, "user.disable", user.id.as_str(), &json!({}), now).await?;
        tx.commit().await?;
    }
    Ok(user)
}

/// Lets a disabled user sign in again, by id or address; needs what disabling needs.
pub async fn enable_user(app: &App, actor: &Actor, id_or_email: &str) -> Result<User> {
    actor.require(Permission::Access)?;
    let (mut tx, now) = (app.db.write().await?, app.clock.now());
    let mut user = named(&mut tx, actor, id_or_email).await?;
    if user.disabled_at.take().is_some() {
        store::users::set_disabled(&mut tx, &user.id, None).await?;
        audit(&mut tx, actor, "user.enable", user.id.as_str(), &json!({}), now).await?;
        tx.commit().await?;
    }
    Ok(user)
}

/// The user of the actor's subaccount whom the actor may change.
async fn named(tx: &mut Tx, actor: &Actor, id_or_email: &str) -> Result<User> {
    let named = id_or_email.trim().to_lowercase();
    let users = store::users::list(tx, &actor.subaccount).await?;
    let user = users.into_iter().find(|u| u.id.as_str() == named || u.email == named).ok_or(Error::NotFound("user"))?;
    if user.role == Role::Owner {
        actor.require(Permission::Installation)?;
    }
    Ok(user)
}

/// The actor that a signed-in user is, read anew for each request so that a disabled user is out at once:
/// then [`Error::Unauthenticated`].
pub async fn actor_for_user(app: &App, id: &UserId, ip: Option<String>) -> Result<Actor> {
    let user = store::users::by_id(&mut app.db.read().await?, id).await?;
    let user = user.filter(|u| u.disabled_at.is_none()).ok_or(Error::Unauthenticated)?;
    Ok(Actor::user(user.subaccount, user.id, user.name, user.role, ip))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_in_small_letters() {
        assert_eq!(parse_email(" Ada@Example.COM ").as_deref(), Ok("ada@example.com"));
        for bad in ["", "ada", "@example.com", "ada@", "a@b@c", "a da@example.com", "ada@exam\0ple.com", &format!("{}@x", "a".repeat(260))]
        {
            assert!(parse_email(bad).is_err(), "{bad}");
        }
    }
}
