//! The clock of leases: it is the same for all processes of a host, nobody sets it, and it goes on
//! while the host sleeps.

use std::time::Duration;

use nix::time::{ClockId, clock_gettime};

/// How long ago the host was booted.
pub fn now() -> Duration {
    // Where it can't be read, whatever has an end has ended.
    clock_gettime(ClockId::CLOCK_BOOTTIME).map_or(Duration::MAX, Duration::from)
}
