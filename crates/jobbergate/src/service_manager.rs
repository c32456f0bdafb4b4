//! What systemd is told, where it runs the program. That the program has started, server and agent say
//! themselves.

use sd_notify::{NotifyState, notify, watchdog_enabled};

/// Tells that the program finishes what it has begun.
pub fn stopping() {
    tell(NotifyState::Stopping);
}

/// Says again and again that things go on, if systemd wants to hear it: a program that hangs is
/// started anew.
pub async fn say_alive() {
    let Some(limit) = watchdog_enabled() else { return };
    let mut ticks = tokio::time::interval(limit / 2);
    loop {
        ticks.tick().await;
        tell(NotifyState::Watchdog);
    }
}

fn tell(state: NotifyState<'_>) {
    if let Err(error) = notify(&[state]) {
        tracing::warn!(%error, "systemd cannot be told");
    }
}
