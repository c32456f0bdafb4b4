//! Turns at work that one process at a time does on a database.

use std::{fs::File, fs::TryLockError, time::Duration};

use sqlx::{Connection, PgConnection};

use super::{Db, link::within, open_private};

/// How long `PostgreSQL` may take to say whose turn it is.
const DEADLINE: Duration = Duration::from_secs(10);

/// A turn at some work; another process gets it when this one ends it or dies.
#[derive(Debug)]
#[must_use]
pub struct Turn(Held);

#[derive(Debug)]
enum Held {
    /// A lock that belongs to a connection, outside of the pool.
    Postgres(Box<PgConnection>, i64),
    /// A lock on a file beside the database.
    Sqlite(File),
}

impl Db {
    /// Takes the turn at the work with this number; `None` if somebody else has it.
    pub async fn take_turn(&self, number: i64) -> Result<Option<Turn>, sqlx::Error> {
        match self {
            Self::Postgres { primary, .. } => {
                let options = primary.connect_options();
                let take = async {
                    let mut connection = PgConnection::connect_with(&options).await?;
                    let lock = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)").bind(number);
                    let taken: bool = lock.fetch_one(&mut connection).await?;
                    Ok(taken.then(|| Turn(Held::Postgres(Box::new(connection), number))))
                };
                within(DEADLINE, take).await
            }
            Self::Sqlite { readers, .. } => {
                let options = readers.connect_options();
                let path = options.get_filename().with_extension(format!("turn-{number:x}.lock"));
                let file = open_private(&path)?;
                match file.try_lock() {
                    Ok(()) => Ok(Some(Turn(Held::Sqlite(file)))),
                    Err(TryLockError::WouldBlock) => Ok(None),
                    Err(TryLockError::Error(error)) => Err(error.into()),
                }
            }
        }
    }
}

impl Turn {
    /// Whether nobody else can have got it meanwhile: `PostgreSQL` ends it with the connection.
    pub async fn is_held(&mut self) -> bool {
        match &mut self.0 {
            Held::Postgres(connection, _) => within(DEADLINE, connection.ping()).await.is_ok(),
            Held::Sqlite(_) => true,
        }
    }

    /// Lets the next one have it at once. Without this it takes until the other end notices.
    pub async fn end(self) {
        match self.0 {
            Held::Postgres(mut connection, number) => {
                let unlock = sqlx::query("SELECT pg_advisory_unlock($1)").bind(number);
                if let Err(error) = within(DEADLINE, unlock.execute(&mut *connection)).await {
                    tracing::debug!(%error, "the lock ends with its connection");
                }
            }
            Held::Sqlite(file) => drop(file),
        }
    }
}
