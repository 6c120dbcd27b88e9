//! API keys and idempotency keys.

use peyk::access::idempotency::{self, Begin, Call};
use peyk::access::{Actor, Chain, Permission, Role, actor_for_key, add_key, list_keys, revoke_key, verify_audit};
use peyk::kernel::clock::{HOUR, MINUTE};
use peyk::kernel::error::Error;
use peyk::kernel::id::KeyId;

use super::{other_shell, run, shell, text};
use crate::harness::{TestApp, both_engines};

both_engines! {
    a_key_works_until_it_is_revoked_and_is_nowhere_in_the_database,
    a_key_with_another_secret_or_an_unknown_id_is_refused,
    nobody_gives_a_key_more_rights_than_they_have,
    a_key_of_another_subaccount_cannot_be_revoked,
    the_first_use_is_noted_at_once_and_the_next_within_a_minute_is_not,
    a_repeated_request_gets_the_first_answer_for_three_days,
    a_request_that_failed_leaves_its_key_free,
    of_many_equal_requests_at_once_one_is_done,
    an_unusable_idempotency_key_is_refused,
}

async fn a_key_works_until_it_is_revoked_and_is_nowhere_in_the_database(app: TestApp) {
    let at_shell = shell(&app);
    let new = add_key(&app, &at_shell, " shop ", "send,view").await.expect("made");
    let secret = new.secret.expose();
    let actor = actor_for_key(&app, secret, Some("192.0.2.1".into())).await.expect("a live key");
    assert!(actor.may(Permission::Send) && !actor.may(Permission::Access));
    assert_eq!((actor.subaccount.clone(), actor.ip.as_deref()), (at_shell.subaccount.clone(), Some("192.0.2.1")));
    let hash = text(&app, "select hash from api_keys").await;
    assert!(!secret.contains(&hash) && hash.len() == 64);

    revoke_key(&app, &at_shell, &new.key.id).await.expect("revoked");
    assert!(matches!(actor_for_key(&app, secret, None).await, Err(Error::Unauthenticated)));
    let listed = list_keys(&app, &at_shell).await.expect("listed");
    assert_eq!((listed.len(), listed[0].name.as_str(), listed[0].revoked_at.is_some()), (1, "shop", true));
    assert_eq!(verify_audit(&app).await.expect("checked"), Chain::Whole { entries: 2 });
}

async fn a_key_with_another_secret_or_an_unknown_id_is_refused(app: TestApp) {
    let at_shell = shell(&app);
    let (one, two) = (add_key(&app, &at_shell, "one", "all").await, add_key(&app, &at_shell, "two", "all").await);
    let (one, two) = (one.expect("made"), two.expect("made"));
    run(&app, &format!("update api_keys set hash = 'x' where id = '{}'", two.key.id)).await;
    assert!(matches!(actor_for_key(&app, two.secret.expose(), None).await, Err(Error::Unauthenticated)));
    run(&app, &format!("delete from api_keys where id = '{}'", two.key.id)).await;
    assert!(matches!(actor_for_key(&app, two.secret.expose(), None).await, Err(Error::Unauthenticated)));
    assert!(actor_for_key(&app, one.secret.expose(), None).await.is_ok());
}

async fn nobody_gives_a_key_more_rights_than_they_have(app: TestApp) {
    let at_shell = shell(&app);
    let admin = Actor::user(at_shell.subaccount.clone(), peyk::kernel::id::UserId::new(1), "A".into(), Role::Admin, None);
    assert!(matches!(add_key(&app, &admin, "k", "installation").await, Err(Error::Denied("installation"))));
    let all = add_key(&app, &admin, "k", "all").await.expect("all that the admin has").key.scopes;
    assert!(all.contains(&Permission::Access) && !all.contains(&Permission::Installation));
    assert!(add_key(&app, &at_shell, "k", "all").await.expect("made").key.scopes.contains(&Permission::Installation));
    let marketer = Actor::user(at_shell.subaccount, peyk::kernel::id::UserId::new(1), "M".into(), Role::Marketer, None);
    assert!(matches!(add_key(&app, &marketer, "k", "view").await, Err(Error::Denied("access"))));
}

async fn a_key_of_another_subaccount_cannot_be_revoked(app: TestApp) {
    let at_shell = shell(&app);
    let new = add_key(&app, &at_shell, "k", "view").await.expect("made");
    let other = other_shell(&app).await;
    assert!(matches!(revoke_key(&app, &other, &new.key.id).await, Err(Error::NotFound(_))));
    assert_eq!(list_keys(&app, &other).await.expect("listed"), []);
    assert!(actor_for_key(&app, new.secret.expose(), None).await.is_ok());
}

async fn the_first_use_is_noted_at_once_and_the_next_within_a_minute_is_not(app: TestApp) {
    let at_shell = shell(&app);
    let new = add_key(&app, &at_shell, "k", "view").await.expect("made");
    let first = app.clock.now();
    for _ in 0..3 {
        actor_for_key(&app, new.secret.expose(), None).await.expect("a live key");
        app.advance(MINUTE / 2);
    }
    assert_eq!(list_keys(&app, &at_shell).await.expect("listed")[0].last_used_at, Some(first));
}

fn call(actor: &Actor, key: &str, body: &str) -> Call {
    Call::new(actor, "POST /sms/send", key, body.as_bytes()).expect("a usable key")
}

/// Does the request in a transaction of its own and gives what `begin` said.
async fn request(app: &TestApp, call: &Call, answer: &str) -> Begin {
    let mut tx = app.db.write().await.expect("a transaction");
    let begun = idempotency::begin(&mut tx, call, app.clock.now()).await.expect("begun");
    if begun == Begin::Fresh {
        idempotency::finish(&mut tx, call, answer).await.expect("finished");
        tx.commit().await.expect("committed");
    }
    begun
}

async fn a_repeated_request_gets_the_first_answer_for_three_days(app: TestApp) {
    let actor = shell(&app);
    let first = call(&actor, "order-1", "{}");
    assert_eq!(request(&app, &first, "A").await, Begin::Fresh);
    assert_eq!(request(&app, &first, "B").await, Begin::Replay("A".into()));
    assert_eq!(request(&app, &call(&actor, "order-1", "{ }"), "B").await, Begin::OtherBody);
    assert_eq!(request(&app, &call(&actor, "order-2", "{}"), "B").await, Begin::Fresh);
    let other = Actor::key(actor.subaccount.clone(), KeyId::new(1), "k".into(), &[], None);
    assert_eq!(request(&app, &call(&other, "order-1", "{}"), "C").await, Begin::Fresh);
    app.clock.advance(72 * HOUR - 1);
    assert_eq!(request(&app, &first, "D").await, Begin::Replay("A".into()));
    app.clock.advance(1);
    assert_eq!(request(&app, &first, "D").await, Begin::Fresh);
    assert_eq!(request(&app, &first, "E").await, Begin::Replay("D".into()));
}

async fn a_request_that_failed_leaves_its_key_free(app: TestApp) {
    let actor = shell(&app);
    let once = call(&actor, "order-1", "{}");
    let mut tx = app.db.write().await.expect("a transaction");
    assert_eq!(idempotency::begin(&mut tx, &once, 1).await.expect("begun"), Begin::Fresh);
    assert_eq!(idempotency::begin(&mut tx, &once, 1).await.expect("begun"), Begin::Running);
    drop(tx);
    assert_eq!(request(&app, &once, "A").await, Begin::Fresh);
}

async fn of_many_equal_requests_at_once_one_is_done(app: TestApp) {
    let actor = shell(&app);
    let once = call(&actor, "order-1", "{}");
    let all = futures::future::join_all((0..30).map(|_| request(&app, &once, "A"))).await;
    assert_eq!(all.iter().filter(|b| **b == Begin::Fresh).count(), 1);
    assert_eq!(all.iter().filter(|b| **b == Begin::Replay("A".into())).count(), 29);
}

async fn an_unusable_idempotency_key_is_refused(app: TestApp) {
    let actor = shell(&app);
    for bad in ["", "  ", "سلام", "a\nb", &"x".repeat(256)] {
        assert!(Call::new(&actor, "r", bad, b"").is_err(), "{bad:?}");
    }
}
