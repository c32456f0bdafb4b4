//! The table of facts.

use chrono::{DateTime, Utc};
use jobbergate_types::cluster_facts::{ClusterFacts, ClusterFactsView};
use sea_query::{Expr, ExprTrait};
use serde_json::Value;
use sqlx::types::Json;
use sqlx_macros::FromRow;
use struct_field_names_as_array::FieldNamesAsSlice;

use crate::{
    args,
    db::Session,
    query::{Assignments, Lock, Table},
};

const FACTS: Table = Table { name: "cluster_facts", key: &["client_id"] };

#[derive(Debug, FromRow, FieldNamesAsSlice)]
pub(super) struct FactsRow {
    client_id: String,
    facts: Json<ClusterFacts>,
    updated_at: DateTime<Utc>,
}

#[derive(FromRow)]
struct Length {
    length: i32,
}

impl From<FactsRow> for ClusterFactsView {
    fn from(row: FactsRow) -> Self {
        Self { client_id: row.client_id, reported_at: row.updated_at.into(), facts: row.facts.0 }
    }
}

pub(super) async fn upsert(
    db: &mut Session,
    client_id: &str,
    facts: Value,
    now: DateTime<Utc>,
) -> sqlx::Result<FactsRow> {
    let row = Assignments::created(now).set("client_id", client_id).set("facts", facts);
    FACTS.upsert(db, row).await
}

/// How long a cluster's facts are, in characters of JSON.
pub(super) async fn length(db: &mut Session, client_id: &str) -> sqlx::Result<Option<usize>> {
    let sql = "SELECT length(CAST(facts AS text)) AS length FROM cluster_facts \
               WHERE client_id = $1";
    let found: Option<Length> = db.fetch_optional(sql, args![client_id]).await?;
    Ok(found.map(|Length { length }| usize::try_from(length).unwrap_or_default()))
}

pub(super) async fn find(db: &mut Session, client_id: &str) -> sqlx::Result<Option<FactsRow>> {
    FACTS.find(db, Expr::col("client_id").eq(client_id), Lock::None).await
}
