//! Numbers of rows that are yet to be made.

use super::Session;
use crate::args;

impl Session {
    /// The next number of a table, which nobody else gets. It is given once the transaction is
    /// committed, in PostgreSQL even before.
    pub async fn next_number(&mut self, table: &str) -> sqlx::Result<i32> {
        let (number,): (i32,) = if self.is_sqlite() {
            let sql = "UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = $1 \
                       RETURNING CAST(seq AS integer)";
            match self.fetch_optional(sql, args![table]).await? {
                Some(number) => number,
                None => {
                    let sql = "INSERT INTO sqlite_sequence (name, seq) VALUES ($1, 1) \
                               RETURNING CAST(seq AS integer)";
                    self.fetch_one(sql, args![table]).await?
                }
            }
        } else {
            let sql = "SELECT CAST(nextval(pg_get_serial_sequence($1, 'id')) AS integer)";
            self.fetch_one(sql, args![table]).await?
        };
        Ok(number)
    }

    /// The last number of a table that was given to anybody.
    pub(crate) async fn last_number(&mut self, table: &str) -> sqlx::Result<i64> {
        let row: Option<(Option<i64>,)> = if self.is_sqlite() {
            let sql = "SELECT CAST(seq AS integer) FROM sqlite_sequence WHERE name = $1";
            self.fetch_optional(sql, args![table]).await?
        } else {
            let sql =
                "SELECT pg_sequence_last_value(CAST(pg_get_serial_sequence($1, 'id') AS regclass))";
            self.fetch_optional(sql, args![table]).await?
        };
        Ok(row.and_then(|(number,)| number).unwrap_or_default())
    }

    /// Has the next number of a table be one after this, unless it is anyway.
    pub(crate) async fn pass_number(&mut self, table: &str, number: i64) -> sqlx::Result<()> {
        let last = self.last_number(table).await?;
        if number <= last {
            return Ok(());
        }
        if self.is_sqlite() {
            let sql = "DELETE FROM sqlite_sequence WHERE name = $1";
            self.execute(sql, args![table]).await?;
            let sql = "INSERT INTO sqlite_sequence (name, seq) VALUES ($1, $2)";
            self.execute(sql, args![table, number]).await?;
        } else {
            let sql = "SELECT setval(CAST(pg_get_serial_sequence($1, 'id') AS regclass), $2)";
            let _: (i64,) = self.fetch_one(sql, args![table, number]).await?;
        }
        Ok(())
    }
}
