//! The account page.

use askama::Template;
use axum::{http::StatusCode, response::Response};

use crate::{
    error::Result,
    identity::{Admission, PersonalToken, Session, Source, USUAL_DAYS, User},
    permission::Permission,
    web::{
        Web,
        browser::Person,
        page::{Layout, page},
        permission_groups::{self, PermissionGroup},
        words,
    },
};

/// Parts of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Name,
    Password,
    Tokens,
}

/// What the page says of what was just done.
#[derive(Debug, Default)]
pub(super) struct Note {
    done: Option<&'static str>,
    /// Whether a password was replaced, which ends no tokens of scripts.
    is_new_password: bool,
    problem: Option<(Section, String)>,
    /// A new token's id and secret.
    secret: Option<(String, String)>,
    token: Option<TypedToken>,
}

/// What somebody filled in for a token that was not made.
#[derive(Debug)]
pub(super) struct TypedToken {
    pub(super) name: String,
    pub(super) days: String,
    pub(super) permissions: Vec<String>,
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
    /// A token and its secret, which is shown once.
    made: Option<(&'a PersonalToken, &'a str)>,
    typed: TypedToken,
    groups: Vec<PermissionGroup>,
    note: Note,
}

impl Note {
    /// Says that something was done.
    pub(super) fn done(what: &str) -> Self {
        let done = match what {
            "welcome" => "Your password counts from now on, and you are logged in.",
            "joined" => {
                "There was an account for this address already. It is yours: it has the name and \
                 the password that you chose, and you are an administrator."
            }
            "name" => "Your name was changed.",
            "password" => "Your password was changed. Your other sessions have ended.",
            "session" => "The session has ended.",
            "program" => "The program's access has ended.",
            "token" => "The token was revoked.",
            _ => return Self::default(),
        };
        let is_new_password = matches!(what, "welcome" | "password");
        Self { done: Some(done), is_new_password, ..Self::default() }
    }

    /// Says why something was not done.
    pub(super) fn problem(section: Section, words: impl Into<String>) -> Self {
        Self { problem: Some((section, words.into())), ..Self::default() }
    }

    /// Says why a token was not made, and keeps what was filled in.
    pub(super) fn refused_token(typed: TypedToken, words: String) -> Self {
        Self { token: Some(typed), ..Self::problem(Section::Tokens, words) }
    }

    /// Shows a new token, once: its id and its secret, with a dot between them.
    pub(super) fn secret(shown: &str) -> Self {
        let parts = shown.split_once('.');
        let secret = parts.map(|(id, secret)| (id.to_owned(), secret.to_owned()));
        Self { secret, ..Self::default() }
    }

    fn about(&self, section: Section) -> Option<&str> {
        self.problem.as_ref().filter(|(it, _)| *it == section).map(|(_, words)| words.as_str())
    }
}

pub(super) async fn show(
    web: &Web,
    person: &Person,
    status: StatusCode,
    mut note: Note,
) -> Result<Response> {
    let user = &person.session.user;
    let tokens = web.provider.personal_tokens(user).await?;
    let typed = note.token.take().unwrap_or_else(|| TypedToken {
        name: String::new(),
        days: USUAL_DAYS.to_string(),
        permissions: harmless(user),
    });
    let secret = note.secret.take();
    let made = secret.as_ref().and_then(|(id, secret)| {
        Some((tokens.iter().find(|token| token.id == *id)?, secret.as_str()))
    });
    let template = AccountPage {
        layout: Layout::of(web, person),
        user,
        has_password: user.source == Source::Local,
        sessions: &web.provider.sessions(user).await?,
        current: &person.session.id,
        admissions: &web.provider.admissions(user).await?,
        made,
        tokens: &tokens,
        groups: groups(user, &typed.permissions),
        typed,
        note,
    };
    page(status, &template)
}

/// What a new token may do unless its owner says otherwise: nothing to what others own.
fn harmless(user: &User) -> Vec<String> {
    let risky = [Permission::Admin, Permission::Maintainer].map(Permission::as_str);
    let held = user.permissions.iter();
    held.filter(|name| !risky.contains(&name.as_str())).cloned().collect()
}

/// What somebody may let a token do.
fn groups(user: &User, ticked: &[String]) -> Vec<PermissionGroup> {
    let held = |name: &str| user.permissions.iter().any(|it| it == name);
    let may = |name: &&str| held(name) || held(Permission::Admin.as_str());
    permission_groups::groups(
        Permission::ALL.map(Permission::as_str).into_iter().filter(may),
        ticked,
    )
}
