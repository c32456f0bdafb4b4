//! Settings: environment variables, below them the profile in use, below it the file that
//! administrators or users write variables into.

mod known;
mod lock;
pub mod profiles;
mod variables;

use std::{env, path::PathBuf, time::Duration};

use jobbergate_client::Secret;
use serde_json::{Value, json};

pub use known::SETTINGS;
use known::{BASE_API_URL, CACHE_DIR, OIDC_CLIENT_SECRET, wrong};
pub use variables::Variables;

use crate::failure::Result;

/// What the command line is told by its surroundings.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The server.
    pub base_api_url: String,
    /// The identity provider: `host[:port]/realms/name`.
    pub oidc_domain: String,
    /// Whether the provider is asked by HTTPS.
    pub oidc_use_https: bool,
    /// As which client people log in.
    pub oidc_client_id: String,
    /// With it, the client can log in by itself.
    pub oidc_client_secret: Option<Secret>,
    /// Whether there is one that is for another client or provider.
    pub withholds_secret: bool,
    /// Where tokens are kept.
    pub cache_dir: PathBuf,
    /// How long the server may be silent.
    pub requests_timeout: Duration,
    /// Submits on this machine if set.
    pub sbatch_path: Option<PathBuf>,
    /// Where to submit to when nothing is said.
    pub default_cluster_name: Option<String>,
    /// Whether a script's main file is called after the script.
    pub legacy_name_convention: bool,
    /// Whether what modules and commands were called before counts, too.
    pub is_compatible: bool,
    /// The interpreter of workflow files.
    pub python: String,
}

impl Settings {
    /// From variables.
    ///
    /// # Errors
    /// When one of them makes no sense.
    pub fn new(variables: &Variables) -> Result<Self> {
        let new_name = variables.text(BASE_API_URL, "https://apis.vantagecompute.ai");
        Ok(Self {
            base_api_url: variables.old_base_api_url().map_or(new_name, str::to_owned),
            oidc_domain: variables.text("OIDC_DOMAIN", "auth.vantagecompute.ai/realms/vantage"),
            oidc_use_https: variables.flag("OIDC_USE_HTTPS", true)?,
            oidc_client_id: variables.text("OIDC_CLIENT_ID", "default"),
            oidc_client_secret: variables
                .get(OIDC_CLIENT_SECRET)
                .filter(|secret| !secret.is_empty())
                .map(Secret::from),
            withholds_secret: variables.withholds_secret(),
            cache_dir: cache_dir(variables)?,
            requests_timeout: timeout(variables)?,
            sbatch_path: variables.get("SBATCH_PATH").map(PathBuf::from),
            default_cluster_name: variables.get("DEFAULT_CLUSTER_NAME").map(str::to_owned),
            legacy_name_convention: variables.flag("JOBBERGATE_LEGACY_NAME_CONVENTION", false)?,
            is_compatible: variables.is_compatible()?,
            python: python(variables),
        })
    }

    /// What workflow files see of them, by the names of the variables.
    pub fn for_workflows(&self) -> Value {
        json!({
            "BASE_API_URL": self.base_api_url,
            "OIDC_DOMAIN": self.oidc_domain,
            "OIDC_CLIENT_ID": self.oidc_client_id,
            "OIDC_USE_HTTPS": self.oidc_use_https,
            "JOBBERGATE_CACHE_DIR": self.cache_dir.to_string_lossy(),
            "JOBBERGATE_REQUESTS_TIMEOUT": self.requests_timeout.as_secs(),
            "SBATCH_PATH": self.sbatch_path.as_ref().map(|path| path.to_string_lossy()),
            "DEFAULT_CLUSTER_NAME": self.default_cluster_name,
            "JOBBERGATE_COMPATIBILITY_MODE": self.is_compatible,
            "JOBBERGATE_LEGACY_NAME_CONVENTION": self.legacy_name_convention,
        })
    }
}

/// An empty name is none.
fn python(variables: &Variables) -> String {
    let named = variables.get("JOBBERGATE_PYTHON").filter(|name| !name.is_empty());
    named.unwrap_or("python3").to_owned()
}

fn timeout(variables: &Variables) -> Result<Duration> {
    let text = variables.text("JOBBERGATE_REQUESTS_TIMEOUT", "15");
    let seconds = text.trim().parse().ok().filter(|seconds| (1..=86_400).contains(seconds));
    seconds.map(Duration::from_secs).ok_or_else(|| {
        let what = "it must be a number of seconds from 1 to 86400";
        wrong(&format!("JOBBERGATE_REQUESTS_TIMEOUT is {text:?}; {what}"))
    })
}

/// Where all is kept for these.
///
/// # Errors
/// When that is no directory's name.
pub fn cache_dir(variables: &Variables) -> Result<PathBuf> {
    let text = variables.text(CACHE_DIR, "~/.local/share/jobbergate3");
    let path = match text.strip_prefix('~').filter(|rest| rest.is_empty() || rest.starts_with('/'))
    {
        Some(below) => {
            let home = env::home_dir().filter(|home| !home.as_os_str().is_empty());
            let home = home.ok_or_else(|| {
                wrong("there is no home directory; name a directory in JOBBERGATE_CACHE_DIR")
            })?;
            home.join(below.trim_start_matches('/'))
        }
        None => PathBuf::from(&text),
    };
    let path = std::path::absolute(&path).map_err(|error| {
        wrong(&format!("JOBBERGATE_CACHE_DIR is {text:?}, which is no path: {error}"))
    })?;
    // Tokens of one profile are none of another's. Those of the default one are where they were.
    Ok(match variables.profile_with_common(CACHE_DIR) {
        Some(name) if name != profiles::DEFAULT => path.join("profiles").join(name),
        _ => path,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Failure;

    fn settings(pairs: &[(&str, &str)]) -> Result<Settings> {
        Settings::new(&Variables::of(pairs))
    }

    fn complaint(name: &str, value: &str) -> String {
        match settings(&[(name, value)]) {
            Err(Failure::Refused { title, text }) => format!("{title}: {text}"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_old_name_of_the_server_overrides_the_new_one_unless_it_is_empty() {
        let both = |old| settings(&[("BASE_API_URL", "http://new"), ("ARMADA_API_BASE", old)]);
        assert_eq!(both("http://old").unwrap().base_api_url, "http://old");
        assert_eq!(both("").unwrap().base_api_url, "http://new");
    }

    #[test]
    fn a_bad_value_is_named() {
        for (name, value) in [
            ("OIDC_USE_HTTPS", "perhaps"),
            ("JOBBERGATE_REQUESTS_TIMEOUT", ""),
            ("JOBBERGATE_REQUESTS_TIMEOUT", "1.5"),
            ("JOBBERGATE_LEGACY_NAME_CONVENTION", "2"),
        ] {
            let words = complaint(name, value);
            assert!(words.starts_with("Configuration Error: ") && words.contains(name), "{words}");
        }
    }

    #[test]
    fn an_empty_cluster_name_is_one() {
        let settings = settings(&[("DEFAULT_CLUSTER_NAME", "")]).unwrap();
        assert_eq!(settings.default_cluster_name.as_deref(), Some(""));
    }

    #[test]
    fn the_cache_directory_is_absolute() {
        let directory = |text| settings(&[("JOBBERGATE_CACHE_DIR", text)]).unwrap().cache_dir;
        assert!(directory("a/b").is_absolute());
        assert!(directory("~/x").ends_with("x") && directory("~/x").is_absolute());
    }
}
