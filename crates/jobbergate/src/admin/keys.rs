//! `jobbergate admin keys`

use clap::Subcommand;
use jobbergate_api::identity::Provider;
use serde_json::{Value, json};

use crate::output::say;

#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Make another key, which signs tokens from now on; tokens of the ones before stay good until
    /// they expire
    Rotate {
        /// End all tokens of the ones before at once: somebody may have got hold of a key
        #[arg(long)]
        at_once: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List the keys that are published; the last one signs
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

pub async fn run(provider: &Provider, command: KeysCommand) -> anyhow::Result<()> {
    match command {
        KeysCommand::Rotate { at_once, json } => {
            let id = provider.rotate_keys(at_once).await?;
            match json {
                true => say!("{}", json!({"id": id})),
                false => say!("{id}"),
            }
        }
        KeysCommand::List { json } => list(provider, json).await?,
    }
    Ok(())
}

async fn list(provider: &Provider, as_json: bool) -> anyhow::Result<()> {
    let keys = provider.keys().await?;
    let keys = keys.into_iter().map(|key| {
        let retired_at = key.retired_at.map(|at| at.to_rfc3339());
        (key.id, key.created_at.to_rfc3339(), retired_at)
    });
    if as_json {
        let key = |(id, created_at, retired_at)| json!({"id": id, "created_at": created_at, "retired_at": retired_at});
        say!("{}", Value::from(keys.map(key).collect::<Vec<_>>()));
        return Ok(());
    }
    for (id, created_at, retired_at) in keys {
        let state = retired_at.map_or_else(|| "signs".to_owned(), |at| format!("retired {at}"));
        say!("{id}\t{created_at}\t{state}");
    }
    Ok(())
}
