//! Lists: search, filters, order and page become one condition, used for the rows and the count.

use jobbergate_types::{
    Page,
    list::{ListQuery, Paging},
};
use sea_query::{
    Asterisk, Condition, Expr, ExprTrait, IntoColumnRef, NullOrdering, Order, PostgresQueryBuilder,
    Query, SelectStatement, SqliteQueryBuilder, UpdateStatement, Value,
    extension::postgres::PgExpr,
};

use crate::{
    db::{Record, Session, arguments::Arguments},
    error::{Error, Result},
};

/// A table and what may be done with its columns in a list.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// The columns that its row struct reads.
    pub columns: &'static [&'static str],
    /// The columns that a search looks into.
    pub searched: &'static [&'static str],
    /// The columns that can be sorted by.
    pub sortable: &'static [&'static str],
}

impl Table {
    /// One page of the rows that meet `condition`.
    pub async fn page<R: Record>(
        &self,
        db: &mut Session,
        condition: Condition,
        order: Ordering,
        paging: &Paging,
    ) -> Result<Page<R>> {
        let mut count = Query::select();
        count.expr(Expr::col(Asterisk).count()).from(self.name).cond_where(condition.clone());
        let mut rows = Query::select();
        rows.columns(self.columns.iter().copied()).from(self.name).cond_where(condition);
        order.apply(&mut rows);
        let size = u64::try_from(paging.size).unwrap_or_default();
        let before = u64::try_from(paging.page - 1).unwrap_or_default().saturating_mul(size);
        rows.limit(size).offset(Ord::min(before, i64::MAX.cast_unsigned()));
        let (total,): (i64,) = fetch_one(db, &count).await?;
        let items = fetch_all(db, &rows).await?;
        Ok(Page::new(items, total, paging.page, paging.size))
    }

    /// What `list` asks for, on top of `condition`.
    pub fn narrowed(
        &self,
        db: &Session,
        mut condition: Condition,
        list: &ListQuery,
        owner: Option<&str>,
    ) -> Condition {
        if !list.include_archived {
            condition = condition.add(Expr::col("is_archived").eq(false));
        }
        if list.user_only {
            condition = condition.add(Expr::col("owner_email").eq(owner.unwrap_or_default()));
        }
        match list.search.as_deref() {
            None | Some("") => condition,
            Some(search) => condition.add(self.containing(db, search)),
        }
    }

    /// Rows in which any of the words occurs; none if there is no word.
    fn containing(&self, db: &Session, search: &str) -> Condition {
        let mut any = Condition::any().add(Expr::val(1).eq(0));
        for word in search.split_whitespace() {
            for column in self.searched {
                any = any.add(contains_ci(db, column, word));
            }
        }
        any
    }

    /// The order that `list` asks for; 400 for a column that can't be sorted by.
    pub fn ordering(&self, field: Option<&str>, ascending: bool) -> Result<Ordering> {
        let field = field.filter(|field| !field.is_empty()).unwrap_or("id");
        let column = self.sortable.iter().find(|column| **column == field).ok_or_else(|| {
            Error::BadRequest(format!(
                "Invalid sorting column requested: {field}. Must be one of {}",
                self.sortable.join(", ")
            ))
        })?;
        Ok(Ordering { column, ascending })
    }

    /// The rows whose `column` has one of `values`.
    pub async fn rows_with<R: Record>(
        &self,
        db: &mut Session,
        column: &'static str,
        values: impl IntoIterator<Item = i32>,
    ) -> Result<Vec<R>> {
        let mut rows = Query::select();
        rows.columns(self.columns.iter().copied())
            .from(self.name)
            .and_where(Expr::col(column).is_in(values))
            .order_by("id", Order::Asc);
        fetch_all(db, &rows).await
    }

    /// Changes some columns of the row with this id; `None` if there is none.
    pub async fn update<R: Record>(
        &self,
        db: &mut Session,
        id: i64,
        changes: Vec<(&'static str, Value)>,
    ) -> Result<Option<R>, sqlx::Error> {
        let mut update = Query::update();
        update
            .table(self.name)
            .values(changes.into_iter().map(|(column, value)| (column, Expr::val(value))))
            .and_where(Expr::col("id").eq(id))
            .returning(Query::returning().columns(self.columns.iter().copied()));
        let (sql, arguments) = render_update(db, &update);
        db.fetch_optional(&sql, arguments).await
    }
}

/// By which column, and which way. Nulls count as largest, and `id` decides between equals, so
/// that pages neither repeat nor skip a row.
#[derive(Debug, Clone, Copy)]
pub struct Ordering {
    column: &'static str,
    ascending: bool,
}

impl Ordering {
    fn apply(self, select: &mut SelectStatement) {
        let (order, nulls) = match self.ascending {
            true => (Order::Asc, NullOrdering::Last),
            false => (Order::Desc, NullOrdering::First),
        };
        select.order_by_with_nulls(self.column.into_column_ref(), order.clone(), nulls);
        select.order_by("id", order);
    }
}

/// `column` contains `word`, whatever the case (on SQLite: of ASCII letters). `%` and `_` are
/// wildcards and `\` escapes them, as on the Python server.
fn contains_ci(db: &Session, column: &'static str, word: &str) -> Expr {
    let pattern = format!("%{word}%");
    if db.is_sqlite() {
        let escaped = sea_query::LikeExpr::new(pattern).escape('\\');
        return Expr::col(column).like(escaped);
    }
    Expr::col(column).ilike(pattern)
}

async fn fetch_all<R: Record>(db: &mut Session, select: &SelectStatement) -> Result<Vec<R>> {
    let (sql, arguments) = render(db, select);
    Ok(db.fetch_all(&sql, arguments).await?)
}

async fn fetch_one<R: Record>(db: &mut Session, select: &SelectStatement) -> Result<R> {
    let (sql, arguments) = render(db, select);
    Ok(db.fetch_one(&sql, arguments).await?)
}

fn render(db: &Session, select: &SelectStatement) -> (String, Arguments) {
    let (sql, values) = match db.is_sqlite() {
        true => select.build(SqliteQueryBuilder),
        false => select.build(PostgresQueryBuilder),
    };
    (sql, values.into())
}

fn render_update(db: &Session, update: &UpdateStatement) -> (String, Arguments) {
    let (sql, values) = match db.is_sqlite() {
        true => update.build(SqliteQueryBuilder),
        false => update.build(PostgresQueryBuilder),
    };
    (sql, values.into())
}
