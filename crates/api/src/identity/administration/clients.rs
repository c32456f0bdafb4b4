//! The clients that agents authenticate as.

use rand::CryptoRng;

use super::Administration;
use crate::{
    db::Session as Db,
    error::{Error, Result},
    identity::{
        Client, ClientSecret, NewClient,
        clients::{check_name, no_client},
        store,
    },
};

impl Administration<'_> {
    /// The clients that act for themselves, as agents do.
    pub async fn agents(&self) -> Result<Vec<Client>> {
        let rows = store::agents(&mut self.provider.db.read().await?, self.organization).await?;
        Ok(rows.into_iter().map(Client::from).filter(Client::is_for_itself).collect())
    }

    /// One of them; 404 if there is none.
    pub async fn agent(&self, client_id: &str) -> Result<Client> {
        self.managed_client(&mut self.provider.db.read().await?, client_id).await
    }

    async fn managed_client(&self, db: &mut Db, client_id: &str) -> Result<Client> {
        let row = match client_id.contains('\0') {
            true => None,
            false => store::client(db, client_id).await?,
        };
        let own = row.map(Client::from).filter(|client| {
            client.is_for_itself() && self.is_ours(client.organization.as_deref())
        });
        own.ok_or_else(|| no_client(client_id))
    }

    /// Registers an agent, of the administrator's own organization if they have one.
    pub async fn create_agent(
        &self,
        client_id: &str,
        organization: Option<String>,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<ClientSecret> {
        check_name(client_id)?;
        let organization = self.organization.map(str::to_owned).or(organization);
        let new = NewClient::agent(client_id.to_owned(), organization);
        let (secret, hash) = self.provider.new_secret(rng).await?;
        let mut db = self.begin().await?;
        if let Some(there) = store::client(&mut db, client_id).await?
            && !self.is_ours(there.organization.as_deref())
        {
            let words = "This name can't be given to an agent here; choose another one";
            return Err(Error::Conflict(words.to_owned()));
        }
        self.provider.insert_client(&mut db, &new, &hash).await?;
        self.commit(db, "made a client", client_id).await?;
        Ok(secret)
    }

    /// Gives an agent another secret; the old one is worth nothing from then on.
    pub async fn rotate_agent(
        &self,
        client_id: &str,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<ClientSecret> {
        let (secret, hash) = self.provider.new_secret(rng).await?;
        let mut db = self.begin().await?;
        let client = self.managed_client(&mut db, client_id).await?;
        let now = self.provider.clock.now();
        store::update_secret(&mut db, &client.client_id, &hash, now).await?;
        self.commit(db, "gave a client another secret", client_id).await?;
        Ok(secret)
    }

    /// Forgets an agent; its tokens stay good until they expire.
    pub async fn delete_agent(&self, client_id: &str) -> Result<()> {
        let mut db = self.begin().await?;
        let client = self.managed_client(&mut db, client_id).await?;
        self.provider.forget_client(&mut db, &client.client_id).await?;
        self.commit(db, "deleted a client", client_id).await
    }
}
