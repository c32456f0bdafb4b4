//! How many files and connections the system lets the process have open.

use std::io;

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::config::ServeConfig;

/// Beside what settings allow: the log, the runtime, files that are read and written, other servers.
const BESIDE: u64 = 128;

/// Takes as many as the system allows: a process begins with fewer, mostly 1024. Gives how many.
///
/// # Errors
/// When the system does not say, or allows less than it says.
pub fn raise_limit() -> io::Result<u64> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    if soft < hard {
        setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?;
    }
    Ok(hard)
}

/// How many a server with these settings may come to.
pub fn most(config: &ServeConfig) -> u64 {
    let waiting = &config.waiting;
    let tenancy = &config.tenancy;
    let databases = match tenancy.multi_tenancy_enabled {
        true => tenancy.max_open_organizations * (tenancy.organization_pool_size + 1),
        false => 0,
    };
    let counts = [
        config.memory.max_connections,
        waiting.max_long_polls,
        waiting.max_event_streams,
        waiting.max_output_requests,
        config.database_pool_size,
        databases,
    ];
    BESIDE + counts.into_iter().map(u64::from).sum::<u64>()
}

/// What is to be done when there may be fewer than a server may come to; nothing if there are enough.
pub fn complaint(config: &ServeConfig, limit: u64) -> Option<String> {
    let most = most(config);
    (limit < most).then(|| {
        format!(
            "{limit} files and connections may be open at once, and connections, long polls and streams may come \
             to {most}; raise the limit (LimitNOFILE= of systemd, `ulimit -Hn`) or lower \
             JOBBERGATE_MAX_CONNECTIONS, JOBBERGATE_MAX_LONG_POLLS or JOBBERGATE_MAX_EVENT_STREAMS"
        )
    })
}
