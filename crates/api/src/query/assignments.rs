//! What columns of a row are set to.

use chrono::{DateTime, Utc};
use sea_query::{Expr, Value};

#[derive(Debug, Default)]
pub(crate) struct Assignments(Vec<(&'static str, Value)>);

impl Assignments {
    /// Those of a row that is made now.
    pub(crate) fn created(now: DateTime<Utc>) -> Self {
        Self::changed(now).set("created_at", now)
    }

    /// Those of a row that is changed now.
    pub(crate) fn changed(now: DateTime<Utc>) -> Self {
        Self::default().set("updated_at", now)
    }

    pub(crate) fn set(mut self, column: &'static str, value: impl Into<Value>) -> Self {
        self.0.push((column, value.into()));
        self
    }

    /// Without a value the column stays as it is; in a new row, as the table has it by default.
    pub(crate) fn set_some(self, column: &'static str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.set(column, value),
            None => self,
        }
    }

    pub(super) fn columns(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|(column, _)| *column)
    }

    pub(super) fn values(&self) -> impl Iterator<Item = Expr> {
        self.0.iter().map(|(_, value)| Expr::val(value.clone()))
    }
}
