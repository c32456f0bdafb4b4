//! A program sends somebody's browser here, to have it sent back with a code.

use askama::Template;
use axum::{
    extract::{RawForm, RawQuery, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use chrono::TimeDelta;
use rand::rngs::StdRng;
use serde::Deserialize;

use super::{
    Web,
    browser::{Person, Visitor},
    destination::{AUTHORIZATION, Destination},
    errors::Failure,
    forms::{PersonForm, decided},
    log_in_form::LogInForm,
    page::{Layout, go_to, leading_to, page},
    words,
};
use crate::identity::{
    AuthorizationRequest, Browser, Client, Decision, Scope, is_on_the_web, parameters,
};

/// How long somebody who has just logged in may think about what a program asks for.
const THINKING: TimeDelta = TimeDelta::minutes(10);

#[derive(Template)]
#[template(path = "consent.html")]
struct ConsentPage<'a> {
    layout: Layout,
    program: &'a str,
    /// Where the program is.
    site: &'a str,
    /// Whether it is on the person's own machine, or says so.
    is_local: bool,
    asked: Vec<String>,
    request: &'a str,
    just_logged_in: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct Consent {
    request: String,
    #[serde(default)]
    decision: String,
    #[serde(default)]
    just_logged_in: String,
}

pub(super) async fn ask(
    State(web): State<Web>,
    RawQuery(query): RawQuery,
    visitor: Visitor,
) -> Result<Response, Failure> {
    let query = query.unwrap_or_default();
    let request: AuthorizationRequest = parameters(query.as_bytes())?;
    let session = visitor.person.as_ref().map(|person| &person.session);
    let browser = Browser { session, ..Browser::default() };
    match (decide(&web, &request, browser).await?, &visitor.person) {
        (Decision::LogIn { client, login_hint }, _) => {
            Ok(form(query, request, client, login_hint).show(&web, &visitor)?)
        }
        (Decision::Consent { client, scope }, Some(person)) => {
            ask_person(&web, person, &query, (&request, &client, &scope), false)
        }
        (decision, _) => follow(decision),
    }
}

/// The same by POST, which browsers send from other sites without the cookie that says who is
/// logged in: they come again.
pub(super) async fn ask_by_form(State(web): State<Web>, RawForm(body): RawForm) -> Response {
    let pairs = url::form_urlencoded::parse(&body);
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    go_to(&web, &format!("{AUTHORIZATION}?{query}"))
}

/// Goes on with a request that somebody has logged in for.
pub(super) async fn go_on(web: &Web, query: &str, person: &Person) -> Result<Response, Failure> {
    let request: AuthorizationRequest = parameters(query.as_bytes())?;
    let session = Some(&person.session);
    let browser = Browser { session, just_logged_in: true, consented: false };
    match decide(web, &request, browser).await? {
        // So that a reload sends no password again, unless they would have to log in again.
        Decision::Consent { .. } if request.prompt.is_none() && request.max_age.is_none() => {
            Ok(go_to(web, &format!("{AUTHORIZATION}?{query}")))
        }
        Decision::Consent { client, scope } => {
            ask_person(web, person, query, (&request, &client, &scope), true)
        }
        decision => follow(decision),
    }
}

/// What somebody said to a request.
pub(super) async fn consent(
    State(web): State<Web>,
    PersonForm { person, fields }: PersonForm<Consent>,
) -> Result<Response, Failure> {
    let request: AuthorizationRequest = parameters(fields.request.as_bytes())?;
    if !decided(&fields.decision)? {
        return follow(web.provider.deny(&request).await?);
    }
    let age = web.clock.now() - person.session.created_at;
    let just_logged_in = !fields.just_logged_in.is_empty() && age < THINKING;
    let browser = Browser { session: Some(&person.session), just_logged_in, consented: true };
    match decide(&web, &request, browser).await? {
        // They thought for too long.
        Decision::LogIn { .. } => Ok(go_to(&web, &format!("{AUTHORIZATION}?{}", fields.request))),
        decision => follow(decision),
    }
}

/// The page to log in on for a request.
pub(super) async fn log_in_form(web: &Web, query: &str) -> Result<LogInForm, Failure> {
    let request: AuthorizationRequest = parameters(query.as_bytes())?;
    Ok(match decide(web, &request, Browser::default()).await? {
        Decision::LogIn { client, login_hint } => {
            form(query.to_owned(), request, client, login_hint)
        }
        _ => LogInForm::before(Destination::Account),
    })
}

fn form(
    query: String,
    request: AuthorizationRequest,
    client: Client,
    login_hint: Option<String>,
) -> LogInForm {
    LogInForm {
        destination: Destination::Authorization(query),
        program: Some(client.name),
        target: request.redirect_uri,
        email: login_hint.unwrap_or_default(),
        problem: None,
    }
}

async fn decide(
    web: &Web,
    request: &AuthorizationRequest,
    browser: Browser<'_>,
) -> Result<Decision, Failure> {
    let mut rng: StdRng = rand::make_rng();
    Ok(web.provider.authorize(request, browser, &mut rng).await?)
}

fn ask_person(
    web: &Web,
    person: &Person,
    query: &str,
    (request, client, scope): (&AuthorizationRequest, &Client, &Scope),
    just_logged_in: bool,
) -> Result<Response, Failure> {
    let target = request.redirect_uri.as_deref();
    let url = target.and_then(|uri| url::Url::parse(uri).ok());
    let template = ConsentPage {
        layout: Layout::of(web, person),
        program: &client.name,
        site: url.as_ref().and_then(url::Url::host_str).unwrap_or_default(),
        is_local: target.is_some_and(|uri| !is_on_the_web(uri)),
        asked: words::asked(client, scope, &person.session.user.permissions),
        request: query,
        just_logged_in,
    };
    Ok(leading_to(page(StatusCode::OK, &template)?, target)?)
}

fn follow(decision: Decision) -> Result<Response, Failure> {
    match decision {
        Decision::Redirect(uri) => Ok(Redirect::to(&uri).into_response()),
        Decision::Refuse(words) => Err(Failure::new(StatusCode::BAD_REQUEST, words)),
        Decision::LogIn { .. } | Decision::Consent { .. } => {
            let words = "Log in again, then try again from the program.";
            Err(Failure::new(StatusCode::FORBIDDEN, words))
        }
    }
}
