//! An empty database for one test.

use std::path::Path;
use std::sync::Arc;

use peyk::kernel::id::random_u64;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use tempfile::TempDir;

use super::cluster;

/// What the data is kept in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A file in the test's folder.
    Sqlite,
    /// A database on the cluster that the tests share.
    Postgres,
}

/// A database that belongs to one test.
#[derive(Clone, Debug)]
pub struct Database {
    /// What `PEYK_DATABASE_URL` says.
    pub url: String,
    folder: Arc<TempDir>,
    on_server: Option<OnServer>,
}

#[derive(Clone, Debug)]
struct OnServer {
    name: String,
    maintenance_url: String,
}

impl Database {
    /// Makes one.
    pub async fn create(engine: Engine) -> Self {
        let folder = Arc::new(tempfile::tempdir().expect("the temporary folder can be written to"));
        match engine {
            Engine::Sqlite => Self { url: format!("sqlite:{}", folder.path().join("peyk.db").display()), folder, on_server: None },
            Engine::Postgres => {
                let maintenance_url = cluster::maintenance_url();
                let name = format!("peyk_test_{:016x}", random_u64());
                on_server(&maintenance_url, format!("create database {name}")).await;
                let url = with_database(&maintenance_url, &name);
                Self { url, folder, on_server: Some(OnServer { name, maintenance_url }) }
            }
        }
    }

    /// A folder of the test's own, gone after it.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Removes it; connections that are still open are cut.
    pub async fn remove(&self) {
        if let Some(OnServer { name, maintenance_url }) = &self.on_server {
            on_server(maintenance_url, format!("drop database if exists {name} with (force)")).await;
        }
    }
}

async fn on_server(url: &str, statement: String) {
    let mut server = PgConnection::connect(url).await.expect("the PostgreSQL server of the tests takes connections");
    server.execute(AssertSqlSafe(statement)).await.expect("the user of the tests may make and drop databases");
    server.close().await.expect("the server says goodbye");
}

/// The same server, another database.
fn with_database(url: &str, name: &str) -> String {
    let (address, query) = url.split_once('?').map_or((url, None), |(a, q)| (a, Some(q)));
    let (server, _) = address.rsplit_once('/').expect("the address names a database");
    query.map_or_else(|| format!("{server}/{name}"), |query| format!("{server}/{name}?{query}"))
}
