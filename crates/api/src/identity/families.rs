//! Families of tokens: what a person let a program do at one log-in. Refresh tokens follow one
//! another in a family; who shows one again later has stolen it or was robbed, and all end (RFC
//! 9700 §4.14).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use rand::CryptoRng;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{
    Client, Provider, User,
    keys::SigningKey,
    refusal::{Code, Refusal},
    scope::Scope,
    secrets,
    store::families::{self as store, FamilyRow, RefreshTokenRow},
    tokens::{ACCESS_LIFETIME, TokenResponse},
};
use crate::{
    db::Session as Db,
    error::{Error, Result},
};

/// How long a refresh token is good if it is not used.
const REFRESH_LIFETIME: TimeDelta = TimeDelta::days(30);
/// How long a family lasts, however often it is refreshed.
const LONGEST: TimeDelta = TimeDelta::days(90);

/// How long a refresh token that was used gives other tokens of its family: commands of today's
/// command line that run at once share one file of tokens, and each refreshes it.
const GRACE: TimeDelta = TimeDelta::seconds(10);
/// How many tokens one refresh token gives within it.
const MOST_SUCCESSORS: i64 = 16;

/// A program that a person has let in, on the account page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admission {
    /// What to revoke.
    pub id: String,
    /// The program's id.
    pub client_id: String,
    /// What it is called.
    pub client_name: String,
    /// What it asked for.
    pub scope: Scope,
    /// What the program called itself.
    pub user_agent: String,
    /// When it was let in.
    pub created_at: DateTime<Utc>,
    /// When it renewed its tokens last.
    pub last_used_at: DateTime<Utc>,
}

/// Where a family comes from.
pub(super) struct Origin<'a> {
    pub(super) id: String,
    pub(super) session: Option<String>,
    pub(super) scope: &'a str,
    pub(super) user_agent: &'a str,
}

/// What tokens are made of.
pub(super) struct Grant<'a> {
    pub(super) client: &'a Client,
    pub(super) user: &'a User,
    pub(super) family: &'a FamilyRow,
    /// What the family has, or less.
    pub(super) scope: Scope,
    /// When the person logged in, and the request's `nonce`; only where there was a log-in.
    pub(super) log_in: Option<(DateTime<Utc>, Option<&'a str>)>,
    /// The hash of the refresh token that is exchanged for them.
    pub(super) predecessor: Option<&'a str>,
}

impl Provider {
    /// Begins a family.
    pub(super) async fn begin_family(
        &self,
        db: &mut Db,
        client: &Client,
        user: &User,
        origin: Origin<'_>,
    ) -> Result<FamilyRow> {
        let now = self.clock.now();
        let row = FamilyRow {
            id: origin.id,
            user_id: user.id.clone(),
            client_id: client.client_id.clone(),
            session: origin.session,
            scope: origin.scope.to_owned(),
            user_agent: super::sessions::short(origin.user_agent),
            created_at: now,
            last_used_at: now,
            expires_at: now + LONGEST,
            revoked_at: None,
        };
        store::insert(db, &row).await?;
        Ok(row)
    }

    /// Makes the tokens of a grant, and keeps the one to refresh them with.
    pub(super) async fn issue(
        &self,
        db: &mut Db,
        key: &SigningKey,
        grant: &Grant<'_>,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<TokenResponse> {
        let Grant { client, user, family, scope, log_in, predecessor } = grant;
        let now = self.clock.now();
        let granted = Scope::granted(&family.scope);
        let mut access = json!({
            "sub": user.id,
            "azp": client.client_id,
            "sid": family.id,
            "scope": scope.to_string(),
            "email": user.email,
            "email_verified": true,
            "name": user.name,
            "preferred_username": user.email,
            "permissions": scope.permits(&granted, &user.permissions, client.is_first_party),
        });
        if let Some(organization) = &user.organization {
            access["organization"] = json!({ organization: {} });
        }
        let access_token = self.sign(key, access, "Bearer", ACCESS_LIFETIME, &secrets::id(rng))?;
        let id_token = match log_in {
            Some((at, nonce)) if scope.has("openid") => {
                let mut claims = identity_claims(user, scope);
                claims["aud"] = client.client_id.as_str().into();
                claims["azp"] = client.client_id.as_str().into();
                claims["sid"] = family.id.as_str().into();
                claims["auth_time"] = at.timestamp().into();
                claims["at_hash"] = half_hash(&access_token).into();
                if let Some(nonce) = nonce {
                    claims["nonce"] = (*nonce).into();
                }
                Some(self.sign(key, claims, "ID", ACCESS_LIFETIME, &secrets::id(rng))?)
            }
            _ => None,
        };
        let expires_at = (now + REFRESH_LIFETIME).min(family.expires_at);
        let refresh_token = self.refresh_token(family, expires_at, rng)?;
        let hash = secrets::hash(&refresh_token);
        store::insert_refresh_token(db, &hash, *predecessor, &family.id, now, expires_at).await?;
        Ok(TokenResponse {
            access_token,
            token_type: "Bearer",
            expires_in: ACCESS_LIFETIME,
            refresh_token: Some(refresh_token),
            refresh_expires_in: (expires_at - now).num_seconds(),
            id_token,
            scope: scope.to_string(),
        })
    }

    /// Today's clients read the expiry from the token itself, so that it must look like a JWT. It
    /// is signed with a secret that is thrown away: nobody takes it for an access token, and here
    /// it is known by its hash.
    fn refresh_token(
        &self,
        family: &FamilyRow,
        expires_at: DateTime<Utc>,
        rng: &mut impl CryptoRng,
    ) -> Result<String> {
        let claims = json!({
            "iss": self.issuer(),
            "aud": self.issuer(),
            "sub": family.user_id,
            "azp": family.client_id,
            "typ": "Refresh",
            "iat": self.clock.now().timestamp(),
            "exp": expires_at.timestamp(),
            "sid": family.id,
        });
        let secret = jsonwebtoken::EncodingKey::from_secret(secrets::random(rng).as_bytes());
        let header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS256);
        jsonwebtoken::encode(&header, &claims, &secret).map_err(Error::internal)
    }

    /// Exchanges a refresh token for new tokens.
    pub(super) async fn refresh(
        &self,
        client: &Client,
        token: &str,
        narrower: Option<&str>,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<TokenResponse, Refusal> {
        let refuse = |words: &'static str| Err(Refusal::new(Code::InvalidGrant, words));
        let (hash, now) = (secrets::hash(token), self.clock.now());
        let key = self.signing_key().await?;
        if self.directory.is_some() {
            // It may take its time: nothing is locked meanwhile.
            let holder = store::holder(&mut self.db.read().await?, &hash).await?;
            if let Some(holder) = holder {
                self.active_user(&holder).await?;
            }
        }
        let mut db = self.db.write().await?;
        let Some(row) = store::refresh_token(&mut db, &hash).await? else {
            return refuse("The refresh token is not known");
        };
        let Some(family) = store::find(&mut db, &row.family).await? else {
            return refuse("The refresh token is not known");
        };
        if family.client_id != client.client_id {
            return refuse("The refresh token was issued to another client");
        }
        if family.revoked_at.is_some() {
            return refuse("The refresh token was revoked; log in again");
        }
        if self.is_used_up(&mut db, &row, &hash).await? {
            store::revoke(&mut db, &family.id, now).await?;
            db.commit().await?;
            self.revocations.changed();
            tracing::warn!(
                client_id = client.client_id,
                user = family.user_id,
                "a refresh token was used twice; all tokens of its log-in were revoked"
            );
            return refuse("The refresh token was used before; log in again");
        }
        if row.expires_at <= now || family.expires_at <= now {
            return refuse("The refresh token has expired; log in again");
        }
        let scope = narrowed(&family, narrower)?;
        let Some(user) = self.admitted(&mut db, &family.user_id).await? else {
            return refuse("The account is disabled");
        };
        if row.used_at.is_none() {
            store::use_refresh_token(&mut db, &hash, now).await?;
        }
        store::touch(&mut db, &family.id, now).await?;
        let grant = Grant {
            client,
            user: &user,
            family: &family,
            scope,
            log_in: None,
            predecessor: Some(&hash),
        };
        let tokens = self.issue(&mut db, &key, &grant, rng).await?;
        db.commit().await?;
        Ok(tokens)
    }

    /// Whether a refresh token that was used is good no more. Who has used what it gave has no need
    /// to show it again, and no more commands than so many run at once.
    async fn is_used_up(&self, db: &mut Db, row: &RefreshTokenRow, hash: &str) -> Result<bool> {
        let Some(used_at) = row.used_at else { return Ok(false) };
        if self.clock.now() - used_at >= GRACE {
            return Ok(true);
        }
        let (successors, used) = store::successors(db, &row.family, hash).await?;
        Ok(used > 0 || successors >= MOST_SUCCESSORS)
    }

    /// The programs that a person has let in, the latest used first.
    pub async fn admissions(&self, user: &User) -> Result<Vec<Admission>> {
        let rows = store::of_user(&mut self.db.read().await?, &user.id, self.clock.now()).await?;
        let mut admissions = Vec::with_capacity(rows.len());
        for row in rows {
            let client = self.find_client(&row.client_id).await?;
            admissions.push(Admission {
                id: row.id,
                client_name: client.map_or_else(|| row.client_id.clone(), |client| client.name),
                client_id: row.client_id,
                scope: Scope::granted(&row.scope),
                user_agent: row.user_agent,
                created_at: row.created_at,
                last_used_at: row.last_used_at,
            });
        }
        Ok(admissions)
    }

    /// Shuts a program out again: its tokens are refused from now on; 404 if it is not in.
    pub async fn end_admission(&self, user: &User, id: &str) -> Result<()> {
        let mut db = self.db.write().await?;
        let theirs = store::find(&mut db, id).await?.is_some_and(|row| row.user_id == user.id);
        if !theirs || !store::revoke(&mut db, id, self.clock.now()).await? {
            return Err(Error::NotFound("This program is shut out already".to_owned()));
        }
        db.commit().await?;
        self.revocations.changed();
        Ok(())
    }
}

/// What a token says of a person (OpenID Connect Core §5.1), as far as it was asked for.
pub(super) fn identity_claims(user: &User, scope: &Scope) -> serde_json::Value {
    let mut claims = json!({"sub": user.id});
    if scope.has("profile") {
        claims["name"] = user.name.as_str().into();
        claims["preferred_username"] = user.email.as_str().into();
    }
    if scope.has("email") {
        claims["email"] = user.email.as_str().into();
        claims["email_verified"] = true.into();
    }
    claims
}

fn narrowed(family: &FamilyRow, narrower: Option<&str>) -> Result<Scope, Refusal> {
    let granted = Scope::granted(&family.scope);
    let Some(narrower) = narrower.filter(|scope| !scope.is_empty()) else { return Ok(granted) };
    let narrower = Scope::requested(Some(narrower));
    match granted.covers(&narrower) {
        true => Ok(narrower),
        false => Err(Refusal::new(Code::InvalidScope, "More is asked for than was granted")),
    }
}

/// OpenID Connect Core §3.1.3.6.
fn half_hash(token: &str) -> String {
    let hash: [u8; 32] = Sha256::digest(token).into();
    let (half, _) = hash.split_at(16);
    URL_SAFE_NO_PAD.encode(half)
}
