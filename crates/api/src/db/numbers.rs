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
}
