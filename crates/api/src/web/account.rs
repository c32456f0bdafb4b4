//! What somebody sees and changes of their own account.

mod view;

use std::collections::BTreeMap;

use axum::{
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use rand::rngs::StdRng;
use serde::Deserialize;

use super::{
    Web, browser::Visitor, cookies::Purpose, destination::Destination, errors::Failure,
    forms::PersonForm, log_in_form::LogInForm, page::go_to, words,
};
use crate::{
    error::{Error, Result},
    identity::{NewPersonalToken, PasswordChange, end_after, parameters},
};
use view::{Note, Section, TypedToken, show as account};

#[derive(Debug, Deserialize)]
pub(super) struct Done {
    #[serde(default)]
    done: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct NewPassword {
    #[serde(default)]
    current: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    again: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct NewToken {
    #[serde(default)]
    name: String,
    #[serde(default)]
    days: String,
    /// Permissions that were ticked, each under its name.
    #[serde(flatten)]
    ticked: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct NewName {
    #[serde(default)]
    name: String,
}

/// What to end or revoke.
#[derive(Debug, Deserialize)]
pub(super) struct Which {
    id: String,
}

pub(super) async fn show(
    State(web): State<Web>,
    visitor: Visitor,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let Done { done } = parameters(query.unwrap_or_default().as_bytes())?;
    let Some(person) = &visitor.person else {
        return Ok(LogInForm::before(Destination::Account).show(&web, &visitor)?);
    };
    let Some(shown) = web.origin.cookie(&headers, Purpose::Shown) else {
        return Ok(account(&web, person, StatusCode::OK, Note::done(&done)).await?);
    };
    let mut response = account(&web, person, StatusCode::OK, Note::secret(&shown)).await?;
    response.headers_mut().append(header::SET_COOKIE, web.origin.forget_cookie(Purpose::Shown)?);
    Ok(response)
}

/// For who opens the address of a form, as browsers do that are told to go back or to reload.
pub(super) async fn instead(State(web): State<Web>) -> Response {
    go_to(&web, "/account")
}

pub(super) async fn change_name(
    State(web): State<Web>,
    PersonForm { person, fields }: PersonForm<NewName>,
) -> Result<Response, Failure> {
    match web.provider.rename_user(&person.session.user, &fields.name).await {
        Ok(()) => Ok(go_to(&web, "/account?done=name")),
        Err(error @ (Error::Unprocessable(_) | Error::Conflict(_))) => {
            let note = Note::problem(Section::Name, format!("{error}."));
            Ok(account(&web, &person, error.status(), note).await?)
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn change_password(
    State(web): State<Web>,
    PersonForm { person, fields }: PersonForm<NewPassword>,
) -> Result<Response, Failure> {
    let NewPassword { current, password, again } = fields;
    if password != again {
        let note = Note::problem(Section::Password, "The two new passwords are not the same.");
        return Ok(account(&web, &person, StatusCode::UNPROCESSABLE_ENTITY, note).await?);
    }
    let mut rng: StdRng = rand::make_rng();
    let changed =
        web.provider.change_password(&person.session, &current, &password, &mut rng).await;
    let (status, words) = match changed {
        Ok(PasswordChange::Changed(cookie)) => {
            let mut response = go_to(&web, "/account?done=password");
            let cookie = web.origin.set_cookie(Purpose::Session, &cookie.0)?;
            response.headers_mut().append(header::SET_COOKIE, cookie);
            return Ok(response);
        }
        Ok(PasswordChange::Refused) => {
            (StatusCode::FORBIDDEN, "The current password is wrong.".to_owned())
        }
        Ok(PasswordChange::TooMany { wait }) => {
            let words = format!("There were too many wrong passwords. {}", words::later(wait));
            (StatusCode::TOO_MANY_REQUESTS, words)
        }
        Err(error @ Error::Unprocessable(_)) => (error.status(), format!("{error}.")),
        Err(error) => return Err(error.into()),
    };
    Ok(account(&web, &person, status, Note::problem(Section::Password, words)).await?)
}

pub(super) async fn end_session(
    State(web): State<Web>,
    PersonForm { person, fields }: PersonForm<Which>,
) -> Result<Response, Failure> {
    gone_is_done(web.provider.end_session(&person.session.user, &fields.id).await)?;
    if fields.id != person.session.id {
        return Ok(go_to(&web, "/account?done=session"));
    }
    let mut response = go_to(&web, "/login");
    response.headers_mut().append(header::SET_COOKIE, web.origin.forget_cookie(Purpose::Session)?);
    Ok(response)
}

pub(super) async fn end_admission(
    State(web): State<Web>,
    PersonForm { person, fields }: PersonForm<Which>,
) -> Result<Response, Failure> {
    gone_is_done(web.provider.end_admission(&person.session.user, &fields.id).await)?;
    Ok(go_to(&web, "/account?done=program"))
}

/// The secret is on the next page, and nowhere else.
pub(super) async fn create_token(
    State(web): State<Web>,
    PersonForm { person, fields }: PersonForm<NewToken>,
) -> Result<Response, Failure> {
    let user = &person.session.user;
    let mut rng: StdRng = rand::make_rng();
    let problem = |words| Note::refused_token(fields.typed(), words);
    let new = match new_token(&web, &fields) {
        Ok(new) => new,
        Err(words) => {
            let note = problem(words.to_owned());
            return Ok(account(&web, &person, StatusCode::UNPROCESSABLE_ENTITY, note).await?);
        }
    };
    let made = web.provider.create_personal_token(user, &user.permissions, &new, &mut rng).await;
    match made {
        Ok((secret, token)) => {
            let mut response = go_to(&web, "/account");
            let shown =
                web.origin.set_cookie(Purpose::Shown, &format!("{}.{}", token.id, secret.0))?;
            response.headers_mut().append(header::SET_COOKIE, shown);
            Ok(response)
        }
        Err(error @ (Error::Unprocessable(_) | Error::Conflict(_) | Error::Forbidden(_))) => {
            Ok(account(&web, &person, error.status(), problem(format!("{error}."))).await?)
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn revoke_token(
    State(web): State<Web>,
    PersonForm { person, fields }: PersonForm<Which>,
) -> Result<Response, Failure> {
    gone_is_done(web.provider.delete_personal_token(&person.session.user, &fields.id).await)?;
    Ok(go_to(&web, "/account?done=token"))
}

impl NewToken {
    /// For the form to show it again.
    fn typed(&self) -> TypedToken {
        TypedToken {
            name: self.name.clone(),
            days: self.days.clone(),
            permissions: self.ticked.keys().cloned().collect(),
        }
    }
}

/// A token that ends with the last of so many days, or never.
fn new_token(web: &Web, fields: &NewToken) -> Result<NewPersonalToken, &'static str> {
    const DAYS: &str = "The number of days must be between 1 and 3650, or nothing.";
    let permissions: Vec<_> = fields.ticked.keys().cloned().collect();
    if permissions.is_empty() {
        return Err("Tick at least one thing that the token may do.");
    }
    let days = match fields.days.trim() {
        "" => None,
        text => Some(text.parse::<u16>().ok().filter(|it| (1..=3650).contains(it)).ok_or(DAYS)?),
    };
    let end = |days| end_after(web.clock.now(), days).ok_or(DAYS);
    let expires_at = days.map(end).transpose()?;
    Ok(NewPersonalToken { name: fields.name.clone(), permissions: Some(permissions), expires_at })
}

/// Who clicks twice has what they want.
fn gone_is_done(ended: Result<()>) -> Result<()> {
    match ended {
        Err(Error::NotFound(_)) => Ok(()),
        ended => ended,
    }
}
