//! Whether the settings go together.

use crate::config::ServeConfig;
use jobbergate_doctor::Problem;

pub(super) async fn check(config: &ServeConfig) -> Result<String, Problem> {
    let advice = "correct it; `jobbergate admin config` shows where it comes from";
    config.check().map_err(|error| Problem::new(error, advice))?;
    let doubts = config.doubts();
    Ok(if doubts.is_empty() { "they go together".to_owned() } else { doubts.join("; ") })
}
