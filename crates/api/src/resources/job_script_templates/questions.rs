//! What a template asks: what its expert wrote, else what its files say.

mod derive;

use jobbergate_questions::validate::{Fault, validate};
use jobbergate_types::{
    error::{Location, ValidationError},
    questions::{Question, QuestionsSource, TemplateQuestions},
};
use serde_json::{Map, Value, json};

use super::{
    Locator,
    json_size::check_size,
    service,
    store::{self, Details},
};
use crate::{
    app::Context,
    error::{Error, Result},
};

/// What checking the questions of a template takes at most, in bytes.
const CHECKING: usize = 16 << 20;

/// Questions that an expert wrote, if they make sense; an empty list is none.
pub(super) async fn checked(
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

/// What a template asks, and who says so.
pub(super) async fn get(context: &Context, locator: &Locator) -> Result<TemplateQuestions> {
    service::room_for_details(context, locator).await?;
    let mut db = context.db.read().await?;
    let template = service::require(&mut db, locator).await?.id;
    let Details { template_vars, questions } = store::details(&mut db, template).await?;
    drop(db);
    match questions {
        Some(questions) => Ok(TemplateQuestions { source: QuestionsSource::Template, questions }),
        None => derive::derive(context, template, template_vars.unwrap_or_default()).await,
    }
}

/// The questions that the expert of a template wrote.
pub(crate) async fn written(context: &Context, template: i32) -> Result<Vec<Question>> {
    let locator = Locator::Id(template.into());
    let mut db = context.db.read().await?;
    if !store::has_questions(&mut db, template).await? {
        return Ok(Vec::new());
    }
    drop(db);
    service::room_for_details(context, &locator).await?;
    let details = store::details(&mut context.db.read().await?, template).await?;
    Ok(details.questions.unwrap_or_default())
}
