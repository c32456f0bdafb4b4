//! What is wrong with what was filled in, told beside it.

use axum::http::StatusCode;
use jobbergate_types::error::{Location, ValidationError};

use crate::{
    error::Error,
    web::errors::{Failure, rule},
};

#[derive(Debug, Clone, Default)]
pub(super) struct Problems {
    all: Vec<(String, String)>,
    status: Option<StatusCode>,
}

impl Problems {
    /// What an error says of what was filled in; any other error is a failure. What says nothing of a
    /// field is told of `field`.
    pub(super) fn of(error: Error, field: &str) -> Result<Self, Failure> {
        let status = Some(error.status());
        match error {
            Error::Invalid(problems) => {
                let all = problems.iter().map(|problem| (name(problem), rule(problem).to_owned()));
                Ok(Self { all: all.collect(), status })
            }
            Error::InFile(fault) => Ok(Self { all: vec![(field.to_owned(), fault.words)], status }),
            Error::BadRequest(words)
            | Error::Conflict(words)
            | Error::TooLarge(words)
            | Error::Unprocessable(words) => {
                Ok(Self { all: vec![(field.to_owned(), words)], status })
            }
            other => Err(other.into()),
        }
    }

    pub(super) fn add(&mut self, field: &str, words: impl Into<String>) {
        self.all.push((field.to_owned(), words.into()));
    }

    pub(super) fn join(&mut self, more: Self) {
        self.all.extend(more.all);
        self.status = self.status.or(more.status);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(super) fn status(&self) -> StatusCode {
        match self.all.is_empty() {
            true => StatusCode::OK,
            false => self.status.unwrap_or(StatusCode::UNPROCESSABLE_ENTITY),
        }
    }

    /// What is wrong with a field.
    pub(super) fn at(&self, field: &str) -> Option<&str> {
        self.all.iter().find(|(of, _)| of == field).map(|(_, words)| words.as_str())
    }

    /// Whether something is wrong with a field whose name begins so.
    pub(super) fn begins(&self, with: &str) -> bool {
        self.all.iter().any(|(of, _)| of.starts_with(with))
    }

    pub(super) fn all(&self) -> &[(String, String)] {
        &self.all
    }
}

/// The field of the form that a problem is about.
fn name(problem: &ValidationError) -> String {
    let names = problem.loc.iter().skip(1).filter_map(|step| match step {
        Location::Field(name) => Some(name.as_str()),
        Location::Index(_) => None,
    });
    names.take(1).collect()
}
