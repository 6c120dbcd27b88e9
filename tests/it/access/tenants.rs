//! Subaccounts, their settings, the audit log.

use peyk::access::{
    Actor, Chain, Permission, SettingsPatch, all_subaccounts, audit, audit_entries, default_subaccount, settings, settings_of,
    subaccount_by_sid, subaccount_named, update_settings, verify_audit,
};
use peyk::kernel::error::Error;
use peyk::kernel::id::KeyId;
use peyk::kernel::page::PageRequest;
use serde_json::json;

use super::{run, shell};
use crate::harness::{TestApp, both_engines};

both_engines! {
    a_subaccount_is_made_when_first_named_and_found_again,
    changed_settings_stay_changed_and_are_told_in_the_audit_log,
    an_altered_removed_or_inserted_audit_entry_is_found,
    audit_entries_written_at_once_form_one_chain,
}

async fn note(app: &TestApp, actor: &Actor, action: &str) {
    let mut tx = app.db.write().await.expect("a transaction");
    audit(&mut tx, actor, action, "thing", &json!({"n": 1}), app.clock.now()).await.expect("noted");
    tx.commit().await.expect("committed");
}

async fn a_subaccount_is_made_when_first_named_and_found_again(app: TestApp) {
    let actor = shell(&app);
    let mut tx = app.db.write().await.expect("a transaction");
    let shop = subaccount_named(&mut tx, " shop ", 5).await.expect("made");
    assert_eq!(subaccount_named(&mut tx, "shop", 6).await.expect("found"), shop);
    assert_eq!(default_subaccount(&mut tx, 7).await.expect("found"), actor.subaccount);
    let all = all_subaccounts(&mut tx).await.expect("listed");
    assert_eq!(all.len(), 2);
    for one in all {
        let hex = one.sid.strip_prefix("AC").expect("a SID");
        assert!(hex.len() == 32 && hex.bytes().all(|b| b.is_ascii_hexdigit()), "{}", one.sid);
        assert_eq!(subaccount_by_sid(&mut tx, &one.sid).await.expect("found").map(|s| s.id), Some(one.id));
    }
    assert_eq!(settings_of(&mut tx, &shop).await.expect("there").organisation, "shop");
    assert!(matches!(subaccount_named(&mut tx, "", 8).await, Err(Error::Invalid(_))));
}

async fn changed_settings_stay_changed_and_are_told_in_the_audit_log(app: TestApp) {
    let actor = shell(&app);
    let patch = SettingsPatch::read(&json!({"budget": "12.5", "language": "fa"})).expect("valid");
    update_settings(&app, &actor, patch).await.expect("changed");
    let kept = settings(&app, &actor).await.expect("there");
    assert_eq!((kept.budget, kept.language.as_str()), (Some(12_500_000), "fa"));
    let log = audit_entries(&app, &actor, &PageRequest::default()).await.expect("listed");
    assert_eq!(log.items.len(), 1);
    assert_eq!(log.items[0].detail["language"], json!({"before": "en", "after": "fa"}));
    let viewer = Actor::key(actor.subaccount.clone(), KeyId::new(1), "k".into(), &[Permission::View], None);
    assert!(matches!(update_settings(&app, &viewer, SettingsPatch::default()).await, Err(Error::Denied(_))));
}

async fn an_altered_removed_or_inserted_audit_entry_is_found(app: TestApp) {
    let faults = [
        ("update audit_log set detail = '{\"n\":2}' where seq = 2", 2),
        ("update audit_log set at = at + 1 where seq = 1", 1),
        ("update audit_log set ip = '' where seq = 3", 3),
        ("delete from audit_log where seq = 2", 2),
        ("delete from audit_log where seq = 3", 3),
        (
            "insert into audit_log select 4, subaccount_id, at, actor, action, object, detail, ip, hash, hash from audit_log where seq = 3",
            4,
        ),
    ];
    for action in ["one", "two", "three"] {
        note(&app, &shell(&app), action).await;
    }
    run(&app, "create table sound as select * from audit_log").await;
    for (fault, place) in faults {
        assert_eq!(verify_audit(&app).await.expect("checked"), Chain::Whole { entries: 3 });
        run(&app, fault).await;
        assert_eq!(verify_audit(&app).await.expect("checked"), Chain::Broken { seq: place }, "{fault}");
        run(&app, "delete from audit_log").await;
        run(&app, "insert into audit_log select * from sound").await;
    }
}

async fn audit_entries_written_at_once_form_one_chain(app: TestApp) {
    let actor = shell(&app);
    futures::future::join_all((0..40).map(|_| note(&app, &actor, "at once"))).await;
    assert_eq!(verify_audit(&app).await.expect("checked"), Chain::Whole { entries: 40 });
    let first = audit_entries(&app, &actor, &PageRequest::read(Some("30"), None).expect("valid")).await.expect("listed");
    let rest = PageRequest::read(None, first.next.as_deref()).expect("valid");
    let rest = audit_entries(&app, &actor, &rest).await.expect("listed");
    assert_eq!((first.items[0].seq, first.items.len(), rest.items.len(), rest.next), (40, 30, 10, None));
}
