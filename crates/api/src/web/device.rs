//! Somebody lets in a program that shows them a code elsewhere.

use askama::Template;
use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
};
use serde::Deserialize;

use super::{
    Web,
    browser::{Person, Visitor},
    destination::Destination,
    errors::Failure,
    forms::{PersonForm, decided},
    log_in_form::LogInForm,
    page::{Layout, go_to, page},
    words,
};
use crate::{
    error::Result,
    identity::{DEVICE_PAGE, TypedCode, Waiting, parameters},
};

#[derive(Debug, Deserialize)]
pub(super) struct Typed {
    #[serde(default)]
    user_code: String,
    /// What was decided, on the page that a decision leads to.
    #[serde(default)]
    done: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Decided {
    user_code: String,
    #[serde(default)]
    decision: String,
}

#[derive(Template)]
#[template(path = "device_code.html")]
struct CodePage<'a> {
    layout: Layout,
    typed: &'a str,
    problem: Option<String>,
}

#[derive(Template)]
#[template(path = "device_confirm.html")]
struct ConfirmPage<'a> {
    layout: Layout,
    waiting: &'a Waiting,
    asked_at: String,
    asked: Vec<String>,
}

#[derive(Template)]
#[template(path = "device_done.html")]
struct DonePage {
    layout: Layout,
    approved: bool,
}

pub(super) async fn show(
    State(web): State<Web>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let Typed { user_code, done } = parameters(query.unwrap_or_default().as_bytes())?;
    let Some(person) = &visitor.person else {
        let form = LogInForm::before(Destination::Device(user_code));
        return Ok(form.show(&web, &visitor)?);
    };
    if !done.is_empty() {
        let template = DonePage { layout: Layout::of(&web, person), approved: done == "allowed" };
        return Ok(page(StatusCode::OK, &template)?);
    }
    if user_code.trim().is_empty() {
        return Ok(ask_for_code(&web, person, "", None)?);
    }
    match web.provider.typed_code(&person.session, &user_code).await? {
        TypedCode::Waiting(waiting) => Ok(confirm(&web, person, &waiting)?),
        TypedCode::Unknown => {
            let words = "No program waits with this code. Codes are good for ten minutes; have \
                         the program show another one.";
            let problem = Some((StatusCode::NOT_FOUND, words.to_owned()));
            Ok(ask_for_code(&web, person, &user_code, problem)?)
        }
        TypedCode::TooMany { wait } => {
            let words = format!("There were too many wrong codes. {}", words::later(wait));
            let problem = Some((StatusCode::TOO_MANY_REQUESTS, words));
            Ok(ask_for_code(&web, person, &user_code, problem)?)
        }
    }
}

pub(super) async fn decide(
    State(web): State<Web>,
    PersonForm { person, fields }: PersonForm<Decided>,
) -> Result<Response, Failure> {
    let approved = decided(&fields.decision)?;
    let decided = match approved {
        true => web.provider.approve_device(&person.session, &fields.user_code).await?,
        false => web.provider.deny_device(&person.session, &fields.user_code).await?,
    };
    if !decided {
        let words = "The program does not wait any more. Have it show another code.";
        let problem = Some((StatusCode::CONFLICT, words.to_owned()));
        return Ok(ask_for_code(&web, &person, "", problem)?);
    }
    let done = if approved { "allowed" } else { "denied" };
    Ok(go_to(&web, &format!("{DEVICE_PAGE}?done={done}")))
}

fn ask_for_code(
    web: &Web,
    person: &Person,
    typed: &str,
    problem: Option<(StatusCode, String)>,
) -> Result<Response> {
    let (status, problem) = problem.map_or((StatusCode::OK, None), |(it, words)| (it, Some(words)));
    page(status, &CodePage { layout: Layout::of(web, person), typed, problem })
}

fn confirm(web: &Web, person: &Person, waiting: &Waiting) -> Result<Response> {
    let template = ConfirmPage {
        layout: Layout::of(web, person),
        waiting,
        asked_at: words::instant(&waiting.created_at),
        asked: words::asked(&waiting.client, &waiting.scope, &person.session.user.permissions),
    };
    page(StatusCode::OK, &template)
}
