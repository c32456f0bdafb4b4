//! What is run: what an application asks, and how it becomes a script.

use indexmap::IndexMap;
use jobbergate_questions::files;
use jobbergate_types::{
    FileType,
    job_script_templates::{JobTemplateDetailedView, JobTemplateListView},
    questions::{Question, QuestionKind, QuestionsSource, TemplateQuestions},
};
use serde_json::{Map, Value};

use crate::{
    app::Context,
    error::Result,
    resources::job_script_templates::{Locator, questions, service},
    web::portal::files::clash,
};

#[derive(Debug)]
pub(super) struct Asked {
    pub(super) template: JobTemplateListView,
    pub(super) source: QuestionsSource,
    pub(super) questions: Vec<Question>,
    pub(super) has_workflow: bool,
    /// What templates are rendered with beside the answers.
    pub(super) parameters: Map<String, Value>,
    /// What the files of the script are called, or why there is none.
    pub(super) outputs: Result<IndexMap<String, String>, String>,
}

impl Asked {
    pub(super) async fn load(context: &Context, locator: &str) -> Result<Self> {
        let found = service::get(context, &Locator::parse(locator)).await?;
        let id = Locator::Id(found.template.id);
        let TemplateQuestions { source, questions } = match found.questions.clone() {
            Some(questions) => TemplateQuestions { source: QuestionsSource::Template, questions },
            None => questions::get(context, &id).await?,
        };
        Ok(Self::of(found, source, questions))
    }

    fn of(
        found: JobTemplateDetailedView,
        source: QuestionsSource,
        questions: Vec<Question>,
    ) -> Self {
        let workflow = found.workflow_files.unwrap_or_default().pop();
        let has_workflow = workflow.is_some();
        let given = workflow.and_then(|file| file.runtime_config).unwrap_or_default();
        let mut settings = files::settings(given);
        let templates = found.template_files.unwrap_or_default();
        let of_type = |wanted: FileType| -> Vec<Value> {
            let those = templates.iter().filter(|file| file.file_type == wanted);
            those.map(|file| file.filename.as_str().into()).collect()
        };
        files::add(&mut settings, &of_type(FileType::Entrypoint), of_type(FileType::Support));
        let outputs = files::output_name_mapping(&settings, None);
        let text = |(name, value): (String, Value)| Some((name, value.as_str()?.to_owned()));
        let outputs: Result<IndexMap<_, _>, _> =
            outputs.map(|names| names.into_iter().filter_map(text).collect());
        let outputs = outputs.and_then(all_different);
        let mut parameters = found.template_vars.unwrap_or_default();
        parameters.extend(settings);
        Self { template: found.template, source, questions, has_workflow, parameters, outputs }
    }

    /// By what it is called on command lines.
    pub(super) fn locator(&self) -> String {
        self.template.identifier.clone().unwrap_or_else(|| self.template.id.to_string())
    }

    pub(super) fn secrets(&self) -> impl Iterator<Item = &Question> {
        self.questions.iter().filter(|question| question.kind == QuestionKind::Secret)
    }
}

fn all_different(outputs: IndexMap<String, String>) -> Result<IndexMap<String, String>, String> {
    // Without a name a file is left out.
    let named = outputs.iter().filter(|(_, output)| !output.is_empty());
    match clash(named.map(|(template, output)| (template.as_str(), output.as_str()))) {
        Some(clash) => Err(format!("{clash}; its owner has to rename or delete one of them")),
        None => Ok(outputs),
    }
}
