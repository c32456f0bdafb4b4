//! The table of favourites.

use chrono::{DateTime, Utc};
use sea_query::{Condition, Expr, ExprTrait, Query, SelectStatement};
use sqlx_macros::FromRow;
use struct_field_names_as_array::FieldNamesAsSlice;

use crate::{args, db::Session, query::Table};

const FAVOURITES: Table =
    Table { name: "favourite_templates", key: &["owner_email", "job_script_template_id"] };

#[derive(Debug, FromRow, FieldNamesAsSlice)]
struct FavouriteRow {
    job_script_template_id: i32,
}

/// The numbers of somebody's.
pub(in super::super) fn of(email: &str) -> SelectStatement {
    let mut favourites = Query::select();
    favourites
        .column("job_script_template_id")
        .from(FAVOURITES.name)
        .and_where(Expr::col("owner_email").eq(email));
    favourites
}

/// Which of these templates are somebody's.
pub(in super::super) async fn among(
    db: &mut Session,
    email: &str,
    templates: &[i64],
) -> sqlx::Result<Vec<i64>> {
    let condition = Condition::all()
        .add(Expr::col("owner_email").eq(email))
        .add(Expr::col("job_script_template_id").is_in(templates.iter().copied()));
    let rows: Vec<FavouriteRow> = FAVOURITES.rows(db, condition).await?;
    Ok(rows.into_iter().map(|row| row.job_script_template_id.into()).collect())
}

pub(super) async fn count(db: &mut Session, email: &str) -> sqlx::Result<i64> {
    FAVOURITES.count(db, Expr::col("owner_email").eq(email)).await
}

pub(super) async fn add(
    db: &mut Session,
    email: &str,
    template: i32,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let sql = "INSERT INTO favourite_templates (owner_email, job_script_template_id, created_at) \
               VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    db.execute(sql, args![email, template, now]).await.map(drop)
}

pub(super) async fn remove(db: &mut Session, email: &str, template: i32) -> sqlx::Result<()> {
    let condition = Condition::all()
        .add(Expr::col("owner_email").eq(email))
        .add(Expr::col("job_script_template_id").eq(template));
    FAVOURITES.delete(db, condition).await.map(drop)
}
