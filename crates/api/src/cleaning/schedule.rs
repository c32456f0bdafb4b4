//! Cleaning by itself.

use std::{sync::Arc, time::Duration};

use tokio::{task::JoinSet, time::Instant};

use super::{log, perform_all, task::FIRST_LOCK};
use crate::{
    app::App,
    db::{Db, Turn},
    tenant::{Tables, Unopened},
};

/// The lock of the one server that cleans.
const LOCK: i64 = FIRST_LOCK + 0x20;
/// How often the one that cleans makes sure that it still has the lock, and others try to get it.
const LOOK: Duration = Duration::from_secs(10);

/// Cleans now and then every so many hours, as the settings say, until what is returned is
/// dropped. Of several servers that share a database one does it for as long as it lives; then
/// another one takes over.
pub fn start(app: &Arc<App>) -> JoinSet<()> {
    let mut running = JoinSet::new();
    if let Some(hours) = app.cleaning.clean_interval_hours {
        running.spawn(run(Arc::clone(app), Duration::from_hours(hours.into())));
    }
    running
}

async fn run(app: Arc<App>, interval: Duration) {
    let db = app.tenants.default_tenant().db;
    let (mut turn, mut due) = (None, Instant::now());
    loop {
        turn = hold(&db, turn).await;
        if turn.is_some() && due <= Instant::now() {
            due = Instant::now() + interval;
            clean(&app).await;
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// The turn at cleaning, unless another server has it.
async fn hold(db: &Db, turn: Option<Turn>) -> Option<Turn> {
    if let Some(mut turn) = turn
        && turn.is_held().await
    {
        return Some(turn);
    }
    db.take_turn(LOCK).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "whose turn at cleaning it is cannot be found out for now");
        None
    })
}

async fn clean(app: &Arc<App>) {
    match perform_all(app, Tables::Any, false, log).await {
        Ok(unopened) => {
            for Unopened { organization, reason } in unopened {
                tracing::error!(organization, reason, "not cleaned");
            }
            tracing::info!("cleaning is done");
        }
        Err(error) => tracing::error!(error = error.with_cause(), "cleaning failed"),
    }
}
