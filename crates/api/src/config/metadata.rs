//! What the server says of itself, and to whose pages.

use clap::Args;

/// How the API presents itself in its OpenAPI document, and which web pages may use it.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Presentation")]
pub struct MetadataConfig {
    /// The API's name
    #[arg(long, env = "METADATA_TITLE", default_value = "Jobbergate", value_name = "TEXT")]
    pub metadata_title: String,

    /// What it is for, in Markdown
    #[arg(
        long,
        env = "METADATA_DESCRIPTION",
        default_value = "Job-script templates, job scripts and job submissions to Slurm clusters.",
        value_name = "TEXT"
    )]
    pub metadata_description: String,

    /// The version to tell [default: the program's]
    #[arg(long, env = "METADATA_VERSION", default_value = env!("CARGO_PKG_VERSION"), hide_default_value = true, value_name = "VERSION")]
    pub metadata_version: String,

    /// Who answers questions
    #[arg(long, env = "METADATA_CONTACT_NAME", value_name = "NAME")]
    pub metadata_contact_name: Option<String>,

    /// Where to read more
    #[arg(long, env = "METADATA_CONTACT_URL", value_name = "URL")]
    pub metadata_contact_url: Option<String>,

    /// Where to write to
    #[arg(long, env = "METADATA_CONTACT_EMAIL", value_name = "ADDRESS")]
    pub metadata_contact_email: Option<String>,

    /// The origins of the web pages that may use the API, separated by commas
    #[arg(long, env = "ALLOWED_ORIGINS", default_value = "*", value_name = "ORIGINS")]
    pub allowed_origins: String,
}
