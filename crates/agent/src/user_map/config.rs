//! Settings of who is who, and of which users jobs may run as.

use std::{path::PathBuf, time::Duration};

use chrono::TimeDelta;
use clap::Args;

use super::{
    accounts::{Accounts, SupplementaryGroups, first_of_people},
    ldap_config::LdapConfig,
    lookup::{Lifetimes, Lookup, Source},
    program::Program,
};
use crate::{
    config::{Mapper, absolute, seconds},
    error::AgentError,
};

#[derive(Debug, Clone, Args)]
pub struct UsersConfig {
    /// Program that is asked for a user with the mapper command: it gets the e-mail as its argument
    /// and prints the name; exit code 67 says that there is none
    #[arg(long, env = "JOBBERGATE_AGENT_USER_MAP_COMMAND", value_name = "FILE",
          value_parser = absolute)]
    pub user_map_command: Option<PathBuf>,
    /// Seconds that it may take
    #[arg(long, env = "JOBBERGATE_AGENT_USER_MAP_COMMAND_TIMEOUT_SECONDS", default_value = "10",
          value_parser = seconds, value_name = "SECONDS")]
    pub user_map_command_timeout_seconds: Duration,
    /// Seconds for which the user is known that LDAP or the command said
    #[arg(long, env = "JOBBERGATE_AGENT_USER_MAP_CACHE_SECONDS", default_value = "3600",
          value_parser = seconds, value_name = "SECONDS")]
    pub user_map_cache_seconds: Duration,
    /// Seconds for which it is known that there is none
    #[arg(long, env = "JOBBERGATE_AGENT_USER_MAP_NEGATIVE_CACHE_SECONDS", default_value = "60",
          value_parser = seconds, value_name = "SECONDS")]
    pub user_map_negative_cache_seconds: Duration,
    /// Seconds for which the user that was said last is used while nothing newer can be had
    #[arg(long, env = "JOBBERGATE_AGENT_USER_MAP_STALE_SECONDS", default_value = "604800",
          value_parser = seconds, value_name = "SECONDS")]
    pub user_map_stale_seconds: Duration,

    /// The first user who is none of the system's; jobs run as no user before [default: UID_MIN of
    /// /etc/login.defs, else 1000]
    #[arg(long, env = "JOBBERGATE_AGENT_MINIMUM_UID", value_name = "UID")]
    pub minimum_uid: Option<u32>,
    /// Users of the system that jobs may run as nevertheless, with commas between them
    #[arg(
        long,
        env = "JOBBERGATE_AGENT_ALLOWED_SYSTEM_USERS",
        value_delimiter = ',',
        value_name = "USERS"
    )]
    pub allowed_system_users: Vec<String>,
    /// Which groups a user has beside the primary one while files are written and sbatch runs
    #[arg(long, env = "JOBBERGATE_AGENT_SUPPLEMENTARY_GROUPS", value_enum, default_value = "all")]
    pub supplementary_groups: SupplementaryGroups,
    /// Seconds after which a submission is rejected whose owner's home directory is not there, or
    /// not mounted
    #[arg(long, env = "JOBBERGATE_AGENT_HOME_WAIT_SECONDS", default_value = "600",
          value_parser = seconds, value_name = "SECONDS")]
    pub home_wait_seconds: Duration,

    /// The directory that the mapper ldap asks.
    #[command(flatten)]
    pub ldap: LdapConfig,
}

impl UsersConfig {
    pub(crate) fn accounts(&self) -> Accounts {
        let allowed = self.allowed_system_users.iter().map(|name| name.trim().to_owned());
        Accounts {
            minimum_uid: self.minimum_uid.unwrap_or_else(first_of_people),
            allowed: allowed.filter(|name| !name.is_empty()).collect(),
            groups: self.supplementary_groups,
        }
    }

    /// Asks LDAP.
    pub(crate) fn ldap(&self) -> Result<Lookup, AgentError> {
        Ok(Lookup::new(Source::Ldap(self.ldap.directory()?), self.lifetimes()))
    }

    /// Asks the command.
    pub(crate) fn command(&self) -> Result<Lookup, AgentError> {
        let Some(path) = self.user_map_command.clone() else {
            let words = "--user-map-command is missing, which the mapper command asks";
            return Err(AgentError::Configuration(words.to_owned()));
        };
        let program = Program { path, deadline: self.user_map_command_timeout_seconds };
        Ok(Lookup::new(Source::Program(program), self.lifetimes()))
    }

    /// What is said and has no effect with this mapper.
    pub(crate) fn doubts(&self, mapper: Option<Mapper>) -> Vec<String> {
        let unused = [
            (self.ldap.is_given(), Mapper::Ldap, "LDAP_*", "ldap"),
            (self.user_map_command.is_some(), Mapper::Command, "USER_MAP_COMMAND", "command"),
        ];
        let unused = unused.into_iter().filter(|(given, of, ..)| *given && mapper != Some(*of));
        let words = |(_, _, setting, name)| {
            format!(
                "JOBBERGATE_AGENT_{setting} has no effect without \
                 JOBBERGATE_AGENT_SLURM_USER_MAPPER={name}"
            )
        };
        unused.map(words).collect()
    }

    fn lifetimes(&self) -> Lifetimes {
        let delta = |duration| TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX);
        Lifetimes {
            user: delta(self.user_map_cache_seconds),
            nobody: delta(self.user_map_negative_cache_seconds),
            last_word: delta(self.user_map_stale_seconds),
        }
    }
}
