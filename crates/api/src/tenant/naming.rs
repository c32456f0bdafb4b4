//! What an organization may be called: its id names a database, a bucket or a directory.

use std::fmt;

use crate::{
    config::ServeConfig,
    db::postgres_name,
    error::{Error, Result},
    startup::StartError,
};

/// The longest name of a database in PostgreSQL and of a bucket in S3, in bytes.
const MAX_LENGTH: usize = 63;

/// An organization's id that can be the name of what it names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OrganizationId(String);

impl OrganizationId {
    /// As the token has it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OrganizationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What ids of organizations may be.
#[derive(Debug, Clone)]
pub(super) struct Naming {
    reserved: Vec<String>,
    buckets: bool,
}

impl Naming {
    /// What `config` allows for: nobody's organization is the default database, or the server's.
    pub(super) fn of(config: &ServeConfig) -> Result<Self, StartError> {
        let mut reserved = ["postgres", "template0", "template1"].map(str::to_owned).to_vec();
        if let Some(url) = config.postgres_url()? {
            let name = postgres_name(url.as_str()).map_err(|error| StartError::Setting {
                setting: "DATABASE_URL",
                reason: error.to_string(),
            })?;
            reserved.push(name);
        }
        reserved.extend(config.s3_bucket_name.clone());
        Ok(Self { reserved, buckets: config.s3_bucket_name.is_some() })
    }

    /// The id, if it can be one: 400 for text that can't, 403 for what is somebody else's.
    pub(super) fn check(&self, id: &str) -> Result<OrganizationId> {
        if self.reserved.iter().any(|reserved| reserved == id) {
            let words = format!("The organization {id} is not served: its name is reserved");
            return Err(Error::Forbidden(words));
        }
        let good = if self.buckets { is_bucket_name(id) } else { is_plain(id) };
        if good {
            return Ok(OrganizationId(id.to_owned()));
        }
        let shown: String = id.chars().take(80).collect();
        let rule = if self.buckets {
            "3 to 63 lower-case letters, digits, '-' or '.', with a letter or digit at both ends"
        } else {
            "1 to 63 lower-case letters, digits, '-', '_' or '.', the first a letter or digit"
        };
        Err(Error::BadRequest(format!(
            "The organization {shown:?} cannot be served: an organization's id must have {rule}"
        )))
    }
}

/// Lower case only: some file systems take upper and lower case for the same.
fn is_plain(id: &str) -> bool {
    let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    (1..=MAX_LENGTH).contains(&id.len())
        && id.starts_with(letter)
        && !id.contains("..")
        && id.chars().all(|c| letter(c) || "-_.".contains(c))
}

/// What S3 allows beyond that.
fn is_bucket_name(id: &str) -> bool {
    is_plain(id) && id.len() >= 3 && !id.contains('_') && !id.ends_with(['-', '.'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_names_a_database_a_bucket_and_a_directory() {
        let long = "x".repeat(64);
        let bad = ["", ".", "..", "a/b", "../a", "a\0b", "a b", "A", "ä", "-a", "_a", ".a", &long];
        for buckets in [true, false] {
            let naming = Naming { reserved: vec!["jobs".to_owned()], buckets };
            for id in bad {
                assert!(matches!(naming.check(id), Err(Error::BadRequest(_))), "{id:?}");
            }
            assert!(matches!(naming.check("jobs"), Err(Error::Forbidden(_))));
            for id in ["abc", "8f2c-4", "a.b-c", &long[..63]] {
                assert_eq!(naming.check(id).unwrap().as_str(), id);
            }
            for id in ["a", "ab", "a_b", "abc-"] {
                assert_eq!(naming.check(id).is_ok(), !buckets, "{id}");
            }
        }
    }
}
