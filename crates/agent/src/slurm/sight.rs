//! Whether this user sees the jobs of all users. Root does; others may not (`PrivateData`), and what they
//! don't see would be taken for what is not there.

use std::time::Duration;

use nix::unistd::{User, geteuid};

use super::{Slurm, SlurmError, command, settings};
use crate::acting;

/// How long after an answer that does not come the next try is.
const PAUSE: Duration = Duration::from_secs(2);

impl Slurm {
    /// Makes sure that jobs of others are seen, where they have to be.
    ///
    /// # Errors
    /// When they are hidden, or Slurm does not say so.
    pub async fn check_sight(&self) -> Result<(), SlurmError> {
        // Root sees all, and who submits for himself sees his own.
        if !acting::is_helped() {
            return Ok(());
        }
        self.check_sight_of(&own_name()).await
    }

    /// Makes sure that this user sees jobs of others.
    ///
    /// # Errors
    /// As above.
    pub async fn check_sight_of(&self, user: &str) -> Result<(), SlurmError> {
        let hidden = || SlurmError::Hidden(user.to_owned());
        let settings = self.settings().await?;
        let by_controller = settings.keeps_private("jobs");
        if !settings.has_accounting {
            return if by_controller { Err(hidden()) } else { Ok(()) };
        }
        match self.is_operator(user).await {
            Ok(true) => return Ok(()),
            Err(error) if by_controller => return Err(error),
            // While slurmdbd does not answer, nothing is concluded from what it does not show.
            Err(_) => return Ok(()),
            Ok(false) => {}
        }
        if by_controller || self.accounting_hides_jobs().await {
            return Err(hidden());
        }
        Ok(())
    }

    /// Waits until that can be said.
    ///
    /// # Errors
    /// When jobs are hidden.
    pub async fn await_sight(&self) -> Result<(), SlurmError> {
        let mut said = false;
        loop {
            match self.check_sight().await {
                Err(error @ SlurmError::Hidden(_)) => return Err(error),
                Err(error) => {
                    if !said {
                        tracing::warn!(%error, "Slurm does not say whether it shows all jobs");
                    }
                    said = true;
                    tokio::time::sleep(PAUSE).await;
                }
                Ok(()) => return Ok(()),
            }
        }
    }

    async fn is_operator(&self, user: &str) -> Result<bool, SlurmError> {
        let which = ["show", "user", "where", &format!("name={user}"), "format=AdminLevel"];
        let level = self.sacctmgr(&which).await?;
        Ok(["Operator", "Administrator"].contains(&level.trim()))
    }

    /// As far as slurmdbd says.
    async fn accounting_hides_jobs(&self) -> bool {
        let mut sacctmgr = command::as_agent(&self.paths.sacctmgr);
        sacctmgr.args(["show", "configuration"]);
        let Ok(shown) = command::run(sacctmgr, self.deadline).await else { return false };
        let private = settings::value(&shown.stdout, "PrivateData").unwrap_or_default();
        private.split(',').any(|what| what.trim().eq_ignore_ascii_case("jobs"))
    }
}

/// The user of this process.
fn own_name() -> String {
    let uid = geteuid();
    User::from_uid(uid).ok().flatten().map_or(uid.to_string(), |user| user.name)
}
