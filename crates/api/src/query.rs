//! Statements that are built: of which columns, is said by the fields of the rows that they read.

mod assignments;
mod counted;
mod list;

use jobbergate_types::{Page, list::Paging};
use sea_query::{
    Asterisk, Condition, Expr, ExprTrait, Func, InsertStatement, LockType, OnConflict, Order,
    PostgresQueryBuilder, Query, QueryStatementWriter, SelectStatement, SqliteQueryBuilder,
};
use struct_field_names_as_array::FieldNamesAsSlice;

pub(crate) use assignments::Assignments;
use counted::{Counted, TOTAL};
pub(crate) use list::{ListColumns, Ordering, containing, search, unsearched};

use crate::db::{Record, Session, arguments::Arguments};

/// A struct with a field for each column of a table, called like it.
pub(crate) trait Row: Record + FieldNamesAsSlice {}

impl<R: Record + FieldNamesAsSlice> Row for R {}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Table {
    pub(crate) name: &'static str,
    /// The columns that tell its rows apart.
    pub(crate) key: &'static [&'static str],
}

/// How a row that is read is kept from others until the transaction ends. SQLite has no room for a
/// second writer anyway.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Lock {
    None,
    /// Nobody else changes it.
    Shared,
    /// Nobody else changes it or locks it.
    Exclusive,
}

impl Table {
    pub(crate) async fn find<R: Row>(
        &self,
        db: &mut Session,
        condition: impl Into<Condition>,
        lock: Lock,
    ) -> sqlx::Result<Option<R>> {
        let mut select = self.select::<R>(condition.into());
        match lock {
            Lock::None => &mut select,
            Lock::Shared => select.lock(LockType::Share),
            Lock::Exclusive => select.lock(LockType::Update),
        };
        let (sql, arguments) = render(db, &select);
        db.fetch_optional(&sql, arguments).await
    }

    /// All rows that meet a condition, by key.
    pub(crate) async fn rows<R: Row>(
        &self,
        db: &mut Session,
        condition: impl Into<Condition>,
    ) -> sqlx::Result<Vec<R>> {
        let mut select = self.select::<R>(condition.into());
        select.order_by_columns(self.key.iter().map(|column| (*column, Order::Asc)));
        let (sql, arguments) = render(db, &select);
        db.fetch_all(&sql, arguments).await
    }

    /// The first of the rows that meet a condition, by key.
    pub(crate) async fn first_rows<R: Row>(
        &self,
        db: &mut Session,
        condition: impl Into<Condition>,
        most: u64,
    ) -> sqlx::Result<Vec<R>> {
        let mut select = self.select::<R>(condition.into());
        select.order_by_columns(self.key.iter().map(|column| (*column, Order::Asc)));
        let (sql, arguments) = render(db, select.limit(most));
        db.fetch_all(&sql, arguments).await
    }

    pub(crate) async fn page<R: Row>(
        &self,
        db: &mut Session,
        condition: impl Into<Condition>,
        ordering: Ordering,
        paging: &Paging,
    ) -> sqlx::Result<Page<R>> {
        let order = |rows: &mut SelectStatement| ordering.apply(rows, self.key);
        self.ordered_page(db, condition, order, paging).await
    }

    /// The same in an order that is not a column's.
    pub(crate) async fn ordered_page<R: Row>(
        &self,
        db: &mut Session,
        condition: impl Into<Condition>,
        order: impl FnOnce(&mut SelectStatement),
        paging: &Paging,
    ) -> sqlx::Result<Page<R>> {
        let condition = condition.into();
        let total = self.counting(condition.clone());
        self.counted_page(db, condition, order, paging, total).await
    }

    /// A page of rows whose number is what a column of another table adds up to, under the same
    /// condition.
    pub(crate) async fn page_by_sum<R: Row>(
        &self,
        db: &mut Session,
        condition: impl Into<Condition>,
        ordering: Ordering,
        paging: &Paging,
        (counts, column): (&Table, &'static str),
    ) -> sqlx::Result<Page<R>> {
        let condition = condition.into();
        let total = counts.adding_up(column, condition.clone());
        let order = |rows: &mut SelectStatement| ordering.apply(rows, self.key);
        self.counted_page(db, condition, order, paging, total).await
    }

    /// A page of rows of which it is known how many there are.
    pub(crate) async fn page_of<R: Row>(
        &self,
        db: &mut Session,
        condition: impl Into<Condition>,
        ordering: Ordering,
        paging: &Paging,
        total: i64,
    ) -> sqlx::Result<Page<R>> {
        let order = |rows: &mut SelectStatement| ordering.apply(rows, self.key);
        let rows = self.rows_of_page::<R>(condition.into(), order, paging);
        let (sql, arguments) = render(db, &rows);
        let items = db.fetch_all(&sql, arguments).await?;
        Ok(Page::new(items, total, paging.page, paging.size))
    }

    /// The rows and how many there are, in one way there and back; in two beyond the last page.
    async fn counted_page<R: Row>(
        &self,
        db: &mut Session,
        condition: Condition,
        order: impl FnOnce(&mut SelectStatement),
        paging: &Paging,
        total: SelectStatement,
    ) -> sqlx::Result<Page<R>> {
        let mut rows = self.rows_of_page::<R>(condition, order, paging);
        rows.expr_as(Expr::from(total.clone()), TOTAL);
        let (sql, arguments) = render(db, &rows);
        let rows: Vec<Counted<R>> = db.fetch_all(&sql, arguments).await?;
        let total = match rows.first() {
            Some(first) => first.total,
            None if paging.page == 1 => 0,
            None => number(db, &total).await?,
        };
        let items = rows.into_iter().map(|counted| counted.row).collect();
        Ok(Page::new(items, total, paging.page, paging.size))
    }

    fn rows_of_page<R: Row>(
        &self,
        condition: Condition,
        order: impl FnOnce(&mut SelectStatement),
        paging: &Paging,
    ) -> SelectStatement {
        let mut rows = self.select::<R>(condition);
        order(&mut rows);
        let size = u64::try_from(paging.size).unwrap_or_default();
        let before = u64::try_from(paging.page - 1).unwrap_or_default().saturating_mul(size);
        rows.limit(size).offset(Ord::min(before, i64::MAX.cast_unsigned()));
        rows
    }

    /// The first rows, without counting the others.
    pub(crate) async fn first<R: Row>(
        &self,
        db: &mut Session,
        condition: impl Into<Condition>,
        ordering: Ordering,
        limit: u64,
    ) -> sqlx::Result<Vec<R>> {
        let mut rows = self.select::<R>(condition.into());
        ordering.apply(&mut rows, self.key);
        rows.limit(limit);
        let (sql, arguments) = render(db, &rows);
        db.fetch_all(&sql, arguments).await
    }

    pub(crate) async fn count(
        &self,
        db: &mut Session,
        condition: impl Into<Condition>,
    ) -> sqlx::Result<i64> {
        number(db, &self.counting(condition.into())).await
    }

    fn counting(&self, condition: Condition) -> SelectStatement {
        let mut count = Query::select();
        count.expr(Expr::col(Asterisk).count()).from(self.name).cond_where(condition);
        count
    }

    /// What a column's values add up to.
    pub(crate) async fn sum(
        &self,
        db: &mut Session,
        column: &'static str,
        condition: impl Into<Condition>,
    ) -> sqlx::Result<i64> {
        number(db, &self.adding_up(column, condition.into())).await
    }

    fn adding_up(&self, column: &'static str, condition: Condition) -> SelectStatement {
        let sum = Func::coalesce([Expr::col(column).sum(), Expr::val(0)]);
        let mut select = Query::select();
        select.expr(Func::cast_as(sum, "bigint")).from(self.name).cond_where(condition);
        select
    }

    /// The numbers of any of the rows that meet a condition, in no order.
    pub(crate) async fn ids(
        &self,
        db: &mut Session,
        condition: impl Into<Condition>,
        most: u64,
    ) -> sqlx::Result<Vec<i32>> {
        let mut select = Query::select();
        select.column("id").from(self.name).cond_where(condition.into()).limit(most);
        let (sql, arguments) = render(db, &select);
        let rows: Vec<(i32,)> = db.fetch_all(&sql, arguments).await?;
        Ok(rows.into_iter().map(|(id,)| id).collect())
    }

    fn select<R: Row>(&self, condition: Condition) -> SelectStatement {
        let mut select = Query::select();
        let columns = R::FIELD_NAMES_AS_SLICE.iter().copied();
        select.columns(columns).from(self.name).cond_where(condition);
        select
    }

    pub(crate) async fn insert<R: Row>(
        &self,
        db: &mut Session,
        row: Assignments,
    ) -> sqlx::Result<R> {
        let insert = self.insertion::<R>(row)?;
        let (sql, arguments) = render(db, &insert);
        db.fetch_one(&sql, arguments).await
    }

    /// Makes a row, or changes the one of the same key, except for when it was created.
    pub(crate) async fn upsert<R: Row>(
        &self,
        db: &mut Session,
        row: Assignments,
    ) -> sqlx::Result<R> {
        let keeps = |column: &&str| *column == "created_at" || self.key.contains(column);
        let changed: Vec<_> = row.columns().filter(|column| !keeps(column)).collect();
        let mut conflict = OnConflict::columns(self.key.iter().copied());
        let mut insert = self.insertion::<R>(row)?;
        insert.on_conflict(conflict.update_columns(changed).to_owned());
        let (sql, arguments) = render(db, &insert);
        db.fetch_one(&sql, arguments).await
    }

    fn insertion<R: Row>(&self, row: Assignments) -> sqlx::Result<InsertStatement> {
        let mut insert = Query::insert();
        insert.into_table(self.name).columns(row.columns());
        let values = insert.values(row.values());
        values.map_err(|error| sqlx::Error::Encode(error.into()))?;
        insert.returning(Query::returning().columns(R::FIELD_NAMES_AS_SLICE.iter().copied()));
        Ok(insert)
    }

    /// Changes the rows that meet a condition; gives them as they are then.
    pub(crate) async fn update<R: Row>(
        &self,
        db: &mut Session,
        condition: impl Into<Condition>,
        changes: Assignments,
    ) -> sqlx::Result<Vec<R>> {
        let mut update = Query::update();
        update
            .table(self.name)
            .values(changes.columns().zip(changes.values()))
            .cond_where(condition.into())
            .returning(Query::returning().columns(R::FIELD_NAMES_AS_SLICE.iter().copied()));
        let (sql, arguments) = render(db, &update);
        db.fetch_all(&sql, arguments).await
    }

    /// Deletes the rows that meet a condition; how many.
    pub(crate) async fn delete(
        &self,
        db: &mut Session,
        condition: impl Into<Condition>,
    ) -> sqlx::Result<u64> {
        let mut delete = Query::delete();
        delete.from_table(self.name).cond_where(condition.into());
        let (sql, arguments) = render(db, &delete);
        db.execute(&sql, arguments).await
    }
}

pub(crate) fn by_id(id: impl Into<sea_query::Value>) -> Expr {
    Expr::col("id").eq(Expr::val(id))
}

/// What a statement selects that has one row, of one number.
async fn number(db: &mut Session, select: &SelectStatement) -> sqlx::Result<i64> {
    let (sql, arguments) = render(db, select);
    let (number,) = db.fetch_one(&sql, arguments).await?;
    Ok(number)
}

fn render(db: &Session, statement: &impl QueryStatementWriter) -> (String, Arguments) {
    let (sql, values) = match db.is_sqlite() {
        true => statement.build(SqliteQueryBuilder),
        false => statement.build(PostgresQueryBuilder),
    };
    (sql, values.into())
}
