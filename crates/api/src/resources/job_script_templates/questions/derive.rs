//! What follows from a template's files. None of them is run.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use bytes::Bytes;
use jobbergate_file_checks::{memory_to_check, questions_of_workflow};
use jobbergate_jinja::{Environment, memory_to_parse};
use jobbergate_questions::derive::{ANSWERS, from_variables};
use jobbergate_types::questions::{QuestionsSource, TemplateQuestions};
use serde_json::{Map, Value};

use crate::{
    app::Context,
    budget::Share,
    compute::{RENDERING, Turn},
    error::{Error, Result},
    resources::{
        files::{self, TEMPLATE_FILES, WORKFLOW_FILES},
        job_script_templates::{store::Vars, workflow::store as workflow_store},
    },
    storage::within_deadline,
};

/// So much of a template's files is looked at, in bytes.
const MAX_SIZE: usize = 16 << 20;

/// What there is to derive questions from.
struct Sources {
    variables: Vars,
    /// What is set without being asked for.
    settings: Map<String, Value>,
    workflow: Option<Bytes>,
    templates: Vec<Bytes>,
}

/// The questions that stand in the workflow file, else one for each variable.
pub(super) async fn derive(
    context: &Context,
    template: i32,
    variables: Vars,
) -> Result<TemplateQuestions> {
    let mut share = context.app.sources.share(&context.customer.caller);
    let loading = within_deadline(load(context, template, variables, &mut share));
    // No turn is taken while the storage is waited for.
    let sources = tokio::select! {
        loaded = loading => loaded?,
        () = context.customer.gone.cancelled() => return Err(Error::Gone),
    };
    let turn = context.app.compute.turn(&context.customer, RENDERING).await?;
    drop(share);
    let jinja = context.app.jinja.clone();
    let deriving = turn.run(&context.customer, move |turn, stop| {
        sources.questions(&jinja, &Arc::new(turn), &stop)
    });
    deriving.await
}

async fn load(
    context: &Context,
    template: i32,
    variables: Vars,
    share: &mut Share,
) -> Result<Sources> {
    let mut db = context.db.read().await?;
    let workflow = workflow_store::of_template(&mut db, template).await?.pop();
    let rows = files::of_parent(&mut db, TEMPLATE_FILES, template).await?;
    drop(db);
    let mut room = Room { share, left: MAX_SIZE, taken: 0 };
    let mut sources =
        Sources { variables, settings: Map::new(), workflow: None, templates: Vec::new() };
    if let Some(row) = workflow {
        let file = files::open_stored(context, WORKFLOW_FILES, template, &row.filename).await?;
        sources.settings = row.runtime_config.0.unwrap_or_default();
        if room.take(file.size).await? {
            sources.workflow = Some(file.read().await?);
        }
    }
    for row in rows {
        let file = files::open_stored(context, TEMPLATE_FILES, template, &row.filename).await?;
        if room.take(file.size).await? {
            sources.templates.push(file.read().await?);
        }
    }
    Ok(sources)
}

/// Room for what is looked at.
struct Room<'s> {
    share: &'s mut Share,
    left: usize,
    taken: usize,
}

impl Room<'_> {
    /// Whether there is room for a file of this size, which is taken then.
    async fn take(&mut self, size: u64) -> Result<bool> {
        let Some((left, size)) =
            usize::try_from(size).ok().and_then(|size| Some((self.left.checked_sub(size)?, size)))
        else {
            return Ok(false);
        };
        self.taken += size;
        self.share.grow_to(self.taken).await?;
        self.left = left;
        Ok(true)
    }
}

impl Sources {
    fn questions(
        self,
        jinja: &Environment,
        turn: &Arc<Turn>,
        stop: &AtomicBool,
    ) -> TemplateQuestions {
        let workflow =
            self.workflow.as_ref().filter(|content| memory_to_check(content) < RENDERING);
        let written = workflow.and_then(|content| questions_of_workflow(content, Arc::clone(turn)));
        if let Some(questions) = written {
            return TemplateQuestions { source: QuestionsSource::Workflow, questions };
        }
        let mut names: Vec<String> = Vec::new();
        for content in &self.templates {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            for name in parameters(jinja, content) {
                if !names.contains(&name) && !self.settings.contains_key(&name) {
                    names.push(name);
                }
            }
        }
        let questions = from_variables(&self.variables, &names);
        TemplateQuestions { source: QuestionsSource::Variables, questions }
    }
}

/// The answers that a template takes, which are under `data`; none if it can't be read.
fn parameters(jinja: &Environment, content: &[u8]) -> Vec<String> {
    let source = str::from_utf8(content).ok().filter(|_| memory_to_parse(content) < RENDERING);
    let Some(template) = source.and_then(|source| jinja.parse(source).ok()) else {
        return Vec::new();
    };
    template.undeclared_attributes(ANSWERS).into_iter().map(str::to_owned).collect()
}
