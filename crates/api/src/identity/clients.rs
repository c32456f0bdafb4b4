//! Clients of the built-in provider: the agents, each with a secret.

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use chrono::{DateTime, Utc};
use rand::CryptoRng;

use super::{
    Provider, secrets,
    store::{self, codes, device_codes, families},
};
use crate::{
    db::Session as Db,
    error::{Error, Result},
    permission::Permission,
};

/// The program for terminals, under the name that the Python one has when nothing is configured,
/// and under its own.
pub(super) const COMMAND_LINES: [&str; 2] = ["default", "jobbergate-cli"];
/// The pages of this server.
pub(super) const WEB: &str = "jobbergate-web";

#[derive(Debug, Clone)]
pub struct NewClient {
    /// Its name; for an agent, that of its cluster.
    pub client_id: String,
    pub permissions: Vec<Permission>,
    pub organization: Option<String>,
}

impl NewClient {
    /// One that may do all that the agent of a cluster has to.
    pub fn agent(client_id: String, organization: Option<String>) -> Self {
        let all = Permission::ALL.into_iter();
        let permissions = all.filter(|permission| permission.is_for_agents()).collect();
        Self { client_id, permissions, organization }
    }
}

/// A client's secret, shown once.
#[derive(Clone)]
pub struct ClientSecret(pub String);

impl std::fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ClientSecret(…)")
    }
}

/// A client, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    pub client_id: String,
    pub permissions: Vec<String>,
    pub organization: Option<String>,
    pub created_at: DateTime<Utc>,
    /// What people read of it.
    pub name: String,
    /// Whether it has no secret.
    pub is_public: bool,
    /// Whether it is one of our own programs, so that people are asked for their consent only
    /// where another program may say that it is this one.
    pub is_first_party: bool,
    /// Where browsers may be sent back to; people log in only with a client that has some.
    pub redirect_uris: Vec<String>,
}

impl Provider {
    /// Registers a client; 409 if there is one of that name.
    pub async fn create_client(
        &self,
        client: &NewClient,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<ClientSecret> {
        check_name(&client.client_id)?;
        let (secret, hash) = self.new_secret(rng).await?;
        let mut db = self.db.write().await?;
        self.insert_client(&mut db, client, &hash).await?;
        db.commit().await?;
        Ok(secret)
    }

    /// A secret, and what is kept of it.
    pub(super) async fn new_secret(
        &self,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<(ClientSecret, String)> {
        let secret = secrets::random(rng);
        let hash = self.hash(&secret).await?;
        Ok((ClientSecret(secret), hash))
    }

    pub(super) async fn insert_client(
        &self,
        db: &mut Db,
        client: &NewClient,
        hash: &str,
    ) -> Result<()> {
        let permissions: Vec<_> = client.permissions.iter().map(ToString::to_string).collect();
        let row = store::NewClientRow {
            client_id: &client.client_id,
            secret_hash: hash,
            permissions: &permissions,
            organization: client.organization.as_deref(),
        };
        if store::insert_client(db, &row, self.clock.now()).await? {
            return Ok(());
        }
        Err(Error::Conflict(format!(
            "There is a client {} already; give it another secret, or delete it first",
            client.client_id
        )))
    }

    /// Gives a client another secret; the old one is worth nothing from then on.
    pub async fn rotate_client(
        &self,
        client_id: &str,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<ClientSecret> {
        let (secret, hash) = self.new_secret(rng).await?;
        let mut db = self.db.write().await?;
        if !store::update_secret(&mut db, client_id, &hash, self.clock.now()).await? {
            return Err(no_client(client_id));
        }
        db.commit().await?;
        Ok(secret)
    }

    /// Forgets a client, and ends what people have let it do. Tokens of its own stay good until they
    /// expire.
    pub async fn delete_client(&self, client_id: &str) -> Result<()> {
        let mut db = self.db.write().await?;
        self.forget_client(&mut db, client_id).await?;
        db.commit().await?;
        self.revocations.changed();
        Ok(())
    }

    pub(super) async fn forget_client(&self, db: &mut Db, client_id: &str) -> Result<()> {
        if !store::delete_client(db, client_id).await? {
            return Err(no_client(client_id));
        }
        codes::delete_of_client(db, client_id).await?;
        device_codes::delete_of_client(db, client_id).await?;
        Ok(families::revoke_of_client(db, client_id, self.clock.now()).await?)
    }

    pub async fn clients(&self) -> Result<Vec<Client>> {
        let rows = store::clients(&mut self.db.read().await?).await?;
        Ok(rows.into_iter().map(Client::from).collect())
    }

    /// The clusters that have an agent, or those of one organization. Programs that people log in
    /// with are none.
    pub(crate) async fn clusters(&self, organization: Option<&str>) -> Result<Vec<String>> {
        let rows = store::clients(&mut self.db.read().await?).await?;
        let clients = rows.into_iter().map(Client::from);
        let clusters = clients.filter(|client| client.is_cluster_of(organization));
        Ok(clusters.map(|client| client.client_id).collect())
    }

    /// Whether this is one of them.
    pub(crate) async fn is_cluster(
        &self,
        client_id: &str,
        organization: Option<&str>,
    ) -> Result<bool> {
        let client = self.client(client_id).await?.map(Client::from);
        Ok(client.is_some_and(|client| client.is_cluster_of(organization)))
    }

    async fn client(&self, client_id: &str) -> Result<Option<store::ClientRow>> {
        // PostgreSQL can't even look for it.
        if client_id.contains('\0') {
            return Ok(None);
        }
        Ok(store::client(&mut self.db.read().await?, client_id).await?)
    }

    /// The client, if the secret is its own.
    pub(super) async fn verified_client(&self, id: &str, secret: &str) -> Result<Option<Client>> {
        let Some(row) = self.client(id).await? else { return Ok(None) };
        let (secret, hash) = (secret.to_owned(), row.secret_hash.clone());
        let good = self.at_work(move || {
            PasswordHash::new(&hash).is_ok_and(|hash| {
                Argon2::default().verify_password(secret.as_bytes(), &hash).is_ok()
            })
        });
        Ok(good.await?.then(|| row.into()))
    }

    pub(super) async fn hash(&self, secret: &str) -> Result<String> {
        let secret = secret.to_owned();
        self.at_work(move || {
            let hash = hasher().hash_password(secret.as_bytes());
            hash.map(|hash| hash.to_string()).map_err(|error| Error::internal(error.to_string()))
        })
        .await?
    }
}

impl Client {
    /// Whether it acts for itself, as agents do; else people log in with it.
    pub(super) const fn is_for_itself(&self) -> bool {
        !self.is_public && self.redirect_uris.is_empty()
    }

    /// Whether it is the agent of a cluster, or of one of this organization's.
    fn is_cluster_of(&self, organization: Option<&str>) -> bool {
        self.is_for_itself()
            && (organization.is_none() || self.organization.as_deref() == organization)
    }
}

impl From<store::ClientRow> for Client {
    fn from(row: store::ClientRow) -> Self {
        Self {
            name: row.name.unwrap_or_else(|| row.client_id.clone()),
            client_id: row.client_id,
            permissions: row.permissions.0,
            organization: row.organization,
            created_at: row.created_at,
            is_public: row.is_public,
            is_first_party: false,
            redirect_uris: row.redirect_uris.0,
        }
    }
}

/// Whether a client may be registered under this name.
pub(super) fn check_name(client_id: &str) -> Result<()> {
    if COMMAND_LINES.contains(&client_id) || client_id == WEB {
        let words = format!("{client_id} is the name of a program that is there already");
        return Err(Error::Conflict(words));
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.@".contains(c);
    if (1..=255).contains(&client_id.len()) && client_id.chars().all(plain) {
        return Ok(());
    }
    Err(Error::Unprocessable(format!(
        "The client id {client_id:?} must have 1 to 255 letters, digits or -_.@"
    )))
}

pub(super) fn no_client(client_id: &str) -> Error {
    Error::NotFound(format!("There is no client {client_id}"))
}

/// Argon2id with little memory: a secret has 256 random bits, so there is nothing to stretch, and
/// whoever sends wrong ones must not fill the server's memory.
fn hasher() -> Argon2<'static> {
    let params = Params::new(1024, 2, 1, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}
