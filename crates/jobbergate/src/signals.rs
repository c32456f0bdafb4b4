//! Being told to stop.

use std::process;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::service_manager;

/// What a process answers that did not finish what it had begun, as if the signal had ended it.
const BROKEN_OFF: i32 = 128 + 15;

/// Ready once the process is told to stop, by Ctrl-C or `kill`. Told once more, it ends at once.
pub fn stop() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        either(&mut interrupt, &mut terminate).await;
        service_manager::stopping();
        tokio::spawn(async move {
            either(&mut interrupt, &mut terminate).await;
            tracing::warn!("told to stop once more: what was begun is left as it is");
            process::exit(BROKEN_OFF);
        });
    })
}

async fn either(interrupt: &mut Signal, terminate: &mut Signal) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
