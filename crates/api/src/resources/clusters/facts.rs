//! What agents say of their clusters.

use chrono::{DateTime, Utc};
use jobbergate_types::cluster_facts::{ClusterFacts, ClusterFactsView, LARGEST_FACTS};
use sea_query::{Expr, ExprTrait};
use sqlx::types::Json;
use sqlx_macros::FromRow;
use struct_field_names_as_array::FieldNamesAsSlice;

use crate::{
    app::Context,
    args,
    error::{Error, Result},
    query::{Assignments, Lock, Table},
};

const FACTS: Table = Table { name: "cluster_facts", key: &["client_id"] };
/// What a byte of them takes at most while they are read and answered.
const COST: usize = 4;

#[derive(Debug, FromRow, FieldNamesAsSlice)]
struct FactsRow {
    client_id: String,
    facts: Json<ClusterFacts>,
    updated_at: DateTime<Utc>,
}

#[derive(FromRow)]
struct Length {
    length: i32,
}

/// Keeps what an agent found in place of what it found before.
pub(super) async fn report(context: &Context, client_id: &str, facts: ClusterFacts) -> Result<()> {
    let facts = serde_json::to_value(facts).map_err(Error::internal)?;
    let length = facts.to_string().len();
    if length > LARGEST_FACTS {
        return Err(Error::TooLarge(format!(
            "The facts of a cluster cannot exceed {LARGEST_FACTS} bytes as JSON, got {length}"
        )));
    }
    let mut db = context.db.write().await?;
    let row = Assignments::created(context.now()).set("client_id", client_id).set("facts", facts);
    let _: FactsRow = FACTS.upsert(&mut db, row).await?;
    Ok(db.commit().await?)
}

pub(super) async fn find(context: &Context, client_id: &str) -> Result<ClusterFactsView> {
    let mut db = context.db.read().await?;
    let sql = "SELECT length(CAST(facts AS text)) AS length FROM cluster_facts \
               WHERE client_id = $1";
    let Length { length } =
        db.fetch_optional(sql, args![client_id]).await?.ok_or(Error::NotFoundBare)?;
    context.take_room(usize::try_from(length).unwrap_or_default().saturating_mul(COST)).await?;
    let found = FACTS.find(&mut db, Expr::col("client_id").eq(client_id), Lock::None).await?;
    let FactsRow { client_id, facts, updated_at } = found.ok_or(Error::NotFoundBare)?;
    Ok(ClusterFactsView { client_id, reported_at: updated_at.into(), facts: facts.0 })
}
