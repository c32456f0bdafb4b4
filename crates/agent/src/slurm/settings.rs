//! What the controller's configuration says that matters here.

use super::{Slurm, SlurmError};

/// Some of the controller's settings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    pub version: Option<String>,
    pub cluster: Option<String>,
    /// Whether there is a database of accounts and past jobs.
    pub has_accounting: bool,
    /// What users may not see of others (`PrivateData`), in small letters.
    private: Vec<String>,
}

impl Settings {
    fn read(configuration: &str) -> Self {
        let text = |name| value(configuration, name).map(str::to_owned);
        let private = value(configuration, "PrivateData").unwrap_or_default();
        let storage = value(configuration, "AccountingStorageType").unwrap_or_default();
        Self {
            version: text("SLURM_VERSION"),
            cluster: text("ClusterName"),
            has_accounting: storage.ends_with("slurmdbd"),
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
        Ok(Settings::read(&self.scontrol(&["show", "config"]).await?))
    }
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
             ClusterName             = lab\n\
             PrivateData             = accounts,jobs,Users\n\
             SLURM_VERSION           = 24.05.3\n",
        );
        assert_eq!(settings.version.as_deref(), Some("24.05.3"));
        assert_eq!(settings.cluster.as_deref(), Some("lab"));
        assert!(settings.has_accounting && settings.keeps_private("users"));
        assert!(!settings.keeps_private("nodes"));
        let none =
            Settings::read("AccountingStorageType = accounting_storage/none\nPrivateData = none\n");
        assert!(!none.has_accounting && !none.keeps_private("users"));
    }
}
