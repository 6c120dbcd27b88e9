//! Faults of the database, sorted by what a caller can do about them.

use std::time::Duration;

use crate::kernel::error::Error;

/// PostgreSQL's words for a deadlock, an order that cannot be kept, and a lock that was not to be had in time.
const CONTENDED: [&str; 3] = ["40P01", "40001", "55P03"];

/// A fault of the database.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// A row with this key is there already.
    #[error("a row with this key exists already ({0})")]
    Duplicate(String),
    /// Others hold what this needs, and it gave way to them: nothing of it was done, and it can be done again.
    #[error("others hold what this needs ({0})")]
    Contended(String),
    /// The database cannot be used as it is: the sentence says why.
    #[error("{0}")]
    Unusable(String),
    /// Anything else: connection lost, disk full, a fault in our SQL.
    #[error(transparent)]
    Other(sqlx::Error),
}

impl Fault {
    /// A database that must not be used, with the reason.
    pub fn unusable(why: &str) -> Self {
        Self::Unusable(why.into())
    }
}

impl From<sqlx::Error> for Fault {
    fn from(e: sqlx::Error) -> Self {
        let Some(d) = e.as_database_error() else { return Self::Other(e) };
        if d.is_unique_violation() {
            return Self::Duplicate(d.constraint().unwrap_or("unique").to_owned());
        }
        match d.code().filter(|code| CONTENDED.contains(&code.as_ref())) {
            Some(code) => Self::Contended(code.into_owned()),
            None => Self::Other(e),
        }
    }
}

impl From<sqlx::migrate::MigrateError> for Fault {
    fn from(e: sqlx::migrate::MigrateError) -> Self {
        Self::Unusable(format!("the database's schema could not be brought up to date: {e}"))
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Contended(_) => Self::Busy { retry_after: Duration::from_secs(1) },
            Fault::Duplicate(_) => Self::conflict("There is one with this name already. Choose another."),
            other => Self::internal(other),
        }
    }
}
