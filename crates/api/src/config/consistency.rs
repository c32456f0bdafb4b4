//! Settings that don't go together.

use super::ServeConfig;
use crate::startup::StartError;

impl ServeConfig {
    /// Fails if a setting makes no sense beside the others, before anything is opened.
    pub fn check(&self) -> Result<(), StartError> {
        self.postgres_url()?;
        self.external_providers()?;
        self.web_client()?;
        if self.ldap.directory()?.is_some() && !self.uses_built_in_provider() {
            let reason = "people log in at the external provider, which may know the directory \
                          itself; leave this out, or set JOBBERGATE_BUILT_IN_PROVIDER=true";
            return Err(StartError::Setting {
                setting: "JOBBERGATE_LDAP_URI",
                reason: reason.to_owned(),
            });
        }
        if self.s3_endpoint_url.is_some() && self.s3_bucket_name.is_none() {
            let reason = "it has no effect without S3_BUCKET_NAME; set that too, or leave it out";
            return Err(StartError::Setting {
                setting: "S3_ENDPOINT_URL",
                reason: reason.to_owned(),
            });
        }
        Ok(())
    }

    /// What is allowed but probably not meant.
    pub fn doubts(&self) -> Vec<&'static str> {
        let cleaning = &self.cleaning;
        let mut doubts = Vec::new();
        if cleaning.is_wanted() && cleaning.clean_interval_hours.is_none() {
            doubts.push(
                "AUTO_CLEAN_* is set, but nothing is cleaned by itself without \
                 JOBBERGATE_CLEAN_INTERVAL_HOURS; until then, `jobbergate admin clean` does it",
            );
        }
        doubts
    }
}
