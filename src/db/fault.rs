//! Faults of the database, sorted by what a caller can do about them.

use crate::kernel::error::Error;

/// A fault of the database.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// A row with this key is there already.
    #[error("a row with this key exists already ({0})")]
    Duplicate(String),
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
        match e.as_database_error().filter(|d| d.is_unique_violation()) {
            Some(d) => Self::Duplicate(d.constraint().unwrap_or("unique").to_owned()),
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
            Fault::Duplicate(_) => Self::conflict("There is one with this name already. Choose another."),
            other => Self::internal(other),
        }
    }
}
