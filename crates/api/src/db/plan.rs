//! What a start of this version would do to a database's tables, without doing it.

use std::time::Duration;

use super::{
    Db, Schema, Session,
    migrate::{self, Described, Lock, UPSTREAM_MIGRATION, Waiting},
};
use crate::args;

/// How long the version that runs may wait for a migration.
pub const BEARABLE_WAIT: Duration = Duration::from_secs(5);
/// How many bytes of PostgreSQL's a row takes at least, where it has not counted.
const SMALLEST_ROW: i64 = 100;

/// The migrations that a database lacks.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The last one that it has; none if it has no tables, so that nobody can wait for anything.
    pub revision: Option<i64>,
    /// Whether the Python server made its tables.
    pub is_upstream: bool,
    pub steps: Vec<Step>,
}

/// One migration, which is one transaction.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    pub number: i64,
    /// In a sentence.
    pub does: String,
    pub touched: Vec<Touched>,
}

/// A table that others wait for meanwhile.
#[derive(Debug, Clone, PartialEq)]
pub struct Touched {
    pub lock: Lock,
    /// Counted in SQLite, estimated in PostgreSQL.
    pub rows: i64,
}

/// Why nothing can be said.
#[derive(Debug, thiserror::Error)]
pub enum Unplanned {
    #[error("it is at revision {0}, this program knows {1}; install the newer version")]
    New(i64, i64),
    #[error(
        "it is at revision {0} of the Python server, not {head}; upgrade it with the Python server \
         first (`alembic upgrade head`)", head = Schema::UPSTREAM_HEAD
    )]
    Revision(String),
    #[error("it holds tables that are not Jobbergate's, for example {0}")]
    Foreign(String),
    #[error("it cannot be looked into: {0}")]
    Unseen(#[from] sqlx::Error),
}

impl Plan {
    /// Whether the version that runs would wait for longer than [`BEARABLE_WAIT`] somewhere.
    pub fn keeps_others_waiting(&self) -> bool {
        self.steps.iter().any(|step| step.estimate() > BEARABLE_WAIT)
    }
}

impl Step {
    /// A careful guess. What the first change locks stays locked until the last one is done.
    pub fn estimate(&self) -> Duration {
        let seconds = |it: &Touched| it.rows as f64 / 1e6 * it.lock.seconds_per_million;
        let all: f64 = self.touched.iter().map(seconds).sum();
        Duration::try_from_secs_f64(all).unwrap_or(Duration::MAX)
    }

    /// Who waits for it, whatever the table.
    pub fn waiting(&self) -> Option<Waiting> {
        let all = self.touched.iter().any(|it| it.lock.waiting == Waiting::All);
        let some = (!self.touched.is_empty()).then_some(Waiting::Writes);
        if all { Some(Waiting::All) } else { some }
    }
}

impl Db {
    /// Reads only.
    pub async fn plan(&self) -> Result<Plan, Unplanned> {
        let newest = Schema::newest(self);
        let (revision, is_upstream) = match self.schema().await? {
            Schema::Empty => (None, false),
            Schema::Ours { revision } if revision > newest => {
                return Err(Unplanned::New(revision, newest));
            }
            Schema::Ours { revision } => (Some(revision), false),
            Schema::Upstream { revision } => match revision.as_deref() {
                Some(Schema::UPSTREAM_HEAD) => (Some(UPSTREAM_MIGRATION), true),
                _ => return Err(Unplanned::Revision(revision.unwrap_or_else(|| "unknown".into()))),
            },
            Schema::Foreign { table } => return Err(Unplanned::Foreign(table)),
        };
        let mut db = self.read().await?;
        let mut steps = Vec::new();
        for described in migrate::after(revision.unwrap_or_default(), db.is_sqlite()) {
            steps.push(step(&mut db, described).await?);
        }
        Ok(Plan { revision, is_upstream, steps })
    }
}

async fn step(db: &mut Session, described: Described) -> Result<Step, sqlx::Error> {
    let Described { number, does, locks } = described;
    let mut touched = Vec::new();
    for lock in locks {
        // A table that an earlier step makes has no rows yet, and nobody who waits for it.
        if let Some(rows) = rows(db, &lock.table).await? {
            touched.push(Touched { lock, rows });
        }
    }
    Ok(Step { number, does, touched })
}

/// How many rows a table has, if it is there.
async fn rows(db: &mut Session, table: &str) -> Result<Option<i64>, sqlx::Error> {
    if !super::inspect::has_table(db, table).await? {
        return Ok(None);
    }
    let (rows,): (i64,) = if db.is_sqlite() {
        db.fetch_one(&format!("SELECT count(*) FROM {table}"), args![]).await?
    } else {
        // As the planner guesses; what was never counted is guessed by its size.
        let sql = "SELECT CASE WHEN reltuples > 0 AND relpages > 0 \
             THEN round(reltuples / relpages * (pg_relation_size(oid) \
                  / current_setting('block_size')::bigint))::bigint \
             ELSE pg_relation_size(oid) / $2 END \
             FROM pg_class WHERE oid = to_regclass($1)";
        db.fetch_one(sql, args![table, SMALLEST_ROW]).await?
    };
    Ok(Some(rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(rows: i64, seconds_per_million: f64, waiting: Waiting) -> Step {
        let lock = Lock { table: "t".to_owned(), waiting, seconds_per_million };
        Step { number: 1, does: "It.".to_owned(), touched: vec![Touched { lock, rows }] }
    }

    #[test]
    fn others_wait_for_long_when_there_are_many_rows() {
        let plan = |rows, seconds| Plan {
            revision: Some(1),
            is_upstream: false,
            steps: vec![step(rows, seconds, Waiting::Writes)],
        };
        assert!(!plan(10_000_000, 0.0).keeps_others_waiting());
        assert!(!plan(100_000, 20.0).keeps_others_waiting());
        assert!(plan(1_000_000, 20.0).keeps_others_waiting());
    }

    #[test]
    fn who_reads_one_table_waits_for_the_whole_step() {
        let mut both = step(1, 1.0, Waiting::Writes);
        assert_eq!(both.waiting(), Some(Waiting::Writes));
        both.touched.extend(step(1_000_000, 2.0, Waiting::All).touched);
        assert_eq!(both.waiting(), Some(Waiting::All));
        assert_eq!(both.estimate().as_secs(), 2);
    }
}
