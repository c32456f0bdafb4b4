//! A standby of PostgreSQL (streaming replication) that answers what is only read, as long as it has
//! all that was committed before it is asked.
//!
//! One task asks the primary how far its log is on disk, and the standby how far it has replayed it, once
//! for all who want to read at that moment. Whoever has got an answer to a change finds it: that change
//! was committed before.

mod following;
mod pair;

use std::time::Duration;

use sqlx::postgres::PgPoolOptions;

pub use following::{Following, Reads};
pub use pair::{Unfit, bytes_behind};

use super::{link::Link, postgres_pool, ready::Ready, session::is_broken};

/// How long a request waits for a connection to the standby before it reads from the primary.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(1);

/// A pool of connections to a database on the standby.
#[derive(Clone, Debug)]
pub struct Standby {
    pool: Ready,
    following: Following,
}

impl Standby {
    /// The database `name`; without a name the one that the standby's address names.
    pub(crate) fn open(following: &Following, name: Option<&str>, max_connections: u32) -> Self {
        let mut options = following.standby().clone();
        if let Some(name) = name {
            options = options.database(name);
        }
        let pool = postgres_pool(PgPoolOptions::new().acquire_timeout(ACQUIRE_TIMEOUT));
        let pool = pool.max_connections(max_connections).connect_lazy_with(options);
        Self { pool: Ready::of(pool), following: following.clone() }
    }

    /// A connection, if the standby has all that was committed until now.
    pub(super) async fn link(&self) -> Option<Link> {
        let acquired = match self.following.is_level().await {
            true => self.pool.acquire().await,
            false => Err(sqlx::Error::PoolTimedOut),
        };
        if let Err(error) = &acquired
            && !matches!(error, sqlx::Error::PoolTimedOut)
        {
            self.following.suspect(error);
        }
        self.following.count(acquired.is_ok());
        acquired.ok().map(Link::Postgres)
    }

    /// Whether a statement that failed so is to be tried on the primary.
    pub(super) fn forgives(&self, error: &sqlx::Error) -> bool {
        if is_broken(error) {
            self.following.suspect(error);
            return true;
        }
        // Replaying the log was in the way of the statement, or the statement changes something.
        let code = error.as_database_error().and_then(|error| error.code());
        matches!(code.as_deref(), Some("40001" | "40P01" | "25006"))
    }

    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}
