//! Several providers in one variable.

use std::str::FromStr;

use serde_json::{Map, Value};
use url::Url;

use super::{
    super::host,
    claim_rules::{ClaimRules, audience},
};

const FORM: &str =
    "it must be a JSON list such as [{\"url\": \"https://id.example.com/realms/hpc\"}]";

/// Providers that are known by what they call themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuerSettings(pub Vec<NamedIssuer>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedIssuer {
    /// What it calls itself; a slash at its end does not matter.
    pub url: String,
    /// Whether it may be asked without TLS where others can come between.
    pub plaintext: bool,
    pub rules: ClaimRules,
}

impl FromStr for IssuerSettings {
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
    let mut plaintext = false;
    let mut rules = ClaimRules::default();
    for (name, value) in entry {
        if name == "allow_plaintext" {
            let words = "allow_plaintext must be true or false, without quotes";
            plaintext = value.as_bool().ok_or(words)?;
            continue;
        }
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
                     email_claim, organization_claim, client_id_claim and allow_plaintext"
                ));
            }
        }
    }
    let (text, url) = url.ok_or_else(|| format!("it has no url; {FORM}"))?;
    if !plaintext && host::is_exposed(&url) {
        return Err(
            "url: whoever is on the way to another machine could put other keys in place of \
                    the provider's; use https://, or, if the network between is safe, add \
                    \"allow_plaintext\": true"
                .to_owned(),
        );
    }
    Ok(NamedIssuer { url: text, plaintext, rules })
}

/// A provider's name for itself, which is where its discovery document is.
fn issuer_url(text: &str) -> Result<(String, Url), String> {
    let url = host::web_address(text)?;
    if text.contains("/.well-known/") {
        return Err("leave out /.well-known/ and what follows it".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() || text != text.trim() {
        return Err("it must have no question mark, no # and no spaces around it".to_owned());
    }
    Ok((text.to_owned(), url))
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
        let IssuerSettings(all) = text.parse().unwrap();
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
    fn nobody_is_asked_without_tls_on_another_machine_unless_that_is_wanted() {
        let read = |text: &str| text.parse::<IssuerSettings>().map(|all| all.0[0].plaintext);
        for url in
            ["http://localhost:8080", "http://127.0.0.2/x", "http://[::1]", "https://id.lab.co"]
        {
            assert_eq!(read(&format!(r#"[{{"url": "{url}"}}]"#)), Ok(false), "{url}");
        }
        assert_eq!(read(r#"[{"url": "http://id.lab.co", "allow_plaintext": true}]"#), Ok(true));
        for url in
            ["http://id.lab.co", "http://10.0.0.1", "HTTP://localhost.lab.co", "http://[fd00::1]"]
        {
            assert!(read(&format!(r#"[{{"url": "{url}"}}]"#)).is_err(), "{url}");
        }
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
            (r#"[{"url": "http://s3cret.example.com"}]"#.to_owned(), "provider 1: url: whoever is"),
            (r#"[{"url": "http://10.0.0.1/s3cret"}]"#.to_owned(), "\"allow_plaintext\": true"),
            (r#"[{"url": "http://s3cret", "allow_plaintext": false}]"#.to_owned(), "use https://"),
            (format!("[{{{good}, \"allow_plaintext\": \"yes\"}}]"), "must be true or false"),
            (r#"[{"url": "https://joe:s3cret@h"}]"#.to_owned(), "no password"),
            (r#"[{"url": "https://h/?s3cret=1"}]"#.to_owned(), "question mark"),
            (
                r#"[{"url": "https://s3cret/.well-known/openid-configuration"}]"#.to_owned(),
                "leave out /.well-known/",
            ),
        ] {
            let words = text.parse::<IssuerSettings>().unwrap_err();
            assert!(words.contains(word) && !words.contains("s3cret"), "{text}: {words}");
        }
    }
}
