//! The schema, one text for both engines, applied at start under the engine's own lock.

use std::borrow::Cow;

use sqlx::AssertSqlSafe;
use sqlx::SqlSafeStr as _;
use sqlx::migrate::{Migration, MigrationType, Migrator};

use super::{Db, Result};

const STEPS: &[(i64, &str, &str)] = &[
    (1, "initial", include_str!("../../migrations/0001_initial.sql")),
    (2, "providers", include_str!("../../migrations/0002_providers.sql")),
    (10, "rate_grants", include_str!("../../migrations/0010_rate_grants.sql")),
    (11, "connection health", include_str!("../../migrations/0011_connection_health.sql")),
    (12, "fewer index moves", include_str!("../../migrations/0012_fewer_index_moves.sql")),
    (13, "price reads", include_str!("../../migrations/0013_price_reads.sql")),
    (14, "repeats", include_str!("../../migrations/0014_repeats.sql")),
    (15, "silent routes", include_str!("../../migrations/0015_silent_routes.sql")),
    (20, "contact profiles", include_str!("../../migrations/0020_contact_profiles.sql")),
    (21, "inbox", include_str!("../../migrations/0021_inbox.sql")),
    (22, "template approval", include_str!("../../migrations/0022_template_approval.sql")),
    (23, "codes", include_str!("../../migrations/0023_codes.sql")),
    (24, "double opt-in", include_str!("../../migrations/0024_double_opt_in.sql")),
    (25, "variants", include_str!("../../migrations/0025_variants.sql")),
    (26, "people", include_str!("../../migrations/0026_people.sql")),
    (27, "retention", include_str!("../../migrations/0027_retention.sql")),
    (28, "trial ends", include_str!("../../migrations/0028_trial_ends.sql")),
    (30, "outcomes and tags", include_str!("../../migrations/0030_outcomes_and_tags.sql")),
];

/// Applies what is missing.
pub async fn run(db: &Db) -> Result<()> {
    match db {
        Db::Sqlite { writer, .. } => steps("blob").run(writer).await?,
        Db::Postgres(pool) => steps("bytea").run(pool).await?,
    }
    Ok(())
}

fn steps(bytes: &str) -> Migrator {
    let migration = |(version, name, sql): &(i64, &'static str, &str)| {
        let sql = AssertSqlSafe(sql.replace(" bytea", &format!(" {bytes}"))).into_sql_str();
        Migration::new(*version, Cow::Borrowed(*name), MigrationType::Simple, sql, false)
    };
    Migrator::with_migrations(STEPS.iter().map(migration).collect())
}
