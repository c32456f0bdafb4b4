//! Issuing tokens.

use chrono::TimeDelta;
use rand::CryptoRng;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Client, Provider,
    keys::{ALGORITHM, SigningKey},
    refusal::{Code, Refusal},
    secrets, store,
    store::users as user_store,
};
use crate::{
    email_address,
    error::{Error, Result},
    permission::Permission,
};

/// How long a client's token is good, in seconds.
const CLIENT_TOKEN_LIFETIME: i64 = 600;
/// How long a person's access token is good, in seconds.
pub(super) const ACCESS_LIFETIME: i64 = 900;
/// How long a token is good at most that nobody asked to be good for longer, with room for clocks
/// that differ.
pub(super) const LONGEST_ACCESS: TimeDelta = TimeDelta::hours(1);

/// A form sent to the token endpoint.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct TokenRequest {
    pub grant_type: String,
    pub scope: Option<String>,
    pub code: Option<String>,
    pub redirect_uri: Option<String>,
    pub code_verifier: Option<String>,
    pub device_code: Option<String>,
    pub refresh_token: Option<String>,
}

/// The answer of the token endpoint (RFC 6749 §5.1), with what Keycloak says beside it.
#[derive(Clone, Serialize, PartialEq, Eq)]
pub struct TokenResponse {
    pub access_token: String,
    pub token_type: &'static str,
    pub expires_in: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    pub refresh_expires_in: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
    pub scope: String,
}

/// A token for a person, issued on the server's command line.
#[derive(Debug, Clone)]
pub struct UserToken {
    pub email: String,
    pub permissions: Vec<Permission>,
    /// The cluster to submit to when a request names none.
    pub client_id: Option<String>,
    /// How long it is good, in seconds.
    pub lifetime: i64,
    pub organization: Option<String>,
}

impl Provider {
    pub async fn issue_user_token(&self, user: &UserToken, id: &str) -> Result<String> {
        let email = email_address::normalize(&user.email).ok_or_else(|| {
            Error::Unprocessable(format!("{:?} is not an e-mail address", user.email))
        })?;
        // Who has an account is called as there: what is theirs has that address.
        let account = user_store::by_email(&mut self.db.read().await?, &email).await?;
        let email = account.map_or(email, |account| account.email);
        let permissions: Vec<_> = user.permissions.iter().map(|p| p.as_str()).collect();
        let mut claims = json!({"sub": email, "email": email, "permissions": permissions});
        if let Some(client_id) = &user.client_id {
            claims["azp"] = client_id.as_str().into();
        }
        if let Some(organization) = &user.organization {
            claims["organization"] = json!({ organization: {} });
        }
        let key = self.signing_key().await?;
        let lifetime = TimeDelta::seconds(user.lifetime);
        if lifetime > LONGEST_ACCESS {
            let until = self.clock.now() + lifetime;
            let mut db = self.db.write().await?;
            store::need_key(&mut db, &key.id, until).await?;
            db.commit().await?;
        }
        self.sign(&key, claims, "Bearer", user.lifetime, id)
    }

    /// Answers a request of a client that has shown who it is.
    pub(super) async fn token(
        &self,
        client: &Client,
        request: &TokenRequest,
        user_agent: &str,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<TokenResponse, Refusal> {
        match request.grant_type.as_str() {
            "client_credentials" => self.client_token(client, rng).await,
            "authorization_code" => self.redeem_code(client, request, user_agent, rng).await,
            "refresh_token" => {
                let missing = || Refusal::new(Code::InvalidRequest, "refresh_token is missing");
                let token = request.refresh_token.as_deref().ok_or_else(missing)?;
                self.refresh(client, token, request.scope.as_deref(), rng).await
            }
            super::DEVICE_GRANT => self.poll_device(client, request, user_agent, rng).await,
            _ => Err(Refusal::new(Code::UnsupportedGrantType, "There is no such grant_type here")),
        }
    }

    /// A token for a client that acts for itself.
    async fn client_token(
        &self,
        client: &Client,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<TokenResponse, Refusal> {
        if !client.is_for_itself() {
            let words = "This client gets tokens only for people who log in";
            return Err(Refusal::new(Code::UnauthorizedClient, words));
        }
        let scope = client.permissions.join(" ");
        let mut claims = json!({
            "sub": format!("service-account-{}", client.client_id),
            "azp": client.client_id,
            "permissions": client.permissions,
            "scope": scope,
        });
        if let Some(organization) = &client.organization {
            claims["organization"] = json!({ organization: {} });
        }
        let key = self.signing_key().await?;
        let id = secrets::id(rng);
        Ok(TokenResponse {
            access_token: self.sign(&key, claims, "Bearer", CLIENT_TOKEN_LIFETIME, &id)?,
            token_type: "Bearer",
            expires_in: CLIENT_TOKEN_LIFETIME,
            refresh_token: None,
            refresh_expires_in: 0,
            id_token: None,
            scope,
        })
    }

    /// Signs claims as a token of this type.
    pub(super) fn sign(
        &self,
        key: &SigningKey,
        mut claims: Value,
        kind: &str,
        lifetime: i64,
        id: &str,
    ) -> Result<String> {
        let now = self.clock.now().timestamp();
        claims["iss"] = self.issuer().into();
        claims["iat"] = now.into();
        claims["exp"] = now.saturating_add(lifetime).into();
        claims["jti"] = id.into();
        claims["typ"] = kind.into();
        let mut header = jsonwebtoken::Header::new(ALGORITHM);
        header.kid = Some(key.id.clone());
        jsonwebtoken::encode(&header, &claims, &key.private).map_err(Error::internal)
    }
}
