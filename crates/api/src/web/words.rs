//! What programs ask for and how long things take, in words.

use chrono::{DateTime, TimeDelta, Utc};

use crate::identity::{Client, Scope};

/// What a person lets a program do.
pub(super) fn asked(client: &Client, scope: &Scope) -> Vec<String> {
    let mut all: Vec<_> = scope.names().filter_map(in_words).collect();
    let named = scope.names().any(|name| name.starts_with("jobbergate:"));
    if client.is_first_party && !named {
        all.push("do all that you may do, in your name".to_owned());
    }
    if all.is_empty() {
        all.push("know that you have an account".to_owned());
    }
    all
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
