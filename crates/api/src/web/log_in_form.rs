//! The page to log in on, which people see instead of any that needs it.

use askama::Template;
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::Response,
};

use super::{
    Web,
    browser::Visitor,
    destination::Destination,
    page::{Layout, leading_to, page},
};
use crate::error::Result;

/// What it says.
#[derive(Debug)]
pub(super) struct LogInForm {
    /// Where they go on.
    pub(super) destination: Destination,
    /// The program that they log in for.
    pub(super) program: Option<String>,
    /// Where the program has them go on.
    pub(super) target: Option<String>,
    /// Who they may be.
    pub(super) email: String,
    /// Why they see it again.
    pub(super) problem: Option<Problem>,
}

/// Why somebody was not logged in.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) status: StatusCode,
    pub(super) words: String,
    /// In how many seconds it may be otherwise.
    pub(super) wait: Option<i64>,
}

#[derive(Template)]
#[template(path = "log_in.html")]
struct LogInPage<'a> {
    layout: Layout,
    next: String,
    program: Option<&'a str>,
    /// Whether they may have a user name.
    user_names: bool,
    email: &'a str,
    problem: Option<&'a str>,
    /// Whether people can be sent links.
    sends_email: bool,
}

impl LogInForm {
    /// For those who come from nowhere in particular, or to let in a program: which one only those
    /// learn who are logged in.
    pub(super) fn before(destination: Destination) -> Self {
        let program = matches!(destination, Destination::Device(_))
            .then(|| "the program that shows you a code".to_owned());
        Self { destination, program, target: None, email: String::new(), problem: None }
    }

    pub(super) fn show(&self, web: &Web, visitor: &Visitor) -> Result<Response> {
        let (token, cookie) = visitor.new_form(web)?;
        let template = LogInPage {
            layout: Layout::anonymous(web, token),
            next: self.destination.to_field(),
            program: self.program.as_deref(),
            user_names: web.provider.knows_user_names(),
            email: &self.email,
            problem: self.problem.as_ref().map(|problem| problem.words.as_str()),
            sends_email: web.mail.is_configured(),
        };
        let status = self.problem.as_ref().map_or(StatusCode::OK, |problem| problem.status);
        let mut response = leading_to(page(status, &template)?, self.target.as_deref())?;
        if let Some(cookie) = cookie {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        if let Some(wait) = self.problem.as_ref().and_then(|problem| problem.wait) {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait));
        }
        Ok(response)
    }
}
