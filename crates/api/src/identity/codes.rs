//! Authorization codes that programs bring back (RFC 6749 §4.1.3).

use rand::CryptoRng;

use super::{
    Client, Provider,
    families::{Grant, Origin},
    pkce,
    refusal::{Code, Refusal},
    scope::Scope,
    secrets,
    store::{codes as store, families},
    tokens::{TokenRequest, TokenResponse},
};

impl Provider {
    /// Exchanges a code for tokens.
    pub(super) async fn redeem_code(
        &self,
        client: &Client,
        request: &TokenRequest,
        user_agent: &str,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<TokenResponse, Refusal> {
        let refuse = |words: &'static str| Err(Refusal::new(Code::InvalidGrant, words));
        let missing = |words: &'static str| Refusal::new(Code::InvalidRequest, words);
        let code = request.code.as_deref().ok_or_else(|| missing("code is missing"))?;
        let (hash, now) = (secrets::hash(code), self.clock.now());
        let key = self.signing_key().await?;
        let mut db = self.db.write().await?;
        let Some(row) = store::find(&mut db, &hash).await? else {
            return refuse("The code is not known");
        };
        if row.client_id != client.client_id {
            return refuse("The code was issued to another client");
        }
        if row.used_at.is_some() {
            families::revoke(&mut db, &row.family, now).await?;
            db.commit().await?;
            self.revocations.changed();
            tracing::warn!(
                client_id = client.client_id,
                user = row.user_id,
                "a code was used twice; the tokens that it gave were revoked"
            );
            return refuse("The code was used before");
        }
        if row.expires_at <= now {
            return refuse("The code has expired");
        }
        if request.redirect_uri.as_deref() != Some(&row.redirect_uri) {
            return refuse("redirect_uri is not the one that the code was sent to");
        }
        pkce::check(row.code_challenge.as_deref(), request.code_verifier.as_deref())?;
        let Some(user) = self.admitted(&mut db, &row.user_id).await? else {
            return refuse("The account is disabled");
        };
        store::use_up(&mut db, &hash, now).await?;
        let scope = Scope::granted(&row.scope);
        // A log-in that is to last does not end with the browser's session.
        let session = (!scope.has("offline_access")).then(|| row.session.clone());
        let origin = Origin { id: row.family, session, scope: &row.scope, user_agent };
        let family = self.begin_family(&mut db, client, &user, origin).await?;
        let log_in = Some((row.authenticated_at, row.nonce.as_deref()));
        let grant =
            Grant { client, user: &user, family: &family, scope, log_in, predecessor: None };
        let tokens = self.issue(&mut db, &key, &grant, rng).await?;
        db.commit().await?;
        Ok(tokens)
    }
}
