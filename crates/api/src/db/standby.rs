//! A standby of PostgreSQL (streaming replication) that answers what is only read, as long as it has
//! all that was committed before it is asked.
//!
//! One task asks the primary how far its log is on disk, once for all who want to read at that moment. Each
//! of them then asks the connection to the standby that it will read from how far that has replayed it. Whoever
//! has got an answer to a change finds it: that change was committed before.

mod following;
mod pair;
mod pause;

use std::{io, time::Duration};

use sqlx::postgres::PgPoolOptions;

pub use following::{Following, Reads};
pub use pair::{Unfit, bytes_behind};

use super::{
    link::Link,
    postgres_pool,
    ready::{Lent, Ready},
    session::is_broken,
};
use pair::behind;
use pause::Pause;

/// How long readers wait for the standby to replay what was committed.
const PATIENCE: Duration = Duration::from_millis(20);
/// How long a request waits for a connection to the standby before it reads from the primary.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(1);
/// How long the standby may take to say how far it is.
const ANSWER_DEADLINE: Duration = Duration::from_millis(250);

/// A statement that waits for what is being replayed, or takes long, is left to the primary, which has more time.
const GIVING_UP: [(&str, &str); 2] = [("lock_timeout", "1s"), ("statement_timeout", "5s")];

/// A pool of connections to a database on the standby.
#[derive(Clone, Debug)]
pub struct Standby {
    pool: Ready,
    most: u32,
    following: Following,
    pause: Pause,
}

impl Standby {
    /// The database `name`; without a name the one that the standby's address names.
    pub(crate) fn open(following: &Following, name: Option<&str>, most: u32) -> Self {
        let mut options = following.standby().clone().options(GIVING_UP);
        if let Some(name) = name {
            options = options.database(name);
        }
        let pool = postgres_pool(PgPoolOptions::new().acquire_timeout(ACQUIRE_TIMEOUT));
        let pool = pool.max_connections(most).connect_lazy_with(options);
        Self { pool: Ready::of(pool), most, following: following.clone(), pause: Pause::default() }
    }

    /// A connection, if the standby has all that was committed until now.
    pub(super) async fn link(&self) -> Option<Link> {
        let link = self.level_link().await;
        self.following.count(link.is_some());
        link.map(Link::Postgres)
    }

    async fn level_link(&self) -> Option<Lent> {
        if self.pause.is_on() {
            return None;
        }
        let committed = self.following.committed().await?;
        let mut link = match self.pool.acquire().await {
            Ok(link) => link,
            Err(error) => {
                self.rest(&error);
                return None;
            }
        };
        match replays(&mut link, committed).await {
            Ok(true) => {
                self.pause.is_over();
                Some(link)
            }
            Ok(false) => {
                self.following.is_behind();
                link.keep();
                None
            }
            Err(error) => {
                link.discard();
                self.rest(&error);
                None
            }
        }
    }

    /// After a failure the primary is read from for a moment.
    fn rest(&self, error: &sqlx::Error) {
        let (open, idle) = self.pool.connections();
        let is_busy = open >= self.most && idle == 0;
        match error {
            // The organization is being closed, or all connections are in use.
            sqlx::Error::PoolClosed => {}
            sqlx::Error::PoolTimedOut if is_busy => {}
            _ => {
                self.pool.discard_idle();
                self.pause.begin(error);
            }
        }
    }

    /// Whether a statement that failed so is to be tried on the primary.
    pub(super) fn forgives(&self, error: &sqlx::Error) -> bool {
        if is_broken(error) {
            self.rest(error);
            return true;
        }
        // Replaying the log was in the way of the statement, or it was broken off there; or it changes something, or
        // reads what is in no log.
        let code = error.as_database_error().and_then(|error| error.code());
        matches!(code.as_deref(), Some("40001" | "40P01" | "55P03" | "57014" | "25006" | "0A000"))
    }

    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}

/// Whether the server at the other end replays in time what was committed.
async fn replays(link: &mut Lent, committed: i64) -> Result<bool, sqlx::Error> {
    match behind(link, committed, PATIENCE, ANSWER_DEADLINE).await? {
        Some(bytes) => Ok(bytes == 0),
        None => Err(io::Error::other("it is no standby any more").into()),
    }
}
