//! A connection to the primary and one to its standby: whether they belong together, and how far they are.

use std::time::Duration;

use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};

use crate::db::{link::within, postgres_options};

/// How long either of them may take to answer.
const DEADLINE: Duration = Duration::from_secs(2);

/// Which history of which server: a standby that another server was promoted before is not of this one.
const HISTORY: &str = "SELECT system_identifier, timeline_id, pg_is_in_recovery() \
                       FROM pg_control_system(), pg_control_checkpoint()";
/// Until where commits have been answered. With `synchronous_commit = off` that is more than is on disk.
const COMMITTED: &str = "SELECT CAST(CASE current_setting('synchronous_commit') \
            WHEN 'off' THEN pg_current_wal_insert_lsn() ELSE pg_current_wal_flush_lsn() END \
            - '0/0' AS bigint)";
const REPLAYED: &str = "SELECT CAST(pg_last_wal_replay_lsn() - '0/0' AS bigint)";

/// Why nothing is read from the standby.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    #[error("the primary cannot be asked how far it is: {0}")]
    Primary(sqlx::Error),
    #[error("the standby cannot be asked: {0}")]
    Standby(sqlx::Error),
    #[error("it is no standby: it is not in recovery")]
    NotInRecovery,
    #[error("it is a standby of another server, or of the time before another one was promoted")]
    OtherHistory,
}

#[derive(Debug)]
pub(super) struct Pair {
    primary: PgConnection,
    standby: PgConnection,
}

impl Pair {
    pub(super) async fn connect(
        primary: &PgConnectOptions,
        standby: &PgConnectOptions,
    ) -> Result<Self, Unfit> {
        let connect = |options| within(DEADLINE, PgConnection::connect_with(options));
        let primary = connect(primary).await.map_err(Unfit::Primary)?;
        let standby = connect(standby).await.map_err(Unfit::Standby)?;
        Ok(Self { primary, standby })
    }

    /// Fails unless one is the other's standby.
    pub(super) async fn identify(&mut self) -> Result<(), Unfit> {
        type History = (i64, i32, bool);
        let primary = sqlx::query_as(HISTORY).fetch_one(&mut self.primary);
        let (system, timeline, _): History =
            within(DEADLINE, primary).await.map_err(Unfit::Primary)?;
        let standby = sqlx::query_as(HISTORY).fetch_one(&mut self.standby);
        let found: History = within(DEADLINE, standby).await.map_err(Unfit::Standby)?;
        match found {
            (_, _, false) => Err(Unfit::NotInRecovery),
            (its, of, true) if (its, of) != (system, timeline) => Err(Unfit::OtherHistory),
            _ => Ok(()),
        }
    }

    /// The end of what the primary has committed, in bytes of its log.
    pub(super) async fn committed(&mut self) -> Result<i64, Unfit> {
        let asked = sqlx::query_scalar(COMMITTED).fetch_one(&mut self.primary);
        within(DEADLINE, asked).await.map_err(Unfit::Primary)
    }

    /// The end of what the standby has replayed.
    pub(super) async fn replayed(&mut self) -> Result<i64, Unfit> {
        let asked = sqlx::query_scalar(REPLAYED).fetch_one(&mut self.standby);
        let replayed: Option<i64> = within(DEADLINE, asked).await.map_err(Unfit::Standby)?;
        replayed.ok_or(Unfit::NotInRecovery)
    }
}

/// How many bytes of the primary's log the standby has not replayed yet.
pub async fn bytes_behind(primary: &str, standby: &str) -> Result<i64, Unfit> {
    let primary = postgres_options(primary).map_err(Unfit::Primary)?;
    let standby = postgres_options(standby).map_err(Unfit::Standby)?;
    let mut pair = Pair::connect(&primary, &standby).await?;
    pair.identify().await?;
    let committed = pair.committed().await?;
    Ok((committed - pair.replayed().await?).max(0))
}
