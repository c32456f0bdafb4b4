//! Whether a provider's token with a good signature is meant for this server, and what it says.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::{ExternalIssuer, SHOWN, fetch::Known};
use crate::{
    auth::{Identity, claims::is_for},
    config::oidc::IssuerCheck,
    error::{Error, Result},
    permission::Permission,
};

impl ExternalIssuer {
    /// The bearer of a token; 401 if it is another provider's or for others.
    pub(in crate::auth) fn judge(
        &self,
        claims: &Map<String, Value>,
        known: &Known,
        now: DateTime<Utc>,
    ) -> Result<Identity> {
        let iss = claims.get("iss");
        let named = match self.provider.issuer {
            IssuerCheck::Nothing => true,
            IssuerCheck::IfThere => iss.is_none_or(|iss| *iss == *known.issuer),
            IssuerCheck::Always | IssuerCheck::Exact => {
                iss.is_some_and(|iss| *iss == *known.issuer)
            }
        };
        if !named {
            return self.refuse("iss", &known.issuer, iss, now);
        }
        let audiences = &self.provider.rules.oidc_audience;
        if !is_for(claims, audiences) {
            return self.refuse("aud", &audiences.join(", "), claims.get("aud"), now);
        }
        let identity = Identity::from_claims(claims, &self.provider.rules, now)?;
        // Names that are none of ours permit as little as no names.
        if !identity.permissions.iter().any(|name| Permission::from_name(name).is_some()) {
            self.report_no_permission(claims, now);
        }
        Ok(identity)
    }

    fn refuse(
        &self,
        claim: &str,
        expected: &str,
        found: Option<&Value>,
        now: DateTime<Utc>,
    ) -> Result<Identity> {
        let (issuer, found) = (self.url(), shown(found));
        if self.refusal.is_due(now) {
            tracing::warn!(issuer, claim, expected, found, "a token was refused");
        } else {
            tracing::debug!(issuer, claim, expected, found, "a token was refused");
        }
        Err(Error::Unauthenticated)
    }

    /// Says what there is where permissions should be: nobody can see it from outside.
    fn report_no_permission(&self, claims: &Map<String, Value>, now: DateTime<Utc>) {
        let (issuer, claim, rules) = (self.url(), self.permissions_claim(), &self.provider.rules);
        let found = match &rules.oidc_permissions_claim {
            Some(path) => shown(path.find(claims)),
            None => shown(claims.get(claim)),
        };
        let mapped = rules.oidc_roles.is_some();
        let names = claims.keys().map(String::as_str).collect::<Vec<_>>().join(" ");
        if self.no_permission.is_due(now) {
            tracing::info!(issuer, claim, found, mapped, claims = names, "a token permits nothing");
        } else {
            tracing::debug!(
                issuer,
                claim,
                found,
                mapped,
                claims = names,
                "a token permits nothing"
            );
        }
    }
}

fn shown(value: Option<&Value>) -> String {
    value.map_or("nothing".to_owned(), |value| value.to_string().chars().take(SHOWN).collect())
}
