//! What was typed, for when something fails that the form's page does not answer.

use std::sync::{Arc, OnceLock};

use super::{fields::Fields, form::FORM_TOKEN};

/// What forms carry beside what was typed.
const NOT_TYPED: [&str; 4] = [FORM_TOKEN, "version", "key", "query"];

/// The fields of the form that a request sends, if it sends one.
#[derive(Debug, Clone, Default)]
pub(super) struct Typed(Arc<OnceLock<Fields>>);

impl Typed {
    pub(super) fn keep(&self, fields: &Fields) {
        // Nobody reads a form twice.
        self.0.get_or_init(|| fields.clone());
    }

    /// The names and values of what is not empty.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.0.get().into_iter().flat_map(Fields::readable);
        pairs.filter(|(name, value)| !value.is_empty() && !NOT_TYPED.contains(name))
    }
}
