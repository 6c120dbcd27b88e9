//! The subject against a real database: SQLite in a temporary folder, or PostgreSQL (a fresh schema)
//! when `PEYK_TEST_DATABASE_URL` is set.

mod keys;
mod people;

use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::app::App;
use crate::config::Config;
use crate::db::Db;
use crate::kernel::clock::Clock;
use crate::kernel::crypto::Cipher;
use crate::kernel::error::Error;
use crate::kernel::outbound::{Limits, Outbound};
use crate::kernel::page::PageRequest;

/// An installation with nothing in it. The folder goes when this does.
pub struct Bench {
    pub app: Arc<App>,
    _folder: tempfile::TempDir,
}

impl std::ops::Deref for Bench {
    type Target = App;
    fn deref(&self) -> &App {
        &self.app
    }
}

pub async fn bench() -> Bench {
    bench_with(&[]).await
}

pub async fn bench_with(variables: &[(&str, &str)]) -> Bench {
    let folder = tempfile::tempdir().expect("a folder");
    #[expect(clippy::disallowed_methods, reason = "tests choose their engine from outside")]
    let url = match std::env::var("PEYK_TEST_DATABASE_URL") {
        Ok(server) => fresh_schema(&server).await,
        Err(_) => format!("sqlite:{}/peyk.db", folder.path().display()),
    };
    let read = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
    let config = Config::read(read).expect("valid settings");
    let db = Db::open(&url).await.expect("the database opens");
    let cipher = Cipher::from_text(&Cipher::new_secret()).expect("a fresh secret");
    let clock = Clock::fixed(1_795_000_000_000);
    let outbound = Outbound::new(Limits::default()).expect("an HTTP client can be built");
    Bench { app: App::new(config, db, cipher, clock, outbound, String::new()), _folder: folder }
}

async fn fresh_schema(server: &str) -> String {
    let name = format!("t_{}", crate::kernel::id::fresh(0));
    let db = Db::Postgres(sqlx::PgPool::connect(server).await.expect("the server answers"));
    let mut tx = db.write().await.expect("a transaction");
    tx.query(&format!("create schema {name}")).execute().await.expect("a schema");
    tx.commit().await.expect("committed");
    db.close().await;
    let joint = if server.contains('?') { '&' } else { '?' };
    format!("{server}{joint}options=-c%20search_path%3D{name}")
}

impl Bench {
    /// Somebody at the shell, in the default subaccount.
    pub async fn shell(&self) -> Actor {
        let mut tx = self.db.write().await.expect("a transaction");
        let sub = default_subaccount(&mut tx, self.clock.now()).await.expect("a subaccount");
        tx.commit().await.expect("committed");
        Actor::shell(sub)
    }

    pub async fn run(&self, sql: &str) {
        let mut tx = self.db.write().await.expect("a transaction");
        tx.query(sql).execute().await.expect("the statement runs");
        tx.commit().await.expect("committed");
    }

    async fn note(&self, actor: &Actor, action: &str) {
        let mut tx = self.db.write().await.expect("a transaction");
        audit(&mut tx, actor, action, "thing", &json!({"n": 1}), self.clock.now()).await.expect("noted");
        tx.commit().await.expect("committed");
    }
}

#[tokio::test]
async fn a_subaccount_is_made_when_first_named_and_found_again() {
    let bench = bench().await;
    let shell = bench.shell().await;
    let mut tx = bench.db.write().await.expect("a transaction");
    let shop = subaccount_named(&mut tx, " shop ", 5).await.expect("made");
    assert_eq!(subaccount_named(&mut tx, "shop", 6).await.expect("found"), shop);
    assert_eq!(default_subaccount(&mut tx, 7).await.expect("found"), shell.subaccount);
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

#[tokio::test]
async fn changed_settings_stay_changed_and_are_told_in_the_audit_log() {
    let bench = bench().await;
    let shell = bench.shell().await;
    let patch = SettingsPatch::read(&json!({"budget": "12.5", "language": "fa"})).expect("valid");
    update_settings(&bench, &shell, patch).await.expect("changed");
    let kept = settings(&bench, &shell).await.expect("there");
    assert_eq!((kept.budget, kept.language.as_str()), (Some(12_500_000), "fa"));
    let log = audit_entries(&bench, &shell, &PageRequest::default()).await.expect("listed");
    assert_eq!(log.items.len(), 1);
    assert_eq!(log.items[0].detail["language"], json!({"before": "en", "after": "fa"}));
    let viewer = Actor::key(shell.subaccount.clone(), crate::kernel::id::KeyId::new(1), "k".into(), &[Permission::View], None);
    assert!(matches!(update_settings(&bench, &viewer, SettingsPatch::default()).await, Err(Error::Denied(_))));
}

#[tokio::test]
async fn an_altered_removed_or_inserted_audit_entry_is_found() {
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
    for (fault, place) in faults {
        let bench = bench().await;
        let shell = bench.shell().await;
        for action in ["one", "two", "three"] {
            bench.note(&shell, action).await;
        }
        assert_eq!(verify_audit(&bench).await.expect("checked"), Chain::Whole { entries: 3 });
        bench.run(fault).await;
        assert_eq!(verify_audit(&bench).await.expect("checked"), Chain::Broken { seq: place }, "{fault}");
    }
}

#[tokio::test]
async fn audit_entries_written_at_once_form_one_chain() {
    let bench = bench().await;
    let shell = bench.shell().await;
    futures::future::join_all((0..40).map(|_| bench.note(&shell, "at once"))).await;
    assert_eq!(verify_audit(&bench).await.expect("checked"), Chain::Whole { entries: 40 });
    let first = audit_entries(&bench, &shell, &PageRequest::read(Some("30"), None).expect("valid")).await.expect("listed");
    let rest = PageRequest::read(None, first.next.as_deref()).expect("valid");
    let rest = audit_entries(&bench, &shell, &rest).await.expect("listed");
    assert_eq!((first.items[0].seq, first.items.len(), rest.items.len(), rest.next), (40, 30, 10, None));
}
