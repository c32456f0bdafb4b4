//! What a migration says of itself: a sentence, and whom it keeps waiting. It is in the comment that its file
//! begins with:
//!
//! ```sql
//! -- What lists show, counted by triggers. More may follow.
//! -- locks: job_submissions writes, 20 s per million rows
//! -- locks: job_scripts reads and writes, at once
//! ```
//!
//! or `-- locks: nothing` if nobody waits, as all tables that it touches are new or it locks none.

use sqlx::migrate::Migration;

/// The locks of the migrations whose files are older than this: what a database was migrated with must not
/// change any more.
const OLDER: &str = include_str!("older_locks.txt");
/// The first migration that says so itself.
#[cfg(test)]
const FIRST: i64 = 22;

/// Who waits until a migration is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// Who writes to the table.
    Writes,
    /// Who reads it, too.
    All,
}

/// What a migration does to a table that is there already.
#[derive(Debug, Clone, PartialEq)]
pub struct Lock {
    pub table: String,
    pub waiting: Waiting,
    /// How long it works for each million of the table's rows, in seconds.
    pub seconds_per_million: f64,
}

/// What it says of itself.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Notes {
    pub(super) does: String,
    /// None of a migration that does not say.
    pub(super) locks: Option<Vec<Lock>>,
}

impl Notes {
    pub(super) fn of(migration: &Migration, sqlite: bool) -> Self {
        let mut notes = parse(migration.sql.as_str());
        if notes.locks.is_none() {
            notes.locks = older(migration.version, sqlite);
        }
        if notes.does.is_empty() {
            notes.does = migration.description.to_string();
        }
        notes
    }
}

fn parse(sql: &str) -> Notes {
    let comment = sql.lines().map_while(|line| line.strip_prefix("--").map(str::trim));
    let (locks, words): (Vec<_>, Vec<_>) = comment.partition(|line| line.starts_with("locks:"));
    let words = words.join(" ");
    let does = words.split_inclusive(". ").next().unwrap_or_default().trim().to_owned();
    let locks: Option<Vec<_>> = locks.iter().map(|line| lock(line)).collect();
    let locks = locks.filter(|locks| !locks.is_empty());
    Notes { does, locks: locks.map(|locks| locks.into_iter().flatten().collect()) }
}

/// What such a line says; `Some(None)` for nothing.
fn lock(line: &str) -> Option<Option<Lock>> {
    let line = line.strip_prefix("locks:")?.trim();
    if line == "nothing" {
        return Some(None);
    }
    let (what, how_long) = line.split_once(", ")?;
    let (table, waiting) = what.split_once(' ')?;
    let waiting = match waiting {
        "writes" => Waiting::Writes,
        "reads and writes" => Waiting::All,
        _ => return None,
    };
    let seconds_per_million = match how_long {
        "at once" => 0.0,
        how_long => how_long.strip_suffix(" s per million rows")?.parse().ok()?,
    };
    Some(Some(Lock { table: table.to_owned(), waiting, seconds_per_million }))
}

/// Each line begins with a database and a migration's number.
fn older(version: i64, sqlite: bool) -> Option<Vec<Lock>> {
    let database = if sqlite { "sqlite" } else { "postgres" };
    let beginning = format!("{database} {version} ");
    let lines = OLDER.lines().filter_map(|line| line.strip_prefix(&beginning));
    let locks: Option<Vec<_>> = lines.map(lock).collect();
    let locks = locks.filter(|locks| !locks.is_empty());
    locks.map(|locks| locks.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use super::{super::migrator, *};

    #[test]
    fn each_migration_says_what_it_does_and_whom_it_keeps_waiting() {
        for sqlite in [true, false] {
            for migration in migrator(sqlite).iter() {
                let (number, notes) = (migration.version, parse(migration.sql.as_str()));
                let says = notes.does.len() > 10 && notes.locks.is_some();
                assert!(number < FIRST || says, "{number} of {sqlite}: {notes:?}");
                assert!(Notes::of(migration, sqlite).locks.is_some(), "{number}");
            }
        }
    }

    #[test]
    fn a_comment_is_read_to_the_first_statement() {
        let sql = "-- Counts rows. It\n-- does more.\n-- locks: jobs reads and writes, at once\n\
                   -- locks: scripts writes, 2.5 s per million rows\nSELECT 1;\n-- locks: no\n";
        let lock = |table: &str, waiting, seconds_per_million| Lock {
            table: table.to_owned(),
            waiting,
            seconds_per_million,
        };
        let locks = vec![lock("jobs", Waiting::All, 0.0), lock("scripts", Waiting::Writes, 2.5)];
        let expected = Notes { does: "Counts rows.".to_owned(), locks: Some(locks) };
        assert_eq!(parse(sql), expected);
        assert_eq!(parse("-- New.\n-- locks: nothing\n").locks, Some(vec![]));
    }

    #[test]
    fn what_is_not_understood_says_nothing() {
        for line in ["", "locks: jobs", "locks: jobs writes, soon", "locks: jobs reads, at once"] {
            assert_eq!(parse(&format!("-- Does it.\n-- {line}\n")).locks, None, "{line}");
        }
    }
}
