//! Settings of upload by URL.

use clap::Args;

/// What the server fetches on behalf of its users.
#[derive(Debug, Clone, Args)]
pub struct UploadByUrlSettings {
    /// Hosts in private networks from which files may be fetched by URL: names, addresses or
    /// address ranges, separated by commas
    #[arg(
        long,
        env = "UPLOAD_BY_URL_ALLOWED_HOSTS",
        default_value = "",
        hide_default_value = true,
        value_name = "HOSTS"
    )]
    pub upload_by_url_allowed_hosts: String,

    /// How long fetching a file by URL may take, in seconds
    #[arg(
        long,
        env = "UPLOAD_BY_URL_TIMEOUT",
        default_value_t = 30,
        value_parser = clap::value_parser!(u64).range(1..=3600),
        value_name = "SECONDS"
    )]
    pub upload_by_url_timeout: u64,
}
