//! Whether a token is one of ours, and good.

use jsonwebtoken::{DecodingKey, Validation};
use serde_json::{Map, Value};

use super::{Provider, keys::ALGORITHM};
use crate::error::Result;

impl Provider {
    /// What a good access token says.
    pub(super) async fn access_claims(&self, token: &str) -> Result<Option<Map<String, Value>>> {
        let Some(claims) = self.signed_claims(token, "Bearer").await? else { return Ok(None) };
        let now = self.clock.now().timestamp();
        let expired = claims.get("exp").and_then(Value::as_i64).is_none_or(|exp| exp < now);
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let issued_at = claims.get("iat").and_then(Value::as_i64);
        let revoked = self.revoked().await?.refuses(text("sid"), text("email"), issued_at);
        Ok((!expired && !revoked).then_some(claims))
    }

    /// What a token says that was signed with a key that is not ours, or no more: nothing of it can
    /// be believed.
    pub(super) async fn unsigned_claims(&self, token: &str) -> Result<Option<Map<String, Value>>> {
        let Ok(head) = jsonwebtoken::decode_header(token) else { return Ok(None) };
        let Some(kid) = head.kid.filter(|_| head.alg == ALGORITHM) else { return Ok(None) };
        if self.public_key(&kid).await?.is_some() {
            return Ok(None);
        }
        Ok(jsonwebtoken::dangerous::insecure_decode_claims(token).ok())
    }

    /// What a token of this type says, even if it has expired.
    pub(super) async fn signed_claims(
        &self,
        token: &str,
        kind: &str,
    ) -> Result<Option<Map<String, Value>>> {
        let Ok(head) = jsonwebtoken::decode_header(token) else { return Ok(None) };
        let Some(kid) = head.kid.filter(|_| head.alg == ALGORITHM) else { return Ok(None) };
        let Some(key) = self.public_key(&kid).await? else { return Ok(None) };
        let Ok(key) = DecodingKey::from_jwk(&key) else { return Ok(None) };
        let mut validation = Validation::new(ALGORITHM);
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_aud = false;
        let decoded = jsonwebtoken::decode::<Map<String, Value>>(token, &key, &validation);
        let claims = decoded.ok().map(|decoded| decoded.claims);
        Ok(claims.filter(|claims| {
            let is = |name: &str, value: &str| claims.get(name).is_some_and(|it| it == value);
            is("typ", kind) && is("iss", &self.issuer())
        }))
    }
}
