//! API keys and idempotency keys.

use super::super::idempotency::{self, Begin, Call};
use super::super::*;
use super::{Bench, bench};
use crate::kernel::clock::{HOUR, MINUTE};
use crate::kernel::error::Error;
use crate::kernel::id::KeyId;

#[tokio::test]
async fn a_key_works_until_it_is_revoked_and_is_nowhere_in_the_database() {
    let bench = bench().await;
    let shell = bench.shell().await;
    let new = add_key(&bench, &shell, " shop ", "send,view").await.expect("made");
    let secret = new.secret.expose();
    let actor = actor_for_key(&bench, secret, Some("192.0.2.1".into())).await.expect("a live key");
    assert!(actor.may(Permission::Send) && !actor.may(Permission::Access));
    assert_eq!((actor.subaccount.clone(), actor.ip.as_deref()), (shell.subaccount.clone(), Some("192.0.2.1")));
    let mut tx = bench.db.read().await.expect("a transaction");
    let (hash,): (String,) = tx.query("select hash from api_keys").fetch_one().await.expect("read");
    assert!(!secret.contains(&hash) && hash.len() == 64);
    drop(tx);

    revoke_key(&bench, &shell, &new.key.id).await.expect("revoked");
    assert!(matches!(actor_for_key(&bench, secret, None).await, Err(Error::Unauthenticated)));
    let listed = list_keys(&bench, &shell).await.expect("listed");
    assert_eq!((listed.len(), listed[0].name.as_str(), listed[0].revoked_at.is_some()), (1, "shop", true));
    assert_eq!(verify_audit(&bench).await.expect("checked"), Chain::Whole { entries: 2 });
}

#[tokio::test]
async fn a_key_with_another_secret_or_an_unknown_id_is_refused() {
    let bench = bench().await;
    let shell = bench.shell().await;
    let (one, two) = (add_key(&bench, &shell, "one", "all").await, add_key(&bench, &shell, "two", "all").await);
    let (one, two) = (one.expect("made"), two.expect("made"));
    bench.run(&format!("update api_keys set hash = 'x' where id = '{}'", two.key.id)).await;
    assert!(matches!(actor_for_key(&bench, two.secret.expose(), None).await, Err(Error::Unauthenticated)));
    bench.run(&format!("delete from api_keys where id = '{}'", two.key.id)).await;
    assert!(matches!(actor_for_key(&bench, two.secret.expose(), None).await, Err(Error::Unauthenticated)));
    assert!(actor_for_key(&bench, one.secret.expose(), None).await.is_ok());
}

#[tokio::test]
async fn nobody_gives_a_key_more_rights_than_they_have() {
    let bench = bench().await;
    let shell = bench.shell().await;
    let admin = Actor::user(shell.subaccount.clone(), crate::kernel::id::UserId::new(1), "A".into(), Role::Admin, None);
    assert!(matches!(add_key(&bench, &admin, "k", "installation").await, Err(Error::Denied("installation"))));
    let all = add_key(&bench, &admin, "k", "all").await.expect("all that the admin has").key.scopes;
    assert!(all.contains(&Permission::Access) && !all.contains(&Permission::Installation));
    assert!(add_key(&bench, &shell, "k", "all").await.expect("made").key.scopes.contains(&Permission::Installation));
    let marketer = Actor::user(shell.subaccount, crate::kernel::id::UserId::new(1), "M".into(), Role::Marketer, None);
    assert!(matches!(add_key(&bench, &marketer, "k", "view").await, Err(Error::Denied("access"))));
}

#[tokio::test]
async fn a_key_of_another_subaccount_cannot_be_revoked() {
    let bench = bench().await;
    let shell = bench.shell().await;
    let new = add_key(&bench, &shell, "k", "view").await.expect("made");
    let mut tx = bench.db.write().await.expect("a transaction");
    let other = Actor::shell(subaccount_named(&mut tx, "other", 1).await.expect("made"));
    tx.commit().await.expect("committed");
    assert!(matches!(revoke_key(&bench, &other, &new.key.id).await, Err(Error::NotFound(_))));
    assert_eq!(list_keys(&bench, &other).await.expect("listed"), []);
    assert!(actor_for_key(&bench, new.secret.expose(), None).await.is_ok());
}

#[tokio::test]
async fn the_last_use_is_noted_to_the_minute() {
    let bench = bench().await;
    let shell = bench.shell().await;
    let id = add_key(&bench, &shell, "k", "view").await.expect("made").key.id;
    let first = bench.clock.now();
    let note = async |at| {
        let mut tx = bench.db.write().await.expect("a transaction");
        store::keys::used(&mut tx, &shell.subaccount, &id, at, at - MINUTE).await.expect("noted");
        tx.commit().await.expect("committed");
        list_keys(&bench, &shell).await.expect("listed")[0].last_used_at
    };
    assert_eq!(note(first).await, Some(first));
    assert_eq!(note(first + MINUTE - 1).await, Some(first));
    assert_eq!(note(first + MINUTE).await, Some(first + MINUTE));
}

fn call(actor: &Actor, key: &str, body: &str) -> Call {
    Call::new(actor, "POST /sms/send", key, body.as_bytes()).expect("a usable key")
}

/// Does the request in a transaction of its own and gives what `begin` said.
async fn request(bench: &Bench, call: &Call, answer: &str) -> Begin {
    let mut tx = bench.db.write().await.expect("a transaction");
    let begun = idempotency::begin(&mut tx, call, bench.clock.now()).await.expect("begun");
    if begun == Begin::Fresh {
        idempotency::finish(&mut tx, call, answer).await.expect("finished");
        tx.commit().await.expect("committed");
    }
    begun
}

#[tokio::test]
async fn a_repeated_request_gets_the_first_answer_for_three_days() {
    let bench = bench().await;
    let actor = bench.shell().await;
    let first = call(&actor, "order-1", "{}");
    assert_eq!(request(&bench, &first, "A").await, Begin::Fresh);
    assert_eq!(request(&bench, &first, "B").await, Begin::Replay("A".into()));
    assert_eq!(request(&bench, &call(&actor, "order-1", "{ }"), "B").await, Begin::OtherBody);
    assert_eq!(request(&bench, &call(&actor, "order-2", "{}"), "B").await, Begin::Fresh);
    let other = Actor::key(actor.subaccount.clone(), KeyId::new(1), "k".into(), &[], None);
    assert_eq!(request(&bench, &call(&other, "order-1", "{}"), "C").await, Begin::Fresh);
    bench.clock.advance(72 * HOUR - 1);
    assert_eq!(request(&bench, &first, "D").await, Begin::Replay("A".into()));
    bench.clock.advance(1);
    assert_eq!(request(&bench, &first, "D").await, Begin::Fresh);
    assert_eq!(request(&bench, &first, "E").await, Begin::Replay("D".into()));
}

#[tokio::test]
async fn a_request_that_failed_leaves_its_key_free() {
    let bench = bench().await;
    let actor = bench.shell().await;
    let once = call(&actor, "order-1", "{}");
    let mut tx = bench.db.write().await.expect("a transaction");
    assert_eq!(idempotency::begin(&mut tx, &once, 1).await.expect("begun"), Begin::Fresh);
    assert_eq!(idempotency::begin(&mut tx, &once, 1).await.expect("begun"), Begin::Running);
    drop(tx);
    assert_eq!(request(&bench, &once, "A").await, Begin::Fresh);
}

#[tokio::test]
async fn of_many_equal_requests_at_once_one_is_done() {
    let bench = bench().await;
    let actor = bench.shell().await;
    let once = call(&actor, "order-1", "{}");
    let all = futures::future::join_all((0..30).map(|_| request(&bench, &once, "A"))).await;
    assert_eq!(all.iter().filter(|b| **b == Begin::Fresh).count(), 1);
    assert_eq!(all.iter().filter(|b| **b == Begin::Replay("A".into())).count(), 29);
}

#[tokio::test]
async fn an_unusable_idempotency_key_is_refused() {
    let actor = bench().await.shell().await;
    for bad in ["", "  ", "سلام", "a\nb", &"x".repeat(256)] {
        assert!(Call::new(&actor, "r", bad, b"").is_err(), "{bad:?}");
    }
}
