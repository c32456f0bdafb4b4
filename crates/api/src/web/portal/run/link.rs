//! An address that fills the form in for others, without secrets and without what is one's own.

use url::form_urlencoded::Serializer;

use jobbergate_types::questions::QuestionKind;

use super::{
    filled::Filled,
    typed::{DIRECTORY, NAME, SETTINGS, field_name, is_reserved},
};

/// Longer ones are not understood everywhere, in bytes.
const LONGEST: usize = 4000;

/// None if it would be too long.
pub(super) fn link(page: &str, filled: &Filled) -> Option<String> {
    let mut query = Serializer::new(String::new());
    let questions = filled.asked.questions.iter().zip(&filled.answers.each);
    for (question, answer) in questions {
        if !answer.is_asked || question.kind == QuestionKind::Secret {
            continue;
        }
        let longer = field_name(question);
        let name = if is_reserved(&question.variable) { &longer } else { &question.variable };
        let is_none_chosen =
            question.kind == QuestionKind::MultipleChoice && answer.texts.is_empty();
        for text in &answer.texts {
            query.append_pair(name, text);
        }
        if is_none_chosen && question.default.is_some() {
            query.append_pair(name, "");
        }
    }
    for name in SETTINGS.into_iter().filter(|name| ![NAME, DIRECTORY].contains(name)) {
        let text = filled.typed.text(name);
        if !text.is_empty() {
            query.append_pair(name, text);
        }
    }
    let query = query.finish();
    let link = format!("{page}?{query}");
    Some(link).filter(|link| link.len() <= LONGEST)
}
