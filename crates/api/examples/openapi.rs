//! Prints the OpenAPI document of a server without settings: what is checked in as
//! `crates/api/openapi.json`.

use clap::Parser;
use jobbergate_api::{config::metadata::MetadataConfig, openapi, service};

#[derive(Parser)]
struct Defaults {
    #[command(flatten)]
    metadata: MetadataConfig,
}

fn main() -> Result<(), serde_json::Error> {
    let document = openapi::document(&service::routes(), &Defaults::parse().metadata);
    println!("{}", serde_json::to_string_pretty(&document)?);
    Ok(())
}
