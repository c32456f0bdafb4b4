//! The SQL of exports and imports, made of the list of tables.

use chrono::{DateTime, Utc};
use sea_query::Value;

use super::{
    Whose,
    row::Row,
    tables::{Column, Place, TABLES, Table},
};
use crate::{
    args,
    db::{Kind, Session, arguments::Arguments},
};

/// How far numbers of rows and claims jump at least when a backup is restored: more than can have been
/// given out since it was made.
const JUMP: i64 = 100_000;
/// Since when the minutes are counted that they jump beyond that, in seconds of Unix time: 2026-01-01.
const EPOCH: i64 = 1_767_225_600;
/// How far the numbers of changes jump at least.
const CHANGES_JUMP: i64 = 1_000_000;
/// How many of them jump with one statement, which has a deadline.
const CHANGES_AT_ONCE: i64 = 5000;
/// How many changes of how many submissions there are PostgreSQL adds up with one statement.
const COUNTS_AT_ONCE: i64 = 200_000;

fn quoted(names: impl IntoIterator<Item = &'static str>) -> String {
    let quoted: Vec<_> = names.into_iter().map(|name| format!("\"{name}\"")).collect();
    quoted.join(", ")
}

fn kinds(table: &Table) -> Vec<Kind> {
    table.columns.iter().map(|column| column.kind).collect()
}

fn selected(table: &Table, sqlite: bool) -> String {
    let columns = table.columns.iter().map(|column| column.kind.selected(column.name, sqlite));
    columns.collect::<Vec<_>>().join(", ")
}

/// Some rows of a table after one, by key.
pub(super) async fn page(
    db: &mut Session,
    table: &Table,
    whose: &Whose,
    after: Option<&Row>,
) -> sqlx::Result<Vec<Row>> {
    let mut arguments = Vec::new();
    let mut conditions: Vec<_> = table.only.map(str::to_owned).into_iter().collect();
    if let (Place::Shared { of_organization, .. }, Whose::Organization(id)) = (table.place, whose) {
        arguments.push(id.clone().into());
        conditions.push(of_organization.to_owned());
    }
    let key = quoted(table.key.iter().copied());
    if let Some(row) = after {
        let last = table.key_places().filter_map(|place| row.get(place).cloned());
        let first = arguments.len() + 1;
        arguments.extend(last);
        let places: Vec<_> = (first..=arguments.len()).map(|n| format!("${n}")).collect();
        conditions.push(format!("({key}) > ({})", places.join(", ")));
    }
    let which = match conditions.is_empty() {
        true => String::new(),
        false => format!(" WHERE {}", conditions.join(" AND ")),
    };
    let columns = selected(table, db.is_sqlite());
    let (name, limit) = (table.name, table.page);
    let sql = format!("SELECT {columns} FROM {name}{which} ORDER BY {key} LIMIT {limit}");
    db.fetch_values(&sql, Arguments(arguments), &kinds(table)).await
}

pub(super) async fn holds_rows(db: &mut Session, table: &Table) -> sqlx::Result<bool> {
    let sql =
        format!("SELECT CAST(count(*) AS bigint) FROM (SELECT 1 FROM {} LIMIT 1) AS t", table.name);
    let (count,): (i64,) = db.fetch_one(&sql, args![]).await?;
    Ok(count > 0)
}

/// Has others wait who want to make something, until this transaction ends. SQLite has them wait
/// anyway.
pub(super) async fn keep_others_out(db: &mut Session) -> sqlx::Result<()> {
    if !db.is_sqlite() {
        let data = TABLES.iter().filter(|table| table.place == Place::Data);
        let names: Vec<_> = data.map(|table| table.name).collect();
        let sql = format!("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE", names.join(", "));
        db.execute(&sql, args![]).await?;
    }
    Ok(())
}

/// Makes rows; of a shared table only those whose key nobody has. How many.
pub(super) async fn insert(db: &mut Session, table: &Table, rows: &[Row]) -> sqlx::Result<u64> {
    let sqlite = db.is_sqlite();
    let mut next = 0;
    let mut values = Vec::with_capacity(rows.len());
    for _ in rows {
        let cells = table.columns.iter().map(|column| {
            next += 1;
            column.kind.placeholder(next, sqlite)
        });
        values.push(format!("({})", cells.collect::<Vec<_>>().join(", ")));
    }
    let conflict = match table.place {
        Place::Data => "",
        Place::Seeded => " ON CONFLICT (shard) DO UPDATE SET number = excluded.number",
        Place::Shared { .. } => " ON CONFLICT DO NOTHING",
    };
    let numbers = if sqlite { "" } else { " OVERRIDING SYSTEM VALUE" };
    let columns = quoted(table.columns.iter().map(|column| column.name));
    let (name, values) = (table.name, values.join(", "));
    let sql = format!("INSERT INTO {name} ({columns}){numbers} VALUES {values}{conflict}");
    let arguments = rows.iter().flatten().cloned().collect();
    db.execute(&sql, Arguments(arguments)).await
}

/// The row with the key of this one.
pub(super) async fn find(db: &mut Session, table: &Table, row: &Row) -> sqlx::Result<Option<Row>> {
    let key: Vec<Value> = table.key_places().filter_map(|place| row.get(place).cloned()).collect();
    let conditions = table.key.iter().enumerate().map(|(n, key)| format!("\"{key}\" = ${}", n + 1));
    let which: Vec<_> = conditions.collect();
    let (columns, name) = (selected(table, db.is_sqlite()), table.name);
    let sql = format!("SELECT {columns} FROM {name} WHERE {}", which.join(" AND "));
    Ok(db.fetch_values(&sql, Arguments(key), &kinds(table)).await?.pop())
}

/// Whether a row names this file.
pub(super) async fn names_file(
    db: &mut Session,
    table: &Table,
    parent: i32,
    filename: &str,
) -> sqlx::Result<bool> {
    let sql = format!("SELECT count(*) FROM {} WHERE parent_id = $1 AND filename = $2", table.name);
    let (count,): (i64,) = db.fetch_one(&sql, args![parent, filename]).await?;
    Ok(count > 0)
}

/// Begins what can be undone without the rest of the transaction.
pub(super) async fn begin_part(db: &mut Session) -> sqlx::Result<()> {
    db.execute("SAVEPOINT part", args![]).await.map(drop)
}

pub(super) async fn keep_part(db: &mut Session) -> sqlx::Result<()> {
    db.execute("RELEASE SAVEPOINT part", args![]).await.map(drop)
}

pub(super) async fn undo_part(db: &mut Session) -> sqlx::Result<()> {
    db.execute("ROLLBACK TO SAVEPOINT part", args![]).await?;
    keep_part(db).await
}

/// Prepares what agents and clients of the old server find here. An agent may have begun what waited
/// when the archive was made: whoever claims it looks for its job first. And whoever asks for
/// changes since something that the old server told is told all: numbers of changes jump, and when the
/// same data moves once more, further, so that those of the first time are old as well.
pub(super) async fn prepare_for_move(db: &mut Session, now: DateTime<Utc>) -> sqlx::Result<()> {
    let sql = "UPDATE job_submissions SET inherited = true WHERE status = 'CREATED'";
    db.execute(sql, args![]).await?;
    db.execute("UPDATE withdrawn_submissions SET inherited = true", args![]).await?;
    let jump = CHANGES_JUMP + now.timestamp_millis().max(0);
    let sql = "UPDATE submission_change_counters SET number = number + $1";
    db.execute(sql, args![jump]).await?;
    let mut after = 0;
    while let Some(last) = end_of_changes(db, after).await? {
        let sql = "UPDATE submission_changes SET number = number + $1 \
                   WHERE job_submission_id > $2 AND job_submission_id <= $3";
        db.execute(sql, args![jump, after, last]).await?;
        after = last;
    }
    add_up_counts(db).await
}

/// What each statement of an import added to how many submissions there are: lists would add that up until
/// somebody changes enough of them.
async fn add_up_counts(db: &mut Session) -> sqlx::Result<()> {
    if db.is_sqlite() {
        return Ok(());
    }
    let sql = "SELECT coalesce(add_up_submission_counts($1), 0)";
    loop {
        let (added_up,): (i64,) = db.fetch_one(sql, args![COUNTS_AT_ONCE]).await?;
        if added_up == 0 {
            return Ok(());
        }
    }
}

/// The last of some changes behind a submission's.
async fn end_of_changes(db: &mut Session, after: i64) -> sqlx::Result<Option<i64>> {
    let sql = format!(
        "SELECT CAST(max(job_submission_id) AS bigint) FROM (SELECT job_submission_id \
         FROM submission_changes WHERE job_submission_id > $1 ORDER BY job_submission_id \
         LIMIT {CHANGES_AT_ONCE}) AS t"
    );
    let (last,): (Option<i64>,) = db.fetch_one(&sql, args![after]).await?;
    Ok(last)
}

/// Has the next numbers of rows be past all that were given out since a backup was made: agents know
/// submissions by them. What is left of a table's numbers is never used up by more than half.
pub(super) async fn pass_numbers(db: &mut Session, now: DateTime<Utc>) -> sqlx::Result<()> {
    for table in TABLES.iter().filter(|table| table.is_numbered) {
        let is_big = |column: &Column| column.name == "id" && column.kind == Kind::BigInteger;
        let highest = match table.columns.iter().any(is_big) {
            true => i64::MAX,
            false => i32::MAX.into(),
        };
        let last = db.last_number(table.name).await?;
        let room = highest.saturating_sub(last) / 2;
        db.pass_number(table.name, last + jump(now).min(room)).await?;
    }
    Ok(())
}

/// The same of the numbers of claims.
pub(super) async fn pass_claims(db: &mut Session, now: DateTime<Utc>) -> sqlx::Result<()> {
    let sql = "UPDATE cluster_claims SET last_claim = last_claim + $1";
    db.execute(sql, args![jump(now)]).await.map(drop)
}

/// The later, the further: two restores of one backup do not give out the same numbers.
fn jump(now: DateTime<Utc>) -> i64 {
    JUMP + ((now.timestamp() - EPOCH) / 60).max(0)
}
