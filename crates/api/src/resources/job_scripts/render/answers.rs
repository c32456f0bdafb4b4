//! Parameters as answers to what the template asks.

use jobbergate_questions::{Problem, complete};
use jobbergate_types::{
    error::{Location, ValidationError},
    questions::{Question, QuestionKind},
};
use serde_json::{Map, Value};

use crate::error::{Error, Result};

/// Where clients have all parameters, as the command line does; others have them at top level.
const NESTED: &str = "data";

/// Parameters with the defaults of what they don't answer; 422 for what is no answer.
pub(super) fn completed(
    questions: &[Question],
    parameters: Map<String, Value>,
) -> Result<Map<String, Value>> {
    if questions.is_empty() {
        return Ok(parameters);
    }
    let mut parameters = parameters;
    let Some(Value::Object(nested)) = parameters.get_mut(NESTED) else {
        return checked(questions, parameters, &[]);
    };
    let nested = std::mem::take(nested);
    let nested = checked(questions, nested, &[NESTED])?;
    parameters.insert(NESTED.to_owned(), nested.into());
    Ok(parameters)
}

fn checked(
    questions: &[Question],
    answers: Map<String, Value>,
    within: &[&str],
) -> Result<Map<String, Value>> {
    let given = answers.clone();
    complete(questions, answers).map_err(|problems| {
        let invalid = |problem: Problem| {
            let place = ["body", "render_request", "param_dict"].iter().chain(within);
            let mut place: Vec<_> = place.map(|step| Location::from(*step)).collect();
            place.push(problem.variable.as_str().into());
            let question = questions.iter().find(|one| one.variable == problem.variable);
            let is_secret = question.is_some_and(|one| one.kind == QuestionKind::Secret);
            let input = given.get(&problem.variable).filter(|_| !is_secret).cloned();
            ValidationError {
                r#type: "answer".to_owned(),
                loc: place,
                msg: problem.message,
                input: input.unwrap_or_default(),
                ctx: Map::new(),
            }
        };
        Error::Invalid(problems.into_iter().map(invalid).collect())
    })
}
