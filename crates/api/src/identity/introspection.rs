//! What a token is worth (RFC 7662), and making it worth nothing (RFC 7009).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    Client, PERSONAL_TOKEN_PREFIX, Provider,
    refusal::{Code, Refusal},
    scope::Scope,
    secrets,
    store::{families, personal_tokens},
};
use crate::error::Result;

/// A form with a token.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct TokenForm {
    pub token: Option<String>,
    pub token_type_hint: Option<String>,
}

/// What a token is worth.
#[derive(Debug, Clone, Default, Serialize, PartialEq)]
pub struct Introspection {
    /// Whether it is good; nothing else is said of one that is not.
    pub active: bool,
    /// What it says.
    #[serde(flatten)]
    pub claims: Map<String, Value>,
}

impl Provider {
    /// What a token is worth, for a client that has shown who it is.
    pub(super) async fn introspect(&self, client: &Client, token: &str) -> Result<Introspection> {
        let claims = if token.starts_with(PERSONAL_TOKEN_PREFIX) {
            self.personal_token_claims(token).await?
        } else if let Some(claims) = self.access_claims(token).await? {
            Some(claims)
        } else {
            self.refresh_claims(client, token).await?
        };
        let Some(mut claims) = claims else { return Ok(Introspection::default()) };
        if let Some(client_id) = claims.get("azp").cloned() {
            claims.insert("client_id".to_owned(), client_id);
        }
        if let Some(email) = claims.get("email").cloned() {
            claims.insert("username".to_owned(), email);
        }
        Ok(Introspection { active: true, claims })
    }

    /// What an access token says of its person; nothing if it is not good.
    pub(super) async fn userinfo(&self, token: &str) -> Result<Option<Map<String, Value>>> {
        let claims = if token.starts_with(PERSONAL_TOKEN_PREFIX) {
            self.personal_token_claims(token).await?
        } else {
            self.access_claims(token).await?
        };
        let Some(claims) = claims else { return Ok(None) };
        let scope = claims.get("scope").and_then(Value::as_str).map(Scope::granted);
        let asked = |name: &str| scope.as_ref().is_none_or(|scope| scope.has(name));
        let told = |(name, _): &(String, Value)| match name.as_str() {
            "sub" => true,
            "name" | "preferred_username" => asked("profile"),
            "email" | "email_verified" => asked("email"),
            _ => false,
        };
        Ok(Some(claims.into_iter().filter(told).collect()))
    }

    /// A refresh token is of no worth to another client than its own.
    async fn refresh_claims(
        &self,
        client: &Client,
        token: &str,
    ) -> Result<Option<Map<String, Value>>> {
        let now = self.clock.now();
        let mut db = self.db.read().await?;
        let Some(row) = families::refresh_token(&mut db, &secrets::hash(token)).await? else {
            return Ok(None);
        };
        let Some(family) = families::find(&mut db, &row.family).await? else { return Ok(None) };
        let over = row.expires_at <= now || family.expires_at <= now;
        let theirs = family.client_id == client.client_id;
        if !theirs || row.used_at.is_some() || family.revoked_at.is_some() || over {
            return Ok(None);
        }
        let user = self.admitted(&mut db, &family.user_id).await?;
        let Some(user) = user else { return Ok(None) };
        let mut claims = Map::new();
        claims.insert("sub".to_owned(), user.id.into());
        claims.insert("email".to_owned(), user.email.into());
        claims.insert("azp".to_owned(), family.client_id.into());
        claims.insert("scope".to_owned(), family.scope.into());
        claims.insert("exp".to_owned(), row.expires_at.timestamp().into());
        claims.insert("iss".to_owned(), self.issuer().into());
        claims.insert("typ".to_owned(), "Refresh".into());
        Ok(Some(claims))
    }

    /// Makes a token worth nothing, and with it all that came from the same log-in. One that is
    /// not known is worth nothing already (RFC 7009 §2.2).
    pub(super) async fn revoke(&self, client: &Client, token: &str) -> Result<(), Refusal> {
        if token.starts_with(PERSONAL_TOKEN_PREFIX) {
            return Ok(self.revoke_leaked_token(token).await?);
        }
        let claims = self.access_claims(token).await?;
        let mut db = self.db.write().await?;
        let family = match &claims {
            Some(claims) => match claims.get("sid").and_then(Value::as_str) {
                Some(family) => Some(family.to_owned()),
                None => {
                    let words = "This token ends by itself; it can't be revoked";
                    return Err(Refusal::new(Code::UnsupportedTokenType, words));
                }
            },
            None => {
                families::refresh_token(&mut db, &secrets::hash(token)).await?.map(|row| row.family)
            }
        };
        let Some(family) = family else { return Ok(()) };
        match families::find(&mut db, &family).await? {
            Some(row) if row.client_id == client.client_id => {
                families::revoke(&mut db, &family, self.clock.now()).await?;
            }
            Some(_) => {
                let words = "The token was issued to another client";
                return Err(Refusal::new(Code::InvalidGrant, words));
            }
            None => return Ok(()),
        }
        db.commit().await?;
        self.revocations.changed();
        Ok(())
    }

    /// Whoever has somebody's token may at least end it.
    async fn revoke_leaked_token(&self, token: &str) -> Result<()> {
        let mut db = self.db.write().await?;
        if let Some(row) = personal_tokens::find(&mut db, &secrets::hash(token)).await? {
            personal_tokens::delete(&mut db, &row.user_id, &row.id).await?;
        }
        db.commit().await?;
        self.revocations.changed();
        Ok(())
    }
}
