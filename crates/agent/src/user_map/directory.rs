//! Asks an LDAP directory, as the Python agent does: `(mail=…)` below a base, and the attribute with
//! the user's name. Answers of others that it refers to are not sought.

use jobbergate_ldap::{Client, Entry, Scope, escape};

use super::{answers::Answer, lookup::Failure};

#[derive(Debug)]
pub struct Directory {
    pub client: Client,
    /// Below which people are.
    pub base: String,
    /// The attribute with the name of the user.
    pub uid_attribute: String,
}

impl Directory {
    pub(super) async fn ask(&self, email: &str) -> Result<Answer, Failure> {
        let mut connection =
            self.client.connect().await.map_err(|failure| Failure::Away(failure.to_string()))?;
        let filter = format!("(mail={})", escape(email));
        // Two are as bad as more.
        let found = connection
            .search(&self.base, Scope::Subtree, &filter, &[&self.uid_attribute], 2)
            .await
            .map_err(|failure| Failure::Once(failure.to_string()))?;
        if found.nowhere {
            return Err(Failure::Once(self.no_base()));
        }
        Ok(match found.entries.as_slice() {
            [] => Answer::Nobody("no entry of the directory has the e-mail".to_owned()),
            [entry] => self.user(entry),
            entries => {
                let entries: Vec<&str> = entries.iter().map(|entry| entry.dn.as_str()).collect();
                tracing::warn!(email, ?entries, "several entries of the directory have an e-mail");
                Answer::Nobody("several entries of the directory have the e-mail".to_owned())
            }
        })
    }

    fn user(&self, entry: &Entry) -> Answer {
        let attribute = &self.uid_attribute;
        // The directory may spell it in another way.
        let values = entry.attrs.iter().find(|(name, _)| name.eq_ignore_ascii_case(attribute));
        let values = values.map(|(_, values)| values.as_slice()).unwrap_or_default();
        match values {
            [name] if !name.trim().is_empty() => Answer::User(name.trim().to_lowercase()),
            [] | [_] => Answer::Nobody(format!("the entry with the e-mail has no {attribute}")),
            _ => Answer::Nobody(format!("the entry with the e-mail has several of {attribute}")),
        }
    }

    /// Whether it lets the agent in and has the base, for the doctor.
    pub(super) async fn examine(&self) -> Result<String, String> {
        let mut connection = self.client.connect().await.map_err(|failure| failure.to_string())?;
        let found = connection
            .search(&self.base, Scope::Base, "(objectClass=*)", &["1.1"], 1)
            .await
            .map_err(|failure| failure.to_string())?;
        if found.nowhere || found.entries.is_empty() {
            return Err(self.no_base());
        }
        Ok(format!("{self} answers"))
    }

    fn no_base(&self) -> String {
        format!("{self}: there is no {:?}, or it may not be seen", self.base)
    }
}

impl std::fmt::Display for Directory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ldap")?;
        self.client.servers.iter().try_for_each(|server| write!(f, " {server}"))
    }
}
