//! Which settings there are.

use crate::failure::Failure;

/// A setting that a profile may have.
#[derive(Debug)]
pub struct Setting {
    /// Of its variable.
    pub name: &'static str,
    /// What counts when nobody says anything.
    pub default: Option<&'static str>,
}

const fn setting(name: &'static str, default: Option<&'static str>) -> Setting {
    Setting { name, default }
}

/// The server.
pub const BASE_API_URL: &str = "BASE_API_URL";
/// The same, as it was called before.
pub const OLD_BASE_API_URL: &str = "ARMADA_API_BASE";
/// The client's own secret.
pub const OIDC_CLIENT_SECRET: &str = "OIDC_CLIENT_SECRET";
/// Where tokens are kept.
pub const CACHE_DIR: &str = "JOBBERGATE_CACHE_DIR";

/// All of them.
pub const SETTINGS: [Setting; 11] = [
    setting(BASE_API_URL, Some("https://apis.vantagecompute.ai")),
    setting("OIDC_DOMAIN", Some("auth.vantagecompute.ai/realms/vantage")),
    setting("OIDC_CLIENT_ID", Some("default")),
    setting(OIDC_CLIENT_SECRET, None),
    setting("OIDC_USE_HTTPS", Some("true")),
    setting("DEFAULT_CLUSTER_NAME", None),
    setting("SBATCH_PATH", None),
    setting(CACHE_DIR, Some("~/.local/share/jobbergate3")),
    setting("JOBBERGATE_REQUESTS_TIMEOUT", Some("15")),
    setting("JOBBERGATE_LEGACY_NAME_CONVENTION", Some("false")),
    setting("JOBBERGATE_PYTHON", Some("python3")),
];

/// That one makes no sense.
pub fn wrong(text: &str) -> Failure {
    Failure::new("Configuration Error", text)
}
