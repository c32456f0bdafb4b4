//! Which claim of a token is meant, also within others.

use std::{fmt, str::FromStr};

use serde_json::{Map, Value};

/// The name of a claim, or of one within others, with dots between the names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimPath(String);

impl ClaimPath {
    /// What a token says there. A name may have dots in it, as those of clients and of claims
    /// that are URLs: of several ways to read a path the one with the longest name counts.
    pub fn find<'a>(&self, claims: &'a Map<String, Value>) -> Option<&'a Value> {
        find(claims, &self.0)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn find<'a>(claims: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    if let Some(value) = claims.get(path) {
        return Some(value);
    }
    path.rmatch_indices('.').find_map(|(dot, _)| {
        let (name, rest) = path.split_at(dot);
        find(claims.get(name)?.as_object()?, rest.trim_start_matches('.'))
    })
}

impl FromStr for ClaimPath {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.split('.').any(str::is_empty) || text.contains(char::is_whitespace) {
            let form = "it must be a claim's name, or a path to it with dots between the names, \
                        such as resource_access.jobbergate.roles";
            return Err(form.to_owned());
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for ClaimPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_with_dots_are_found_wherever_they_stand() {
        let claims = json!({
            "scope": "a",
            "resource_access": {"jobs.example.com": {"roles": "b"}, "jobs": {"roles": "c"}},
            "https://jobs.example.com/roles": "d",
            "one.two": {"three": "e"},
            "one": {"two": {"three": "shadowed", "four": "f"}},
        });
        for (path, found) in [
            ("scope", Some("a")),
            ("resource_access.jobs.example.com.roles", Some("b")),
            ("resource_access.jobs.roles", Some("c")),
            ("https://jobs.example.com/roles", Some("d")),
            ("one.two.three", Some("e")),
            ("one.two.four", Some("f")),
            ("scope.a", None),
            ("resource_access.other.roles", None),
        ] {
            let path: ClaimPath = path.parse().unwrap();
            let value = path.find(claims.as_object().unwrap());
            assert_eq!(value.and_then(Value::as_str), found, "{path}");
        }
    }

    #[test]
    fn a_path_that_leads_nowhere_is_refused() {
        for text in ["", " ", ".", "a..b", ".a", "a.", "a b"] {
            assert!(text.parse::<ClaimPath>().unwrap_err().contains("resource_access"), "{text}");
        }
    }
}
