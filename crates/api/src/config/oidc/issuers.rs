//! Several providers in one variable.

use std::str::FromStr;

use serde_json::{Map, Value};

use super::{super::host, ClaimRules, audience};

const FORM: &str =
    "it must be a JSON list such as [{\"url\": \"https://id.example.com/realms/hpc\"}]";

/// Providers that are known by what they call themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuers(pub Vec<NamedIssuer>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedIssuer {
    /// What it calls itself; a slash at its end does not matter.
    pub url: String,
    pub rules: ClaimRules,
}

impl FromStr for Issuers {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let entries: Vec<Map<String, Value>> = serde_json::from_str(text).map_err(|error| {
            // What it found may be a password.
            format!("{FORM}; it can't be read at line {}, column {}", error.line(), error.column())
        })?;
        if entries.is_empty() {
            return Err(format!("it names no provider; leave it out, or {FORM}"));
        }
        let number = |index: usize, words: String| format!("provider {}: {words}", index + 1);
        let read = |(index, entry)| named_issuer(&entry).map_err(|words| number(index, words));
        entries.into_iter().enumerate().map(read).collect::<Result<_, _>>().map(Self)
    }
}

fn named_issuer(entry: &Map<String, Value>) -> Result<NamedIssuer, String> {
    let mut url = None;
    let mut rules = ClaimRules::default();
    for (name, value) in entry {
        let text = value.as_str().ok_or_else(|| format!("{name} must be in double quotes"))?;
        let wrong = |words: String| format!("{name}: {words}");
        match name.as_str() {
            "url" => url = Some(issuer_url(text).map_err(wrong)?),
            "permissions_claim" => {
                rules.oidc_permissions_claim = Some(text.parse().map_err(wrong)?);
            }
            "roles" => rules.oidc_roles = Some(text.parse().map_err(wrong)?),
            "audience" => {
                let names = text.split(',').map(audience).collect::<Result<_, _>>();
                rules.oidc_audience = names.map_err(wrong)?;
            }
            "email_claim" => rules.oidc_email_claim = Some(text.parse().map_err(wrong)?),
            "organization_claim" => {
                rules.oidc_organization_claim = Some(text.parse().map_err(wrong)?);
            }
            "client_id_claim" => rules.oidc_client_id_claim = Some(text.parse().map_err(wrong)?),
            _ => {
                return Err(format!(
                    "there is no {name}; there are url, permissions_claim, roles, audience, \
                     email_claim, organization_claim and client_id_claim"
                ));
            }
        }
    }
    let url = url.ok_or_else(|| format!("it has no url; {FORM}"))?;
    Ok(NamedIssuer { url, rules })
}

/// A provider's name for itself, which is where its discovery document is.
fn issuer_url(text: &str) -> Result<String, String> {
    let url = host::web_address(text)?;
    if text.contains("/.well-known/") {
        return Err("leave out /.well-known/ and what follows it".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() || text != text.trim() {
        return Err("it must have no question mark, no # and no spaces around it".to_owned());
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_provider_has_its_own_rules() {
        let text = r#"[
            {"url": "https://id.example.com/realms/hpc"},
            {"url": "https://example.okta.com/oauth2/default", "permissions_claim": "groups",
             "roles": "hpc=user;hpc-admins=admin", "audience": "jobbergate, api://jobs",
             "email_claim": "sub", "organization_claim": "org", "client_id_claim": "cid"}
        ]"#;
        let Issuers(all) = text.parse().unwrap();
        assert_eq!(all[0].rules, ClaimRules::default());
        let rules = &all[1].rules;
        assert_eq!(all[1].url, "https://example.okta.com/oauth2/default");
        assert_eq!(rules.oidc_permissions_claim.as_ref().unwrap().as_str(), "groups");
        assert_eq!(rules.oidc_roles, Some("hpc=user;hpc-admins=admin".parse().unwrap()));
        assert_eq!(rules.oidc_audience, ["jobbergate", "api://jobs"]);
        assert_eq!(rules.oidc_email_claim.as_ref().unwrap().as_str(), "sub");
        assert_eq!(rules.oidc_organization_claim.as_ref().unwrap().as_str(), "org");
        assert_eq!(rules.oidc_client_id_claim.as_ref().unwrap().as_str(), "cid");
    }

    #[test]
    fn what_makes_no_sense_is_named_and_not_repeated() {
        let good = r#""url": "https://s3cret.example.com""#;
        for (text, word) in [
            ("s3cret".to_owned(), "JSON list"),
            ("[]".to_owned(), "names no provider"),
            ("[\"https://s3cret\"]".to_owned(), "JSON list"),
            (format!("{{{good}}}"), "JSON list"),
            (format!("[{{{good}}}, {{}}]"), "provider 2: it has no url"),
            (format!("[{{{good}, \"role\": \"a=user\"}}]"), "no role; there are url"),
            (format!("[{{{good}, \"roles\": {{}}}}]"), "roles must be in double quotes"),
            (format!("[{{{good}, \"roles\": \"a=b\"}}]"), "provider 1: roles: there is no role"),
            (format!("[{{{good}, \"email_claim\": \"\"}}]"), "email_claim: it must be a claim"),
            (format!("[{{{good}, \"audience\": \"a,\"}}]"), "audience: there is nothing"),
            (r#"[{"url": "s3cret.example.com"}]"#.to_owned(), "https://"),
            (r#"[{"url": "https://joe:s3cret@h"}]"#.to_owned(), "no password"),
            (r#"[{"url": "https://h/?s3cret=1"}]"#.to_owned(), "question mark"),
            (
                r#"[{"url": "https://s3cret/.well-known/openid-configuration"}]"#.to_owned(),
                "leave out /.well-known/",
            ),
        ] {
            let words = text.parse::<Issuers>().unwrap_err();
            assert!(words.contains(word) && !words.contains("s3cret"), "{text}: {words}");
        }
    }
}
