//! One statement with its values, for either engine.

use std::borrow::Cow;

use sqlx::postgres::{PgArguments, PgConnection, PgRow};
use sqlx::sqlite::{SqliteArguments, SqliteConnection, SqliteRow};
use sqlx::{Arguments as _, AssertSqlSafe, Encode, FromRow, Postgres, Sqlite, Type};

use super::{Result, Tx};

/// A row type that both engines can fill: tuples and `#[derive(FromRow)]` structs are.
pub trait Row: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}
impl<T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin> Row for T {}

/// A value that both engines can take.
pub trait Param<'q>: Encode<'q, Sqlite> + Type<Sqlite> + Encode<'q, Postgres> + Type<Postgres> + 'q {}
impl<'q, T: Encode<'q, Sqlite> + Type<Sqlite> + Encode<'q, Postgres> + Type<Postgres> + 'q> Param<'q> for T {}

/// The type of a column in a `values` list, which PostgreSQL must be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `text`
    Text,
    /// `bigint`
    Int,
    /// `bytea`
    Bytes,
    /// `boolean`
    Bool,
}

/// A statement being given its values.
#[derive(Debug)]
pub enum Query<'t, 'q> {
    /// On SQLite.
    Sqlite(&'t mut SqliteConnection, Cow<'q, str>, SqliteArguments),
    /// On PostgreSQL.
    Postgres(&'t mut PgConnection, &'q str, PgArguments),
}

impl<'t, 'q> Query<'t, 'q> {
    pub(super) fn new(tx: &'t mut Tx, sql: &'q str) -> Self {
        match tx {
            Tx::Sqlite(tx, _) => Self::Sqlite(tx, nameless(sql), SqliteArguments::default()),
            Tx::Postgres(tx) => Self::Postgres(tx, sql, PgArguments::default()),
        }
    }

    /// Gives the next value.
    #[must_use]
    pub fn bind<'v>(mut self, value: impl Param<'v>) -> Self {
        match &mut self {
            Self::Sqlite(_, _, args) => args.add(value),
            Self::Postgres(_, _, args) => args.add(value),
        }
        .expect("the types that we bind always encode");
        self
    }

    /// Every row.
    pub async fn fetch_all<T: Row>(self) -> Result<Vec<T>> {
        Ok(match self {
            Self::Sqlite(c, sql, args) => sqlx::query_as_with(AssertSqlSafe(sql.into_owned()), args).fetch_all(c).await?,
            Self::Postgres(c, sql, args) => sqlx::query_as_with(AssertSqlSafe(sql), args).fetch_all(c).await?,
        })
    }

    /// The first row, if any.
    pub async fn fetch_optional<T: Row>(self) -> Result<Option<T>> {
        Ok(match self {
            Self::Sqlite(c, sql, args) => sqlx::query_as_with(AssertSqlSafe(sql.into_owned()), args).fetch_optional(c).await?,
            Self::Postgres(c, sql, args) => sqlx::query_as_with(AssertSqlSafe(sql), args).fetch_optional(c).await?,
        })
    }

    /// The one row; a fault when there is none.
    pub async fn fetch_one<T: Row>(self) -> Result<T> {
        self.fetch_optional().await?.ok_or_else(|| sqlx::Error::RowNotFound.into())
    }

    /// Runs it; how many rows it touched.
    pub async fn execute(self) -> Result<u64> {
        Ok(match self {
            Self::Sqlite(c, sql, args) => sqlx::query_with(AssertSqlSafe(sql.into_owned()), args).execute(c).await?.rows_affected(),
            Self::Postgres(c, sql, args) => sqlx::query_with(AssertSqlSafe(sql), args).execute(c).await?.rows_affected(),
        })
    }
}

/// How many rows of `columns` values fit one statement (SQLite takes 32,766 values, PostgreSQL 65,535).
pub const fn rows_of(columns: usize) -> usize {
    let fit = 32_000 / columns;
    if fit < 500 { fit } else { 500 }
}

/// The statement with `?` for `$1`, `$2`, …, when each stands once and in order. SQLite looks the names of
/// placeholders up one by one, so that a statement of thousands of named ones takes seconds; nameless ones
/// cost nothing. A short statement, or one that repeats a placeholder, stays as it is.
fn nameless(sql: &str) -> Cow<'_, str> {
    const WORTH_IT: &str = "$24";
    if !sql.contains(WORTH_IT) {
        return Cow::Borrowed(sql);
    }
    let mut out = String::with_capacity(sql.len());
    let mut parts = sql.split('$');
    out.push_str(parts.next().unwrap_or_default());
    for (i, part) in parts.enumerate() {
        let digits = part.len() - part.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        if part[..digits].parse() != Ok(i + 1) {
            return Cow::Borrowed(sql);
        }
        out.push('?');
        out.push_str(&part[digits..]);
    }
    Cow::Owned(out)
}

pub(super) fn values(typed: bool, from: usize, rows: usize, kinds: &[Kind]) -> String {
    let mut out = String::with_capacity(rows * kinds.len() * 8);
    let mut n = from;
    for row in 0..rows {
        out.push_str(if row == 0 { "(" } else { ", (" });
        for (i, kind) in kinds.iter().enumerate() {
            if i > 0 {
                out.push_str(", ");
            }
            // The first row tells PostgreSQL the types of the column; SQLite types each value itself.
            if typed && row == 0 {
                out.push_str(&format!("cast(${n} as {})", name(*kind)));
            } else {
                out.push('$');
                out.push_str(&n.to_string());
            }
            n += 1;
        }
        out.push(')');
    }
    out
}

fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "text",
        Kind::Int => "bigint",
        Kind::Bytes => "bytea",
        Kind::Bool => "boolean",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_statements_lose_the_names_of_placeholders_that_stand_in_order() {
        let list = values(false, 2, 30, &[Kind::Text]);
        let sql = format!("select 1 where a = $1 and b in (values {list})");
        let plain = nameless(&sql);
        assert_eq!((plain.matches('?').count(), plain.contains('$')), (31, false));
        let repeated = format!("{sql} and c = $1");
        assert_eq!(nameless(&repeated), repeated);
        assert_eq!(nameless("select $1"), "select $1");
    }

    #[test]
    fn values_number_their_placeholders_and_type_the_first_row_for_postgres() {
        let kinds = [Kind::Text, Kind::Int];
        assert_eq!(values(false, 1, 2, &kinds), "($1, $2), ($3, $4)");
        assert_eq!(values(true, 3, 2, &kinds), "(cast($3 as text), cast($4 as bigint)), ($5, $6)");
    }
}
