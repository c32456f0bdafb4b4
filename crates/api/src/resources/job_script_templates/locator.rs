//! What a template is called by in a path: its number or its identifier.

use std::fmt;

use serde::Deserialize;

use crate::http::validation::parse_integer;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub enum Locator {
    Id(i64),
    Identifier(String),
}

impl Locator {
    /// Whatever Python's `int()` takes for a number is one; numbers too large for any template
    /// stay numbers that no template has.
    pub fn parse(text: &str) -> Self {
        if text.contains('.') {
            return Self::Identifier(text.to_owned());
        }
        match parse_integer(text) {
            Ok(id) => Self::Id(id),
            Err(("int_parsing_size", _)) => Self::Id(i64::MAX),
            Err(_) => Self::Identifier(text.to_owned()),
        }
    }
}

impl From<String> for Locator {
    fn from(text: String) -> Self {
        Self::parse(&text)
    }
}

impl fmt::Display for Locator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => write!(f, "{id}"),
            Self::Identifier(identifier) => write!(f, "'{identifier}'"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Locator;

    #[test]
    fn numbers_are_ids_and_the_rest_identifiers() {
        for text in ["1", "+1", " 1", "001"] {
            assert_eq!(Locator::parse(text), Locator::Id(1), "{text}");
        }
        assert_eq!(Locator::parse("-5"), Locator::Id(-5));
        for text in ["solver", "1.0", "1a", ""] {
            assert_eq!(Locator::parse(text), Locator::Identifier(text.to_owned()));
        }
    }
}
