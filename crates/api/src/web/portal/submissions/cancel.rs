//! Cancelling many at once; what became of each is told.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};

use crate::{
    error::Error,
    permission::Permission,
    resources::job_submissions::service,
    web::{
        errors::Failure,
        portal::{Site, form::UserForm},
    },
};

/// How many are cancelled with one form.
const MOST: usize = 100;

/// What became of one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) id: i64,
    pub(super) words: &'static str,
    pub(super) is_done: bool,
}

/// What may become of one: its letter in addresses, the words.
const OUTCOMES: [(char, &str); 5] = [
    ('c', "cancelled"),
    ('e', "had ended already"),
    ('o', "is somebody else's, and was not cancelled"),
    ('g', "was deleted in the meantime"),
    ('x', "was not cancelled: the server could not do it. Try again in a moment"),
];

pub(super) async fn cancel(
    State(site): State<Site>,
    UserForm { user, fields }: UserForm,
) -> Result<Response, Failure> {
    user.require(Permission::JobSubmissionsUpdate)?;
    let ids: Vec<i64> = fields.all("id").filter_map(|id| id.parse().ok()).collect();
    if ids.len() > MOST {
        let words = format!("{MOST} submissions at most are cancelled at once; nothing was done.");
        return Err(Failure::new(StatusCode::UNPROCESSABLE_ENTITY, words));
    }
    let mut told = Vec::new();
    for id in ids {
        let outcome = match service::cancel(&user.context, &user.identity, id).await {
            Ok(_) => 'c',
            Err(Error::BadRequest(_)) => 'e',
            Err(Error::Forbidden(_)) => 'o',
            Err(Error::NotFound(_)) => 'g',
            Err(error) => {
                error.log();
                'x'
            }
        };
        told.push(format!("{outcome}{id}"));
    }
    let before = fields.text("query").trim_start_matches('?');
    let told = match told.is_empty() {
        true => "none".to_owned(),
        false => told.join("."),
    };
    let path = match before.is_empty() {
        true => format!("/submissions?told={told}"),
        false => format!("/submissions?{before}&told={told}"),
    };
    Ok(Redirect::to(&site.path(&path)).into_response())
}

/// What an address tells of what was done.
pub(super) fn told(text: &str) -> Vec<Told> {
    let read = |part: &str| {
        let mut letters = part.chars();
        let outcome = letters.next()?;
        let (_, words) = OUTCOMES.iter().find(|(letter, _)| *letter == outcome)?;
        Some(Told { id: letters.as_str().parse().ok()?, words, is_done: outcome == 'c' })
    };
    text.split('.').take(MOST).filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_tells_what_became_of_each() {
        let all = told("c12.e3.?5.cx..");
        let shown: Vec<_> = all.iter().map(|told| (told.id, told.words, told.is_done)).collect();
        assert_eq!(shown, [(12, "cancelled", true), (3, "had ended already", false)]);
        assert_eq!(told(""), []);
    }
}
