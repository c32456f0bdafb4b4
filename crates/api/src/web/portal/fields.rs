//! What was filled in.

use std::collections::HashSet;

/// How many fields a form may have: 200 questions have fewer.
pub(super) const MOST_FIELDS: usize = 10_000;

/// The fields of a form, in the order in which they were sent: a name may be there several times.
#[derive(Debug, Clone, Default)]
pub(super) struct Fields(pub(super) Vec<(String, String)>);

/// The field that names one whose text is not to be read on a screen.
const SECRET: &str = "secret-field";
/// What stands in the place of a secret.
pub(super) const DOTS: &str = "••••";

impl Fields {
    /// All of them, for somebody's screen.
    pub(super) fn readable(&self) -> impl Iterator<Item = (&str, &str)> {
        let secret: HashSet<_> = self.all(SECRET).collect();
        let others = self.0.iter().filter(|(name, _)| name != SECRET);
        others.map(move |(name, text)| match secret.contains(name.as_str()) {
            true if !text.is_empty() => (name.as_str(), DOTS),
            _ => (name.as_str(), text.as_str()),
        })
    }

    pub(super) fn parse(text: &[u8]) -> Self {
        let pairs = url::form_urlencoded::parse(text);
        Self(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    /// The first of this name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The same; nothing if there is none.
    pub(super) fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    /// The same, of a field with several lines: browsers end them as on DOS, which no shell takes.
    pub(super) fn lines(&self, name: &str) -> String {
        self.text(name).replace("\r\n", "\n")
    }

    /// All of them, as they stand in an address.
    pub(super) fn query(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(&self.0);
        query.finish()
    }

    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}
