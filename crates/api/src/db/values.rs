//! Rows whose columns are known as a list only, not as a struct.

use chrono::{DateTime, Utc};
use sea_query::Value;
use sqlx::{ColumnIndex, Decode, Row, Type, postgres::PgRow, sqlite::SqliteRow};

use super::TextArray;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Integer,
    BigInteger,
    Real,
    Boolean,
    Text,
    /// JSON, as its text: numbers stay as they were written.
    Json,
    /// A list of texts.
    Texts,
    Instant,
}

impl Kind {
    /// What selects a column of this kind.
    pub(crate) fn selected(self, column: &str, sqlite: bool) -> String {
        match (self, sqlite) {
            (Self::Json, false) => format!("CAST(\"{column}\" AS text)"),
            _ => format!("\"{column}\""),
        }
    }

    /// What stands for its value in a statement, as the argument of this number.
    pub(crate) fn placeholder(self, number: usize, sqlite: bool) -> String {
        match (self, sqlite) {
            (Self::Json, false) => format!("CAST(${number} AS jsonb)"),
            _ => format!("${number}"),
        }
    }
}

/// A row of either database.
pub(super) trait Cells {
    fn cell(&self, index: usize, kind: Kind) -> sqlx::Result<Value>;

    fn cells(&self, kinds: &[Kind]) -> sqlx::Result<Vec<Value>> {
        kinds.iter().enumerate().map(|(index, kind)| self.cell(index, *kind)).collect()
    }
}

impl Cells for PgRow {
    fn cell(&self, index: usize, kind: Kind) -> sqlx::Result<Value> {
        decode(self, index, kind)
    }
}

impl Cells for SqliteRow {
    fn cell(&self, index: usize, kind: Kind) -> sqlx::Result<Value> {
        decode(self, index, kind)
    }
}

fn decode<'r, R: Row>(row: &'r R, index: usize, kind: Kind) -> sqlx::Result<Value>
where
    usize: ColumnIndex<R>,
    i32: Decode<'r, R::Database> + Type<R::Database>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
    f64: Decode<'r, R::Database> + Type<R::Database>,
    bool: Decode<'r, R::Database> + Type<R::Database>,
    String: Decode<'r, R::Database> + Type<R::Database>,
    TextArray: Decode<'r, R::Database> + Type<R::Database>,
    DateTime<Utc>: Decode<'r, R::Database> + Type<R::Database>,
{
    Ok(match kind {
        Kind::Integer => row.try_get::<Option<i32>, _>(index)?.into(),
        Kind::BigInteger => row.try_get::<Option<i64>, _>(index)?.into(),
        Kind::Real => row.try_get::<Option<f64>, _>(index)?.into(),
        Kind::Boolean => row.try_get::<Option<bool>, _>(index)?.into(),
        Kind::Text | Kind::Json => row.try_get::<Option<String>, _>(index)?.into(),
        Kind::Texts => row.try_get::<Option<TextArray>, _>(index)?.map(|texts| texts.0).into(),
        Kind::Instant => row.try_get::<Option<DateTime<Utc>>, _>(index)?.into(),
    })
}
