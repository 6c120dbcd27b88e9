//! What every test stands on.

mod app;
mod cluster;
mod csv;
mod database;

use std::panic::AssertUnwindSafe;

use futures::FutureExt as _;

pub use app::TestApp;
pub use csv::Csv;
pub use database::{Database, Engine};

/// Runs each named `async fn(TestApp)` of this module on both engines, as `sqlite::name` and `postgres::name`.
macro_rules! both_engines {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[test] fn $name() { $crate::harness::run($crate::harness::Engine::Sqlite, super::$name) })+
        }
        mod postgres {
            $(#[test] fn $name() { $crate::harness::run($crate::harness::Engine::Postgres, super::$name) })+
        }
    };
}
pub(crate) use both_engines;

/// Gives the test an installation of its own and takes it down again, whatever the test does. After a
/// test that passed, nothing may be left claimed: a lease without a holder delays its message.
pub fn run<F: Future<Output = ()>>(engine: Engine, test: impl FnOnce(TestApp) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime starts");
    runtime.block_on(async {
        let app = TestApp::start(engine).await;
        let outcome = AssertUnwindSafe(test(app.clone())).catch_unwind().await;
        let leases = if outcome.is_ok() { app.open_leases().await } else { 0 };
        app.end().await;
        if let Err(panic) = outcome {
            std::panic::resume_unwind(panic);
        }
        assert_eq!(leases, 0, "the test ended with claimed messages that nobody settled or released");
    });
}
