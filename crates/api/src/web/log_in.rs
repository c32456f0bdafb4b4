//! Logging in.

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::Response,
};
use rand::rngs::StdRng;
use serde::Deserialize;

use super::{
    Web, authorization,
    browser::{Person, Visitor},
    cookies::Purpose,
    destination::Destination,
    errors::Failure,
    forms::AnonymousForm,
    log_in_form::{LogInForm, Problem},
    page::go_to,
    words,
};
use crate::identity::{LogIn, NewSession};

#[derive(Debug, Deserialize)]
pub(super) struct Fields {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
}

pub(super) async fn show(State(web): State<Web>, visitor: Visitor) -> Result<Response, Failure> {
    match &visitor.person {
        Some(_) => Ok(go_to(&web, "/account")),
        None => Ok(LogInForm::before(Destination::Account).show(&web, &visitor)?),
    }
}

pub(super) async fn log_in(
    State(web): State<Web>,
    AnonymousForm { visitor, fields }: AnonymousForm<Fields>,
) -> Result<Response, Failure> {
    let mut rng: StdRng = rand::make_rng();
    let destination = Destination::from_field(&fields.next);
    let provider = &web.provider;
    let entry = provider.log_in(&fields.email, &fields.password, &visitor.peer, &mut rng).await?;
    let problem = match entry {
        LogIn::Welcome(new) => return welcome(&web, &visitor, *new, destination).await,
        LogIn::Refused => Problem {
            status: StatusCode::FORBIDDEN,
            words: "The e-mail address or the password is wrong.".to_owned(),
            wait: None,
        },
        LogIn::Disabled => Problem {
            status: StatusCode::FORBIDDEN,
            words: "This account is disabled; ask your administrator.".to_owned(),
            wait: None,
        },
        LogIn::TooMany { wait } => Problem {
            status: StatusCode::TOO_MANY_REQUESTS,
            words: format!("There were too many wrong passwords. {}", words::later(wait)),
            wait: Some(wait.num_seconds().max(1)),
        },
    };
    let mut form = match &destination {
        Destination::Authorization(query) => authorization::log_in_form(&web, query).await?,
        _ => LogInForm::before(destination),
    };
    (form.email, form.problem) = (fields.email, Some(problem));
    Ok(form.show(&web, &visitor)?)
}

async fn welcome(
    web: &Web,
    visitor: &Visitor,
    new: NewSession,
    destination: Destination,
) -> Result<Response, Failure> {
    visitor.end_session(web).await?;
    let cookie = web.set_cookie(Purpose::Session, &new.cookie.0)?;
    let mut response = match destination {
        Destination::Authorization(query) => {
            let person = Person::new(new.session, &new.cookie.0);
            authorization::go_on(web, &query, &person).await?
        }
        page => go_to(web, &page.page()),
    };
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}
