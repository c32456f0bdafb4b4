//! A token and what it says of its owner.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jobbergate_client::Secret;
use serde_json::{Map, Value};

/// A token, whose signature the server checks, not we.
#[derive(Debug, Clone)]
pub struct Token {
    /// As it is sent.
    pub text: Secret,
    /// What it says; nothing if it is not a JWT.
    pub claims: Map<String, Value>,
}

/// What access to the server is for: who, as which client, for which organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The person.
    pub email: Option<String>,
    /// The organization's id.
    pub organization: Option<String>,
}

impl Token {
    /// Reads what was kept or received.
    pub fn new(text: &str) -> Self {
        let text = text.trim();
        Self { text: Secret::from(text), claims: claims(text).unwrap_or_default() }
    }

    /// Whether it has ended by `now`, in seconds since 1970; `None` when it does not say.
    pub fn is_expired(&self, now: u64) -> Option<bool> {
        let end = self.claims.get("exp")?;
        let end = end.as_u64().or_else(|| end.as_f64().map(|end| end.max(0.0) as u64))?;
        Some(end <= now)
    }

    /// How long it lasts from beginning to end, in seconds, if it says both.
    pub fn lifetime(&self) -> Option<u64> {
        let instant = |name: &str| self.claims.get(name).and_then(Value::as_f64);
        Some((instant("exp")? - instant("iat")?).max(0.0) as u64)
    }

    /// Who it is for.
    ///
    /// # Errors
    /// What makes no sense in it.
    pub fn identity(&self) -> Result<Identity, String> {
        let text = |name: &str| self.claims.get(name).and_then(Value::as_str).map(str::to_owned);
        let organization = match self.claims.get("organization") {
            None | Some(Value::Null) => None,
            Some(Value::Object(entries)) if entries.len() < 2 => {
                entries.iter().next().map(|(name, about)| {
                    about.get("id").and_then(Value::as_str).unwrap_or(name).to_owned()
                })
            }
            Some(_) => {
                return Err("the access token names several organizations, or none that can be \
                            read; log in for one organization"
                    .to_owned());
            }
        };
        Ok(Identity { email: text("email"), organization })
    }
}

fn claims(text: &str) -> Option<Map<String, Value>> {
    // What can't be sent is none.
    if !text.chars().all(|c| c.is_ascii_graphic()) {
        return None;
    }
    let mut parts = text.split('.');
    let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
    let payload = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&payload).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn token(claims: &Value) -> Token {
        Token::new(&format!("e30.{}.x\n", URL_SAFE_NO_PAD.encode(claims.to_string())))
    }

    #[test]
    fn a_token_ends_when_it_says() {
        assert_eq!(token(&json!({"exp": 10})).is_expired(9), Some(false));
        assert_eq!(token(&json!({"exp": 10})).is_expired(10), Some(true));
        assert_eq!(token(&json!({})).is_expired(10), None);
        assert_eq!(Token::new("opaque").is_expired(10), None);
        let garbage = token(&json!({"exp": 10})).text.reveal().replace("e30", "e\u{7}0");
        assert_eq!(Token::new(&garbage).is_expired(9), None);
    }

    #[test]
    fn an_organization_is_its_id_or_else_its_name() {
        let of = |organization| token(&json!({"organization": organization})).identity();
        let id = |text: &str| Ok(Identity { email: None, organization: Some(text.to_owned()) });
        assert_eq!(of(json!({"acme": {"id": "42"}})), id("42"));
        assert_eq!(of(json!({"acme": {}})), id("acme"));
        assert_eq!(of(json!({})), Ok(Identity { email: None, organization: None }));
        assert!(of(json!({"a": {}, "b": {}})).is_err());
    }
}
