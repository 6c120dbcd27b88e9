//! Tenants, people, keys: who gets in, and what is written about it.

mod keys;
mod people;
mod setup;
mod sign_in;
mod tenants;

use peyk::access::{Actor, NewUser, Role, User, add_user, subaccount_named};
use peyk::kernel::crypto::Secret;

use crate::harness::TestApp;

const PASSWORD: &str = "seven quiet herons";
const IP: &str = "192.0.2.7";

/// Somebody at the shell, in the subaccount that tests work in.
fn shell(app: &TestApp) -> Actor {
    Actor::shell(app.subaccount.clone())
}

/// Somebody at the shell, in another subaccount.
async fn other_shell(app: &TestApp) -> Actor {
    let mut tx = app.db.write().await.expect("a transaction");
    let other = subaccount_named(&mut tx, "other", app.clock.now()).await.expect("made");
    tx.commit().await.expect("committed");
    Actor::shell(other)
}

fn new_user(email: &str, role: Role) -> NewUser {
    NewUser { email: email.into(), name: String::new(), role, password: Secret::new(PASSWORD) }
}

async fn add(app: &TestApp, email: &str, role: Role) -> User {
    add_user(app, &shell(app), new_user(email, role)).await.expect("added")
}

/// Runs a statement behind Peyk's back.
async fn run(app: &TestApp, sql: &str) {
    let mut tx = app.db.write().await.expect("a transaction");
    tx.query(sql).execute().await.expect("the statement runs");
    tx.commit().await.expect("committed");
}

/// The one text that a statement gives.
async fn text(app: &TestApp, sql: &str) -> String {
    let mut tx = app.db.read().await.expect("a transaction");
    let (text,): (String,) = tx.query(sql).fetch_one().await.expect("one row");
    text
}
