//! What an administrator does to people, roles and clients: to all of the server's, or to those of
//! their own organization only.
//!
//! One administrator after another changes something, and each must still be one before and after: so
//! there always is one, and nobody shuts themselves out.

mod clients;
mod people;
mod roles;

pub use people::People;

use super::{
    KeyInfo, Provider,
    roles::{ADMINISTRATOR, existing, keep_built_in},
    users,
};
use crate::{
    auth::{Identity, TokenKind},
    db::Session as Db,
    error::{Error, Result},
    permission::Permission,
};

/// Somebody who administers the server, or an organization.
#[derive(Debug, Clone)]
pub struct Administration<'a> {
    provider: &'a Provider,
    /// Their account here, if they have one.
    account: Option<&'a str>,
    /// What the log calls them.
    email: &'a str,
    /// What they administer; the whole server if nothing is said.
    organization: Option<&'a str>,
}

impl Provider {
    /// What somebody may do who has the permission to administer this organization, or the server.
    pub fn administered_by<'a>(
        &'a self,
        identity: &'a Identity,
        organization: Option<&'a str>,
    ) -> Administration<'a> {
        let account = (identity.kind == TokenKind::LogIn).then_some(identity.subject.as_str());
        let email = identity.email.as_deref().unwrap_or_default();
        Administration { provider: self, account, email, organization }
    }
}

impl Administration<'_> {
    /// Begins a change. Others wait until it is done.
    async fn begin(&self) -> Result<Db> {
        let mut db = self.provider.db.write().await?;
        keep_built_in(&mut db, self.provider.clock.now()).await?;
        existing(&mut db, ADMINISTRATOR).await?;
        if self.is_administrator(&mut db).await? {
            return Ok(db);
        }
        let words = "You are no administrator any more; nothing was changed";
        Err(Error::Forbidden(words.to_owned()))
    }

    async fn commit(&self, mut db: Db, done: &str, about: &str) -> Result<()> {
        if !self.is_administrator(&mut db).await? {
            let words = "After this you would be no administrator any more, and there might be none \
                         left; nothing was changed. Make somebody else an administrator, and have them \
                         do it";
            return Err(Error::Conflict(words.to_owned()));
        }
        db.commit().await?;
        self.provider.revocations.changed();
        self.log(done, about);
        Ok(())
    }

    fn log(&self, done: &str, about: &str) {
        let Self { email: administrator, organization, .. } = self;
        tracing::info!(administrator, organization, about, "an administrator {done}");
    }

    async fn is_administrator(&self, db: &mut Db) -> Result<bool> {
        let Some(id) = self.account else { return Ok(true) };
        let user = users::active(db, id).await?;
        let may = |name: &String| name == Permission::Admin.as_str();
        Ok(user.is_some_and(|user| user.permissions.iter().any(may)))
    }

    /// 403 unless they administer the whole server.
    fn require_server(&self) -> Result<()> {
        match self.organization {
            None => Ok(()),
            Some(_) => Err(Error::Forbidden(
                "This is the same for all organizations, and for the server's administrator to change"
                    .to_owned(),
            )),
        }
    }

    fn is_ours(&self, organization: Option<&str>) -> bool {
        self.organization.is_none_or(|own| organization == Some(own))
    }

    /// The keys that are published, the one that signs last.
    pub async fn keys(&self) -> Result<Vec<KeyInfo>> {
        self.require_server()?;
        self.provider.keys().await
    }

    /// Makes another key that signs tokens; the tokens of those before may end at once.
    pub async fn rotate_keys(&self, at_once: bool) -> Result<String> {
        self.require_server()?;
        let id = self.provider.rotate_keys(at_once).await?;
        self.log(if at_once { "replaced all keys" } else { "made another key" }, &id);
        Ok(id)
    }
}
