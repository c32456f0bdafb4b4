//! Rows that stand for stored files.

use sea_query::Value;

use super::{
    Whose,
    row::Row,
    store,
    tables::{TABLES, Table},
};
use crate::db::Db;

/// A row that stands for a stored file.
#[derive(Debug, Clone)]
pub(crate) struct FileRow {
    table: &'static Table,
    row: Row,
}

/// The number of whom it belongs to, and its name.
pub(super) fn named(row: &Row) -> Option<(i32, &str)> {
    match row.as_slice() {
        [Value::Int(Some(parent)), Value::String(Some(name)), ..] => Some((*parent, name)),
        _ => None,
    }
}

impl FileRow {
    pub(crate) const fn table(&self) -> &'static str {
        self.table.name
    }

    pub(crate) fn named(&self) -> Option<(i32, &str)> {
        named(&self.row)
    }

    /// Some of a database's, after this one; none after the last one.
    pub(crate) async fn after(db: &Db, last: Option<&Self>) -> sqlx::Result<Vec<Self>> {
        let mut db = db.read().await?;
        let mut tables = TABLES.iter().copied().filter(|table| table.has_files);
        let mut row = last.map(|last| &last.row);
        if let Some(last) = last {
            tables.find(|table| table.name == last.table.name);
        }
        let mut table = last.map(|last| last.table).or_else(|| tables.next());
        while let Some(of) = table {
            let page = store::page(&mut db, of, &Whose::Everybody, row.take()).await?;
            if !page.is_empty() {
                return Ok(page.into_iter().map(|row| Self { table: of, row }).collect());
            }
            table = tables.next();
        }
        Ok(Vec::new())
    }

    /// Whether a database has it, too.
    pub(crate) async fn is_in(&self, db: &Db) -> sqlx::Result<bool> {
        let Some((parent, name)) = self.named() else { return Ok(false) };
        store::names_file(&mut db.read().await?, self.table, parent, name).await
    }
}
