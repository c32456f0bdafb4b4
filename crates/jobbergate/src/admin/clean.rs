//! `jobbergate admin clean`.

use std::sync::Arc;

use anyhow::bail;
use jobbergate_api::{
    app::App,
    cleaning::{self, Cleaned},
};

use crate::output;

/// Prints a line per task, and to standard error why one failed or whose data can't be opened.
pub(super) async fn clean(app: &Arc<App>, dry_run: bool) -> anyhow::Result<()> {
    let mut failed = false;
    let report = |organization: Option<&str>, task, done: Result<Cleaned, _>| {
        let whose = organization.map(|name| format!("{name}: ")).unwrap_or_default();
        match done {
            Ok(done) => {
                let text = done.describe(dry_run);
                if let Err(error) = output::print(format_args!("{whose}{task}: {text}\n")) {
                    failed = true;
                    eprintln!("{error:#}");
                }
            }
            Err(error) => {
                failed = true;
                eprintln!("{whose}{task}: {:#}", anyhow::Error::new(error));
            }
        }
    };
    let tables = cleaning::tables(dry_run);
    let unopened = cleaning::perform_all(app, tables, dry_run, report).await?;
    for organization in &unopened {
        eprintln!("{organization}");
    }
    if failed || !unopened.is_empty() {
        bail!("not everything could be cleaned");
    }
    Ok(())
}
