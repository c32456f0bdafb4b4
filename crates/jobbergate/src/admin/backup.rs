//! `jobbergate admin backup` and `jobbergate admin restore`.

use std::path::PathBuf;

use clap::Args;
use jobbergate_api::{backup, clock::Clock, config::ServeConfig};

use crate::output::say;

#[derive(Debug, Args)]
pub struct BackupArgs {
    /// The directory to make
    directory: PathBuf,
}

#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// The directory that `jobbergate admin backup` made
    directory: PathBuf,
    /// Put what is in the data directory aside, in a directory replaced-… in it
    #[arg(long)]
    replace: bool,
}

pub(super) async fn make(config: &ServeConfig, args: &BackupArgs) -> anyhow::Result<()> {
    config.check()?;
    let made = backup::make(config, &args.directory).await?;
    let directory = args.directory.display();
    say!("backed up to {directory}: {} databases, {} files", made.databases, made.files);
    if !made.without_database.is_empty() {
        eprintln!(
            "jobbergate: the directories of these organizations have no database and are left out: {}",
            made.without_database.join(", ")
        );
    }
    if made.missing > 0 {
        eprintln!(
            "jobbergate: {} files are missing at the server, too: rows of scripts or templates name them",
            made.missing
        );
    }
    Ok(())
}

pub(super) async fn restore(config: &ServeConfig, args: &RestoreArgs) -> anyhow::Result<()> {
    config.check()?;
    let aside = backup::restore(config, &args.directory, args.replace, &Clock::System).await?;
    say!("restored {}", args.directory.display());
    if let Some(aside) = aside {
        say!("what was there before is in {}", aside.display());
    }
    Ok(())
}
