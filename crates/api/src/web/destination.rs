//! Where somebody goes on after they have logged in: to a page of ours, whatever is asked for.

use url::form_urlencoded::Serializer;

use crate::identity::{DEVICE_PAGE, REALM_PATH};

/// The path that programs send browsers to, below the realm.
pub(super) const AUTHORIZATION: &str = "/protocol/openid-connect/auth";

/// A page that people come to before they are logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Destination {
    /// Their account.
    Account,
    /// The page where they let a program in, with the code that they may have come with.
    Device(String),
    /// The answer to a program's request, which is this query.
    Authorization(String),
    /// A page to work with: its path on this server, with its query.
    Page(String),
}

impl Destination {
    /// As a form carries it.
    pub(super) fn to_field(&self) -> String {
        match self {
            Self::Account => "account".to_owned(),
            Self::Device(code) => format!("device?{code}"),
            Self::Authorization(query) => format!("auth?{query}"),
            Self::Page(path) => format!("page?{path}"),
        }
    }

    /// Where people begin again who were logged out before they sent this form.
    pub(super) fn of_form(path: &str, body: &[u8]) -> Self {
        let field = |wanted: &str| {
            let mut pairs = url::form_urlencoded::parse(body);
            let found = pairs.find(|(name, _)| name == wanted);
            found.map(|(_, value)| value.into_owned()).unwrap_or_default()
        };
        match path.strip_prefix(REALM_PATH) {
            Some(DEVICE_PAGE) => Self::Device(field("user_code")),
            Some("/consent") => Self::Authorization(field("request")),
            _ => Self::Account,
        }
    }

    /// Its address, where that of the realm is known.
    pub(super) fn page(&self, realm: &str) -> String {
        match self {
            Self::Page(path) => path.clone(),
            other => format!("{realm}{}", other.below_realm()),
        }
    }

    pub(super) fn below_realm(&self) -> String {
        match self {
            Self::Account | Self::Page(_) => "/account".to_owned(),
            Self::Device(code) => device_page(code),
            Self::Authorization(query) => format!("{AUTHORIZATION}?{query}"),
        }
    }

    /// The account, if it is nothing else.
    pub(super) fn from_field(text: &str) -> Self {
        match text.split_once('?') {
            Some(("device", code)) => Self::Device(code.to_owned()),
            Some(("auth", query)) => Self::Authorization(query.to_owned()),
            Some(("page", path)) if is_here(path) => Self::Page(path.to_owned()),
            _ => Self::Account,
        }
    }
}

/// Whether browsers take this for a path of the site that they are on: of a backslash or a second slash
/// they make another host, and they leave out control characters.
pub(super) fn is_here(path: &str) -> bool {
    let mut rest = path.chars();
    rest.next() == Some('/')
        && !matches!(rest.next(), Some('/' | '\\'))
        && !path.chars().any(|c| c.is_control() || c == '\\')
}

fn device_page(code: &str) -> String {
    if code.is_empty() {
        return DEVICE_PAGE.to_owned();
    }
    let query = Serializer::new(String::new()).append_pair("user_code", code).finish();
    format!("{DEVICE_PAGE}?{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_no_way_to_another_site() {
        for page in [
            Destination::Account,
            Destination::Device("BCDF-GHJK".to_owned()),
            Destination::Authorization("a=1&b=?".to_owned()),
            Destination::Page("/submissions?page=2".to_owned()),
        ] {
            assert_eq!(Destination::from_field(&page.to_field()), page);
        }
        for odd in [
            "https://evil.com/",
            "//evil.com",
            "/\\evil.com",
            "javascript:alert(1)",
            "",
            "page?//evil.com",
            "page?/\\evil.com",
            "page?/\t/evil.com",
            "page?https://evil.com",
            "page?",
        ] {
            assert_eq!(Destination::from_field(odd), Destination::Account);
        }
        assert_eq!(device_page("//evil.com\r\n"), "/device?user_code=%2F%2Fevil.com%0D%0A");
    }
}
