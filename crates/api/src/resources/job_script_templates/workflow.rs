//! The rules of workflow files. A template has one at most, and it is always called the same.

pub(crate) mod routes;
pub(crate) mod store;

use bytes::Bytes;
use jobbergate_types::job_script_templates::{RunTimeConfig, WorkflowFileDetailedView};
use serde_json::{Map, Value, json};

use self::store::FILENAME;
use super::{Locator, json_size::check_size, service};
use crate::{
    app::Context,
    auth::Identity,
    db::Session,
    download::FileUrl,
    error::{Error, Result},
    resources::files::{self, WORKFLOW_FILES},
    storage::OpenFile,
};

pub(crate) async fn get(context: &Context, locator: &Locator) -> Result<OpenFile> {
    let template = service::require(&mut context.db.read().await?, locator).await?;
    files::open(context, WORKFLOW_FILES, template.id, FILENAME).await
}

pub(crate) async fn put(
    context: &Context,
    caller: &Identity,
    locator: &Locator,
    content: Bytes,
    settings: Option<RunTimeConfig>,
    known: Option<&[String]>,
) -> Result<WorkflowFileDetailedView> {
    let template = service::check_own(context, caller, locator).await?.id;
    check_settings(settings.as_ref())?;
    files::check_syntax(context, FILENAME, &content).await?;
    settings_to_keep(&mut context.db.read().await?, template, settings.clone()).await?;
    let check = require_known(context, template, known);
    let file = (FILENAME, content);
    let stored = files::store_content(context, WORKFLOW_FILES, template, file, check).await?;
    let noted = async {
        let mut db = context.db.write().await?;
        service::require_own(&mut db, caller, &Locator::Id(template.into())).await?;
        let settings = settings_to_keep(&mut db, template, settings).await?;
        let row = store::upsert(&mut db, template, settings, context.now()).await?;
        Ok((db, row))
    };
    let noted = noted.await;
    Ok(stored.keep(context, noted).await?.into())
}

/// Tells one state of a workflow file and its settings from another, by the revision of its content.
pub(crate) fn state(revision: &str, settings: &Map<String, Value>) -> String {
    let mut settings = json!(settings);
    // PostgreSQL keeps keys in an order of its own.
    settings.sort_all_objects();
    files::revision(format!("{revision} {settings}").as_bytes())
}

/// 409 unless a workflow file is in one of these states.
async fn require_known(context: &Context, template: i32, known: Option<&[String]>) -> Result<()> {
    let Some(known) = known else { return Ok(()) };
    let row = store::of_template(&mut context.db.read().await?, template).await?.pop();
    let settings = row.and_then(|row| row.runtime_config.0).unwrap_or_default();
    let revision = files::current_revision(context, WORKFLOW_FILES, template, FILENAME).await?;
    match known.contains(&state(&revision, &settings)) {
        true => Ok(()),
        false => Err(Error::Changed),
    }
}

fn check_settings(settings: Option<&RunTimeConfig>) -> Result<()> {
    check_size("runtime_config", settings.map(|settings| &settings.0))
}

/// The settings given, or those that there are; 400 if there are neither.
async fn settings_to_keep(
    db: &mut Session,
    template: i32,
    given: Option<RunTimeConfig>,
) -> Result<RunTimeConfig> {
    if let Some(given) = given {
        return Ok(given);
    }
    let mut present = store::of_template(db, template).await?;
    let present = present.pop().ok_or_else(|| {
        let words = "Runtime configuration is required when the workflow file does not exist";
        Error::BadRequest(words.to_owned())
    })?;
    Ok(RunTimeConfig(present.runtime_config.0.unwrap_or_default()))
}

pub(super) async fn put_by_url(
    context: &Context,
    caller: &Identity,
    locator: &Locator,
    url: &str,
    settings: Option<RunTimeConfig>,
) -> Result<WorkflowFileDetailedView> {
    service::check_own(context, caller, locator).await?;
    check_settings(settings.as_ref())?;
    let mut share = context.app.bodies.share(&context.customer.caller);
    let content = context.app.downloads.fetch(&FileUrl::parse(url)?, &mut share).await?;
    put(context, caller, locator, content, settings, None).await
}

pub(crate) async fn delete(context: &Context, caller: &Identity, locator: &Locator) -> Result<()> {
    let template = service::check_own(context, caller, locator).await?;
    files::delete(context, WORKFLOW_FILES, template.id, FILENAME).await
}
