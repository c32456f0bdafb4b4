//! `jobbergate admin clean`.

use std::sync::Arc;

use anyhow::bail;
use jobbergate_api::{
    app::App,
    cleaning::{self, Outcome},
};

/// Prints a line per task, and to standard error why one failed.
pub(super) async fn clean(app: &Arc<App>, dry_run: bool) -> anyhow::Result<()> {
    let mut failed = false;
    let report = |organization: Option<&str>, task, done: Result<Outcome, _>| {
        let whose = organization.map(|name| format!("{name}: ")).unwrap_or_default();
        match done {
            Ok(done) => println!("{whose}{task}: {}", done.describe(dry_run)),
            Err(error) => {
                failed = true;
                eprintln!("{whose}{task}: {:#}", anyhow::Error::new(error));
            }
        }
    };
    cleaning::perform_all(app, dry_run, report).await?;
    if failed {
        bail!("not everything could be cleaned");
    }
    Ok(())
}
