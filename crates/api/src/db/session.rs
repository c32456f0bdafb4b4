//! One connection, for reading or in a transaction, and the statements that run on it.

use std::io;

use sea_query::{Expr, ExprTrait, Func, Query, Value, extension::postgres::PgFunc};
use sqlx::postgres::PgDatabaseError;

use super::{
    Db, Kind, Record,
    arguments::Arguments,
    link::{Link, NO_HURRY},
};
use crate::args;

/// A connection that stores run their statements on. A transaction is undone unless it is
/// committed.
///
/// A connection that turns out to be cut is replaced by a new one, once, as long as nothing was
/// done on it that would have to be done again.
#[derive(Debug)]
pub struct Session {
    db: Db,
    /// Nothing only while it is being replaced, and after the end.
    link: Option<Link>,
    scope: Scope,
    replaceable: bool,
    /// Whether the link is one to the standby.
    is_on_standby: bool,
    /// Whether all that was asked on the link was answered.
    is_answered: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    Statement,
    /// A statement that changes something and is committed by itself.
    Change,
    Transaction,
    /// Reads what was there at one instant, whatever others write meanwhile.
    Snapshot,
}

impl Session {
    pub(super) async fn open(db: &Db, scope: Scope) -> Result<Self, sqlx::Error> {
        if scope == Scope::Statement
            && let Some(standby) = db.standby()
            && let Some(link) = standby.link().await
        {
            let (db, link) = (db.clone(), Some(link));
            let (replaceable, is_on_standby, is_answered) = (true, true, true);
            return Ok(Self { db, link, scope, replaceable, is_on_standby, is_answered });
        }
        let link = match link(db, scope).await {
            Err(error) if is_cut(&error) => {
                db.suspect();
                link(db, scope).await?
            }
            link => link?,
        };
        // Nothing cuts connections to SQLite.
        let replaceable = matches!(db, Db::Postgres { .. });
        let (db, link) = (db.clone(), Some(link));
        Ok(Self { db, link, scope, replaceable, is_on_standby: false, is_answered: true })
    }

    /// To ask something.
    fn link(&mut self) -> Result<&mut Link, sqlx::Error> {
        self.is_answered = false;
        self.link.as_mut().ok_or(sqlx::Error::PoolClosed)
    }

    /// What it is a connection to.
    pub(crate) const fn db(&self) -> &Db {
        &self.db
    }

    /// Whether the other end is SQLite.
    pub const fn is_sqlite(&self) -> bool {
        matches!(self.db, Db::Sqlite { .. })
    }

    /// What ends a `SELECT` of a row that nobody else may change until this transaction ends.
    /// SQLite has no room for a second writer, so that nothing needs to be said.
    pub const fn lock_clause(&self) -> &'static str {
        match (&self.db, self.scope) {
            (Db::Postgres { .. }, Scope::Transaction) => " FOR UPDATE",
            _ => "",
        }
    }

    /// That a column is one of these numbers, which are one argument: however many there are, the
    /// statement is the same.
    pub(crate) fn among<N>(
        &self,
        column: &'static str,
        numbers: impl IntoIterator<Item = N>,
    ) -> Expr
    where
        Vec<N>: Into<Value>,
    {
        let numbers = Expr::val(numbers.into_iter().collect::<Vec<_>>());
        if !self.is_sqlite() {
            return Expr::col(column).eq(PgFunc::any(numbers));
        }
        let mut listed = Query::select();
        listed.column("value").from_function(Func::cust("json_each").arg(numbers), "listed");
        Expr::col(column).in_subquery(listed)
    }

    /// An expression for the whole seconds since 1970 of a column of instants.
    pub fn unix_seconds(&self, column: &str) -> String {
        match self.is_sqlite() {
            true => format!("unixepoch({column})"),
            false => format!("CAST(floor(extract(epoch FROM {column})) AS bigint)"),
        }
    }

    pub async fn fetch_all<R: Record>(
        &mut self,
        sql: &str,
        arguments: Arguments,
    ) -> Result<Vec<R>, sqlx::Error> {
        if self.replaceable {
            let answer = self.link()?.fetch_all(sql, arguments.clone()).await;
            if let Some(answer) = self.settle(answer).await? {
                return Ok(answer);
            }
        }
        let answer = self.link()?.fetch_all(sql, arguments).await;
        self.settle_again(answer)
    }

    /// Rows as lists of values, of these kinds.
    pub(crate) async fn fetch_values(
        &mut self,
        sql: &str,
        arguments: Arguments,
        kinds: &[Kind],
    ) -> Result<Vec<Vec<Value>>, sqlx::Error> {
        if self.replaceable {
            let answer = self.link()?.fetch_values(sql, arguments.clone(), kinds).await;
            if let Some(answer) = self.settle(answer).await? {
                return Ok(answer);
            }
        }
        let answer = self.link()?.fetch_values(sql, arguments, kinds).await;
        self.settle_again(answer)
    }

    /// Lets a transaction stay open although nothing happens in it for long.
    pub(crate) async fn take_time(&mut self) -> Result<(), sqlx::Error> {
        if !self.is_sqlite() {
            self.execute(NO_HURRY, args![]).await?;
        }
        Ok(())
    }

    /// The row of a query that has one at most.
    pub async fn fetch_optional<R: Record>(
        &mut self,
        sql: &str,
        arguments: Arguments,
    ) -> Result<Option<R>, sqlx::Error> {
        Ok(self.fetch_all(sql, arguments).await?.pop())
    }

    /// The row of a query that always has one.
    pub async fn fetch_one<R: Record>(
        &mut self,
        sql: &str,
        arguments: Arguments,
    ) -> Result<R, sqlx::Error> {
        self.fetch_optional(sql, arguments).await?.ok_or(sqlx::Error::RowNotFound)
    }

    /// Runs a statement; how many rows it changed.
    pub async fn execute(&mut self, sql: &str, arguments: Arguments) -> Result<u64, sqlx::Error> {
        if self.replaceable {
            let answer = self.link()?.execute(sql, arguments.clone()).await;
            if let Some(answer) = self.settle(answer).await? {
                return Ok(answer);
            }
        }
        let answer = self.link()?.execute(sql, arguments).await;
        self.settle_again(answer)
    }

    pub async fn commit(mut self) -> Result<(), sqlx::Error> {
        if self.scope != Scope::Transaction {
            return Ok(());
        }
        let committed = self.link()?.commit().await;
        self.settle_again(committed)?;
        // There is nothing to undo.
        if let Some(link) = self.link.take() {
            link.keep();
        }
        Ok(())
    }

    /// The answer, or `None` if the statement is to be tried once more, on a connection that has
    /// taken the place of the one that was cut.
    async fn settle<T>(
        &mut self,
        answer: Result<T, sqlx::Error>,
    ) -> Result<Option<T>, sqlx::Error> {
        let replaceable = self.replaceable;
        self.replaceable = replaceable && self.scope == Scope::Statement;
        match self.settle_again(answer) {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if self.may_ask_primary(&error) => {
                if let Some(link) = self.link.take() {
                    link.give_back();
                }
                self.link = Some(link(&self.db, self.scope).await?);
                self.is_on_standby = false;
                Ok(None)
            }
            Err(error) if replaceable && is_cut(&error) => {
                self.replaceable = false;
                self.db.suspect();
                self.link = Some(link(&self.db, self.scope).await?);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn may_ask_primary(&self, error: &sqlx::Error) -> bool {
        self.is_on_standby && self.db.standby().is_some_and(|standby| standby.forgives(error))
    }

    /// A connection that does not work is not used again.
    fn settle_again<T>(&mut self, answer: Result<T, sqlx::Error>) -> Result<T, sqlx::Error> {
        self.is_answered = answer.is_ok();
        answer.inspect_err(|error| {
            if is_broken(error)
                && let Some(link) = self.link.take()
            {
                link.discard();
            }
        })
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        match (self.scope, self.link.take()) {
            (Scope::Transaction, Some(link)) => link.undo(),
            (Scope::Snapshot, Some(link)) => link.discard(),
            (Scope::Statement | Scope::Change, Some(link)) if self.is_answered => link.keep(),
            (Scope::Statement | Scope::Change, Some(link)) => link.give_back(),
            (_, None) => {}
        }
    }
}

async fn link(db: &Db, scope: Scope) -> Result<Link, sqlx::Error> {
    let mut link = db.checkout(scope).await?;
    if let Err(error) = link.begin(scope).await {
        match is_broken(&error) || scope == Scope::Snapshot {
            true => link.discard(),
            false => link.undo(),
        }
        return Err(error);
    }
    Ok(link)
}

/// Whether the connection is of no use any more.
pub(super) fn is_broken(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) => true,
        // The session was ended: by an administrator, a stop, a crash or for being idle.
        sqlx::Error::Database(error) => {
            let Some(error) = error.try_downcast_ref::<PgDatabaseError>() else { return false };
            let code = error.code();
            code.starts_with("08")
                || matches!(code, "57P01" | "57P02" | "57P05" | "25P03" | "25P04")
        }
        _ => false,
    }
}

/// Whether the connection was cut; one that gives no answer may still have done what it was told.
fn is_cut(error: &sqlx::Error) -> bool {
    let late = matches!(error, sqlx::Error::Io(error) if error.kind() == io::ErrorKind::TimedOut);
    is_broken(error) && !late
}
