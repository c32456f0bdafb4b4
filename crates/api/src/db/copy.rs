//! Copies of an SQLite database that is in use.

use std::path::Path;

use super::Db;
use crate::args;

impl Db {
    /// Writes what is there at this instant into a new file, while others go on writing.
    pub(crate) async fn copy_into(&self, path: &Path) -> sqlx::Result<()> {
        let path =
            path.to_str().ok_or_else(|| sqlx::Error::Encode("the path is no text".into()))?;
        self.read().await?.execute("VACUUM INTO $1", args![path]).await.map(drop)
    }

    /// What is wrong with the file, if anything is.
    pub(crate) async fn fault(&self) -> sqlx::Result<Option<String>> {
        let sql = "PRAGMA integrity_check(1)";
        let (found,): (String,) = self.read().await?.fetch_one(sql, args![]).await?;
        Ok((found != "ok").then_some(found))
    }
}
