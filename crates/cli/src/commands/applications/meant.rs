//! What somebody may have meant who named an application that is not there.

use reqwest::{Method, StatusCode};
use serde_json::Value;

use super::Session;
use crate::{
    api::is_not_found,
    application::TEMPLATES,
    failure::{Failure, Result},
    select::Selected,
    suggestion::closest,
};

/// How many pages of identifiers are looked through.
const PAGES: u32 = 10;

/// A result, whose failure to find what was selected says what may have been meant.
///
/// # Errors
/// The result's own.
pub async fn meant<T>(session: &Session, selected: &Selected, result: Result<T>) -> Result<T> {
    match result {
        Err(failure) if selected.is_identifier && is_not_found(&failure) => {
            // What is wrong with that is no matter: the failure stays what it is.
            let known = identifiers(session).await.unwrap_or_default();
            Err(with_hint(failure, &selected.locator, &known))
        }
        result => result,
    }
}

fn with_hint(failure: Failure, locator: &str, known: &[String]) -> Failure {
    let hint = match closest(locator, known.iter().map(String::as_str)) {
        Some(hint) => format!("Did you mean {hint}?"),
        None => "`jobbergate applications list` shows those that there are".to_owned(),
    };
    match failure {
        Failure::Refused { title, text } => Failure::new(title, format!("{text} -- {hint}")),
        other => other,
    }
}

async fn identifiers(session: &Session) -> Result<Vec<String>> {
    let mut identifiers = Vec::new();
    for page in 1..=PAGES {
        let query = [("size", "100".to_owned()), ("page", page.to_string())];
        let request = session.api.request(Method::GET, &[TEMPLATES]).await?.query(&query);
        let answer = session.api.receive("", request, StatusCode::OK).await?;
        let items = answer.get("items").and_then(Value::as_array).into_iter().flatten();
        let named = items.filter_map(|item| item.get("identifier").and_then(Value::as_str));
        identifiers.extend(named.map(str::to_owned));
        if answer.get("pages").and_then(Value::as_u64).is_none_or(|pages| pages <= page.into()) {
            break;
        }
    }
    Ok(identifiers)
}
