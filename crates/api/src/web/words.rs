//! What programs ask for and how long things take, in words.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    identity::{Client, Scope},
    permission::Permission,
};

/// What a person who holds these permissions lets a program do: it gets no others.
pub(super) fn asked(client: &Client, scope: &Scope, held: &[String]) -> Vec<String> {
    let may_all = held.iter().any(|name| name == Permission::Admin.as_str());
    let granted = |name: &&str| {
        may_all || Permission::from_name(name).is_none() || held.iter().any(|held| held == name)
    };
    let mut all: Vec<_> = scope.names().filter(granted).filter_map(in_words).collect();
    let named = scope.names().any(|name| name.starts_with("jobbergate:"));
    if client.is_first_party && !named {
        all.push("do all that you may do, in your name".to_owned());
    }
    if all.is_empty() {
        all.push("know that you have an account".to_owned());
    }
    all
}

/// What a token permits, for somebody who holds these permissions.
pub(super) fn permitted(permissions: &[String], held: &[String]) -> String {
    if permissions == held {
        return "all that you may do".to_owned();
    }
    let all: Vec<_> = permissions.iter().filter_map(|it| in_words(it)).collect();
    all.join(", ")
}

/// A permission in two parts: what it is about, and what may be done with it.
pub(super) fn permission(name: &str) -> (String, String) {
    let words = in_words(name).unwrap_or_else(|| name.to_owned());
    match name.strip_prefix("jobbergate:").and_then(|it| it.rsplit_once(':')) {
        Some((things, verb)) => (things.replace('-', " "), verb.to_owned()),
        None => ("everything".to_owned(), words),
    }
}

fn in_words(scope: &str) -> Option<String> {
    Some(match scope {
        "openid" => return None,
        "profile" => "see your name".to_owned(),
        "email" => "see your e-mail address".to_owned(),
        "offline_access" => "stay logged in when you log out here".to_owned(),
        "jobbergate:admin" => "do everything that an administrator may do".to_owned(),
        "jobbergate:maintainer" => "change what others own".to_owned(),
        other => match other.strip_prefix("jobbergate:")?.rsplit_once(':') {
            Some((things, verb)) => format!("{verb} {}", things.replace('-', " ")),
            None => other.to_owned(),
        },
    })
}

/// When somebody may try again.
pub(super) fn later(wait: TimeDelta) -> String {
    match (wait.num_seconds().max(1) + 59) / 60 {
        1 => "Try again in a minute.".to_owned(),
        minutes => format!("Try again in {minutes} minutes."),
    }
}

pub(super) fn instant(at: &DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

const BROWSERS: [(&str, &str); 5] = [
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];
const SYSTEMS: [(&str, &str); 6] = [
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iPadOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
];

/// What a browser is, of all that it says of itself.
pub(super) fn browser(user_agent: &str) -> String {
    let name = |known: &[(&str, &'static str)]| {
        known.iter().find(|(part, _)| user_agent.contains(part)).map(|(_, name)| *name)
    };
    match (name(&BROWSERS), name(&SYSTEMS)) {
        (Some(name), Some(system)) => format!("{name} on {system}"),
        _ if user_agent.is_empty() => "An unknown browser".to_owned(),
        _ => user_agent.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_called_by_their_names() {
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
        assert_eq!(browser(firefox), "Firefox on Linux");
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like \
                    Gecko) Chrome/126.0 Safari/537.36 Edg/126.0";
        assert_eq!(browser(edge), "Edge on Windows");
        assert_eq!(browser("curl/8"), "curl/8");
        assert_eq!(browser(""), "An unknown browser");
    }

    #[test]
    fn waits_are_rounded_up() {
        for (seconds, words) in [
            (0, "Try again in a minute."),
            (60, "Try again in a minute."),
            (61, "Try again in 2 minutes."),
        ] {
            assert_eq!(later(TimeDelta::seconds(seconds)), words);
        }
    }
}
