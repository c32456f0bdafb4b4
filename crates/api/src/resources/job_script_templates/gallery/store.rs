//! What is read for the gallery.

use chrono::{DateTime, Utc};
use jobbergate_types::{Page, list::ListQuery};
use sea_query::{CaseStatement, Condition, Expr, ExprTrait, Func, Order, SelectStatement};
use sqlx_macros::FromRow;

use super::{Shelf, Uses, Wanted};
use crate::{
    db::{Session, arguments::Arguments},
    resources::job_script_templates::{
        favourites,
        store::{LIST, TEMPLATES, TemplateRow},
    },
};

#[derive(Debug, FromRow)]
struct UsesRow {
    template: i32,
    rendered_at: Option<DateTime<Utc>>,
    submitted_at: Option<DateTime<Utc>>,
    settled: i64,
    done: i64,
}

/// A page of templates, somebody's favourites first, by name.
pub(super) async fn page(
    db: &mut Session,
    wanted: &Wanted,
    email: &str,
) -> sqlx::Result<Page<TemplateRow>> {
    let favourites = favourites::store::of(email);
    let condition = match wanted.shelf {
        Shelf::Everything => Condition::all(),
        Shelf::Mine => Condition::all().add(Expr::col("owner_email").eq(email)),
        Shelf::Favourites => Condition::all().add(Expr::col("id").in_subquery(favourites.clone())),
        Shelf::Published => Condition::any()
            .add(Expr::col("identifier").is_not_null())
            .add(Expr::col("owner_email").eq(email)),
    };
    let list = ListQuery {
        search: wanted.search.clone(),
        include_archived: wanted.include_archived,
        ..ListQuery::default()
    };
    let condition = LIST.narrowed(db, Condition::all().add(condition), &list, None);
    let order = |rows: &mut SelectStatement| {
        let first = CaseStatement::new().case(Expr::col("id").in_subquery(favourites), 0);
        rows.order_by_expr(first.finally(1).into(), Order::Asc)
            .order_by_expr(Func::lower(Expr::col("name")).into(), Order::Asc)
            .order_by("id", Order::Asc);
    };
    TEMPLATES.ordered_page(db, condition, order, &wanted.paging).await
}

/// How these templates are used, those that are; what is settled, since then. Early Python servers
/// knew three more ways to end.
pub(super) async fn uses(
    db: &mut Session,
    templates: &[i64],
    since: DateTime<Utc>,
) -> sqlx::Result<Vec<(i64, Uses)>> {
    if templates.is_empty() {
        return Ok(Vec::new());
    }
    let places: Vec<_> = (2..templates.len() + 2).map(|place| format!("${place}")).collect();
    let sql = format!(
        "SELECT scripts.parent_template_id AS template, \
         max(scripts.created_at) AS rendered_at, max(jobs.created_at) AS submitted_at, \
         count(CASE WHEN jobs.created_at >= $1 AND jobs.status NOT IN ('CREATED', 'SUBMITTED') \
         THEN 1 END) AS settled, \
         count(CASE WHEN jobs.created_at >= $1 AND jobs.status IN ('DONE', 'COMPLETED') \
         THEN 1 END) AS done \
         FROM job_scripts AS scripts \
         LEFT JOIN job_submissions AS jobs ON jobs.job_script_id = scripts.id \
         WHERE scripts.parent_template_id IN ({}) GROUP BY scripts.parent_template_id",
        places.join(", ")
    );
    let mut arguments = Arguments(vec![since.into()]);
    arguments.0.extend(templates.iter().map(|template| (*template).into()));
    let rows: Vec<UsesRow> = db.fetch_all(&sql, arguments).await?;
    Ok(rows.into_iter().map(|row| (row.template.into(), row.into())).collect())
}

impl From<UsesRow> for Uses {
    fn from(row: UsesRow) -> Self {
        let last = Ord::max(row.rendered_at, row.submitted_at);
        Self { last, settled: row.settled, done: row.done }
    }
}
