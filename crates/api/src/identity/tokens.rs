//! Issuing tokens.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Provider, keys::ALGORITHM};
use crate::{
    email_address,
    error::{Error, Result},
    permission::Permission,
};

/// How long a client's token is good, in seconds.
pub(super) const CLIENT_TOKEN_LIFETIME: i64 = 600;

/// A form sent to the token endpoint (RFC 6749 §4.4.2).
#[derive(Debug, Clone, Default, Deserialize)]
pub struct TokenRequest {
    /// Only `client_credentials` so far.
    #[serde(default)]
    pub grant_type: String,
    pub client_id: Option<String>,
    pub client_secret: Option<String>,
}

/// The answer of the token endpoint (RFC 6749 §5.1).
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub(super) struct TokenResponse {
    pub(super) access_token: String,
    pub(super) token_type: &'static str,
    pub(super) expires_in: i64,
    pub(super) refresh_expires_in: i64,
    pub(super) scope: &'static str,
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
        let permissions: Vec<_> = user.permissions.iter().map(|p| p.as_str()).collect();
        let mut claims = json!({"sub": email, "email": email, "permissions": permissions});
        if let Some(client_id) = &user.client_id {
            claims["azp"] = client_id.as_str().into();
        }
        if let Some(organization) = &user.organization {
            claims["organization"] = json!({ organization: {} });
        }
        self.sign(claims, user.lifetime, id).await
    }

    /// A token for a client that shows its secret; `None` if it is not good.
    pub(super) async fn issue_client_token(
        &self,
        client_id: &str,
        secret: &str,
        id: &str,
    ) -> Result<Option<TokenResponse>> {
        let Some(client) = self.verified_client(client_id, secret).await? else { return Ok(None) };
        let mut claims = json!({
            "sub": format!("service-account-{client_id}"),
            "azp": client.client_id,
            "permissions": client.permissions,
        });
        if let Some(organization) = &client.organization {
            claims["organization"] = json!({ organization: {} });
        }
        let access_token = self.sign(claims, CLIENT_TOKEN_LIFETIME, id).await?;
        Ok(Some(TokenResponse {
            access_token,
            token_type: "Bearer",
            expires_in: CLIENT_TOKEN_LIFETIME,
            refresh_expires_in: 0,
            scope: "profile email",
        }))
    }

    async fn sign(&self, mut claims: serde_json::Value, lifetime: i64, id: &str) -> Result<String> {
        let now = self.clock.now().timestamp();
        claims["iss"] = self.issuer().into();
        claims["iat"] = now.into();
        claims["exp"] = now.saturating_add(lifetime).into();
        claims["jti"] = id.into();
        claims["typ"] = "Bearer".into();
        let key = self.signing_key().await?;
        let mut header = jsonwebtoken::Header::new(ALGORITHM);
        header.kid = Some(key.id.clone());
        jsonwebtoken::encode(&header, &claims, &key.private).map_err(Error::internal)
    }
}
