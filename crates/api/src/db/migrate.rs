//! Bringing a database's tables up to date.

use sqlx::{
    PgPool, SqlitePool,
    migrate::{MigrateError, Migrator},
};

static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");
static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");

/// The last revision of the Python server's migrations, which 0001 repeats.
const UPSTREAM_HEAD: &str = "b16b218ef5d6";
const UPSTREAM_MIGRATION: i64 = 1;
/// Held while deciding and migrating, so that replicas starting together take turns.
const ADVISORY_LOCK: i64 = 0x6a6f_6262_6572;

/// Why the tables can't be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// The Python server's database is at a revision that can't be adopted.
    #[error(
        "the database is at revision {found} of the Python server, but only {UPSTREAM_HEAD} can \
         be taken over: upgrade it with the Python server 5.11 or later (`alembic upgrade head`) \
         first, or point to an empty database"
    )]
    Revision {
        /// What `alembic_version` says.
        found: String,
    },
    /// A statement failed.
    #[error("the database schema could not be brought up to date: {0}")]
    Migrate(#[from] MigrateError),
    /// The database stopped answering.
    #[error("the database schema could not be examined: {0}")]
    Database(#[from] sqlx::Error),
}

pub(super) async fn sqlite(pool: &SqlitePool) -> Result<(), MigrationError> {
    Ok(SQLITE.run(pool).await?)
}

pub(super) async fn postgres(pool: &PgPool) -> Result<(), MigrationError> {
    let mut guard = pool.acquire().await?;
    sqlx::query("SELECT pg_advisory_lock($1)").bind(ADVISORY_LOCK).execute(&mut *guard).await?;
    let result = adopt_and_migrate(pool).await;
    sqlx::query("SELECT pg_advisory_unlock($1)").bind(ADVISORY_LOCK).execute(&mut *guard).await?;
    result
}

async fn adopt_and_migrate(pool: &PgPool) -> Result<(), MigrationError> {
    if let Some(found) = upstream_revision(pool).await? {
        if found != UPSTREAM_HEAD {
            return Err(MigrationError::Revision { found });
        }
        POSTGRES.skip(pool, Some(UPSTREAM_MIGRATION)).await?;
    }
    Ok(POSTGRES.run(pool).await?)
}

/// The Python server's revision, if its migrations made this database and ours have not run.
async fn upstream_revision(pool: &PgPool) -> Result<Option<String>, sqlx::Error> {
    let exists = "SELECT to_regclass($1) IS NOT NULL";
    let ours: bool = sqlx::query_scalar(exists).bind("_sqlx_migrations").fetch_one(pool).await?;
    let theirs: bool = sqlx::query_scalar(exists).bind("alembic_version").fetch_one(pool).await?;
    if ours || !theirs {
        return Ok(None);
    }
    sqlx::query_scalar("SELECT version_num FROM alembic_version").fetch_optional(pool).await
}
