//! Rows that both databases can be read into.

use sqlx::{
    Decode, FromRow, Postgres, Sqlite, Type,
    error::BoxDynError,
    postgres::{PgRow, PgTypeInfo, PgValueRef},
    sqlite::{SqliteRow, SqliteTypeInfo, SqliteValueRef},
};

/// A struct with `#[derive(FromRow)]` whose fields both databases have a type for.
pub trait Record:
    for<'r> FromRow<'r, PgRow> + for<'r> FromRow<'r, SqliteRow> + Send + Unpin
{
}

impl<R> Record for R where
    R: for<'r> FromRow<'r, PgRow> + for<'r> FromRow<'r, SqliteRow> + Send + Unpin
{
}

/// `varchar[]` in PostgreSQL, a JSON array as text in SQLite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextArray(pub Vec<String>);

impl Type<Postgres> for TextArray {
    fn type_info() -> PgTypeInfo {
        <Vec<String> as Type<Postgres>>::type_info()
    }

    fn compatible(ty: &PgTypeInfo) -> bool {
        <Vec<String> as Type<Postgres>>::compatible(ty)
    }
}

impl<'r> Decode<'r, Postgres> for TextArray {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        Vec::decode(value).map(Self)
    }
}

impl Type<Sqlite> for TextArray {
    fn type_info() -> SqliteTypeInfo {
        <str as Type<Sqlite>>::type_info()
    }
}

impl<'r> Decode<'r, Sqlite> for TextArray {
    fn decode(value: SqliteValueRef<'r>) -> Result<Self, BoxDynError> {
        Ok(Self(serde_json::from_str(<&str as Decode<'r, Sqlite>>::decode(value)?)?))
    }
}
