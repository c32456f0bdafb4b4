//! Several organizations on one server.

use clap::{ArgAction, Args, builder::BoolishValueParser, value_parser};

/// Whether organizations are kept apart, and how many of them are open at once.
#[derive(Debug, Clone, Args)]
pub struct TenancyConfig {
    /// Whether each organization has a database and a bucket of its own, named by the token's
    /// organization
    #[arg(
        long,
        env = "MULTI_TENANCY_ENABLED",
        default_value_t = false,
        action = ArgAction::Set,
        value_parser = BoolishValueParser::new(),
        value_name = "BOOL"
    )]
    pub multi_tenancy_enabled: bool,

    /// How many organizations' databases are open at once, at most
    #[arg(long, env = "JOBBERGATE_MAX_OPEN_ORGANIZATIONS", default_value_t = 16,
          value_parser = value_parser!(u32).range(1..=10_000), value_name = "N")]
    pub max_open_organizations: u32,

    /// How many connections to one organization's PostgreSQL database there are at most
    #[arg(long, env = "JOBBERGATE_ORGANIZATION_POOL_SIZE", default_value_t = 4,
          value_parser = value_parser!(u32).range(1..=1000), value_name = "N")]
    pub organization_pool_size: u32,

    /// After how many seconds without a request an organization's database is closed
    #[arg(long, env = "JOBBERGATE_ORGANIZATION_IDLE_SECONDS", default_value_t = 600,
          value_parser = value_parser!(u32).range(1..=86_400), value_name = "SECONDS")]
    pub organization_idle_seconds: u32,
}
