//! The table of templates.

use chrono::{DateTime, Utc};
use jobbergate_types::{
    Page,
    job_script_templates::{
        JobTemplateBaseDetailedView, JobTemplateListQuery, JobTemplateListView,
    },
};
use sea_query::{Condition, Expr, ExprTrait, Value};
use serde_json::{Map, Value as JsonValue};
use sqlx::{FromRow, types::Json};

use super::Locator;
use crate::{args, db::Session, error::Result, query::Table};

/// The table of templates.
pub(crate) const TEMPLATES: Table = Table {
    name: "job_script_templates",
    columns: &[
        "id",
        "name",
        "owner_email",
        "created_at",
        "updated_at",
        "is_archived",
        "description",
        "identifier",
        "cloned_from_id",
        "template_vars",
    ],
    searched: &["name", "description", "owner_email", "identifier"],
    sortable: &["id", "name", "owner_email", "created_at", "updated_at", "identifier"],
};

const COLUMNS: &str = "id, name, owner_email, created_at, updated_at, is_archived, description, \
                       identifier, cloned_from_id, template_vars";

/// A template.
#[derive(Debug, Clone, FromRow)]
pub(crate) struct TemplateRow {
    pub(crate) id: i32,
    pub(crate) name: String,
    pub(crate) owner_email: String,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    is_archived: bool,
    pub(crate) description: Option<String>,
    identifier: Option<String>,
    cloned_from_id: Option<i32>,
    pub(crate) template_vars: Json<Option<Map<String, JsonValue>>>,
}

/// A template to create.
#[derive(Debug)]
pub(crate) struct NewTemplate<'a> {
    /// Its number, if it was reserved.
    pub(crate) id: Option<i32>,
    pub(crate) name: &'a str,
    pub(crate) identifier: Option<&'a str>,
    pub(crate) description: Option<&'a str>,
    pub(crate) template_vars: JsonValue,
    pub(crate) owner_email: &'a str,
    pub(crate) cloned_from_id: Option<i32>,
}

impl From<TemplateRow> for JobTemplateBaseDetailedView {
    fn from(row: TemplateRow) -> Self {
        Self {
            id: row.id.into(),
            name: row.name,
            owner_email: row.owner_email,
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
            is_archived: row.is_archived,
            description: row.description,
            identifier: row.identifier,
            cloned_from_id: row.cloned_from_id.map(Into::into),
            template_vars: row.template_vars.0,
        }
    }
}

impl From<TemplateRow> for JobTemplateListView {
    fn from(row: TemplateRow) -> Self {
        Self {
            id: row.id.into(),
            name: row.name,
            owner_email: row.owner_email,
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
            is_archived: row.is_archived,
            description: row.description,
            identifier: row.identifier,
            cloned_from_id: row.cloned_from_id.map(Into::into),
        }
    }
}

/// Keeps a new template.
pub(crate) async fn insert(
    db: &mut Session,
    template: NewTemplate<'_>,
    now: DateTime<Utc>,
) -> sqlx::Result<TemplateRow> {
    let NewTemplate { id, name, identifier, description, template_vars, owner_email, .. } =
        template;
    let mut arguments = args![
        name,
        identifier,
        description,
        template_vars,
        owner_email,
        template.cloned_from_id,
        now
    ];
    let (column, place) = if id.is_some() { (", id", ", $8") } else { ("", "") };
    arguments.0.extend(id.map(Value::from));
    let sql = format!(
        "INSERT INTO job_script_templates (name, identifier, description, template_vars, \
         owner_email, cloned_from_id, is_archived, created_at, updated_at{column}) \
         VALUES ($1, $2, $3, $4, $5, $6, false, $7, $7{place}) RETURNING {COLUMNS}"
    );
    db.fetch_one(&sql, arguments).await
}

/// One template.
pub(crate) async fn find(db: &mut Session, locator: &Locator) -> sqlx::Result<Option<TemplateRow>> {
    select(db, locator, "").await
}

/// One template, which nobody else changes until the transaction ends.
pub(super) async fn find_locked(
    db: &mut Session,
    locator: &Locator,
) -> sqlx::Result<Option<TemplateRow>> {
    let lock = db.lock_clause();
    select(db, locator, lock).await
}

/// One template, which others may read, but nobody else changes until the transaction ends.
pub(super) async fn find_shared(
    db: &mut Session,
    locator: &Locator,
) -> sqlx::Result<Option<TemplateRow>> {
    let lock = db.share_clause();
    select(db, locator, lock).await
}

async fn select(
    db: &mut Session,
    locator: &Locator,
    lock: &str,
) -> sqlx::Result<Option<TemplateRow>> {
    let (condition, arguments) = match locator {
        Locator::Id(id) => ("id = $1", args![*id]),
        Locator::Identifier(identifier) => ("identifier = $1", args![identifier.as_str()]),
    };
    let sql = format!("SELECT {COLUMNS} FROM job_script_templates WHERE {condition}{lock}");
    db.fetch_optional(&sql, arguments).await
}

/// The templates with these numbers.
pub(crate) async fn with_ids(
    db: &mut Session,
    ids: impl IntoIterator<Item = i32>,
) -> Result<Vec<TemplateRow>> {
    TEMPLATES.rows_with(db, "id", ids).await
}

/// A page of templates.
pub(crate) async fn page(
    db: &mut Session,
    query: &JobTemplateListQuery,
    owner: Option<&str>,
) -> Result<Page<TemplateRow>> {
    let list = &query.list;
    let order = TEMPLATES.ordering(list.sort_field.as_deref(), list.sort_ascending)?;
    let mut condition = Condition::all();
    if !query.include_null_identifier {
        condition = condition.add(Expr::col("identifier").is_not_null());
    }
    let condition = TEMPLATES.narrowed(db, condition, list, owner);
    TEMPLATES.page(db, condition, order, &list.paging).await
}

/// Changes some columns of a template.
pub(crate) async fn update(
    db: &mut Session,
    id: i32,
    changes: Vec<(&'static str, Value)>,
) -> sqlx::Result<Option<TemplateRow>> {
    TEMPLATES.update(db, id.into(), changes).await
}

/// Forgets a template and the rows of its files.
pub(crate) async fn delete(db: &mut Session, id: i32) -> sqlx::Result<()> {
    db.execute("DELETE FROM job_script_templates WHERE id = $1", args![id]).await.map(drop)
}
