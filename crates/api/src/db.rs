//! The database: PostgreSQL or SQLite, behind one set of calls.
//!
//! This folder is the only code that knows there are two. A statement is one text for both
//! (`$n` placeholders, `RETURNING`); what one of them lacks is lowered in [`arguments`].

pub mod arguments;
mod copy;
mod create;
mod inspect;
mod link;
mod listen;
mod migrate;
mod numbers;
mod plan;
mod private;
mod ready;
pub mod rows;
mod session;
mod standby;
mod tables;
mod turn;
pub(crate) mod values;

use std::{path::Path, str::FromStr, time::Duration};

use sqlx::{
    Connection, PgPool, SqlitePool,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

pub use create::create_postgres_database;
pub use inspect::Schema;
use link::Link;
pub(crate) use listen::Listener;
pub use migrate::{Lock, MigrationError, Waiting};
pub use plan::{BEARABLE_WAIT, Plan, Step, Touched, Unplanned};
pub(crate) use private::open_private;
pub use ready::Ready;
pub use rows::{Record, TextArray};
use session::Scope;
pub use session::Session;
pub use standby::{Following, Reads, Standby, Unfit, bytes_behind};
pub use tables::{Address, Tables, TablesError};
pub use turn::Turn;
pub use values::Kind;

/// How long a request waits for a connection before it is answered 503.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a connection may take to show that it still works.
const PING_DEADLINE: Duration = Duration::from_secs(2);
/// What was used within this time still works, without asking.
const SURELY_ALIVE: Duration = Duration::from_millis(500);
/// How long a SQLite statement waits for another process's write.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
const SQLITE_READERS: u32 = 4;
/// How many rows of a statement SQLite may be ahead of who reads them: its thread and theirs wait
/// for each other otherwise, row by row.
const SQLITE_ROWS: usize = 512;
/// What each connection to SQLite remembers of the file, as SQLite wants to be told: 1 MiB. The kernel remembers
/// it as well.
const SQLITE_CACHE: &str = "-1024";

/// A pool of connections to one organization's database.
#[derive(Clone, Debug)]
pub enum Db {
    Postgres {
        primary: PgPool,
        /// What is ready of it.
        ready: Ready,
        /// Where statements that only read go, if it is used for what this is asked for.
        standby: Option<Standby>,
    },
    /// SQLite in WAL mode: any number of readers beside one writer.
    Sqlite {
        readers: SqlitePool,
        /// The one connection for writing; SQLite has no room for a second writer.
        writer: SqlitePool,
    },
}

/// Why the database can't be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The address is wrong, or nothing answers there.
    #[error("the database cannot be opened: {0}")]
    Connect(#[from] sqlx::Error),
    /// The schema is not one that this version can work with.
    #[error(transparent)]
    Migrate(#[from] MigrationError),
}

impl OpenError {
    /// Whether the server is there but the database is not (`invalid_catalog_name`).
    pub fn is_missing_database(&self) -> bool {
        let (Self::Connect(cause) | Self::Migrate(MigrationError::Database(cause))) = self else {
            return false;
        };
        cause.as_database_error().is_some_and(|error| error.code().as_deref() == Some("3D000"))
    }
}

impl Db {
    /// Opens the SQLite file at `path`, making it and its tables where they are missing.
    pub async fn open_sqlite(path: &Path) -> Result<Self, OpenError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .pragma("cache_size", SQLITE_CACHE)
            .row_buffer_size(SQLITE_ROWS)
            .busy_timeout(BUSY_TIMEOUT);
        let turn = migrate::sqlite_turn(path).await?;
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .test_before_acquire(false)
            .idle_timeout(None)
            .max_lifetime(None)
            .after_release(|connection, _| Box::pin(link::undo_sqlite(connection)))
            .connect_with(options.clone())
            .await?;
        migrate::sqlite(&writer).await?;
        drop(turn);
        let readers = SqlitePoolOptions::new()
            .max_connections(SQLITE_READERS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .test_before_acquire(false)
            .connect_lazy_with(options);
        Ok(Self::Sqlite { readers, writer })
    }

    /// Connects to the PostgreSQL database at `url`, bringing its tables up to date.
    pub async fn open_postgres(url: &str, max_connections: u32) -> Result<Self, OpenError> {
        let options = postgres_options(url)?;
        migrate::postgres(&options).await?;
        Self::connect_postgres(options, max_connections).await
    }

    /// Connects to another database on the server of `url`. One that holds other tables than ours
    /// is left alone.
    pub async fn open_postgres_beside(
        url: &str,
        name: &str,
        max_connections: u32,
    ) -> Result<Self, OpenError> {
        let options = postgres_options(url)?.database(name);
        migrate::require_empty_or_ours(&options).await?;
        migrate::postgres(&options).await?;
        Self::connect_postgres(options, max_connections).await
    }

    async fn connect_postgres(
        options: PgConnectOptions,
        max_connections: u32,
    ) -> Result<Self, OpenError> {
        let pool = postgres_pool(PgPoolOptions::new().acquire_timeout(ACQUIRE_TIMEOUT));
        let primary = pool.max_connections(max_connections).connect_with(options).await?;
        Ok(Self::of_postgres(primary))
    }

    fn of_postgres(primary: PgPool) -> Self {
        Self::Postgres { ready: Ready::of(primary.clone()), primary, standby: None }
    }

    /// The same database, for what only reads: from the standby, when it has all that was committed.
    pub(crate) fn reading_from(self, standby: Option<Standby>) -> Self {
        match self {
            Self::Postgres { primary, ready, .. } => Self::Postgres { primary, ready, standby },
            sqlite @ Self::Sqlite { .. } => sqlite,
        }
    }

    const fn standby(&self) -> Option<&Standby> {
        match self {
            Self::Postgres { standby, .. } => standby.as_ref(),
            Self::Sqlite { .. } => None,
        }
    }

    pub async fn read(&self) -> Result<Session, sqlx::Error> {
        Session::open(self, Scope::Statement).await
    }

    /// The same database, never read from a standby.
    pub(crate) fn primary(&self) -> Self {
        self.clone().reading_from(None)
    }

    /// A transaction; it is undone unless it is committed.
    pub async fn write(&self) -> Result<Session, sqlx::Error> {
        Session::open(self, Scope::Transaction).await
    }

    /// For one statement that changes something and is committed by itself, without the way there and
    /// back of a transaction's ends. It must do no harm twice: if the connection is cut, it is not
    /// known whether it was done, and it is tried again.
    pub(crate) async fn change(&self) -> Result<Session, sqlx::Error> {
        Session::open(self, Scope::Change).await
    }

    /// What was there at one instant, whatever others write while it is read.
    pub(crate) async fn snapshot(&self) -> Result<Session, sqlx::Error> {
        Session::open(self, Scope::Snapshot).await
    }

    /// A connection was cut, and so may be all that are idle: the next one is new.
    fn suspect(&self) {
        if let Self::Postgres { ready, .. } = self {
            ready.discard_idle();
        }
    }

    async fn checkout(&self, scope: Scope) -> Result<Link, sqlx::Error> {
        Ok(match (self, scope) {
            (Self::Postgres { ready, .. }, _) => Link::Postgres(ready.acquire().await?),
            (Self::Sqlite { readers, .. }, Scope::Statement | Scope::Snapshot) => {
                Link::Sqlite(readers.acquire().await?)
            }
            (Self::Sqlite { writer, .. }, Scope::Change | Scope::Transaction) => {
                Link::Sqlite(writer.acquire().await?)
            }
        })
    }

    /// Whether other servers may use the same database.
    pub(crate) const fn is_shared(&self) -> bool {
        matches!(self, Self::Postgres { .. })
    }

    /// How many connections are open, and how many of them wait for work.
    pub fn connections(&self) -> (u32, u32) {
        let idle = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        match self {
            Self::Postgres { ready, .. } => {
                let (open, waiting) = ready.connections();
                (open, idle(waiting))
            }
            Self::Sqlite { readers, writer } => {
                let waiting = readers.num_idle() + writer.num_idle();
                (readers.size() + writer.size(), idle(waiting))
            }
        }
    }

    pub async fn close(&self) {
        match self {
            Self::Postgres { ready, .. } => ready.close().await,
            Self::Sqlite { readers, writer } => {
                readers.close().await;
                writer.close().await;
            }
        }
    }
}

/// A connection that was idle is asked whether it still works.
fn postgres_pool(options: PgPoolOptions) -> PgPoolOptions {
    options.test_before_acquire(false).before_acquire(|connection, meta| {
        Box::pin(async move {
            if meta.idle_for > SURELY_ALIVE {
                link::within(PING_DEADLINE, connection.ping()).await?;
            }
            Ok(true)
        })
    })
}

/// PostgreSQL breaks off what takes longer than anybody waits for, and transactions whose server
/// is gone: nobody else is to wait for their locks.
fn postgres_options(url: &str) -> Result<PgConnectOptions, sqlx::Error> {
    Ok(PgConnectOptions::from_str(url)?.application_name("jobbergate").options([
        ("statement_timeout", "15s"),
        ("idle_in_transaction_session_timeout", "60s"),
        ("timezone", "UTC"),
    ]))
}

/// The name of the database at `url`; without one it is the user's name.
pub fn postgres_name(url: &str) -> Result<String, sqlx::Error> {
    let options = PgConnectOptions::from_str(url)?;
    Ok(options.get_database().unwrap_or_else(|| options.get_username()).to_owned())
}

/// `$1, $2, …`
pub fn placeholders(count: usize) -> String {
    let all: Vec<_> = (1..=count).map(|n| format!("${n}")).collect();
    all.join(", ")
}
