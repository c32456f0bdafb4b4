//! Somebody chooses a password: the first administrator, who was invited, who forgot theirs.

use askama::Template;
use axum::{
    extract::{OriginalUri, RawQuery, State},
    http::{StatusCode, header},
    response::Response,
};
use rand::rngs::StdRng;
use serde::Deserialize;

use super::{
    Web,
    browser::Visitor,
    cookies::Purpose as Cookie,
    errors::Failure,
    forms::AnonymousForm,
    page::{Layout, go_to, page},
    words,
};
use crate::{
    error::{Error, Result},
    identity::{Choice, Link, PASSWORD_PAGE, Purpose, SET_UP_PAGE, parameters},
};

#[derive(Debug, Deserialize)]
pub(super) struct Opened {
    #[serde(default)]
    link: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Fields {
    link: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    again: String,
}

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage<'a> {
    layout: Layout,
    path: &'static str,
    title: &'static str,
    /// Whether the account is still to be made.
    is_new: bool,
    expires_at: String,
    link: &'a str,
    email: &'a str,
    name: &'a str,
    problem: Option<&'a str>,
}

pub(super) async fn show(
    State(web): State<Web>,
    OriginalUri(uri): OriginalUri,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let Opened { link: secret } = parameters(query.unwrap_or_default().as_bytes())?;
    let fields = Fields {
        link: secret,
        email: String::new(),
        name: String::new(),
        password: String::new(),
        again: String::new(),
    };
    let link = good(&web, uri.path(), &fields.link).await?;
    Ok(form(&web, &visitor, &link, &fields, None)?)
}

pub(super) async fn choose(
    State(web): State<Web>,
    OriginalUri(uri): OriginalUri,
    AnonymousForm { visitor, fields }: AnonymousForm<Fields>,
) -> Result<Response, Failure> {
    let link = good(&web, uri.path(), &fields.link).await?;
    let now = web.clock.now();
    if fields.password != fields.again {
        let words = "The two passwords are not the same.";
        return Ok(form(&web, &visitor, &link, &fields, Some(words))?);
    }
    let choice = Choice {
        email: fields.email.clone(),
        name: Some(fields.name.trim().to_owned()).filter(|name| !name.is_empty()),
        password: fields.password.clone(),
    };
    let mut rng: StdRng = rand::make_rng();
    let chosen = web.provider.choose_password(&fields.link, &choice, &visitor.peer, &mut rng).await;
    match chosen {
        Ok(new) => {
            visitor.end_session(&web).await?;
            let joined = link.purpose == Purpose::SetUp && new.session.user.created_at < now;
            let done = if joined { "joined" } else { "welcome" };
            let mut response = go_to(&web, &format!("/account?done={done}"));
            let cookie = web.origin.set_cookie(Cookie::Session, &new.cookie.0)?;
            response.headers_mut().append(header::SET_COOKIE, cookie);
            Ok(response)
        }
        Err(Error::Unprocessable(words)) => {
            Ok(form(&web, &visitor, &link, &fields, Some(&format!("{words}.")))?)
        }
        // Somebody else was faster.
        Err(Error::NotFound(_)) => Err(used_up(&web, uri.path()).await?),
        Err(error) => Err(error.into()),
    }
}

async fn good(web: &Web, path: &str, secret: &str) -> Result<Link, Failure> {
    match web.provider.link(secret).await? {
        // Somebody may have made an administrator on the command line.
        Some(link) if link.purpose != Purpose::SetUp || !web.provider.is_set_up().await? => {
            Ok(link)
        }
        _ => Err(used_up(web, path).await?),
    }
}

/// Why a link is good no more, and who has another one.
async fn used_up(web: &Web, path: &str) -> Result<Failure> {
    let words = if !path.ends_with(SET_UP_PAGE) {
        "This link was used already, was replaced by a newer one, or has expired. If you have \
         chosen your password, log in with it; else use the newest link that you were given, or \
         ask your administrator for another one."
    } else if web.provider.is_set_up().await? {
        "There is an administrator already, and this link is for the first one only. If that is \
         you, log in; else ask them for an invitation."
    } else {
        "This link has expired or is not complete, and there is no administrator yet: restart the \
         server, which prints a new link."
    };
    Ok(Failure::new(StatusCode::NOT_FOUND, words))
}

fn form(
    web: &Web,
    visitor: &Visitor,
    link: &Link,
    fields: &Fields,
    problem: Option<&str>,
) -> Result<Response> {
    let (token, cookie) = visitor.new_form(web)?;
    let (path, title) = match link.purpose {
        Purpose::SetUp => (SET_UP_PAGE, "Become the first administrator"),
        Purpose::Invitation => (PASSWORD_PAGE, "Welcome to Jobbergate"),
        Purpose::Reset => (PASSWORD_PAGE, "Choose a new password"),
    };
    let template = PasswordPage {
        layout: Layout::anonymous(web, token),
        path,
        title,
        is_new: link.email.is_none(),
        expires_at: words::instant(&link.expires_at),
        link: &fields.link,
        email: link.email.as_deref().unwrap_or(&fields.email),
        name: &fields.name,
        problem,
    };
    let status = problem.map_or(StatusCode::OK, |_| StatusCode::UNPROCESSABLE_ENTITY);
    let mut response = page(status, &template)?;
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}
