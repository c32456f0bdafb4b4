//! `jobbergate admin claims`.

use std::sync::Arc;

use anyhow::bail;
use clap::Subcommand;
use jobbergate_api::{
    app::App,
    resources::job_submissions::claims::{self, Holding},
    tenant::{Tables, Tenant},
};

use crate::output::say;

#[derive(Debug, Subcommand)]
pub enum ClaimsCommand {
    /// List the agents that have claimed submissions or hold a lease: cluster, instance, until when
    /// its lease holds, how many that wait and how many active submissions it has claimed, and how
    /// many withdrawn ones, of which it is to find out whether they have a job
    List,
    /// Free what agents of a cluster have claimed whose leases are over, so that an agent which claims
    /// nothing, as the Python one, is offered it; stop those agents for good first: a job that one of
    /// them submitted without being able to say so is submitted again
    Release {
        /// The cluster, by its agents' client id
        client_id: String,
    },
}

impl ClaimsCommand {
    /// What the tables must be: a list brings nothing up to date.
    pub const fn tables(&self) -> Tables {
        match self {
            Self::List => Tables::Current,
            Self::Release { .. } => Tables::Ours,
        }
    }
}

/// Does it in all organizations' data; where there are several, each line begins with whose it is.
pub async fn run(app: &Arc<App>, command: &ClaimsCommand) -> anyhow::Result<()> {
    let mut tenants = app.tenants.all(command.tables()).await?;
    let (mut freed, mut held, mut unopened) = ((0, 0), Vec::new(), false);
    while let Some(tenant) = tenants.next().await {
        match tenant {
            Ok(tenant) => match command {
                ClaimsCommand::List => list(app, tenant).await?,
                ClaimsCommand::Release { client_id } => {
                    let (waiting, active) = claims::release(app, tenant.clone(), client_id).await?;
                    freed = (freed.0 + waiting, freed.1 + active);
                    let holdings = claims::list(&tenant.db, app.clock.now()).await?.into_iter();
                    held.extend(holdings.filter(|held| {
                        held.client_id == *client_id && held.lease_ends_at.is_some()
                    }));
                }
            },
            Err(error) => {
                unopened = true;
                eprintln!("{error}");
            }
        }
    }
    if let ClaimsCommand::Release { client_id } = command {
        let (waiting, active) = freed;
        say!("{client_id}: freed {waiting} that wait and {active} that are active");
        for Holding { instance, lease_ends_at, waiting, active, .. } in &held {
            let until = lease_ends_at.map(|at| at.to_rfc3339()).unwrap_or_default();
            say!(
                "{client_id}: agent {} keeps {waiting} that wait and {active} that are active: its \
                 lease holds until {until}; stop it, and say this again after that",
                instance.escape_debug()
            );
        }
        if held.is_empty() && freed == (0, 0) {
            say!("{client_id}: no agent of this name has claimed anything");
        }
    }
    if unopened {
        bail!("not all organizations' data could be opened");
    }
    Ok(())
}

async fn list(app: &Arc<App>, tenant: Tenant) -> anyhow::Result<()> {
    let whose = tenant.organization.as_ref().map(|name| format!("{name}\t")).unwrap_or_default();
    for held in claims::list(&tenant.db, app.clock.now()).await? {
        let Holding { client_id, instance, lease_ends_at, waiting, active, withdrawn } = held;
        let lease = lease_ends_at.map_or_else(|| "over".to_owned(), |at| at.to_rfc3339());
        let instance = instance.escape_debug();
        say!("{whose}{client_id}\t{instance}\t{lease}\t{waiting}\t{active}\t{withdrawn}");
    }
    Ok(())
}
