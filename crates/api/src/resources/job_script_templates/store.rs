//! The table of templates.

use chrono::{DateTime, Utc};
use jobbergate_types::{
    Page, Patch,
    job_script_templates::{
        JobTemplateBaseDetailedView, JobTemplateListQuery, JobTemplateListView,
    },
    questions::Question,
};
use sea_query::{Condition, Expr, ExprTrait};
use serde_json::{Map, Value};
use sqlx::types::Json;
use sqlx_macros::FromRow;
use struct_field_names_as_array::FieldNamesAsSlice;

use super::Locator;
use crate::{
    args,
    db::{Session, arguments::Arguments},
    error::Result,
    query::{Assignments, ListColumns, Lock, Table, by_id},
};

/// Default parameters.
pub(super) type Vars = Map<String, Value>;

pub(super) const TEMPLATES: Table = Table { name: "job_script_templates", key: &["id"] };
pub(super) const LIST: ListColumns = ListColumns {
    searched: &["name", "description", "owner_email", "identifier"],
    sortable: &["id", "name", "owner_email", "created_at", "updated_at", "identifier"],
};

/// A template without what may be large ([`details`]).
#[derive(Debug, Clone, FromRow, FieldNamesAsSlice)]
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
}

#[derive(Debug)]
pub(crate) struct NewTemplate<'a> {
    /// If it was reserved.
    pub(crate) id: Option<i32>,
    pub(crate) name: &'a str,
    pub(crate) identifier: Option<&'a str>,
    pub(crate) description: Option<&'a str>,
    pub(crate) template_vars: Option<Map<String, Value>>,
    pub(crate) questions: Option<Vec<Question>>,
    pub(crate) owner_email: &'a str,
    pub(crate) cloned_from_id: Option<i32>,
}

impl TemplateRow {
    pub(super) fn with(self, details: Details) -> JobTemplateBaseDetailedView {
        let Details { template_vars, questions } = details;
        JobTemplateBaseDetailedView { template: self.into(), template_vars, questions }
    }
}

#[derive(Debug, FromRow, FieldNamesAsSlice)]
struct DetailsRow {
    template_vars: Json<Option<Vars>>,
    questions: Option<Json<Vec<Question>>>,
}

/// What of a template may be large.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Details {
    pub(crate) template_vars: Option<Vars>,
    /// Those that its expert wrote.
    pub(crate) questions: Option<Vec<Question>>,
}

#[derive(Debug)]
pub(crate) struct TemplateChanges {
    pub(crate) name: Option<String>,
    pub(crate) identifier: Patch<String>,
    pub(crate) description: Patch<String>,
    pub(crate) template_vars: Patch<Vars>,
    pub(crate) questions: Patch<Vec<Question>>,
    pub(crate) is_archived: Option<bool>,
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

/// No parameters are the JSON `null`; the column is never null itself.
fn json(template_vars: Option<Map<String, Value>>) -> Value {
    template_vars.map_or(Value::Null, Value::Object)
}

/// No questions are no JSON.
fn questions_json(questions: Option<Vec<Question>>) -> Option<Value> {
    questions.map(|questions| serde_json::json!(questions))
}

pub(crate) async fn insert(
    db: &mut Session,
    new: NewTemplate<'_>,
    now: DateTime<Utc>,
) -> sqlx::Result<TemplateRow> {
    let row = Assignments::created(now)
        .set_some("id", new.id)
        .set("name", new.name)
        .set("identifier", new.identifier)
        .set("description", new.description)
        .set("template_vars", json(new.template_vars))
        .set("questions", questions_json(new.questions))
        .set("owner_email", new.owner_email)
        .set("cloned_from_id", new.cloned_from_id)
        .set("is_archived", false);
    TEMPLATES.insert(db, row).await
}

pub(crate) async fn find(
    db: &mut Session,
    locator: &Locator,
    lock: Lock,
) -> sqlx::Result<Option<TemplateRow>> {
    let condition = match locator {
        Locator::Id(id) => by_id(*id),
        Locator::Identifier(identifier) => Expr::col("identifier").eq(identifier.as_str()),
    };
    TEMPLATES.find(db, condition, lock).await
}

/// What of a template may be large.
pub(crate) async fn details(db: &mut Session, id: i32) -> sqlx::Result<Details> {
    let found: Option<DetailsRow> = TEMPLATES.find(db, by_id(id), Lock::None).await?;
    let details = found.map(|row| Details {
        template_vars: row.template_vars.0,
        questions: row.questions.map(|questions| questions.0),
    });
    Ok(details.unwrap_or_default())
}

/// Whether the expert of a template wrote questions.
pub(super) async fn has_questions(db: &mut Session, id: i32) -> sqlx::Result<bool> {
    let condition = by_id(id).and(Expr::col("questions").is_not_null());
    TEMPLATES.count(db, condition).await.map(|count| count > 0)
}

/// How many characters that is as JSON; `None` if there is no such template.
pub(super) async fn details_length(
    db: &mut Session,
    locator: &Locator,
) -> sqlx::Result<Option<i64>> {
    let (condition, arguments): (_, Arguments) = match locator {
        Locator::Id(id) => ("id = $1", args![*id]),
        Locator::Identifier(identifier) => ("identifier = $1", args![identifier.as_str()]),
    };
    let sql = format!(
        "SELECT CAST(length(CAST(template_vars AS text)) \
         + coalesce(length(CAST(questions AS text)), 0) AS bigint) \
         FROM job_script_templates WHERE {condition}"
    );
    let found: Option<(i64,)> = db.fetch_optional(&sql, arguments).await?;
    Ok(found.map(|(length,)| length))
}

pub(crate) async fn with_ids(
    db: &mut Session,
    ids: impl IntoIterator<Item = i32>,
) -> sqlx::Result<Vec<TemplateRow>> {
    TEMPLATES.rows(db, Expr::col("id").is_in(ids)).await
}

pub(crate) async fn page(
    db: &mut Session,
    query: &JobTemplateListQuery,
    owner: Option<&str>,
) -> Result<Page<TemplateRow>> {
    let list = &query.list;
    let order = LIST.ordering(list.sort_field.as_deref(), list.sort_ascending)?;
    let mut condition = Condition::all();
    if !query.include_null_identifier {
        condition = condition.add(Expr::col("identifier").is_not_null());
    }
    let condition = LIST.narrowed(db, condition, list, owner);
    Ok(TEMPLATES.page(db, condition, order, &list.paging).await?)
}

pub(crate) async fn update(
    db: &mut Session,
    id: i32,
    changes: TemplateChanges,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<TemplateRow>> {
    let changes = Assignments::changed(now)
        .set_some("name", changes.name)
        .set_some("identifier", changes.identifier.into_change())
        .set_some("description", changes.description.into_change())
        .set_some("template_vars", changes.template_vars.into_change().map(json))
        .set_some("questions", changes.questions.into_change().map(questions_json))
        .set_some("is_archived", changes.is_archived);
    Ok(TEMPLATES.update(db, by_id(id), changes).await?.pop())
}

/// Forgets a template and the rows of its files.
pub(crate) async fn delete(db: &mut Session, id: i32) -> sqlx::Result<()> {
    TEMPLATES.delete(db, by_id(id)).await.map(drop)
}
