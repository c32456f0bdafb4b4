//! What a template asks: what its expert wrote, else what its files say.

pub(crate) mod check;
mod derive;

use jobbergate_types::questions::{Question, QuestionsSource, TemplateQuestions};

use super::{
    Locator, service,
    store::{self, Details},
};
use crate::{app::Context, error::Result};

/// What a template asks, and who says so.
pub(crate) async fn get(context: &Context, locator: &Locator) -> Result<TemplateQuestions> {
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
