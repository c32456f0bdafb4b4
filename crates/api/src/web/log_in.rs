//! Logging in.

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
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
        Some(_) => Ok(Redirect::to(&web.first_page()).into_response()),
        None => Ok(LogInForm::before(Destination::Page(web.first_page())).show(&web, &visitor)?),
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
        LogIn::Refused if provider.knows_user_names() => {
            refused("The user name, the e-mail address or the password is wrong.")
        }
        LogIn::Refused => refused("The e-mail address or the password is wrong."),
        LogIn::Disabled => refused("This account is disabled; ask your administrator."),
        LogIn::NotTheirs => refused(
            "Your password is right, but your e-mail address belongs to another account here; ask \
             your administrator to leave it to you.",
        ),
        LogIn::NoAddress => refused(
            "Your password is right, but your centre’s directory has no e-mail address of yours; \
             ask your administrator to add it.",
        ),
        LogIn::NoRole => refused(
            "Your password is right, but none of your groups may use Jobbergate; ask your \
             administrator.",
        ),
        LogIn::Unavailable => Problem {
            status: StatusCode::SERVICE_UNAVAILABLE,
            words:
                "Your centre’s directory, which knows your password, does not answer. Try again \
                    in a minute; if it stays so, tell your administrator."
                    .to_owned(),
            wait: Some(60),
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

fn refused(words: &str) -> Problem {
    Problem { status: StatusCode::FORBIDDEN, words: words.to_owned(), wait: None }
}

pub(super) async fn welcome(
    web: &Web,
    visitor: &Visitor,
    new: NewSession,
    destination: Destination,
) -> Result<Response, Failure> {
    visitor.end_session(web).await?;
    let cookie = web.origin.set_cookie(Purpose::Session, &new.cookie.0)?;
    let mut response = match destination {
        Destination::Authorization(query) => {
            let person = Person::new(new.session, &new.cookie.0);
            authorization::go_on(web, &query, &person).await?
        }
        page => Redirect::to(&page.page(&web.realm)).into_response(),
    };
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}
