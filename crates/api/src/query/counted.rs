//! Rows of a page that say how many all pages have.

use sqlx::{ColumnIndex, Decode, FromRow, Row, Type};

/// The column beside those of the rows.
pub(super) const TOTAL: &str = "total_of_pages";

pub(super) struct Counted<R> {
    pub(super) row: R,
    pub(super) total: i64,
}

impl<'r, D, R> FromRow<'r, D> for Counted<R>
where
    D: Row,
    R: FromRow<'r, D>,
    i64: Decode<'r, D::Database> + Type<D::Database>,
    &'static str: ColumnIndex<D>,
{
    fn from_row(row: &'r D) -> sqlx::Result<Self> {
        Ok(Self { row: R::from_row(row)?, total: row.try_get(TOTAL)? })
    }
}
