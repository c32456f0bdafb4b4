//! Which thing a command is about.

use clap::Args;

use crate::failure::{Failure, Result};

/// A template.
#[derive(Debug, Clone, Args)]
pub struct OneApplication {
    /// The application, by its id or identifier
    #[arg(value_name = "ID_OR_IDENTIFIER")]
    id_or_identifier: Option<String>,
    /// The application, by its id
    #[arg(long, short = 'i', value_name = "INTEGER")]
    id: Option<i64>,
    /// The application, by its identifier
    #[arg(long, value_name = "TEXT")]
    identifier: Option<String>,
}

/// A template, for commands that have other ids, too.
#[derive(Debug, Clone, Args)]
pub struct OneApplicationAmongOthers {
    /// The application, by its id or identifier
    #[arg(value_name = "ID_OR_IDENTIFIER")]
    id_or_identifier: Option<String>,
    /// The application, by its id
    #[arg(long, short = 'i', value_name = "INTEGER")]
    application_id: Option<i64>,
    /// The application, by its identifier
    #[arg(long, value_name = "TEXT")]
    application_identifier: Option<String>,
}

/// A job script or a job submission.
#[derive(Debug, Clone, Copy, Args)]
pub struct One {
    /// Its id
    #[arg(value_name = "ID")]
    positional_id: Option<i64>,
    /// Its id
    #[arg(long, short = 'i', value_name = "INTEGER")]
    id: Option<i64>,
}

/// How an application was selected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selected {
    /// As it stands in paths.
    pub locator: String,
    /// Whether it is an identifier, not an id.
    pub is_identifier: bool,
}

impl OneApplication {
    /// The one that was selected.
    ///
    /// # Errors
    /// When none was, or several.
    pub fn selected(&self) -> Result<Selected> {
        select(&self.id_or_identifier, self.id, &self.identifier, ["--id", "--identifier"])
    }
}

impl OneApplicationAmongOthers {
    /// The one that was selected.
    ///
    /// # Errors
    /// When none was, or several.
    pub fn selected(&self) -> Result<Selected> {
        let options = ["--application-id", "--application-identifier"];
        select(&self.id_or_identifier, self.application_id, &self.application_identifier, options)
    }
}

impl One {
    /// The one that was selected.
    ///
    /// # Errors
    /// When none was, or two.
    pub fn selected(self) -> Result<i64> {
        one_id(self.positional_id, self.id, "--id")
    }
}

/// The id that was given, as an argument or as an option.
///
/// # Errors
/// When none was, or two.
pub fn one_id(argument: Option<i64>, option: Option<i64>, name: &str) -> Result<i64> {
    match (argument, option) {
        (Some(id), None) | (None, Some(id)) => Ok(id),
        _ => Err(only_one(&format!("the id as an argument, or with {name}"))),
    }
}

fn select(
    either: &Option<String>,
    id: Option<i64>,
    identifier: &Option<String>,
    [id_option, identifier_option]: [&str; 2],
) -> Result<Selected> {
    let ways =
        || format!("an id or identifier as an argument, or {id_option}, or {identifier_option}");
    let selected = match (either, id, identifier) {
        (Some(text), None, None) => {
            let is_id = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
            Selected { locator: text.clone(), is_identifier: !is_id }
        }
        (None, Some(id), None) => Selected { locator: id.to_string(), is_identifier: false },
        (None, None, Some(text)) => Selected { locator: text.clone(), is_identifier: true },
        _ => return Err(only_one(&ways())),
    };
    if matches!(selected.locator.trim(), "" | "." | "..") {
        let text = format!("{:?} is neither an id nor an identifier", selected.locator);
        return Err(Failure::Usage(text));
    }
    Ok(selected)
}

fn only_one(ways: &str) -> Failure {
    Failure::Usage(format!("give one and only one selection value: {ways}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selected(either: Option<&str>, id: Option<i64>, named: Option<&str>) -> Option<Selected> {
        let text = |text: Option<&str>| text.map(str::to_owned);
        select(&text(either), id, &text(named), ["--id", "--identifier"]).ok()
    }

    #[test]
    fn digits_are_an_id() {
        let of = |locator: &str, is_identifier| {
            Some(Selected { locator: locator.to_owned(), is_identifier })
        };
        assert_eq!(selected(Some("12"), None, None), of("12", false));
        assert_eq!(selected(Some("12a"), None, None), of("12a", true));
        assert_eq!(selected(None, Some(3), None), of("3", false));
        assert_eq!(selected(None, None, Some("7")), of("7", true));
    }

    #[test]
    fn one_and_only_one_is_selected() {
        assert_eq!(selected(None, None, None), None);
        assert_eq!(selected(Some("1"), Some(1), None), None);
        assert_eq!(selected(None, Some(1), Some("x")), None);
        assert_eq!(selected(Some(".."), None, None), None);
        assert_eq!(selected(Some(""), None, None), None);
    }
}
