//! Which user of the cluster an owner of submissions is.

pub mod accounts;
mod answers;
pub mod config;
mod directory;
mod ldap_config;
mod lookup;
mod people_file;
mod program;

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use self::{accounts::Accounts, answers::Answer, lookup::Lookup};
use crate::{
    acting,
    run_as::Account,
    setback::{Obstacle, Setback},
};

/// How an owner's e-mail becomes a user, and which users jobs may run as.
#[derive(Debug)]
pub struct UserMap {
    mapping: Mapping,
    accounts: Accounts,
    /// Whether the agent does nothing as root, as it says when it runs.
    gives_up_root: bool,
}

/// How an owner's e-mail becomes a user.
#[derive(Debug)]
pub enum Mapping {
    /// Everybody is the same user.
    Single(String),
    /// A file with an e-mail and a user in each line.
    File(PathBuf),
    /// The user is called like the part of the e-mail before the `@`, in small letters.
    LocalPart {
        /// The part of the e-mail after the `@`; without, any will do.
        domain: Option<String>,
    },
    /// A directory or a program is asked.
    Asked {
        lookup: Box<Lookup>,
        /// A file whose entries count more.
        file: Option<PathBuf>,
    },
}

impl UserMap {
    pub fn new(mapping: Mapping, accounts: Accounts) -> Self {
        Self { mapping, accounts, gives_up_root: false }
    }

    /// That of an agent which gives up root.
    pub const fn without_root(mut self, gives_up_root: bool) -> Self {
        self.gives_up_root = gives_up_root;
        self
    }

    pub fn mapping(&self) -> &Mapping {
        &self.mapping
    }

    /// Keeps what others say in a file in `directory`.
    pub async fn remember_in(&mut self, directory: &Path) -> Result<(), sqlx::Error> {
        match &mut self.mapping {
            Mapping::Asked { lookup, .. } => lookup.remember_in(directory).await,
            _ => Ok(()),
        }
    }

    /// The account of the owner with this e-mail.
    ///
    /// # Errors
    /// A refusal if there is none, otherwise what went wrong for the moment.
    pub async fn account(&self, email: &str, now: DateTime<Utc>) -> Result<Account, Setback> {
        let name = self.user(email, now).await?;
        let found = Account::look_up(&name).await;
        let found = found.map_err(|why| Setback::Blocked(Obstacle::Owner, why))?;
        let account = found.ok_or_else(|| {
            Setback::Refusal(format!(
                "{email} is mapped to the user {name:?} ({self}), which does not exist on the \
                 cluster. Ask its administrator to create the user or to change the mapping."
            ))
        })?;
        self.check(email, account)
    }

    fn check(&self, email: &str, account: Account) -> Result<Account, Setback> {
        let name = &account.name;
        if let Some(why) = self.objection(&account) {
            let or_allow = if self.is_never(&account) {
                ""
            } else {
                ", or to allow that user (JOBBERGATE_AGENT_ALLOWED_SYSTEM_USERS)"
            };
            return Err(Setback::Refusal(format!(
                "{email} is mapped to the user {name:?} ({self}), {why}. Ask the administrator of \
                 the cluster for another mapping{or_allow}."
            )));
        }
        if !acting::reaches(&account) {
            return Err(Setback::Refusal(format!(
                "{email} is mapped to the user {name:?} ({self}), but the agent does not run as \
                 root and can submit as its own user only. Ask the administrator of the cluster \
                 to run the agent as root or to map everybody to the agent's user."
            )));
        }
        Ok(self.accounts.with_groups(account))
    }

    fn objection(&self, account: &Account) -> Option<String> {
        if self.is_never(account) {
            return Some(match self.mapping {
                Mapping::LocalPart { .. } => {
                    "which is root, whom nobody may be by the name of an e-mail".to_owned()
                }
                _ => {
                    "which is root, and an agent with JOBBERGATE_AGENT_RUN_AS does nothing as root"
                        .to_owned()
                }
            });
        }
        self.accounts.objection(account, matches!(self.mapping, Mapping::Single(_)))
    }

    /// Whether no setting of who is allowed makes this account possible: nobody becomes root by the name
    /// of an e-mail, nor by a helper.
    fn is_never(&self, account: &Account) -> bool {
        let by_name = matches!(self.mapping, Mapping::LocalPart { .. });
        account.uid.is_root() && (by_name || self.gives_up_root || acting::is_helped())
    }

    /// Why an agent whose submissions would all be rejected had better not start.
    pub async fn everybodys_objection(&self) -> Option<String> {
        let Mapping::Single(name) = &self.mapping else { return None };
        let account = Account::look_up(name).await.ok().flatten()?;
        let why = self.objection(&account)?;
        let or_say = if self.is_never(&account) {
            String::new()
        } else {
            format!(", or say JOBBERGATE_AGENT_ALLOWED_SYSTEM_USERS={name} if that is really meant")
        };
        Some(format!(
            "everybody would be the user {name:?} (JOBBERGATE_AGENT_SINGLE_USER_SUBMITTER), {why}. \
             Choose a user for jobs{or_say}"
        ))
    }

    async fn user(&self, email: &str, now: DateTime<Utc>) -> Result<String, Setback> {
        let unknown = |why: &str| {
            Setback::Refusal(format!(
                "{email} has no user on the cluster: {why} ({self}). Ask its administrator to add \
                 one."
            ))
        };
        match &self.mapping {
            Mapping::Single(name) => Ok(name.clone()),
            Mapping::File(path) => {
                in_file(path, email)?.ok_or_else(|| unknown("the e-mail is not in the file"))
            }
            Mapping::LocalPart { domain } => match (email.rsplit_once('@'), domain) {
                (Some((_, of)), Some(only)) if !of.eq_ignore_ascii_case(only) => {
                    Err(unknown("the e-mail is of another domain"))
                }
                (Some((local, _)), _) if !local.is_empty() => Ok(local.to_lowercase()),
                _ => Err(unknown("it is no e-mail")),
            },
            Mapping::Asked { lookup, file } => {
                let entry = file.as_deref().map(|path| in_file(path, email)).transpose()?;
                if let Some(name) = entry.flatten() {
                    return Ok(name);
                }
                match lookup.answer(email, now).await? {
                    Answer::User(name) => Ok(name),
                    Answer::Nobody(why) => Err(unknown(&why)),
                }
            }
        }
    }

    /// What an administrator should know of it from the start.
    pub fn doubts(&self) -> Vec<String> {
        match &self.mapping {
            Mapping::LocalPart { domain: None } => vec![
                "e-mails of any domain become users of this cluster, x@anywhere.org the user x: say \
                 which domain counts with USER_MAP_DOMAIN"
                    .to_owned(),
            ],
            Mapping::File(path) => people_file::doubts(path),
            Mapping::Asked { file: Some(path), .. } => people_file::doubts(path),
            _ => Vec::new(),
        }
    }
}

fn in_file(path: &Path, email: &str) -> Result<Option<String>, Setback> {
    people_file::look_up(path, email).map_err(|error| {
        let words = format!("user map {} cannot be read: {error}", path.display());
        Setback::Blocked(Obstacle::Owner, words)
    })
}

impl std::fmt::Display for UserMap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.mapping {
            Mapping::Single(_) => f.write_str("mapping: single-user"),
            Mapping::File(path) => write!(f, "mapping: file {}", path.display()),
            Mapping::LocalPart { domain: None } => f.write_str("mapping: local-part"),
            Mapping::LocalPart { domain: Some(domain) } => {
                write!(f, "mapping: local-part of @{domain}")
            }
            Mapping::Asked { lookup, .. } => write!(f, "mapping: {lookup}"),
        }
    }
}

#[cfg(test)]
mod tests;
