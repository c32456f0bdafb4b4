//! Bringing a database's tables up to date.

mod notes;

use std::{fs::File, io, path::Path, time::Duration};

use sqlx::{
    Connection, PgConnection, SqlitePool,
    migrate::{MigrateError, Migrator},
    postgres::PgConnectOptions,
};

use super::{link::within, open_private};
use notes::Notes;
pub use notes::{Lock, Waiting};

static POSTGRES: Migrator = sqlx_macros::migrate!("migrations/postgres");
static SQLITE: Migrator = sqlx_macros::migrate!("migrations/sqlite");

/// The last revision of the Python server's migrations, which 0001 repeats.
pub(super) const UPSTREAM_HEAD: &str = "b16b218ef5d6";
pub(super) const UPSTREAM_MIGRATION: i64 = 1;
/// A table in an SQLite file that has none of ours.
pub(super) const FOREIGN_SQLITE_TABLE: &str = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
     AND NOT EXISTS (SELECT 1 FROM sqlite_master WHERE name = '_sqlx_migrations') \
     ORDER BY name LIMIT 1";
/// Held while deciding and migrating, so that replicas starting together take turns.
const ADVISORY_LOCK: i64 = 0x6a6f_6262_6572;
/// How long a PostgreSQL server may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

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
    /// The Python server's database does not say at which revision it is.
    #[error(
        "the database's table alembic_version is empty, so that the revision of the Python server \
         is not known and nothing can be taken over: restore it, upgrade it with the Python server \
         5.11 or later (`alembic upgrade head`), or point to an empty database"
    )]
    NoRevision,
    /// The database belongs to another program.
    #[error(
        "the database holds tables that are not Jobbergate's, for example {table}: it is left alone"
    )]
    Foreign { table: String },
    /// A later version has changed the tables since.
    #[error(
        "the database is of a newer version (revision {found}): install that version of Jobbergate, or restore \
         a backup of this one's"
    )]
    Newer { found: i64 },
    /// A statement failed.
    #[error("the database schema could not be brought up to date: {0}")]
    Migrate(MigrateError),
    /// The database stopped answering.
    #[error("the database schema could not be examined: {0}")]
    Database(#[from] sqlx::Error),
}

impl From<MigrateError> for MigrationError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::VersionMissing(found) => Self::Newer { found },
            error => Self::Migrate(error),
        }
    }
}

fn migrator(sqlite: bool) -> &'static Migrator {
    if sqlite { &SQLITE } else { &POSTGRES }
}

/// The number of the last migration.
pub(super) fn newest(sqlite: bool) -> i64 {
    migrator(sqlite).iter().map(|migration| migration.version).max().unwrap_or_default()
}

/// A migration, as it says of itself.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Described {
    pub(super) number: i64,
    pub(super) does: String,
    pub(super) locks: Vec<Lock>,
}

/// Those that a database at `revision` lacks.
pub(super) fn after(revision: i64, sqlite: bool) -> Vec<Described> {
    let later = migrator(sqlite).iter().filter(|migration| migration.version > revision);
    let described = later.map(|migration| {
        let Notes { does, locks } = Notes::of(migration, sqlite);
        Described { number: migration.version, does, locks: locks.unwrap_or_default() }
    });
    described.collect()
}

/// SQLite has no lock that outlasts a transaction, nor one that a new file's first connections wait
/// for: processes that open `path` at once take turns by a file beside it, until this is dropped.
pub(super) async fn sqlite_turn(path: &Path) -> Result<File, sqlx::Error> {
    let turn = path.with_extension("lock");
    let turn = tokio::task::spawn_blocking(move || {
        let file = open_private(&turn)?;
        file.lock().map(|()| file)
    });
    turn.await.map_err(io::Error::other).flatten().map_err(sqlx::Error::Io)
}

/// The caller has its turn.
pub(super) async fn sqlite(pool: &SqlitePool) -> Result<(), MigrationError> {
    if let Some(table) = foreign_sqlite_table(pool).await? {
        return Err(MigrationError::Foreign { table });
    }
    let mut connection = pool.acquire().await?;
    // In WAL mode what is not on the disk yet may be lost with the power, in its order, and is done again
    // at the next start. After a failure the pool is given up.
    sqlx::query("PRAGMA synchronous = NORMAL").execute(&mut *connection).await?;
    // Not `run`, whose future is not `Send` for all lifetimes: databases are opened in tasks too.
    SQLITE.run_direct(None, &mut *connection, false).await?;
    sqlx::query("PRAGMA synchronous = FULL").execute(&mut *connection).await?;
    Ok(())
}

async fn foreign_sqlite_table(pool: &SqlitePool) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar(FOREIGN_SQLITE_TABLE).fetch_optional(pool).await
}

/// On a connection of its own, which may take longer than a request's and is there even if the
/// pool has room for one only. What it holds ends with it.
pub(super) async fn postgres(options: &PgConnectOptions) -> Result<(), MigrationError> {
    let options = options.clone().options([("statement_timeout", "0")]);
    let mut connection = connect(&options).await?;
    let lock = sqlx::query("SELECT pg_advisory_lock($1)").bind(ADVISORY_LOCK);
    lock.execute(&mut connection).await?;
    adopt_and_migrate(&mut connection).await?;
    Ok(connection.close().await?)
}

/// A connection outside of a pool.
pub(super) async fn connect(options: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
    within(CONNECT_TIMEOUT, PgConnection::connect_with(options)).await
}

/// Fails if there are tables, but none of ours among them; those of extensions don't count.
pub(super) async fn require_empty_or_ours(
    options: &PgConnectOptions,
) -> Result<(), MigrationError> {
    let mut connection = connect(options).await?;
    let sql = "SELECT c.relname::text FROM pg_class c WHERE c.relkind IN ('r', 'p') \
               AND c.relnamespace = to_regnamespace(current_schema()) \
               AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass \
                   AND d.objid = c.oid AND d.deptype = 'e') \
               AND coalesce(to_regclass('job_submissions'), to_regclass('_sqlx_migrations')) IS NULL \
               ORDER BY c.relname LIMIT 1";
    let foreign: Option<String> = sqlx::query_scalar(sql).fetch_optional(&mut connection).await?;
    connection.close().await?;
    foreign.map_or(Ok(()), |table| Err(MigrationError::Foreign { table }))
}

async fn adopt_and_migrate(connection: &mut PgConnection) -> Result<(), MigrationError> {
    if let Some(found) = upstream_revision(connection).await? {
        if found != UPSTREAM_HEAD {
            return Err(MigrationError::Revision { found });
        }
        POSTGRES.run_direct(Some(UPSTREAM_MIGRATION), connection, true).await?;
    }
    Ok(POSTGRES.run_direct(None, connection, false).await?)
}

/// The Python server's revision, if its migrations made this database and ours have not run.
async fn upstream_revision(
    connection: &mut PgConnection,
) -> Result<Option<String>, MigrationError> {
    let exists = "SELECT to_regclass($1) IS NOT NULL";
    let mut exists = async |table: &str| -> Result<bool, sqlx::Error> {
        sqlx::query_scalar(exists).bind(table).fetch_one(&mut *connection).await
    };
    if exists("_sqlx_migrations").await? || !exists("alembic_version").await? {
        return Ok(None);
    }
    let sql = "SELECT version_num FROM alembic_version";
    let revision = sqlx::query_scalar(sql).fetch_optional(connection).await?;
    revision.map(Some).ok_or(MigrationError::NoRevision)
}
