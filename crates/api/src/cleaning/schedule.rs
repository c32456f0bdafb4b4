//! Cleaning by itself.

use std::{sync::Arc, time::Duration};

use tokio::{task::JoinSet, time::MissedTickBehavior};

use super::{log, perform_all};
use crate::app::App;

/// Cleans now and then every so many hours, as the settings say, until what is returned is
/// dropped. Of several servers that share a database, one at a time does each task.
pub fn start(app: &Arc<App>) -> JoinSet<()> {
    let mut running = JoinSet::new();
    if let Some(hours) = app.cleaning.clean_interval_hours {
        let app = Arc::clone(app);
        running.spawn(async move {
            let mut ticks = tokio::time::interval(Duration::from_hours(hours.into()));
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                clean(&app).await;
            }
        });
    }
    running
}

async fn clean(app: &Arc<App>) {
    match perform_all(app, false, log).await {
        Ok(()) => tracing::info!("cleaning is done"),
        Err(error) => tracing::error!(error = super::full(&error), "cleaning failed"),
    }
}
