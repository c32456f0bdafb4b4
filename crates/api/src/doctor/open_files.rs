//! Whether as many connections may be open as settings allow.

use crate::{config::ServeConfig, open_files};
use jobbergate_doctor::Problem;

pub(super) async fn check(config: &ServeConfig) -> Result<String, Problem> {
    let advice = "see what limits the process (`ulimit -a`)";
    let limit = open_files::raise_limit().map_err(|error| Problem::new(error, advice))?;
    let most = open_files::most(config);
    match open_files::complaint(config, limit) {
        None => Ok(format!("{limit} may be open, and {most} are enough")),
        Some(complaint) => Err(Problem::new("too few may be open", complaint)),
    }
}
