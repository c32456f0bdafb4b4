//! Programs that people log in with: ours, and those that an administrator registered.

use rand::CryptoRng;

use super::{
    Client, ClientSecret, Provider,
    clients::{self, COMMAND_LINES, WEB},
    redirects,
    refusal::{Code, Refusal},
    secrets, store,
};
use crate::error::{Error, Result};

/// What people read of our own programs.
const WEB_NAME: &str = "Jobbergate";
const TERMINAL_NAME: &str = "Jobbergate in a terminal";

/// A program to register.
#[derive(Debug, Clone, Default)]
pub struct NewApplication {
    /// Its id.
    pub client_id: String,
    /// What people read when they are asked for their consent.
    pub name: String,
    /// Where browsers may be sent back to.
    pub redirect_uris: Vec<String>,
    /// Whether it can't keep a secret: it runs on people's machines or in their browsers.
    pub is_public: bool,
}

/// What a client sends to show who it is.
#[derive(Clone, Default)]
pub struct Credentials {
    /// Its id.
    pub client_id: String,
    /// Its secret, if it has one.
    pub secret: Option<String>,
}

impl Provider {
    /// Registers a program; its secret, unless it can't keep one. 409 if there is a client of that
    /// name.
    pub async fn create_application(
        &self,
        new: &NewApplication,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<Option<ClientSecret>> {
        clients::check_name(&new.client_id)?;
        let name = super::passwords::check_name(&new.name)?;
        if [WEB_NAME, TERMINAL_NAME].iter().any(|ours| ours.eq_ignore_ascii_case(&name)) {
            let words = format!("{name} is what a program is called that is there already");
            return Err(Error::Conflict(words));
        }
        if new.redirect_uris.is_empty() {
            let words = "Name at least one address where browsers are sent back to";
            return Err(Error::Unprocessable(words.to_owned()));
        }
        for uri in &new.redirect_uris {
            redirects::check(uri).map_err(Error::Unprocessable)?;
        }
        let secret = (!new.is_public).then(|| secrets::random(rng));
        let secret_hash = match &secret {
            Some(secret) => self.hash(secret).await?,
            // Nothing has this hash.
            None => String::new(),
        };
        let row = store::NewClientRow {
            client_id: &new.client_id,
            secret_hash: &secret_hash,
            permissions: &[],
            organization: None,
        };
        let (mut db, now) = (self.db.write().await?, self.clock.now());
        if !store::insert_client(&mut db, &row, now).await? {
            let words = format!("There is a client {} already", new.client_id);
            return Err(Error::Conflict(words));
        }
        let uris = &new.redirect_uris;
        store::make_application(&mut db, &new.client_id, &name, new.is_public, uris).await?;
        db.commit().await?;
        Ok(secret.map(ClientSecret))
    }

    /// The client of this id, if there is one: ours or one that was registered.
    pub(super) async fn find_client(&self, client_id: &str) -> Result<Option<Client>> {
        // PostgreSQL can't even look for it.
        if client_id.contains('\0') {
            return Ok(None);
        }
        let found = store::client(&mut self.db.read().await?, client_id).await?;
        match found {
            Some(row) => Ok(Some(row.into())),
            None => Ok(built_in(client_id, &self.base_url)),
        }
    }

    /// The clients that have the name of a program of ours, from before names were reserved: they
    /// are found instead of it.
    pub(crate) async fn shadowed_programs(&self) -> Result<Vec<String>> {
        let names = self.clients().await?.into_iter().map(|client| client.client_id);
        Ok(names.filter(|name| built_in(name, &self.base_url).is_some()).collect())
    }

    /// Whether this is one of our own programs.
    pub(crate) async fn is_first_party(&self, client_id: &str) -> Result<bool> {
        Ok(self.find_client(client_id).await?.is_some_and(|client| client.is_first_party))
    }

    /// The client that has shown who it is, as far as it can.
    pub(super) async fn authenticate_client(
        &self,
        credentials: &Credentials,
    ) -> Result<Client, Refusal> {
        let unknown = || {
            tracing::warn!(client_id = credentials.client_id, "a client was not recognized");
            let words = "Invalid client or Invalid client credentials";
            Refusal::new(Code::InvalidClient, words)
        };
        let client = self.find_client(&credentials.client_id).await?.ok_or_else(unknown)?;
        if client.is_public {
            return Ok(client);
        }
        let secret = credentials.secret.as_deref().ok_or_else(unknown)?;
        self.verified_client(&credentials.client_id, secret).await?.ok_or_else(unknown)
    }
}

/// A program of ours.
fn built_in(client_id: &str, base_url: &str) -> Option<Client> {
    let (name, redirect_uris) = match client_id {
        WEB => (WEB_NAME, vec![format!("{base_url}/callback")]),
        _ if COMMAND_LINES.contains(&client_id) => {
            let loopback = ["http://127.0.0.1/callback", "http://[::1]/callback"];
            (TERMINAL_NAME, loopback.map(str::to_owned).to_vec())
        }
        _ => return None,
    };
    Some(Client {
        client_id: client_id.to_owned(),
        permissions: Vec::new(),
        organization: None,
        created_at: chrono::DateTime::UNIX_EPOCH,
        name: name.to_owned(),
        is_public: true,
        is_first_party: true,
        redirect_uris,
    })
}
