//! Users and their sessions.

use peyk::access::{Role, SESSION_USER, SessionStore, actor_for_user, add_user, disable_user, enable_user, list_users, login, prune};
use peyk::kernel::clock::{DAY, HOUR, MINUTE};
use peyk::kernel::error::Error;
use peyk::kernel::id::UserId;
use serde_json::json;
use tower_sessions::SessionStore as _;
use tower_sessions::session::{Id, Record};

use super::sign_in::is_wrong;
use super::{IP, PASSWORD, add, new_user, other_shell, shell};
use crate::harness::{TestApp, both_engines};

both_engines! {
    a_disabled_user_is_out_at_once_and_their_sessions_end,
    owners_are_made_by_owners_and_the_last_one_stays,
    users_of_another_subaccount_are_neither_seen_nor_touched,
    a_session_ends_when_idle_and_after_a_week_whatever_happens,
    pruning_takes_what_has_ended_and_nothing_else,
}

fn session_of(user: Option<&UserId>) -> Record {
    let user = user.map(|id| (SESSION_USER.to_owned(), json!(id)));
    let data = user.into_iter().chain([("flash".to_owned(), json!("saved"))]).collect();
    Record { id: Id::default(), data, expiry_date: time::OffsetDateTime::UNIX_EPOCH }
}

async fn a_disabled_user_is_out_at_once_and_their_sessions_end(app: TestApp) {
    let at_shell = shell(&app);
    let user = add(&app, "ada@example.com", Role::Admin).await;
    let sessions = SessionStore::new(app.db.clone(), app.clock.clone());
    let mut record = session_of(Some(&user.id));
    sessions.create(&mut record).await.expect("kept");
    disable_user(&app, &at_shell, "ada@example.com").await.expect("disabled");
    assert!(sessions.load(&record.id).await.expect("read").is_none());
    sessions.save(&record).await.expect("ignored");
    assert!(sessions.load(&record.id).await.expect("read").is_none(), "a request under way must not revive it");
    assert!(matches!(actor_for_user(&app, &user.id, None).await, Err(Error::Unauthenticated)));
    assert!(is_wrong(&login(&app, "ada@example.com", PASSWORD, IP).await));
    enable_user(&app, &at_shell, user.id.as_str()).await.expect("enabled");
    login(&app, "ada@example.com", PASSWORD, IP).await.expect("may sign in again");
}

async fn owners_are_made_by_owners_and_the_last_one_stays(app: TestApp) {
    let owner = add(&app, "owner@example.com", Role::Owner).await;
    let admin = add(&app, "admin@example.com", Role::Admin).await;
    let admin = actor_for_user(&app, &admin.id, None).await.expect("signed in");
    assert!(matches!(add_user(&app, &admin, new_user("x@example.com", Role::Owner)).await, Err(Error::Denied("installation"))));
    assert!(matches!(disable_user(&app, &admin, owner.id.as_str()).await, Err(Error::Denied("installation"))));
    let owner_actor = actor_for_user(&app, &owner.id, None).await.expect("signed in");
    assert!(matches!(disable_user(&app, &owner_actor, owner.id.as_str()).await, Err(Error::Conflict(_))));
    add_user(&app, &owner_actor, new_user("second@example.com", Role::Owner)).await.expect("added");
    disable_user(&app, &owner_actor, owner.id.as_str()).await.expect("there is another");
}

async fn users_of_another_subaccount_are_neither_seen_nor_touched(app: TestApp) {
    let at_shell = shell(&app);
    let user = add(&app, "ada@example.com", Role::Admin).await;
    let other = other_shell(&app).await;
    assert_eq!(list_users(&app, &other).await.expect("listed"), []);
    assert!(matches!(disable_user(&app, &other, user.id.as_str()).await, Err(Error::NotFound(_))));
    assert!(matches!(add_user(&app, &at_shell, new_user("ADA@example.com", Role::Viewer)).await, Err(Error::Invalid(_))));
}

async fn a_session_ends_when_idle_and_after_a_week_whatever_happens(app: TestApp) {
    let sessions = SessionStore::new(app.db.clone(), app.clock.clone());
    let alive = async |id: &Id| sessions.load(id).await.expect("read").is_some();
    let user = UserId::new(1);
    let (mut idle, mut busy, mut visitor) = (session_of(Some(&user)), session_of(Some(&user)), session_of(None));
    for record in [&mut idle, &mut busy, &mut visitor] {
        sessions.create(record).await.expect("kept");
    }
    assert_eq!(sessions.load(&busy.id).await.expect("read").expect("alive").data["flash"], "saved");
    app.clock.advance(HOUR);
    assert!(!alive(&visitor.id).await);
    let mut hours = 1;
    while alive(&busy.id).await {
        sessions.save(&busy).await.expect("kept");
        app.clock.advance(HOUR);
        hours += 1;
        if hours == 12 {
            assert!(!alive(&idle.id).await);
        }
        assert!(hours <= 24 * 7, "the session outlives its week");
    }
    assert_eq!(hours, 24 * 7);
}

async fn pruning_takes_what_has_ended_and_nothing_else(app: TestApp) {
    let sessions = SessionStore::new(app.db.clone(), app.clock.clone());
    let (mut old, mut young) = (session_of(None), session_of(Some(&UserId::new(1))));
    sessions.create(&mut old).await.expect("kept");
    sessions.create(&mut young).await.expect("kept");
    assert!(is_wrong(&login(&app, "x@example.com", "not the password", IP).await));
    let pruned = async || {
        let mut tx = app.db.write().await.expect("a transaction");
        let gone = prune(&mut tx, app.clock.now()).await.expect("pruned");
        tx.commit().await.expect("committed");
        gone
    };
    app.clock.advance(2 * HOUR);
    assert_eq!(pruned().await, 1);
    assert!(sessions.load(&young.id).await.expect("read").is_some());
    app.clock.advance(DAY + MINUTE);
    assert_eq!(pruned().await, 3, "the session and the counts of account and address");
}
