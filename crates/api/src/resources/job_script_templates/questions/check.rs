//! Whether the questions that an expert wrote make sense.

use jobbergate_questions::validate::{Fault, validate};
use jobbergate_types::{
    error::{Location, ValidationError},
    questions::Question,
};
use serde_json::{Map, Value, json};

use super::super::json_size::check_size;
use crate::{
    app::Context,
    error::{Error, Result},
};

/// What checking the questions of a template takes at most, in bytes.
const CHECKING: usize = 16 << 20;

/// Questions that an expert wrote, if they make sense; an empty list is none.
pub(crate) async fn checked(
    context: &Context,
    questions: Option<Vec<Question>>,
) -> Result<Option<Vec<Question>>> {
    let Some(questions) = questions.filter(|questions| !questions.is_empty()) else {
        return Ok(None);
    };
    check_size("questions", Some(&questions))?;
    let turn = context.app.compute.turn(&context.customer, CHECKING).await?;
    let checking = turn.run(&context.customer, move |_turn, _| {
        let faults = validate(&questions);
        if faults.is_empty() {
            return Ok(questions);
        }
        let problems = faults.iter().map(|fault| problem(fault, &questions)).collect();
        Err(Error::Invalid(problems))
    });
    checking.await?.map(Some)
}

fn problem(fault: &Fault, questions: &[Question]) -> ValidationError {
    let mut place = vec![Location::from("body"), Location::from("questions")];
    let mut input = Value::Null;
    if let Some(index) = fault.index {
        place.extend([Location::Index(index), Location::from(fault.field)]);
        let question = json!(questions.get(index));
        input = question.get(fault.field).cloned().unwrap_or_default();
    }
    ValidationError {
        r#type: "question".to_owned(),
        loc: place,
        msg: fault.message.clone(),
        input,
        ctx: Map::new(),
    }
}
