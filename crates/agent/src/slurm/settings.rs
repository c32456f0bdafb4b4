//! What the controller's configuration says that matters here.

use std::time::Duration;

use super::{Slurm, SlurmError};

/// Some of the controller's settings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    pub version: Option<String>,
    pub cluster: Option<String>,
    /// Whether there is a database of accounts and past jobs.
    pub has_accounting: bool,
    /// How long jobs that ended are remembered at least; none if for ever.
    pub memory: Option<Duration>,
    /// Whether the database keeps the comments of jobs.
    pub keeps_comments: bool,
    /// What users may not see of others (`PrivateData`), in small letters.
    private: Vec<String>,
}

impl Settings {
    fn read(configuration: &str) -> Self {
        let text = |name| value(configuration, name).map(str::to_owned);
        let private = value(configuration, "PrivateData").unwrap_or_default();
        let storage = value(configuration, "AccountingStorageType").unwrap_or_default();
        let flags = value(configuration, "AccountingStoreFlags").unwrap_or_default();
        let has_accounting = storage.ends_with("slurmdbd");
        Self {
            version: text("SLURM_VERSION"),
            cluster: text("ClusterName"),
            has_accounting,
            memory: memory(configuration),
            keeps_comments: has_accounting
                && flags.split(',').any(|flag| flag.trim().eq_ignore_ascii_case("job_comment")),
            private: private.split(',').map(|what| what.trim().to_lowercase()).collect(),
        }
    }

    /// Whether users may not see this of others.
    pub fn keeps_private(&self, what: &str) -> bool {
        self.private.iter().any(|private| private == what)
    }
}

impl Slurm {
    pub async fn settings(&self) -> Result<Settings, SlurmError> {
        let configuration = self.scontrol(&["show", "config"]).await;
        Ok(Settings::read(&self.hearing.note("scontrol", configuration)?))
    }
}

/// `MinJobAge = 300 sec`; zero is for ever.
fn memory(configuration: &str) -> Option<Duration> {
    let seconds = value(configuration, "MinJobAge")?.split(' ').next()?.parse().ok()?;
    Some(Duration::from_secs(seconds)).filter(|memory| !memory.is_zero())
}

/// The value in a line like `RequeueExit             = 3-5,9`, if it is set.
pub(super) fn value<'a>(configuration: &'a str, name: &str) -> Option<&'a str> {
    let pairs = configuration.lines().filter_map(|line| line.split_once('='));
    let mut values = pairs.filter(|(of, _)| of.trim() == name).map(|(_, value)| value.trim());
    values.next().filter(|value| *value != "(null)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_are_not_set_are_none() {
        let configuration = "RequeueExit             = (null)\nRequeueExitHold         = 10-12\n\
                             JobRequeue              = 1\n";
        assert_eq!(value(configuration, "RequeueExit"), None);
        assert_eq!(value(configuration, "RequeueExitHold"), Some("10-12"));
        assert_eq!(
            Settings::read(configuration),
            Settings { private: vec![String::new()], ..Settings::default() }
        );
    }

    #[test]
    fn the_settings_of_a_cluster_are_read() {
        let settings = Settings::read(
            "Configuration data as of 2026-11-29T13:12:22\n\
             AccountingStorageType   = accounting_storage/slurmdbd\n\
             AccountingStoreFlags    = job_comment,job_env\n\
             ClusterName             = lab\n\
             MinJobAge               = 300 sec\n\
             PrivateData             = accounts,jobs,Users\n\
             SLURM_VERSION           = 24.05.3\n",
        );
        assert_eq!(settings.version.as_deref(), Some("24.05.3"));
        assert_eq!(settings.cluster.as_deref(), Some("lab"));
        assert!(settings.has_accounting && settings.keeps_private("users"));
        assert!(!settings.keeps_private("nodes"));
        assert!(settings.keeps_comments);
        assert_eq!(settings.memory, Some(Duration::from_secs(300)));
        let none = Settings::read(
            "AccountingStorageType = accounting_storage/none\nPrivateData = none\n\
             AccountingStoreFlags = job_comment\nMinJobAge = 0 sec\n",
        );
        assert!(!none.has_accounting && !none.keeps_private("users") && !none.keeps_comments);
        assert_eq!(none.memory, None, "for ever");
    }
}
