//! A site: a server, a Slurm, an agent between them, and alice.

mod gate;
mod process;
mod site;

use std::{path::Path, time::Duration};

pub use gate::{Gate, Hold};
pub use process::{Process, program};
pub use site::{AgentOptions, Site, admin, directory_of, script_of};

/// Waits until a job or a program has made a file.
pub async fn until_exists(path: &Path) {
    for _ in 0..600 {
        if path.exists() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{} never appeared", path.display());
}
