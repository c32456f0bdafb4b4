//! Connections to PostgreSQL that are used again at once.
//!
//! sqlx's pool asks each connection that comes back whether it still works, which takes a task and a way
//! there and back. One that has just answered all that it was asked stays here instead, for who wants one
//! next, and goes back to the pool when nobody does for a moment.

use std::{
    fmt, mem,
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use sqlx::{PgConnection, PgPool, Postgres, pool::PoolConnection};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{PING_DEADLINE, SURELY_ALIVE};

/// After this time a connection goes back in any case: the pool ends those that are too old.
const AWAY: Duration = Duration::from_mins(1);

/// A pool, and what is ready of it.
#[derive(Clone)]
pub struct Ready(Arc<Inner>);

struct Inner {
    pool: PgPool,
    /// As many as the pool has connections. Who waits, waits here.
    places: Arc<Semaphore>,
    idle: Mutex<Idle>,
}

#[derive(Default)]
struct Idle {
    /// Those that were used last come last.
    connections: Vec<IdleConnection>,
    /// Whether a task looks after those that nobody wants.
    is_tidied: bool,
}

struct IdleConnection {
    connection: PoolConnection<Postgres>,
    away_since: Instant,
    idle_since: Instant,
}

/// A connection that somebody uses.
pub(super) struct Lent {
    connection: PoolConnection<Postgres>,
    away_since: Instant,
    ready: Ready,
    place: OwnedSemaphorePermit,
}

impl Ready {
    pub(super) fn of(pool: PgPool) -> Self {
        let places = pool.options().get_max_connections() as usize;
        let places = Arc::new(Semaphore::new(places));
        Self(Arc::new(Inner { pool, places, idle: Mutex::default() }))
    }

    /// Whoever waits longer than a ping may take has met a connection that is dead, and so may be the
    /// others that are idle; if all are busy, none is.
    pub(super) async fn acquire(&self) -> Result<Lent, sqlx::Error> {
        let started = Instant::now();
        let patience = self.0.pool.options().get_acquire_timeout();
        let acquired = tokio::time::timeout(patience, self.lend()).await;
        if started.elapsed() >= PING_DEADLINE {
            self.discard_idle();
        }
        acquired.map_err(|_| sqlx::Error::PoolTimedOut)?
    }

    async fn lend(&self) -> Result<Lent, sqlx::Error> {
        let place = Arc::clone(&self.0.places).acquire_owned().await;
        let place = place.map_err(|_| sqlx::Error::PoolClosed)?;
        let (connection, away_since) = match self.take() {
            Some(idle) => (idle.connection, idle.away_since),
            None => (self.0.pool.acquire().await?, Instant::now()),
        };
        Ok(Lent { connection, away_since, ready: self.clone(), place })
    }

    /// The one that was used last, if it surely still works.
    fn take(&self) -> Option<IdleConnection> {
        let idle = self.idle().connections.pop()?;
        if idle.idle_since.elapsed() <= SURELY_ALIVE {
            return Some(idle);
        }
        give_back(idle.connection);
        None
    }

    pub(super) fn discard_idle(&self) {
        for mut idle in mem::take(&mut self.idle().connections) {
            idle.connection.close_on_drop();
        }
        for _ in 0..self.0.pool.num_idle() {
            let Some(mut idle) = self.0.pool.try_acquire() else { break };
            idle.close_on_drop();
        }
    }

    /// How many connections are open, and how many of them wait for work.
    pub(super) fn connections(&self) -> (u32, usize) {
        (self.0.pool.size(), self.0.pool.num_idle() + self.idle().connections.len())
    }

    pub(super) async fn close(&self) {
        // From now on the pool is closed: nothing is kept any more.
        let closed = self.0.pool.close();
        self.0.places.close();
        drop(mem::take(&mut self.idle().connections));
        closed.await;
    }

    /// Gives those back that nobody has wanted for a moment, until there are none.
    async fn tidy(self) {
        loop {
            tokio::time::sleep(SURELY_ALIVE).await;
            if !self.give_old_back() {
                return;
            }
        }
    }

    /// Whether some are left.
    fn give_old_back(&self) -> bool {
        let mut idle = self.idle();
        let is_old = |idle: &mut IdleConnection| idle.idle_since.elapsed() >= SURELY_ALIVE;
        idle.connections.extract_if(.., is_old).for_each(|old| give_back(old.connection));
        idle.is_tidied = !idle.connections.is_empty();
        idle.is_tidied
    }

    /// Nothing is left half-changed by a panic.
    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lent {
    /// Leaves a connection to others that has answered all that it was asked.
    pub(super) fn keep(self) {
        let Self { connection, away_since, ready, place } = self;
        let mut idle = ready.idle();
        if away_since.elapsed() > AWAY || ready.0.pool.is_closed() {
            drop(idle);
            return give_back(connection);
        }
        idle.connections.push(IdleConnection {
            connection,
            away_since,
            idle_since: Instant::now(),
        });
        let was_tidied = mem::replace(&mut idle.is_tidied, true);
        drop(idle);
        // Whoever gets the place finds the connection.
        drop(place);
        if !was_tidied {
            tokio::spawn(ready.tidy());
        }
    }

    /// The same if it still works.
    pub(super) fn give_back(self) {
        give_back(self.connection);
    }

    pub(super) fn discard(mut self) {
        self.connection.close_on_drop();
    }
}

/// The pool finds out by itself whether a connection still works, by a ping, but would wait for ever.
fn give_back(mut connection: PoolConnection<Postgres>) {
    tokio::spawn(async move {
        if tokio::time::timeout(PING_DEADLINE, connection.return_to_pool()).await.is_err() {
            tracing::warn!("a connection to PostgreSQL does not answer, and is given up");
        }
    });
}

impl Deref for Lent {
    type Target = PgConnection;

    fn deref(&self) -> &Self::Target {
        &self.connection
    }
}

impl DerefMut for Lent {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.connection
    }
}

impl fmt::Debug for Ready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Ready").field(&self.0.pool).finish()
    }
}

impl fmt::Debug for Lent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lent").field("away_since", &self.away_since).finish_non_exhaustive()
    }
}
