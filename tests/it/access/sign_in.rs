//! Signing in.

use argon2::password_hash::PasswordHasher as _;
use peyk::access::{Chain, Permission, Role, SignedIn, actor_for_user, audit_entries, login, verify_audit};
use peyk::kernel::clock::SECOND;
use peyk::kernel::error::Error;
use peyk::kernel::page::PageRequest;
use serde_json::Value;

use super::{IP, PASSWORD, add, run, shell, text};
use crate::harness::{TestApp, both_engines};

both_engines! {
    a_user_signs_in_with_the_right_password_only,
    guessing_is_slowed_for_known_and_unknown_accounts_alike,
    a_right_password_clears_the_account_and_costs_its_address_nothing,
    one_address_cannot_try_many_accounts_for_free,
    attempts_made_at_once_are_all_counted,
    a_hash_with_old_parameters_is_renewed_at_sign_in,
    the_audit_log_holds_no_address_and_no_password,
}

async fn actions(app: &TestApp) -> Vec<String> {
    let log = audit_entries(app, &shell(app), &PageRequest::default()).await.expect("listed");
    log.items.into_iter().map(|e| e.action).rev().collect()
}

pub fn is_wrong(result: &Result<SignedIn, Error>) -> bool {
    matches!(result, Err(Error::Invalid(e)) if e.0[0].code == "wrong")
}

async fn a_user_signs_in_with_the_right_password_only(app: TestApp) {
    let user = add(&app, " Ada@Example.com ", Role::Marketer).await;
    assert_eq!((user.email.as_str(), user.name.as_str()), ("ada@example.com", "ada"));
    assert!(is_wrong(&login(&app, "ada@example.com", "seven quiet heronS", IP).await));
    assert!(is_wrong(&login(&app, "eve@example.com", PASSWORD, IP).await));
    let signed_in = login(&app, "ADA@example.com", PASSWORD, IP).await.expect("the right password");
    assert_eq!(signed_in.user.id, user.id);
    let actor = actor_for_user(&app, &user.id, Some(IP.into())).await.expect("signed in");
    assert!(actor.may(Permission::Send) && !actor.may(Permission::Settings));
    assert_eq!(actions(&app).await, ["user.add", "login.fail", "login.fail", "login"]);
    assert_eq!(verify_audit(&app).await.expect("checked"), Chain::Whole { entries: 4 });
}

async fn guessing_is_slowed_for_known_and_unknown_accounts_alike(app: TestApp) {
    add(&app, "ada@example.com", Role::Marketer).await;
    for (email, ip, other_ip) in [("ada@example.com", IP, "198.51.100.1"), ("nobody@example.com", "203.0.113.1", "198.51.101.1")] {
        for n in 0..6 {
            assert!(is_wrong(&login(&app, email, "not the password", ip).await), "{n}");
        }
        let refused = login(&app, email, PASSWORD, other_ip).await;
        assert!(matches!(refused, Err(Error::Busy { retry_after }) if retry_after.as_secs() == 1), "{refused:?}");
        app.advance(SECOND);
        assert!(is_wrong(&login(&app, email, "not the password", ip).await));
        assert!(matches!(login(&app, email, PASSWORD, ip).await, Err(Error::Busy { .. })));
    }
}

async fn a_right_password_clears_the_account_and_costs_its_address_nothing(app: TestApp) {
    add(&app, "ada@example.com", Role::Marketer).await;
    for _ in 0..30 {
        login(&app, "ada@example.com", PASSWORD, IP).await.expect("an office may share an address");
    }
    for _ in 0..3 {
        for _ in 0..5 {
            assert!(is_wrong(&login(&app, "ada@example.com", "not the password", IP).await));
        }
        login(&app, "ada@example.com", PASSWORD, IP).await.expect("the count began anew");
    }
}

async fn one_address_cannot_try_many_accounts_for_free(app: TestApp) {
    for n in 0..21 {
        assert!(is_wrong(&login(&app, &format!("user{n}@example.com"), "not the password", IP).await), "{n}");
    }
    assert!(matches!(login(&app, "user22@example.com", "not the password", "192.0.2.200").await, Err(Error::Busy { .. })));
    assert!(is_wrong(&login(&app, "user22@example.com", "not the password", "198.51.100.1").await));
}

async fn attempts_made_at_once_are_all_counted(app: TestApp) {
    add(&app, "ada@example.com", Role::Marketer).await;
    let tries = (0..30).map(|n| {
        let app = &app;
        async move { login(app, "ada@example.com", "not the password", &format!("198.51.{n}.1")).await }
    });
    let results = futures::future::join_all(tries).await;
    assert_eq!(results.iter().filter(|r| is_wrong(r)).count(), 6, "five free ones and the one that starts the wait");
}

async fn a_hash_with_old_parameters_is_renewed_at_sign_in(app: TestApp) {
    add(&app, "ada@example.com", Role::Marketer).await;
    let params = argon2::Params::new(8_192, 1, 1, None).expect("within bounds");
    let weak = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    let hash = weak.hash_password(PASSWORD.as_bytes()).expect("hashed").to_string();
    run(&app, &format!("update users set password_hash = '{hash}'")).await;
    for _ in 0..2 {
        login(&app, "ada@example.com", PASSWORD, IP).await.expect("the right password");
    }
    let stored = text(&app, "select password_hash from users").await;
    assert!(stored.contains("m=19456,t=2,p=1"), "{stored}");
}

async fn the_audit_log_holds_no_address_and_no_password(app: TestApp) {
    add(&app, "ada@example.com", Role::Admin).await;
    assert!(is_wrong(&login(&app, "secret-typed-here@example.com", "typed-password-here", IP).await));
    let mut tx = app.db.read().await.expect("a transaction");
    let rows: Vec<(String, String)> = tx.query("select object, detail from audit_log").fetch_all().await.expect("read");
    let all = format!("{rows:?}");
    assert!(!all.contains('@') && !all.contains("typed") && !all.contains(PASSWORD), "{all}");
    let entry = &audit_entries(&app, &shell(&app), &PageRequest::default()).await.expect("listed").items[0];
    assert_eq!((entry.action.as_str(), &entry.detail), ("login.fail", &Value::Null));
}
