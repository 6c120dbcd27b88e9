//! The only folder that knows there are two engines. One SQL text serves both.
//!
//! Stores write `$1` placeholders and call [`Tx::query`]; what differs between SQLite and PostgreSQL
//! is a named method here. SQLite has one writer and several readers; a write transaction starts
//! with `BEGIN IMMEDIATE`, so that it never fails halfway for want of the lock.

mod fault;
mod migrate;
mod query;

use std::path::Path;
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Postgres, Sqlite, Transaction};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub use fault::Fault;
pub use query::{Kind, Param, Query, Row, rows_of};

/// Oldest SQLite without the WAL-reset corruption (<https://sqlite.org/wal.html>, fixed in 3.51.3).
const OLDEST_SQLITE: (u32, u32, u32) = (3, 51, 3);

/// What a database call gives.
pub type Result<T> = std::result::Result<T, Fault>;

/// The pools of one database.
#[derive(Clone, Debug)]
pub enum Db {
    /// The embedded engine: many readers, one writer.
    Sqlite {
        /// Read-only connections.
        readers: SqlitePool,
        /// The single writing connection.
        writer: SqlitePool,
        /// Work in bulk stands in line here, so that at most one such transaction is before anybody else's.
        bulk: Arc<Semaphore>,
    },
    /// The engine for many nodes.
    Postgres(PgPool),
}

/// A transaction. Dropping it without [`Tx::commit`] rolls back.
#[derive(Debug)]
pub enum Tx {
    /// On SQLite, with the place in the line of work in bulk.
    Sqlite(Transaction<'static, Sqlite>, Option<OwnedSemaphorePermit>),
    /// On PostgreSQL.
    Postgres(Transaction<'static, Postgres>),
}

impl Db {
    /// Opens `sqlite:path` or `postgres://…` and brings its schema up to date.
    pub async fn open(url: &str) -> Result<Self> {
        let db = if url.starts_with("sqlite:") { Self::open_sqlite(url).await? } else { Self::open_postgres(url).await? };
        migrate::run(&db).await?;
        Ok(db)
    }

    async fn open_sqlite(url: &str) -> Result<Self> {
        let options = SqliteConnectOptions::from_str(url)?
            .create_if_missing(true)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(10))
            .statement_cache_capacity(64)
            .pragma("secure_delete", "on")
            .disable_statement_logging();
        if let Some(folder) = options.get_filename().parent().filter(|f| !f.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)
                .map_err(|e| Fault::unusable(&format!("the folder {} cannot be made: {e}", folder.display())))?;
        }
        // The writer touches the same pages again and again: it keeps 16 MiB of them.
        let writing = options.clone().pragma("cache_size", "-16384");
        let writer = SqlitePoolOptions::new().max_connections(1).connect_with(writing).await?;
        let options = options.pragma("cache_size", "-8000");
        let readers =
            SqlitePoolOptions::new().max_connections(4).idle_timeout(Duration::from_secs(60)).connect_with(options.read_only(true)).await?;
        let version: String = sqlx::query_scalar("select sqlite_version()").fetch_one(&writer).await?;
        require_sound_sqlite(&version)?;
        Ok(Self::Sqlite { readers, writer, bulk: Arc::new(Semaphore::new(1)) })
    }

    async fn open_postgres(url: &str) -> Result<Self> {
        // A plan that is kept from when a table was empty compares every row with every value once the table is full,
        // until statistics are made a minute later: statements are planned for what is there.
        let options = PgConnectOptions::from_str(url)?.options([("plan_cache_mode", "force_custom_plan")]).disable_statement_logging();
        let pool = PgPoolOptions::new().max_connections(10).connect_with(options).await?;
        Ok(Self::Postgres(pool))
    }

    /// A transaction that only reads.
    pub async fn read(&self) -> Result<Tx> {
        Ok(match self {
            Self::Sqlite { readers, .. } => Tx::Sqlite(readers.begin().await?, None),
            Self::Postgres(pool) => Tx::Postgres(pool.begin_with("begin read only").await?),
        })
    }

    /// A transaction that may write.
    pub async fn write(&self) -> Result<Tx> {
        Ok(match self {
            Self::Sqlite { writer, .. } => Tx::Sqlite(writer.begin_with("begin immediate").await?, None),
            Self::Postgres(pool) => Tx::Postgres(pool.begin().await?),
        })
    }

    /// A transaction that may write, for work in bulk. SQLite has one writer: such transactions wait for each other,
    /// so that a person or a code waits for one of them and never for all.
    pub async fn write_in_bulk(&self) -> Result<Tx> {
        let Self::Sqlite { writer, bulk, .. } = self else { return self.write().await };
        // Nobody closes it.
        let place = Arc::clone(bulk).acquire_owned().await.ok();
        Ok(Tx::Sqlite(writer.begin_with("begin immediate").await?, place))
    }

    /// `SQLite` or `PostgreSQL`, for people.
    pub fn engine(&self) -> &'static str {
        match self {
            Self::Sqlite { .. } => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        }
    }

    /// Whether several processes may work on this database at once.
    pub fn is_shared(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// Lets go of bytes that were overwritten or deleted; false when a reader is still in the way.
    ///
    /// SQLite overwrites what is deleted (`secure_delete`), but its log keeps the pages as they were until it is folded into the
    /// file and cut off, which happens here. PostgreSQL gives old rows up to its own vacuum, and no statement of ours makes the
    /// bytes go at once (docs/operations.md).
    pub async fn scrub(&self) -> Result<bool> {
        const TRIES: u32 = 2;
        let Self::Sqlite { writer, .. } = self else { return Ok(true) };
        for _ in 0..TRIES {
            let (busy, _, _): (i64, i64, i64) = sqlx::query_as("pragma wal_checkpoint(truncate)").fetch_one(writer).await?;
            if busy == 0 {
                return Ok(true);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(false)
    }

    /// Every column of the schema as (table, column), in order; tables of the migrations' own book-keeping are left out.
    pub async fn columns(&self) -> Result<Vec<(String, String)>> {
        let sql = match self {
            Self::Sqlite { .. } => {
                "select m.name, c.name from sqlite_master m join pragma_table_info(m.name) c \
                 where m.type = 'table' and m.name not like 'sqlite%' and m.name <> '_sqlx_migrations' order by 1, 2"
            }
            Self::Postgres(_) => {
                "select cast(table_name as text), cast(column_name as text) from information_schema.columns \
                 where table_schema = current_schema() and table_name <> '_sqlx_migrations' order by 1, 2"
            }
        };
        self.read().await?.query(sql).fetch_all().await
    }

    /// Closes every connection; SQLite then folds its log into the file.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { readers, writer, .. } => {
                readers.close().await;
                writer.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

impl Tx {
    /// Makes the work durable: when this returns, it survives a crash.
    pub async fn commit(self) -> Result<()> {
        match self {
            Self::Sqlite(tx, _place) => tx.commit().await?,
            Self::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }

    /// Gives way in this transaction to whoever holds a row that it needs: it fails with [`Fault::Contended`] before PostgreSQL looks
    /// for deadlocks, which is a second, so that never the other one is refused. SQLite has one writer, and nothing to give way to.
    pub async fn give_way(&mut self) -> Result<()> {
        if matches!(self, Self::Postgres(_)) {
            self.query("set local lock_timeout = '400ms'").execute().await?;
        }
        Ok(())
    }

    /// Ends a claim's inner select: rows that another node holds are passed over. SQLite has one writer.
    pub fn skip_locked(&self) -> &'static str {
        match self {
            Self::Sqlite(..) => "",
            Self::Postgres(_) => "for update skip locked",
        }
    }

    /// Ends a select whose rows must stay as read until the commit.
    pub fn for_update(&self) -> &'static str {
        match self {
            Self::Sqlite(..) => "",
            Self::Postgres(_) => "for update",
        }
    }

    /// Ends a select whose rows nobody may change until the commit, though others may read them so too.
    pub fn for_share(&self) -> &'static str {
        match self {
            Self::Sqlite(..) => "",
            Self::Postgres(_) => "for share",
        }
    }

    /// Ends a select whose rows nobody may lock by [`Tx::for_update`] until the commit. Writing that asks for no such
    /// lock goes on.
    pub fn for_key_share(&self) -> &'static str {
        match self {
            Self::Sqlite(..) => "",
            Self::Postgres(_) => "for key share",
        }
    }

    /// Prepares one statement; bind its values in order, then fetch or execute.
    pub fn query<'t, 'q>(&'t mut self, sql: &'q str) -> Query<'t, 'q> {
        Query::new(self, sql)
    }

    /// `($1, $2), ($3, $4)` for `rows` rows of the given kinds, starting at placeholder `from`.
    pub fn values(&self, from: usize, rows: usize, kinds: &[Kind]) -> String {
        query::values(matches!(self, Self::Postgres(_)), from, rows, kinds)
    }
}

/// The path of a SQLite file in a database address, if it is one.
pub fn sqlite_path(url: &str) -> Option<&Path> {
    url.strip_prefix("sqlite:").map(|rest| Path::new(rest.trim_start_matches("//")))
}

fn require_sound_sqlite(version: &str) -> Result<()> {
    let mut parts = version.split('.').map(|p| p.parse::<u32>().unwrap_or(0));
    let mut next = || parts.next().unwrap_or(0);
    if (next(), next(), next()) < OLDEST_SQLITE {
        return Err(Fault::unusable(&format!("SQLite {version} can corrupt its log (fixed in 3.51.3); build with the bundled library")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sqlite_with_the_log_fault_is_refused() {
        assert!(require_sound_sqlite("3.46.0").is_err());
        assert!(require_sound_sqlite("3.51.2").is_err());
        assert!(require_sound_sqlite("3.51.3").is_ok());
        assert!(require_sound_sqlite("3.52.0").is_ok());
    }
}
