//! The account page.

use askama::Template;
use axum::{http::StatusCode, response::Response};

use crate::{
    error::Result,
    identity::{Admission, PersonalToken, Session, Source, User},
    web::{
        Web,
        browser::Person,
        page::{Layout, page},
        words,
    },
};

/// Parts of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Password,
    Tokens,
}

/// What the page says of what was just done.
#[derive(Debug, Default)]
pub(super) struct Note {
    done: Option<&'static str>,
    problem: Option<(Section, String)>,
    secret: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage<'a> {
    layout: Layout,
    user: &'a User,
    /// Whether their password is kept here.
    has_password: bool,
    sessions: &'a [Session],
    current: &'a str,
    admissions: &'a [Admission],
    tokens: &'a [PersonalToken],
    note: Note,
}

impl Note {
    /// Says that something was done.
    pub(super) fn done(what: &str) -> Self {
        let done = match what {
            "welcome" => "Your password counts from now on, and you are logged in.",
            "password" => "Your password was changed. Your other sessions have ended.",
            "session" => "The session has ended.",
            "program" => "The program's access has ended.",
            "token" => "The token was revoked.",
            _ => return Self::default(),
        };
        Self { done: Some(done), ..Self::default() }
    }

    /// Says why something was not done.
    pub(super) fn problem(section: Section, words: impl Into<String>) -> Self {
        Self { problem: Some((section, words.into())), ..Self::default() }
    }

    /// Shows a new token, once.
    pub(super) fn secret(name: String, secret: String) -> Self {
        Self { secret: Some((name, secret)), ..Self::default() }
    }

    fn about(&self, section: Section) -> Option<&str> {
        self.problem.as_ref().filter(|(it, _)| *it == section).map(|(_, words)| words.as_str())
    }
}

pub(super) async fn show(
    web: &Web,
    person: &Person,
    status: StatusCode,
    note: Note,
) -> Result<Response> {
    let user = &person.session.user;
    let template = AccountPage {
        layout: Layout::of(web, person),
        user,
        has_password: user.source == Source::Local,
        sessions: &web.provider.sessions(user).await?,
        current: &person.session.id,
        admissions: &web.provider.admissions(user).await?,
        tokens: &web.provider.personal_tokens(user).await?,
        note,
    };
    page(status, &template)
}
