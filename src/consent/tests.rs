//! The ledger against a real database: SQLite in a temporary folder, or PostgreSQL when
//! `PEYK_TEST_DATABASE_URL` is set.

use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::{Config as Cases, TestRunner};

use super::*;
use crate::access::{Actor, QuietHours, default_subaccount};
use crate::contacts::{self, Standing};
use crate::db::{Db, Tx};
use crate::kernel::category::Category;
use crate::kernel::clock::Millis;
use crate::kernel::crypto::Cipher;
use crate::kernel::id::{ContactId, SubaccountId};
use crate::kernel::phone::Phone;

const NOW: Millis = 1_795_000_000_000;

struct Desk {
    db: Db,
    cipher: Cipher,
    sub: SubaccountId,
    _folder: tempfile::TempDir,
}

async fn desk() -> Desk {
    let folder = tempfile::tempdir().expect("a folder");
    let db = Db::open(&format!("sqlite:{}/peyk.db", folder.path().display())).await.expect("the database opens");
    let cipher = Cipher::from_text(&Cipher::new_secret()).expect("a fresh secret");
    let mut tx = db.write().await.expect("a transaction");
    let sub = default_subaccount(&mut tx, NOW).await.expect("a subaccount");
    tx.commit().await.expect("committed");
    Desk { db, cipher, sub, _folder: folder }
}

impl Desk {
    async fn write(&self) -> Tx {
        self.db.write().await.expect("a transaction")
    }

    async fn person(&self, number: u64) -> ContactId {
        let phone = Phone::from_digits(14_155_550_000 + number).expect("a number");
        let mut tx = self.write().await;
        let found = contacts::ensure(&mut tx, &self.cipher.tenant(&self.sub), &self.sub, &[phone], NOW).await.expect("a person");
        tx.commit().await.expect("committed");
        found[0].id.clone()
    }

    async fn standing(&self, id: &ContactId) -> Standing {
        let mut tx = self.db.read().await.expect("a transaction");
        let found = contacts::by_ids(&mut tx, &self.sub, std::slice::from_ref(id)).await.expect("readable");
        found[id].standing.clone()
    }

    async fn say(&self, id: &ContactId, changes: &[Change], evidence: &Evidence, at: Millis) {
        let mut tx = self.write().await;
        change(&mut tx, &self.sub, id, changes, evidence, at).await.expect("recorded");
        tx.commit().await.expect("committed");
    }

    async fn chain(&self) -> Proof {
        let mut tx = self.db.read().await.expect("a transaction");
        verify(&mut tx, &self.sub).await.expect("readable")
    }

    async fn run(&self, sql: &str) {
        let mut tx = self.write().await;
        tx.query(sql).execute().await.expect("the statement runs");
        tx.commit().await.expect("committed");
    }
}

fn by_hand(desk: &Desk) -> Evidence {
    Evidence::from_actor(&Actor::shell(desk.sub.clone()))
}

fn any_change() -> impl Strategy<Value = Change> {
    let category = prop::sample::select(Category::ALL.to_vec());
    let scope = prop_oneof![1 => Just(Scope::All), 4 => category.prop_map(Scope::Only)];
    prop_oneof![
        4 => scope.clone().prop_map(Change::Granted),
        4 => scope.clone().prop_map(Change::Withdrawn),
        2 => scope.clone().prop_map(Change::Asked),
        1 => scope.prop_map(Change::Lapsed),
        1 => Just(Change::Stopped),
        1 => Just(Change::Started),
        1 => (NOW..NOW * 2).prop_map(Change::Paused),
        1 => Just(Change::Resumed),
        1 => prop::option::of(Just(QuietHours::default())).prop_map(Change::QuietHours),
        1 => prop::option::of(1..31_i64).prop_map(Change::Frequency),
    ]
}

#[test]
fn whatever_people_say_their_standing_is_the_replay_of_the_ledger() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let desk = Arc::new(runtime.block_on(desk()));
    let mut next = 0;
    let history = prop::collection::vec((any_change(), prop::bool::weighted(0.2)), 1..30);
    let mut runner = TestRunner::new(Cases::with_cases(40));
    let people = std::cell::RefCell::new(&mut next);
    runner
        .run(&history, |history| {
            **people.borrow_mut() += 1;
            let number = **people.borrow();
            runtime.block_on(async {
                let id = desk.person(number).await;
                for ((change, from_file), at) in history.iter().zip(NOW..) {
                    let evidence = if *from_file { Evidence::from_outside(Source::Import) } else { by_hand(&desk) };
                    let before = desk.standing(&id).await;
                    desk.say(&id, std::slice::from_ref(change), &evidence, at).await;
                    let after = desk.standing(&id).await;
                    if *from_file {
                        let refused = |s: &Standing| s.withdrawn | if s.stopped_at.is_some() { 0b111_1111 } else { 0 };
                        prop_assert_eq!(refused(&before) & !refused(&after), 0, "a file undid a refusal");
                    }
                }
                let mut tx = desk.db.read().await.expect("a transaction");
                let said = entries(&mut tx, &desk.sub, &id).await.expect("readable");
                prop_assert_eq!(verify::replay(&said), desk.standing(&id).await);
                Ok(())
            })
        })
        .expect("every history replays");
    assert!(matches!(runtime.block_on(desk.chain()), Proof::Whole { entries } if entries > 100));
}

#[tokio::test]
async fn a_row_that_was_altered_removed_or_cut_off_breaks_the_chain() {
    for (tampering, broken) in [
        ("update consent_ledger set category = 'order' where seq = 2", 2),
        ("update consent_ledger set at = at - 1 where seq = 3", 3),
        ("update consent_ledger set reason = '' where seq = 1", 1),
        ("delete from consent_ledger where seq = 2", 2),
        ("delete from consent_ledger where seq = 4", 4),
    ] {
        let desk = desk().await;
        let id = desk.person(1).await;
        for at in 0..4 {
            desk.say(&id, &[Change::Withdrawn(Scope::Only(Category::Marketing))], &by_hand(&desk), NOW + at).await;
        }
        assert_eq!(desk.chain().await, Proof::Whole { entries: 4 });
        desk.run(tampering).await;
        assert_eq!(desk.chain().await, Proof::Broken { seq: broken }, "{tampering}");
    }
}

#[tokio::test]
async fn a_standing_that_was_changed_beside_the_ledger_is_found() {
    let desk = desk().await;
    let (sound, strayed) = (desk.person(1).await, desk.person(2).await);
    for id in [&sound, &strayed] {
        desk.say(id, &[Change::Withdrawn(Scope::All)], &by_hand(&desk), NOW).await;
    }
    desk.run("update contacts set language = 'fa'").await;
    assert_eq!(desk.chain().await, Proof::Whole { entries: 2 }, "a language is no consent");
    desk.run(&format!("update contacts set stopped_at = null where id = '{strayed}'")).await;
    assert_eq!(desk.chain().await, Proof::Strayed { contact: strayed });
}

#[tokio::test]
async fn a_file_grants_what_nobody_refused_and_nothing_else() {
    let desk = desk().await;
    let (willing, unwilling) = (desk.person(1).await, desk.person(2).await);
    let marketing = Scope::Only(Category::Marketing);
    desk.say(&unwilling, &[Change::Withdrawn(marketing)], &Evidence::from_outside(Source::Keyword), NOW).await;
    let file = Evidence::from_outside(Source::Import);
    for id in [&willing, &unwilling] {
        desk.say(id, &[Change::Granted(marketing)], &file, NOW + 1).await;
    }
    assert_eq!(desk.standing(&willing).await.granted, Category::Marketing.bit());
    assert_eq!(desk.standing(&unwilling).await.withdrawn, Category::Marketing.bit());
    let mut tx = desk.db.read().await.expect("a transaction");
    assert_eq!(entries(&mut tx, &desk.sub, &unwilling).await.expect("readable").len(), 1, "an idle grant is no evidence");
}

#[tokio::test]
async fn a_carriers_list_stops_everybody_on_it_with_the_carriers_words() {
    let desk = desk().await;
    let (a, b, other) = (desk.person(1).await, desk.person(2).await, desk.person(3).await);
    let evidence = Evidence::from_outside(Source::Carrier).with_reason(Some("21610".into()));
    let mut tx = desk.write().await;
    let list = vec![b.clone(), a.clone(), b.clone(), ContactId::new(NOW)];
    withdraw_many(&mut tx, &desk.sub, list, Scope::All, &evidence, NOW).await.expect("recorded");
    tx.commit().await.expect("committed");
    for id in [&a, &b] {
        assert!(has_opted_out(&desk.standing(id).await));
    }
    assert!(!has_opted_out(&desk.standing(&other).await));
    let mut tx = desk.db.read().await.expect("a transaction");
    let proof = withdrawals(&mut tx, &desk.sub, &[a, b, other]).await.expect("readable");
    assert_eq!(proof.len(), 2);
    assert!(proof.iter().all(|(_, e)| e.reason.as_deref() == Some("21610") && e.source == "carrier" && e.category == "all"));
}

#[tokio::test]
async fn nothing_is_recorded_when_the_transaction_is_given_up() {
    let desk = desk().await;
    let id = desk.person(1).await;
    let mut tx = desk.write().await;
    withdraw(&mut tx, &desk.sub, &id, Scope::All, &by_hand(&desk), NOW).await.expect("recorded");
    drop(tx);
    assert_eq!(desk.standing(&id).await, Standing::default());
    assert_eq!(desk.chain().await, Proof::Whole { entries: 0 });
}
