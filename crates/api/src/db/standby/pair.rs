//! A connection to the primary and one to its standby: whether they belong together, and how far they are.

use std::time::Duration;

use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};
use tokio::time::{Instant, sleep};

use crate::db::{link::within, postgres_options};

/// How often a standby is asked until it has caught up.
const POLL: Duration = Duration::from_millis(1);
/// How long either of them may take to answer.
const DEADLINE: Duration = Duration::from_secs(2);

/// Which server's log it writes. That of a server that was just promoted says a new timeline at once.
const WRITTEN: &str = "SELECT system_identifier, \
                       CAST(CAST('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) AS bit(32)) AS integer) \
                       FROM pg_control_system()";
/// Which server's log it replays. The new timeline is there from its next restart point on, so that a standby
/// that still follows the old server is never taken for one of the new.
const FOLLOWED: &str = "SELECT system_identifier, timeline_id, pg_is_in_recovery() \
                        FROM pg_control_system(), pg_control_checkpoint()";
/// Until where commits have been answered: they wait for the disk.
const COMMITTED: &str = "SELECT CAST(pg_current_wal_flush_lsn() - '0/0' AS bigint)";
/// Who was promoted would go on to say how far they had come.
const REPLAYED: &str = "SELECT CASE WHEN pg_is_in_recovery() \
                        THEN CAST(pg_last_wal_replay_lsn() - '0/0' AS bigint) END";

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
    #[error("it is ahead of the primary, which was set back: make the standby anew")]
    Ahead,
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
        let written = sqlx::query_as(WRITTEN).fetch_one(&mut self.primary);
        let written: (i64, i32) = within(DEADLINE, written).await.map_err(Unfit::Primary)?;
        let followed = sqlx::query_as(FOLLOWED).fetch_one(&mut self.standby);
        let (system, timeline, is_in_recovery): (i64, i32, bool) =
            within(DEADLINE, followed).await.map_err(Unfit::Standby)?;
        match is_in_recovery {
            false => Err(Unfit::NotInRecovery),
            true if (system, timeline) != written => Err(Unfit::OtherHistory),
            // Nobody sends a standby what is not on the primary's disk.
            true if self.replayed().await? > self.committed().await? => Err(Unfit::Ahead),
            true => Ok(()),
        }
    }

    /// The end of what the primary has committed, in bytes of its log.
    pub(super) async fn committed(&mut self) -> Result<i64, Unfit> {
        let asked = sqlx::query_scalar(COMMITTED).fetch_one(&mut self.primary);
        within(DEADLINE, asked).await.map_err(Unfit::Primary)
    }

    /// How many bytes of that the standby has not replayed within this time.
    pub(super) async fn behind(&mut self, committed: i64, time: Duration) -> Result<i64, Unfit> {
        let behind = behind(&mut self.standby, committed, time, DEADLINE).await;
        behind.map_err(Unfit::Standby)?.ok_or(Unfit::NotInRecovery)
    }

    async fn replayed(&mut self) -> Result<i64, Unfit> {
        let replayed =
            within(DEADLINE, replayed(&mut self.standby)).await.map_err(Unfit::Standby)?;
        replayed.ok_or(Unfit::NotInRecovery)
    }
}

/// The end of what a standby has replayed; nothing if it is none.
async fn replayed(connection: &mut PgConnection) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar(REPLAYED).fetch_one(connection).await
}

/// How many bytes of what was committed a standby has not replayed within this time; nothing if it is none.
/// `deadline` is for each of its answers.
pub(super) async fn behind(
    connection: &mut PgConnection,
    committed: i64,
    time: Duration,
    deadline: Duration,
) -> sqlx::Result<Option<i64>> {
    let begin = Instant::now();
    loop {
        let Some(replayed) = within(deadline, replayed(connection)).await? else {
            return Ok(None);
        };
        let behind = Ord::max(committed - replayed, 0);
        if behind == 0 || begin.elapsed() >= time {
            return Ok(Some(behind));
        }
        sleep(POLL).await;
    }
}

/// How many bytes of what is committed now the standby has not replayed within this time.
pub async fn bytes_behind(primary: &str, standby: &str, time: Duration) -> Result<i64, Unfit> {
    let primary = postgres_options(primary).map_err(Unfit::Primary)?;
    let standby = postgres_options(standby).map_err(Unfit::Standby)?;
    let mut pair = Pair::connect(&primary, &standby).await?;
    pair.identify().await?;
    let committed = pair.committed().await?;
    pair.behind(committed, time).await
}
