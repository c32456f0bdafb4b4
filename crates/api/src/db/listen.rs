//! Telling other processes on the same PostgreSQL database that something was committed.
//!
//! SQLite has no such thing, and needs none: its database belongs to one process.

use std::time::Duration;

use sqlx::{
    Executor,
    postgres::{PgListener, PgPoolOptions},
};

use super::{Db, link::within};
use crate::args;

/// Notifications reach those who listen on the same database only.
const CHANNEL: &str = "jobbergate_changes";
/// How long it may take to connect, and to show that the connection still works.
const DEADLINE: Duration = Duration::from_secs(5);

/// A connection of its own, outside of the pool, on which notifications arrive.
pub(crate) struct Listener(PgListener);

impl Db {
    /// Tells those who listen, on whichever server.
    pub(crate) async fn notify(&self) -> Result<(), sqlx::Error> {
        if let Self::Sqlite { .. } = self {
            return Ok(());
        }
        let sql = "SELECT pg_notify($1, '')";
        self.change().await?.execute(sql, args![CHANNEL]).await.map(drop)
    }

    /// Listens; `None` where nobody could be heard.
    pub(crate) async fn listen(&self) -> Result<Option<Listener>, sqlx::Error> {
        let Self::Postgres { primary, .. } = self else { return Ok(None) };
        let options = PgPoolOptions::new().max_connections(1).acquire_timeout(DEADLINE);
        let own = options.max_lifetime(None).idle_timeout(None);
        let own = own.connect_lazy_with((*primary.connect_options()).clone());
        let listen = async {
            let mut listener = PgListener::connect_with(&own).await?;
            listener.ignore_pool_close_event(true);
            listener.listen(CHANNEL).await?;
            Ok(Some(Listener(listener)))
        };
        within(DEADLINE, listen).await
    }
}

impl Listener {
    /// Waits for a notification, or until one may have been lost with the connection, which is a
    /// new one then.
    pub(crate) async fn hear(&mut self) -> Result<(), sqlx::Error> {
        self.0.try_recv().await.map(drop)
    }

    /// Whether the other end answers.
    pub(crate) async fn is_alive(&mut self) -> bool {
        within(DEADLINE, self.0.execute("SELECT 1")).await.is_ok()
    }
}
