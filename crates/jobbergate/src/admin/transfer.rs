//! `jobbergate admin export` and `jobbergate admin import`.

use std::path::PathBuf;

use clap::Args;
use jobbergate_api::{
    app::App,
    transfer::{self, End},
};

use crate::output::say;

#[derive(Debug, Args)]
pub struct TransferArgs {
    /// The organization, with MULTI_TENANCY_ENABLED; the default data when left out
    #[arg(long)]
    organization: Option<String>,
    /// The archive
    file: PathBuf,
}

pub(super) async fn export(app: &App, args: &TransferArgs) -> anyhow::Result<()> {
    let exported = transfer::export(app, args.organization.as_deref(), &args.file).await?;
    say!("exported to {}: {}", args.file.display(), summary(&exported.end));
    if exported.end.missing > 0 {
        eprintln!(
            "jobbergate: {} files were not there, which their rows name; each was deleted meanwhile, or is \
             missing at this server, too: {}",
            exported.end.missing,
            exported.missing.join(", ")
        );
    }
    Ok(())
}

pub(super) async fn import(app: &App, args: &TransferArgs) -> anyhow::Result<()> {
    let end = transfer::import(app, args.organization.as_deref(), &args.file).await?;
    say!("imported {}: {}", args.file.display(), summary(&end));
    Ok(())
}

fn summary(end: &End) -> String {
    let of = |table: &str| end.rows.get(table).copied().unwrap_or_default();
    format!(
        "{} templates, {} scripts, {} submissions, {} people, {} clients, {} files of {} bytes",
        of("job_script_templates"),
        of("job_scripts"),
        of("job_submissions"),
        of("identity_users"),
        of("identity_clients"),
        end.files,
        end.bytes
    )
}
