//! `jobbergate admin application`

use clap::Subcommand;
use jobbergate_api::identity::{NewApplication, Provider};
use rand::rngs::StdRng;
use serde_json::json;

use super::client::print_secret;
use crate::output::say;

#[derive(Debug, Subcommand)]
pub enum ApplicationCommand {
    /// Register a program that people log in with and print its secret, which is shown only once
    Create {
        /// Its client id
        client_id: String,
        /// What people read when they are asked whether they let it in
        #[arg(long)]
        name: String,
        /// Where browsers are sent back to, exactly; may be given several times
        #[arg(long = "redirect-uri", value_name = "URL", required = true)]
        redirect_uris: Vec<String>,
        /// It can't keep a secret: it runs on people's machines or in their browsers
        #[arg(long)]
        public: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

pub async fn run(provider: &Provider, command: ApplicationCommand) -> anyhow::Result<()> {
    let ApplicationCommand::Create { client_id, name, redirect_uris, public, json } = command;
    let new =
        NewApplication { client_id: client_id.clone(), name, redirect_uris, is_public: public };
    let mut rng: StdRng = rand::make_rng();
    match provider.create_application(&new, &mut rng).await? {
        Some(secret) => print_secret(&client_id, &secret, json)?,
        None if json => say!("{}", json!({"client_id": client_id})),
        None => say!("client_id: {client_id}"),
    }
    Ok(())
}
