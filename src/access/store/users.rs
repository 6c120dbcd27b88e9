//! `users`.

use crate::access::Role;
use crate::access::users::User;
use crate::db::Tx;
use crate::kernel::clock::Millis;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{SubaccountId, UserId};

const COLUMNS: &str = "id, subaccount_id, email, name, role, disabled_at, last_seen_at, created_at, password_hash";

type Stored = (String, String, String, String, String, Option<Millis>, Option<Millis>, Millis, String);

fn user((id, subaccount, email, name, role, disabled_at, last_seen_at, created_at, hash): Stored) -> Result<(User, String)> {
    let role = Role::parse(&role).ok_or_else(|| Error::internal(format!("user {id} has the unknown role {role}")))?;
    let (id, subaccount) = (UserId::stored(id), SubaccountId::stored(subaccount));
    Ok((User { id, subaccount, email, name, role, disabled_at, last_seen_at, created_at }, hash))
}

/// Whether there is any user in the installation.
pub async fn any(tx: &mut Tx) -> Result<bool> {
    let row: Option<(String,)> = tx.query("select id from users limit 1").fetch_optional().await?;
    Ok(row.is_some())
}

/// Adds one; `false` when the address is taken.
pub async fn add(tx: &mut Tx, user: &User, hash: &str) -> Result<bool> {
    let sql = "insert into users (id, subaccount_id, email, name, role, password_hash, created_at) values ($1, $2, $3, $4, $5, $6, $7) \
               on conflict (email) do nothing";
    let query = tx.query(sql).bind(user.id.as_str()).bind(user.subaccount.as_str()).bind(&user.email).bind(&user.name);
    Ok(query.bind(user.role.as_str()).bind(hash).bind(user.created_at).execute().await? == 1)
}

pub async fn list(tx: &mut Tx, subaccount: &SubaccountId) -> Result<Vec<User>> {
    let sql = format!("select {COLUMNS} from users where subaccount_id = $1 order by id");
    let rows: Vec<Stored> = tx.query(&sql).bind(subaccount.as_str()).fetch_all().await?;
    rows.into_iter().map(|row| user(row).map(|(user, _)| user)).collect()
}

/// The user of a session, which is not bound to a subaccount: the user says which one it is.
pub async fn by_id(tx: &mut Tx, id: &UserId) -> Result<Option<User>> {
    let sql = format!("select {COLUMNS} from users where id = $1");
    let row: Option<Stored> = tx.query(&sql).bind(id.as_str()).fetch_optional().await?;
    row.map(|row| user(row).map(|(user, _)| user)).transpose()
}

/// The user with this address, in small letters, and the hash of the password.
pub async fn with_hash(tx: &mut Tx, email: &str) -> Result<Option<(User, String)>> {
    let sql = format!("select {COLUMNS} from users where email = $1");
    let row: Option<Stored> = tx.query(&sql).bind(email).fetch_optional().await?;
    row.map(user).transpose()
}

/// The owners of the installation who may sign in, held until the commit.
pub async fn lock_owners(tx: &mut Tx) -> Result<Vec<UserId>> {
    let sql = format!("select id from users where role = 'owner' and disabled_at is null order by id {}", tx.for_update());
    let rows: Vec<(String,)> = tx.query(&sql).fetch_all().await?;
    Ok(rows.into_iter().map(|(id,)| UserId::stored(id)).collect())
}

pub async fn set_disabled(tx: &mut Tx, id: &UserId, at: Option<Millis>) -> Result<()> {
    tx.query("update users set disabled_at = $2 where id = $1").bind(id.as_str()).bind(at).execute().await?;
    Ok(())
}

pub async fn set_hash(tx: &mut Tx, id: &UserId, hash: &str) -> Result<()> {
    tx.query("update users set password_hash = $2 where id = $1").bind(id.as_str()).bind(hash).execute().await?;
    Ok(())
}

/// Notes a sign-in; `false` when the user may not any more.
pub async fn seen(tx: &mut Tx, id: &UserId, now: Millis) -> Result<bool> {
    let sql = "update users set last_seen_at = $2 where id = $1 and disabled_at is null";
    Ok(tx.query(sql).bind(id.as_str()).bind(now).execute().await? == 1)
}
