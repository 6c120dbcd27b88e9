//! Users, signing in, sessions, set-up.

use serde_json::{Value, json};
use tower_sessions::SessionStore as _;
use tower_sessions::session::{Id, Record};

use super::super::setup::{self, SetupForm};
use super::super::*;
use super::{Bench, bench, bench_with};
use crate::kernel::clock::{DAY, HOUR, MINUTE, SECOND};
use crate::kernel::crypto::Secret;
use crate::kernel::error::Error;
use crate::kernel::id::UserId;
use crate::kernel::page::PageRequest;

const PASSWORD: &str = "seven quiet herons";
const IP: &str = "192.0.2.7";

fn new_user(email: &str, role: Role) -> NewUser {
    NewUser { email: email.into(), name: String::new(), role, password: Secret::new(PASSWORD) }
}

async fn add(bench: &Bench, email: &str, role: Role) -> User {
    let shell = bench.shell().await;
    add_user(bench, &shell, new_user(email, role)).await.expect("added")
}

async fn actions(bench: &Bench) -> Vec<String> {
    let shell = bench.shell().await;
    let log = audit_entries(bench, &shell, &PageRequest::default()).await.expect("listed");
    log.items.into_iter().map(|e| e.action).rev().collect()
}

fn is_wrong(result: &Result<SignedIn>) -> bool {
    matches!(result, Err(Error::Invalid(e)) if e.0[0].code == "wrong")
}

#[tokio::test]
async fn a_user_signs_in_with_the_right_password_only() {
    let bench = bench().await;
    let user = add(&bench, " Ada@Example.com ", Role::Marketer).await;
    assert_eq!((user.email.as_str(), user.name.as_str()), ("ada@example.com", "ada"));
    assert!(is_wrong(&login(&bench, "ada@example.com", "seven quiet heronS", IP).await));
    assert!(is_wrong(&login(&bench, "eve@example.com", PASSWORD, IP).await));
    let signed_in = login(&bench, "ADA@example.com", PASSWORD, IP).await.expect("the right password");
    assert_eq!(signed_in.user.id, user.id);
    let actor = actor_for_user(&bench, &user.id, Some(IP.into())).await.expect("signed in");
    assert!(actor.may(Permission::Send) && !actor.may(Permission::Settings));
    assert_eq!(actions(&bench).await, ["user.add", "login.fail", "login.fail", "login"]);
    assert_eq!(verify_audit(&bench).await.expect("checked"), Chain::Whole { entries: 4 });
}

#[tokio::test]
async fn guessing_is_slowed_for_known_and_unknown_accounts_alike() {
    for email in ["ada@example.com", "nobody@example.com"] {
        let bench = bench().await;
        add(&bench, "ada@example.com", Role::Marketer).await;
        for n in 0..6 {
            assert!(is_wrong(&login(&bench, email, "not the password", IP).await), "{n}");
        }
        let refused = login(&bench, email, PASSWORD, "198.51.100.1").await;
        assert!(matches!(refused, Err(Error::Busy { retry_after }) if retry_after.as_secs() == 1), "{refused:?}");
        bench.clock.advance(SECOND);
        assert!(is_wrong(&login(&bench, email, "not the password", IP).await));
        assert!(matches!(login(&bench, email, PASSWORD, IP).await, Err(Error::Busy { .. })));
    }
}

#[tokio::test]
async fn a_right_password_clears_the_account_and_costs_its_address_nothing() {
    let bench = bench().await;
    add(&bench, "ada@example.com", Role::Marketer).await;
    for _ in 0..30 {
        login(&bench, "ada@example.com", PASSWORD, IP).await.expect("an office may share an address");
    }
    for _ in 0..3 {
        for _ in 0..5 {
            assert!(is_wrong(&login(&bench, "ada@example.com", "not the password", IP).await));
        }
        login(&bench, "ada@example.com", PASSWORD, IP).await.expect("the count began anew");
    }
}

#[tokio::test]
async fn one_address_cannot_try_many_accounts_for_free() {
    let bench = bench().await;
    for n in 0..21 {
        assert!(is_wrong(&login(&bench, &format!("user{n}@example.com"), "not the password", IP).await), "{n}");
    }
    assert!(matches!(login(&bench, "user22@example.com", "not the password", "192.0.2.200").await, Err(Error::Busy { .. })));
    assert!(is_wrong(&login(&bench, "user22@example.com", "not the password", "198.51.100.1").await));
}

#[tokio::test]
async fn attempts_made_at_once_are_all_counted() {
    let bench = bench().await;
    add(&bench, "ada@example.com", Role::Marketer).await;
    let tries = (0..30).map(|n| {
        let bench = &bench;
        async move { login(bench, "ada@example.com", "not the password", &format!("198.51.{n}.1")).await }
    });
    let results = futures::future::join_all(tries).await;
    assert_eq!(results.iter().filter(|r| is_wrong(r)).count(), 6, "five free ones and the one that starts the wait");
}

#[tokio::test]
async fn a_hash_with_old_parameters_is_renewed_at_sign_in() {
    let bench = bench().await;
    add(&bench, "ada@example.com", Role::Marketer).await;
    use argon2::password_hash::PasswordHasher as _;
    let params = argon2::Params::new(8_192, 1, 1, None).expect("within bounds");
    let weak = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    let hash = weak.hash_password(PASSWORD.as_bytes()).expect("hashed").to_string();
    bench.run(&format!("update users set password_hash = '{hash}'")).await;
    for _ in 0..2 {
        login(&bench, "ada@example.com", PASSWORD, IP).await.expect("the right password");
    }
    let (_, stored) =
        store::users::with_hash(&mut bench.db.read().await.expect("a transaction"), "ada@example.com").await.expect("read").expect("there");
    assert!(stored.contains("m=19456,t=2,p=1"), "{stored}");
}

#[tokio::test]
async fn a_disabled_user_is_out_at_once_and_their_sessions_end() {
    let bench = bench().await;
    let shell = bench.shell().await;
    let user = add(&bench, "ada@example.com", Role::Admin).await;
    let sessions = SessionStore::new(bench.db.clone(), bench.clock.clone());
    let mut record = session_of(Some(&user.id));
    sessions.create(&mut record).await.expect("kept");
    disable_user(&bench, &shell, "ada@example.com").await.expect("disabled");
    assert!(sessions.load(&record.id).await.expect("read").is_none());
    sessions.save(&record).await.expect("ignored");
    assert!(sessions.load(&record.id).await.expect("read").is_none(), "a request under way must not revive it");
    assert!(matches!(actor_for_user(&bench, &user.id, None).await, Err(Error::Unauthenticated)));
    assert!(is_wrong(&login(&bench, "ada@example.com", PASSWORD, IP).await));
    enable_user(&bench, &shell, user.id.as_str()).await.expect("enabled");
    login(&bench, "ada@example.com", PASSWORD, IP).await.expect("may sign in again");
}

#[tokio::test]
async fn owners_are_made_by_owners_and_the_last_one_stays() {
    let bench = bench().await;
    let owner = add(&bench, "owner@example.com", Role::Owner).await;
    let admin = add(&bench, "admin@example.com", Role::Admin).await;
    let admin = actor_for_user(&bench, &admin.id, None).await.expect("signed in");
    assert!(matches!(add_user(&bench, &admin, new_user("x@example.com", Role::Owner)).await, Err(Error::Denied("installation"))));
    assert!(matches!(disable_user(&bench, &admin, owner.id.as_str()).await, Err(Error::Denied("installation"))));
    let owner_actor = actor_for_user(&bench, &owner.id, None).await.expect("signed in");
    assert!(matches!(disable_user(&bench, &owner_actor, owner.id.as_str()).await, Err(Error::Conflict(_))));
    add_user(&bench, &owner_actor, new_user("second@example.com", Role::Owner)).await.expect("added");
    disable_user(&bench, &owner_actor, owner.id.as_str()).await.expect("there is another");
}

#[tokio::test]
async fn users_of_another_subaccount_are_neither_seen_nor_touched() {
    let bench = bench().await;
    let shell = bench.shell().await;
    let user = add(&bench, "ada@example.com", Role::Admin).await;
    let mut tx = bench.db.write().await.expect("a transaction");
    let other = Actor::shell(subaccount_named(&mut tx, "other", 1).await.expect("made"));
    tx.commit().await.expect("committed");
    assert_eq!(list_users(&bench, &other).await.expect("listed"), []);
    assert!(matches!(disable_user(&bench, &other, user.id.as_str()).await, Err(Error::NotFound(_))));
    assert!(matches!(add_user(&bench, &shell, new_user("ADA@example.com", Role::Viewer)).await, Err(Error::Invalid(_))));
}

fn session_of(user: Option<&UserId>) -> Record {
    let user = user.map(|id| (SESSION_USER.to_owned(), json!(id)));
    let data = user.into_iter().chain([("flash".to_owned(), json!("saved"))]).collect();
    Record { id: Id::default(), data, expiry_date: time::OffsetDateTime::UNIX_EPOCH }
}

#[tokio::test]
async fn a_session_ends_when_idle_and_after_a_week_whatever_happens() {
    let bench = bench().await;
    let sessions = SessionStore::new(bench.db.clone(), bench.clock.clone());
    let alive = async |id: &Id| sessions.load(id).await.expect("read").is_some();
    let user = UserId::new(1);
    let (mut idle, mut busy, mut visitor) = (session_of(Some(&user)), session_of(Some(&user)), session_of(None));
    for record in [&mut idle, &mut busy, &mut visitor] {
        sessions.create(record).await.expect("kept");
    }
    assert_eq!(sessions.load(&busy.id).await.expect("read").expect("alive").data["flash"], "saved");
    bench.clock.advance(HOUR);
    assert!(!alive(&visitor.id).await);
    let mut hours = 1;
    while alive(&busy.id).await {
        sessions.save(&busy).await.expect("kept");
        bench.clock.advance(HOUR);
        hours += 1;
        if hours == 12 {
            assert!(!alive(&idle.id).await);
        }
        assert!(hours <= 24 * 7, "the session outlives its week");
    }
    assert_eq!(hours, 24 * 7);
}

#[tokio::test]
async fn pruning_takes_what_has_ended_and_nothing_else() {
    let bench = bench().await;
    let sessions = SessionStore::new(bench.db.clone(), bench.clock.clone());
    let (mut old, mut young) = (session_of(None), session_of(Some(&UserId::new(1))));
    sessions.create(&mut old).await.expect("kept");
    sessions.create(&mut young).await.expect("kept");
    assert!(is_wrong(&login(&bench, "x@example.com", "not the password", IP).await));
    let pruned = async || {
        let mut tx = bench.db.write().await.expect("a transaction");
        let gone = prune(&mut tx, bench.clock.now()).await.expect("pruned");
        tx.commit().await.expect("committed");
        gone
    };
    bench.clock.advance(2 * HOUR);
    assert_eq!(pruned().await, 1);
    assert!(sessions.load(&young.id).await.expect("read").is_some());
    bench.clock.advance(DAY + MINUTE);
    assert_eq!(pruned().await, 3, "the session and the counts of account and address");
}

fn form() -> SetupForm {
    SetupForm {
        email: "owner@example.com".into(),
        name: "Olga".into(),
        password: Secret::new(PASSWORD),
        organisation: "Lark".into(),
        time_zone: "Asia/Taipei".into(),
        language: "zh-Hant".into(),
        currency: "TWD".into(),
        default_country: "TW".into(),
        countries: vec!["TW".into(), "US".into()],
        budget: "300".into(),
    }
}

fn token_of(address: &str) -> &str {
    address.split_once("/setup?token=").expect("a set-up address").1
}

#[tokio::test]
async fn set_up_is_open_once_and_closed_for_ever() {
    let bench = bench().await;
    let first = setup::address(&bench).await.expect("asked").expect("nothing is set up");
    let address = setup::address(&bench).await.expect("asked").expect("still nothing");
    let token = token_of(&address);
    assert!(address.starts_with("http://127.0.0.1:3000/setup?token=") && token.len() == 43);
    assert!(!setup::check(&bench, token_of(&first)).await.expect("checked"), "a restart ends the older address");
    assert!(setup::check(&bench, token).await.expect("checked"));
    assert!(matches!(setup::complete(&bench, "guess", form(), None).await, Err(Error::Unauthenticated)));

    let faulty = SetupForm { time_zone: "Mars".into(), password: Secret::new("short"), ..form() };
    let Err(Error::Invalid(errors)) = setup::complete(&bench, token, faulty, None).await else { panic!("must be refused") };
    assert_eq!(errors.0.iter().map(|e| e.field.as_str()).collect::<Vec<_>>(), ["time_zone", "password"]);
    assert!(setup::is_open(&bench).await.expect("asked"));

    let both = tokio::join!(setup::complete(&bench, token, form(), None), setup::complete(&bench, token, form(), None));
    let (owner, loser) = if both.0.is_ok() { both } else { (both.1, both.0) };
    let owner = actor_for_user(&bench, &owner.expect("one wins"), None).await.expect("signed in");
    assert!(matches!(loser, Err(Error::Conflict(_))), "{loser:?}");
    let kept = settings(&bench, &owner).await.expect("there");
    assert_eq!((kept.organisation.as_str(), kept.budget, kept.countries.len()), ("Lark", Some(300_000_000), 2));
    assert!(!setup::check(&bench, token).await.expect("checked"));
    assert_eq!(setup::address(&bench).await.expect("asked"), None);
    assert!(matches!(setup::complete(&bench, token, form(), None).await, Err(Error::Conflict(_))));
}

#[tokio::test]
async fn a_user_added_at_the_shell_closes_set_up_and_a_chosen_token_opens_it() {
    let bench = bench_with(&[("PEYK_SETUP_TOKEN", "open & see")]).await;
    let address = setup::address(&bench).await.expect("asked").expect("nothing is set up");
    assert_eq!(token_of(&address), "open%20%26%20see");
    assert!(setup::check(&bench, "open & see").await.expect("checked"));
    add(&bench, "owner@example.com", Role::Owner).await;
    assert!(!setup::is_open(&bench).await.expect("asked"));
    assert!(matches!(setup::complete(&bench, "open & see", form(), None).await, Err(Error::Conflict(_))));
}

#[tokio::test]
async fn the_audit_log_holds_no_address_and_no_password() {
    let bench = bench().await;
    add(&bench, "ada@example.com", Role::Admin).await;
    assert!(is_wrong(&login(&bench, "secret-typed-here@example.com", "typed-password-here", IP).await));
    let mut tx = bench.db.read().await.expect("a transaction");
    let rows: Vec<(String, String)> = tx.query("select object, detail from audit_log").fetch_all().await.expect("read");
    let all = format!("{rows:?}");
    assert!(!all.contains('@') && !all.contains("typed") && !all.contains(PASSWORD), "{all}");
    let entry = &audit_entries(&bench, &bench.shell().await, &PageRequest::default()).await.expect("listed").items[0];
    assert_eq!((entry.action.as_str(), &entry.detail), ("login.fail", &Value::Null));
}
