//! Somebody has forgotten their password and is sent a link, where the server can send e-mail.

use askama::Template;
use axum::{
    extract::{RawQuery, State},
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use chrono::TimeDelta;
use rand::rngs::StdRng;
use serde::Deserialize;

use super::{
    Web,
    browser::Visitor,
    errors::Failure,
    forms::AnonymousForm,
    page::{Layout, go_to, page},
    words,
};
use crate::{
    error::{Error, Result},
    identity::parameters,
};

/// The page's path below the realm.
pub(super) const PATH: &str = "/forgotten";

#[derive(Debug, Deserialize)]
pub(super) struct Opened {
    #[serde(default)]
    done: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Fields {
    #[serde(default)]
    email: String,
}

#[derive(Template)]
#[template(path = "forgotten.html")]
struct ForgottenPage<'a> {
    layout: Layout,
    /// Whether this server can send anything.
    sends_email: bool,
    email: &'a str,
    problem: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "forgotten_done.html")]
struct DonePage {
    layout: Layout,
}

pub(super) async fn show(
    State(web): State<Web>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let Opened { done } = parameters(query.unwrap_or_default().as_bytes())?;
    if done.is_empty() {
        return Ok(form(&web, &visitor, "", StatusCode::OK, None)?);
    }
    Ok(page(StatusCode::OK, &DonePage { layout: Layout::anonymous(&web, String::new()) })?)
}

/// The answer is the same whether there is an account or not, and does not wait for the mail.
pub(super) async fn ask(
    State(web): State<Web>,
    AnonymousForm { visitor, fields }: AnonymousForm<Fields>,
) -> Result<Response, Failure> {
    let Fields { email } = fields;
    if !web.mail.is_configured() {
        return Ok(form(&web, &visitor, &email, StatusCode::OK, None)?);
    }
    let rng: StdRng = rand::make_rng();
    let (mail, provider) = (&web.mail, &web.provider);
    let sent = mail.send_to_forgetful(provider, email.clone(), &visitor.peer, rng).await;
    let (status, words, wait) = match sent {
        Ok(None) => return Ok(go_to(&web, &format!("{PATH}?done=1"))),
        Ok(Some(wait)) => {
            let words = format!("A link was asked for too often. {}", words::later(wait));
            (StatusCode::TOO_MANY_REQUESTS, words, Some(wait))
        }
        Err(error @ Error::Busy(_)) => {
            (error.status(), format!("{error}."), Some(TimeDelta::seconds(5)))
        }
        Err(error @ Error::Unprocessable(_)) => (error.status(), format!("{error}."), None),
        Err(error) => return Err(error.into()),
    };
    let mut response = form(&web, &visitor, &email, status, Some(&words))?;
    if let Some(wait) = wait {
        let wait = HeaderValue::from(wait.num_seconds().max(1));
        response.headers_mut().insert(header::RETRY_AFTER, wait);
    }
    Ok(response)
}

fn form(
    web: &Web,
    visitor: &Visitor,
    email: &str,
    status: StatusCode,
    problem: Option<&str>,
) -> Result<Response> {
    let (token, cookie) = visitor.new_form(web)?;
    let layout = Layout::anonymous(web, token);
    let sends_email = web.mail.is_configured();
    let mut response = page(status, &ForgottenPage { layout, sends_email, email, problem })?;
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}
