//! The built-in identity provider, in charge when no external one is configured.
//!
//! It speaks OpenID Connect under Keycloak's URL layout (`/realms/jobbergate/…`), so that
//! clients made for Keycloak need only another domain.

mod administration;
mod applications;
mod attempts;
mod authorization;
pub mod clients;
mod codes;
mod device;
mod directory;
mod families;
mod introspection;
mod keyring;
mod keys;
mod links;
mod log_out;
mod passwords;
mod personal_tokens;
mod pkce;
mod redirects;
mod refusal;
mod revocations;
mod roles;
mod routes;
mod scope;
pub(crate) mod secrets;
mod sessions;
mod sign_in_links;
mod store;
mod tidying;
mod tokens;
mod users;
mod verification;

use std::sync::{Arc, RwLock};

use tokio::sync::Semaphore;

pub use administration::{Administration, People};
pub use applications::{Credentials, NewApplication};
pub use authorization::{AuthorizationRequest, Browser, Decision};
pub use clients::{Client, ClientSecret, NewClient};
pub use device::{DEVICE_PAGE, DeviceRequest, DeviceResponse, TypedCode, Waiting};
pub use families::Admission;
pub use introspection::{Introspection, TokenForm};
pub use keyring::KeyInfo;
pub use links::{Choice, Link, PASSWORD_PAGE, PasswordLink, Purpose, SET_UP_PAGE};
pub use log_out::{LogOut, LogOutRequest};
pub use personal_tokens::{
    NewPersonalToken, PREFIX as PERSONAL_TOKEN_PREFIX, PersonalToken, PersonalTokenSecret,
    USUAL_DAYS, end_after,
};
pub(crate) use redirects::is_on_the_web;
pub use refusal::{Code, Refusal};
pub use roles::Role;
pub(crate) use roles::built_in_role;
pub use routes::{parameters, peer, router, token_id};
pub use scope::Scope;
pub use sessions::{LogIn, NewSession, PasswordChange, Peer, Session, SessionCookie};
pub use sign_in_links::{SIGN_IN_PAGE, SignInLink};
pub use store::users::Standing;
pub use tokens::{TokenRequest, TokenResponse, UserToken};
pub use users::{NewUser, Source, User};

use crate::{clock::Clock, db::Db, error::Result, loader::Loader};
use directory::Directory;
pub(crate) use directory::{DirectorySettings, Group, GroupRoles};
use keys::SigningKey;

/// The realm's path below the server's address.
pub const REALM_PATH: &str = "/realms/jobbergate";
/// The grant of programs that are let in from a browser elsewhere (RFC 8628 §3.4).
pub const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// Argon2 takes 19 MiB and tens of milliseconds a time; more at once would only swap.
const CONCURRENT_HASHES: usize = 2;

#[derive(Debug)]
pub struct Provider {
    db: Db,
    clock: Clock,
    base_url: String,
    keys: RwLock<Arc<Vec<SigningKey>>>,
    making_key: tokio::sync::Mutex<()>,
    hashing: Arc<Semaphore>,
    checked: passwords::Checked,
    revocations: revocations::Revocations,
    directory: Option<Directory>,
    /// Those who look on without anybody doing something.
    onlookers: Arc<Loader<Arc<sessions::Onlooker>>>,
}

impl Provider {
    /// The provider of the server at `base_url` (`http://host:port`), with its data in `db`.
    pub fn new(db: Db, clock: Clock, base_url: &str) -> Self {
        Self {
            db,
            clock,
            base_url: base_url.trim_end_matches('/').to_owned(),
            keys: RwLock::default(),
            making_key: tokio::sync::Mutex::default(),
            hashing: Arc::new(Semaphore::new(CONCURRENT_HASHES)),
            checked: passwords::Checked::default(),
            revocations: revocations::Revocations::default(),
            directory: None,
            onlookers: Arc::default(),
        }
    }

    /// The same, with a directory whose people may log in, too.
    pub(crate) fn with_directory(self, settings: Option<DirectorySettings>) -> Self {
        Self { directory: settings.map(Directory::new), ..self }
    }

    /// Whether people may log in by a user name.
    pub const fn knows_user_names(&self) -> bool {
        self.directory.is_some()
    }

    /// Notes how others reach this server, for `jobbergate admin`, whose tokens must have the
    /// same issuer.
    pub async fn remember_address(&self) -> Result<()> {
        if self.remembered_address().await?.as_ref() == Some(&self.base_url) {
            return Ok(());
        }
        let mut db = self.db.write().await?;
        store::keep_address(&mut db, &self.base_url, self.clock.now()).await?;
        Ok(db.commit().await?)
    }

    /// The address that the server noted when it started last.
    pub async fn remembered_address(&self) -> Result<Option<String>> {
        Ok(store::address(&mut self.db.read().await?).await?)
    }

    pub fn issuer(&self) -> String {
        format!("{}{REALM_PATH}", self.base_url)
    }
}
