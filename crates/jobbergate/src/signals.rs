//! Being told to stop.

use tokio::signal::unix::{SignalKind, signal};

/// Ready once the process is told to stop, by Ctrl-C or `kill`.
pub fn stop() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
