//! What a verified token says of its bearer.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use crate::{
    config::oidc::{ClaimPath, ClaimRules},
    email_address,
    error::{Error, NOT_THE_OWNER, Result},
    permission::Permission,
};

/// Whose token it is, and how they got it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TokenKind {
    /// Another provider's, of which nothing is known.
    #[default]
    Foreign,
    /// That of a client which acts for itself.
    Client,
    /// That of a person who logged in, with the program that is the token's client.
    LogIn,
    /// One that was issued on the server's command line, for whoever and whichever cluster it says.
    Issued,
    /// One that a person made for a script of theirs.
    Personal,
}

/// The bearer of a token.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// The `email` claim, normalized.
    pub email: Option<String>,
    /// The client that the token was issued to.
    pub client_id: Option<String>,
    pub permissions: Vec<String>,
    /// The organization whose data the bearer works with.
    pub organization: Option<String>,
    /// The `sub` claim: who it is for the provider.
    pub subject: String,
    pub kind: TokenKind,
}

impl Identity {
    /// Reads the claims of a token whose signature is good. Claims that the Python server fails
    /// on with 500 are answered 400.
    pub(super) fn from_claims(
        claims: &Map<String, Value>,
        rules: &ClaimRules,
        now: DateTime<Utc>,
    ) -> Result<Self> {
        check_times(claims, now.timestamp())?;
        check_strings(claims)?;
        Ok(Self {
            email: email_of(claims, rules)?,
            client_id: client_id_of(claims, rules)?,
            permissions: permissions_of(claims, rules)?,
            organization: organization_of(claims, rules)?,
            subject: claims.get("sub").and_then(Value::as_str).unwrap_or_default().to_owned(),
            kind: TokenKind::Foreign,
        })
    }

    /// The cluster that the bearer is the agent of, or submits to when a request names none. The
    /// client of a person who logged in is none: it is the program that they did it with.
    pub fn cluster(&self) -> Option<&str> {
        self.client_id.as_deref().filter(|_| self.kind != TokenKind::LogIn)
    }

    /// Who the bearer is, for what callers have a share of.
    pub fn caller(&self) -> Arc<str> {
        let name = self.email.as_deref().or(self.client_id.as_deref()).unwrap_or_default();
        format!("{}/{name}", self.organization.as_deref().unwrap_or_default()).into()
    }

    /// 403 unless the bearer has one of these permissions.
    pub fn require_any_of(&self, permissions: &[Permission]) -> Result<()> {
        if permissions.iter().any(|permission| self.has(*permission)) {
            return Ok(());
        }
        Err(Error::MissingPermission)
    }

    /// 403 unless the resource is the bearer's, or the bearer maintains everybody's.
    pub fn require_ownership(&self, owner_email: &str) -> Result<()> {
        let bypass = self.has(Permission::Admin) || self.has(Permission::Maintainer);
        if bypass || self.email.as_deref() == Some(owner_email) {
            return Ok(());
        }
        Err(Error::Forbidden(NOT_THE_OWNER.to_owned()))
    }

    pub fn has(&self, permission: Permission) -> bool {
        self.permissions.iter().any(|name| name == permission.as_str())
    }
}

/// `exp` (RFC 7519 §4.1.4) may be a string of digits; `nbf` and `exp` count without leeway.
fn check_times(claims: &Map<String, Value>, now: i64) -> Result<()> {
    let seconds = |name: &str| match claims.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => text.parse().map(Some).map_err(|_| Error::Unauthenticated),
        Some(value) => value
            .as_i64()
            .or_else(|| value.as_f64().map(|float| float as i64))
            .map(Some)
            .ok_or(Error::Unauthenticated),
    };
    let expired = seconds("exp")?.is_some_and(|exp| exp < now);
    let not_yet = seconds("nbf")?.is_some_and(|nbf| nbf > now);
    let odd_iat = claims.get("iat").is_some_and(|iat| !iat.is_number());
    if expired || not_yet || odd_iat { Err(Error::Unauthenticated) } else { Ok(()) }
}

fn check_strings(claims: &Map<String, Value>) -> Result<()> {
    let subject = claims.get("sub").is_some_and(Value::is_string);
    let id = claims.get("jti").is_none_or(Value::is_string);
    if subject && id { Ok(()) } else { Err(Error::Unauthenticated) }
}

/// Whether a token is for one of these audiences (RFC 7519 §4.1.3); for any if there are none.
pub(super) fn is_for(claims: &Map<String, Value>, audiences: &[String]) -> bool {
    let is_ours = |name: &Value| audiences.iter().any(|audience| *name == **audience);
    let named = match claims.get("aud") {
        Some(Value::Array(names)) => names.iter().any(is_ours),
        Some(name) => is_ours(name),
        None => false,
    };
    audiences.is_empty() || named
}

fn permissions_of(claims: &Map<String, Value>, rules: &ClaimRules) -> Result<Vec<String>> {
    let claim = rules.oidc_permissions_claim.as_ref();
    let as_python_reads_it =
        claim.is_none_or(|claim| claim.as_str() == "permissions") && rules.oidc_roles.is_none();
    if as_python_reads_it {
        return listed_permissions(claims);
    }
    let found = claim.map_or_else(|| claims.get("permissions"), |claim| claim.find(claims));
    let names = names_in(found);
    Ok(match &rules.oidc_roles {
        Some(roles) => {
            let permitted = roles.permitted(names.into_iter());
            permitted.into_iter().map(|permission| permission.as_str().to_owned()).collect()
        }
        None => names.into_iter().map(str::to_owned).collect(),
    })
}

/// The names in a claim: a list, or a text with spaces between them (RFC 8693 §4.2).
fn names_in(claim: Option<&Value>) -> Vec<&str> {
    match claim {
        Some(Value::String(text)) => text.split_whitespace().collect(),
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn listed_permissions(claims: &Map<String, Value>) -> Result<Vec<String>> {
    match claims.get("permissions") {
        None => Ok(Vec::new()),
        Some(Value::Array(names)) => names
            .iter()
            .map(|name| name.as_str().map(str::to_owned).ok_or(Error::Unauthenticated))
            .collect(),
        Some(_) => Err(Error::Unauthenticated),
    }
}

/// `client_id` wins over `azp`, even when it is null.
fn client_id_of(claims: &Map<String, Value>, rules: &ClaimRules) -> Result<Option<String>> {
    let usual = || claims.get("client_id").or_else(|| claims.get("azp"));
    match rules.oidc_client_id_claim.as_ref().map_or_else(usual, |claim| claim.find(claims)) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(client_id)) => Ok(Some(client_id.clone())),
        Some(_) => Err(Error::Unauthenticated),
    }
}

fn email_of(claims: &Map<String, Value>, rules: &ClaimRules) -> Result<Option<String>> {
    let claim = rules.oidc_email_claim.as_ref();
    let name = claim.map_or("email", ClaimPath::as_str);
    match claim.map_or_else(|| claims.get(name), |claim| claim.find(claims)) {
        None | Some(Value::Null) => Ok(None),
        // Where people have an address, programs have a name: they are no person.
        Some(Value::String(text)) if claim.is_some() && !text.contains('@') => Ok(None),
        Some(Value::String(text)) => email_address::normalize(text).map(Some).ok_or_else(|| {
            Error::BadRequest(format!("The token's {name} claim is not an address: {text}"))
        }),
        Some(_) => Err(Error::BadRequest(format!("The token's {name} claim is not a string"))),
    }
}

/// Either `{"<id>": {}}` or `{"<name>": {"id": "<id>"}}`; the id itself in a claim that was named
/// for it.
fn organization_of(claims: &Map<String, Value>, rules: &ClaimRules) -> Result<Option<String>> {
    let claim = rules.oidc_organization_claim.as_ref();
    let name = claim.map_or("organization", ClaimPath::as_str);
    let malformed = || {
        Error::BadRequest(format!(
            "The token's {name} claim does not name one organization, as in \
             {{\"name\": {{\"id\": \"…\"}}}}"
        ))
    };
    match claim.map_or_else(|| claims.get(name), |claim| claim.find(claims)) {
        Some(Value::String(id)) if claim.is_some() => Ok(Some(id.clone())),
        None | Some(Value::Null | Value::String(_)) => Ok(None),
        Some(Value::Object(organizations)) => {
            let mut entries = organizations.iter();
            let (Some((key, inner)), None) = (entries.next(), entries.next()) else {
                return Err(malformed());
            };
            let inner = inner.as_object().ok_or_else(malformed)?;
            match inner.get("id") {
                None => Ok(Some(key.clone())),
                Some(Value::String(id)) => Ok(Some(id.clone())),
                Some(_) => Err(malformed()),
            }
        }
        Some(_) => Err(malformed()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(claims: Value) -> Result<Identity> {
        read_by(&ClaimRules::default(), claims)
    }

    fn read_by(rules: &ClaimRules, claims: Value) -> Result<Identity> {
        let now = DateTime::from_timestamp(1_000_000, 0).unwrap();
        let mut all = json!({"sub": "s"});
        all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
        Identity::from_claims(all.as_object().unwrap(), rules, now)
    }

    #[test]
    fn a_token_is_good_until_its_expiry_and_not_a_second_longer() {
        assert!(read(json!({"exp": 1_000_000})).is_ok());
        assert!(read(json!({"exp": "1000000"})).is_ok());
        assert!(matches!(read(json!({"exp": 999_999})), Err(Error::Unauthenticated)));
        assert!(matches!(read(json!({"nbf": 1_000_001})), Err(Error::Unauthenticated)));
        assert!(read(json!({"iat": 2_000_000})).is_ok());
        assert!(matches!(read(json!({"iat": "1"})), Err(Error::Unauthenticated)));
    }

    #[test]
    fn client_id_wins_over_azp_even_when_null() {
        let client = |claims| read(claims).unwrap().client_id;
        assert_eq!(client(json!({"azp": "a"})).as_deref(), Some("a"));
        assert_eq!(client(json!({"azp": "a", "client_id": "b"})).as_deref(), Some("b"));
        assert_eq!(client(json!({"azp": "a", "client_id": null})), None);
        assert_eq!(client(json!({"azp": ""})).as_deref(), Some(""));
    }

    #[test]
    fn both_shapes_of_the_organization_claim_are_read() {
        let organization = |claim| read(json!({"organization": claim})).map(|i| i.organization);
        assert_eq!(organization(json!({"org-1": {}})).unwrap().as_deref(), Some("org-1"));
        assert_eq!(organization(json!({"n": {"id": "o"}})).unwrap().as_deref(), Some("o"));
        assert_eq!(organization(json!("org")).unwrap(), None);
        for odd in [json!({}), json!({"a": {}, "b": {}}), json!(["a"]), json!({"a": null})] {
            assert!(matches!(organization(odd), Err(Error::BadRequest(_))));
        }
    }

    #[test]
    fn permissions_must_be_a_list_of_names() {
        assert!(read(json!({})).unwrap().permissions.is_empty());
        for odd in [json!(null), json!("jobbergate:admin"), json!([1])] {
            assert!(matches!(read(json!({"permissions": odd})), Err(Error::Unauthenticated)));
        }
    }

    #[test]
    fn without_a_rule_only_the_claim_permissions_counts() {
        let elsewhere = json!({
            "scope": "jobbergate:admin",
            "groups": ["jobbergate:admin"],
            "realm_access": {"roles": ["jobbergate:admin"]},
            "upn": "a@b.co",
        });
        let identity = read(elsewhere).unwrap();
        assert_eq!((identity.permissions, identity.email), (vec![], None));
        let explicit = ClaimRules {
            oidc_permissions_claim: Some("permissions".parse().unwrap()),
            ..ClaimRules::default()
        };
        assert!(read_by(&explicit, json!({"permissions": "jobbergate:admin"})).is_err());
    }

    #[test]
    fn names_are_read_wherever_a_provider_has_them() {
        for (claim, claims, found) in [
            ("scope", json!({"scope": "openid  a b"}), &["openid", "a", "b"][..]),
            ("groups", json!({"groups": ["a", 5, "b c"]}), &["a", "b c"]),
            ("realm_access.roles", json!({"realm_access": {"roles": ["a"]}}), &["a"]),
            ("realm_access.roles", json!({"realm_access": []}), &[]),
            ("roles", json!({"roles": null}), &[]),
            ("roles", json!({"roles": {"a": 1}}), &[]),
            ("roles", json!({"permissions": ["a"]}), &[]),
        ] {
            let rules = ClaimRules {
                oidc_permissions_claim: Some(claim.parse().unwrap()),
                ..ClaimRules::default()
            };
            assert_eq!(read_by(&rules, claims.clone()).unwrap().permissions, found, "{claims}");
        }
    }

    #[test]
    fn with_a_mapping_only_what_it_names_counts() {
        let rules = ClaimRules {
            oidc_roles: Some("boss=admin;x=jobbergate:clusters:read".parse().unwrap()),
            ..ClaimRules::default()
        };
        for (permissions, found) in [
            (json!(["boss", "x", "boss"]), &["jobbergate:admin", "jobbergate:clusters:read"][..]),
            (json!("x boss"), &["jobbergate:admin", "jobbergate:clusters:read"]),
            (json!(["jobbergate:admin", "admin", "BOSS"]), &[]),
            (json!(null), &[]),
        ] {
            let identity = read_by(&rules, json!({"permissions": permissions})).unwrap();
            assert_eq!(identity.permissions, found, "{permissions}");
        }
    }

    #[test]
    fn people_clients_and_organizations_may_stand_in_other_claims() {
        let rules = ClaimRules {
            oidc_email_claim: Some("upn".parse().unwrap()),
            oidc_client_id_claim: Some("cid".parse().unwrap()),
            oidc_organization_claim: Some("org.id".parse().unwrap()),
            ..ClaimRules::default()
        };
        let claims = json!({"upn": "A@B.co", "cid": "c", "org": {"id": "o"}, "email": "e@b.co",
                            "azp": "p", "organization": {"x": {}}});
        let identity = read_by(&rules, claims).unwrap();
        assert_eq!(identity.email.as_deref(), Some("A@b.co"));
        assert_eq!(identity.client_id.as_deref(), Some("c"));
        assert_eq!(identity.organization.as_deref(), Some("o"));
        let program = read_by(&rules, json!({"upn": "service-account-c", "email": "e@b.co"}));
        assert_eq!(program.unwrap().email, None);
        for odd in [json!({"upn": "a@"}), json!({"upn": 5}), json!({"org": {"id": {}}})] {
            assert!(matches!(read_by(&rules, odd), Err(Error::BadRequest(_))));
        }
    }

    #[test]
    fn an_audience_is_one_name_or_a_list_of_them() {
        let ours = ["jobs".to_owned(), "api://jobs".to_owned()];
        for (claims, good) in [
            (json!({"aud": "jobs"}), true),
            (json!({"aud": ["other", "api://jobs"]}), true),
            (json!({"aud": "JOBS"}), false),
            (json!({"aud": "jobs api://jobs"}), false),
            (json!({"aud": ["other"]}), false),
            (json!({"aud": []}), false),
            (json!({"aud": null}), false),
            (json!({"aud": {"jobs": true}}), false),
            (json!({}), false),
        ] {
            assert_eq!(is_for(claims.as_object().unwrap(), &ours), good, "{claims}");
            assert!(is_for(claims.as_object().unwrap(), &[]), "{claims}");
        }
    }
}
