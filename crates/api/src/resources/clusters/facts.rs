//! What agents say of their clusters: the rules.

mod store;

use jobbergate_types::cluster_facts::{ClusterFacts, ClusterFactsView, LARGEST_FACTS};

use crate::{
    app::Context,
    error::{Error, Result},
};

/// What a byte of them takes at most while they are read and answered.
const COST: usize = 4;

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
    store::upsert(&mut db, client_id, facts, context.now()).await?;
    Ok(db.commit().await?)
}

pub(crate) async fn find(context: &Context, client_id: &str) -> Result<ClusterFactsView> {
    let mut db = context.db.read().await?;
    let unknown = || {
        Error::NotFound(format!(
            "Nothing is known of a cluster {client_id}: no agent with this client id has reported its \
             facts"
        ))
    };
    let length = store::length(&mut db, client_id).await?.ok_or_else(unknown)?;
    context.take_room(length.saturating_mul(COST)).await?;
    let found = store::find(&mut db, client_id).await?.ok_or_else(unknown)?;
    Ok(found.into())
}
