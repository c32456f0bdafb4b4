//! What a client asks for (RFC 6749 §3.3): parts of OpenID Connect, and permissions.

use crate::permission::Permission;

/// What is known beside the names of permissions.
pub(super) const KNOWN: [&str; 4] = ["openid", "profile", "email", "offline_access"];
/// What is granted to those who ask for nothing in particular.
const DEFAULT: &str = "profile email";

/// A set of scopes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope(Vec<String>);

impl Scope {
    /// What is asked for, without what is not known; something is granted to those who ask for
    /// nothing.
    pub(super) fn requested(text: Option<&str>) -> Self {
        let text = text.filter(|text| !text.trim().is_empty()).unwrap_or(DEFAULT);
        let mut scopes = Vec::new();
        for scope in text.split(' ').filter(|scope| is_known(scope)) {
            if !scopes.iter().any(|there| there == scope) {
                scopes.push(scope.to_owned());
            }
        }
        Self(scopes)
    }

    /// What was granted, as it was kept.
    pub(super) fn granted(text: &str) -> Self {
        Self(text.split(' ').filter(|scope| !scope.is_empty()).map(str::to_owned).collect())
    }

    /// Whether it has this scope.
    pub fn has(&self, scope: &str) -> bool {
        self.0.iter().any(|there| there == scope)
    }

    /// Whether it has all of the other one's.
    pub(super) fn covers(&self, other: &Self) -> bool {
        other.0.iter().all(|scope| self.has(scope))
    }

    /// What a token with this scope permits, of all that a person may do. Our own programs get all
    /// of it unless less was granted by name, others only what they ask for. Whoever asks for less
    /// than was `granted` gets less, even if that is no permission at all.
    pub(super) fn permits(&self, granted: &Self, all: &[String], first_party: bool) -> Vec<String> {
        if first_party && !granted.names_permissions() && !self.names_permissions() {
            return all.to_vec();
        }
        let may_all = all.iter().any(|name| name == Permission::Admin.as_str());
        let permitted = |scope: &&String| {
            Permission::from_name(scope).is_some() && (may_all || all.contains(scope))
        };
        self.0.iter().filter(permitted).cloned().collect()
    }

    fn names_permissions(&self) -> bool {
        self.0.iter().any(|scope| Permission::from_name(scope).is_some())
    }

    /// The scopes, one by one.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

fn is_known(scope: &str) -> bool {
    KNOWN.contains(&scope) || Permission::from_name(scope).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permits(scope: &str, all: &[&str], first_party: bool) -> String {
        let all: Vec<_> = all.iter().map(|name| (*name).to_owned()).collect();
        let scope = Scope::requested(Some(scope));
        scope.permits(&scope, &all, first_party).join(" ")
    }

    #[test]
    fn others_programs_get_only_what_they_ask_for() {
        let all = ["jobbergate:job-scripts:read", "jobbergate:job-scripts:create"];
        let read = "openid jobbergate:job-scripts:read jobbergate:clusters:read";
        assert_eq!(permits("openid", &all, true), all.join(" "));
        assert_eq!(permits("openid", &all, false), "");
        for first_party in [true, false] {
            assert_eq!(permits(read, &all, first_party), "jobbergate:job-scripts:read");
        }
        let admin = permits(read, &["jobbergate:admin"], false);
        assert_eq!(admin, "jobbergate:job-scripts:read jobbergate:clusters:read");
    }

    #[test]
    fn what_is_not_known_is_left_out_and_nothing_is_something() {
        let scope = |text| Scope::requested(text).to_string();
        assert_eq!(scope(Some("openid  unknown openid email")), "openid email");
        assert_eq!(scope(None), "profile email");
        assert_eq!(scope(Some("")), "profile email");
    }
}
