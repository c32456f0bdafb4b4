//! From disk to server.

use std::collections::BTreeMap;

use jobbergate_jinja::{Environment, Limits};
use jobbergate_questions::files::{default_template, supporting_files};
use jobbergate_types::FileType;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Application, TEMPLATES, Template, WORKFLOW, invalid};
use crate::{
    api::Api,
    failure::Result,
    files::check_syntax,
    output::{self, progress::Progress},
};

impl Application {
    /// Whether it can be uploaded.
    ///
    /// # Errors
    /// Why not.
    pub fn check_for_upload(&self) -> Result<()> {
        let mut paths: BTreeMap<&str, &str> = BTreeMap::new();
        for template in &self.templates {
            if let Some(other) = paths.insert(&template.name, &template.path) {
                return Err(invalid(&format!(
                    "{other} and {} have the same name, and the server keeps one file of a name; \
                     rename one of them",
                    template.path
                )));
            }
        }
        self.templates.iter().try_for_each(check_template)?;
        if let Some(workflow) = &self.workflow {
            check_syntax(WORKFLOW, workflow).map_err(|problem| invalid(&problem))?;
        }
        for name in self.missing_templates() {
            output::tell(&format!(
                "note: jobbergate.yaml names the template {name}, which is not there: no script can be \
                 made of the application without it\n"
            ));
        }
        if self.workflow.is_none() && self.config.needs_workflow() {
            return Err(invalid(&format!(
                "There is no {WORKFLOW}, with which the server keeps jobbergate_config, and that has \
                 more than default_template and supporting_files"
            )));
        }
        Ok(())
    }

    /// Templates that the configuration names and the directory does not have.
    fn missing_templates(&self) -> Vec<&str> {
        let main = default_template(&self.config.jobbergate).ok().flatten();
        let is_there = |path: &str| {
            let name = path.rsplit('/').next().unwrap_or(path);
            self.templates.iter().any(|template| template.name == name)
        };
        main.into_iter().chain(self.supporting()).filter(|path| !is_there(path)).collect()
    }

    fn supporting(&self) -> Vec<&str> {
        supporting_files(&self.config.jobbergate).ok().flatten().unwrap_or_default()
    }

    fn file_type(&self, path: &str) -> FileType {
        if self.supporting().contains(&path) { FileType::Support } else { FileType::Entrypoint }
    }
}

/// Whether a template is one that the server's engine understands. Its size is the server's matter.
fn check_template(template: &Template) -> Result<()> {
    let wrong = |problem: String| invalid(&format!("{}: {problem}", template.path));
    let content = template.content.as_slice();
    let source = std::str::from_utf8(content).map_err(|error| {
        let before = content.iter().take(error.valid_up_to());
        let line = 1 + before.filter(|&&byte| byte == b'\n').count();
        wrong(format!("line {line}: it is not UTF-8 text"))
    })?;
    let limits = Limits { source: usize::MAX, ..Limits::default() };
    let parsed = Environment::new(limits).parse(source);
    parsed.map(drop).map_err(|error| wrong(format!("Unable to process jinja template: {error}")))
}

/// Uploads an application to a template of the server.
///
/// # Errors
/// When the server does not take something of it.
pub async fn upload(api: &Api, locator: &str, application: &Application) -> Result<()> {
    let what = format!("Couldn't update application ({locator}) via API");
    let config = &application.config;
    let mut changes = json!({"template_vars": Value::Object(config.application.clone())});
    if let Some(questions) = &config.questions {
        changes["questions"] = json!(questions);
    }
    let request = api.request(Method::PUT, &[TEMPLATES, locator]).await?.json(&changes);
    let changed = api.receive(&what, request, StatusCode::OK).await?;
    if config.questions.is_none() && changed.get("questions").is_some() {
        // Those of before are asked no more. Servers that know of none are not told so.
        let changes = json!({"questions": null});
        let request = api.request(Method::PUT, &[TEMPLATES, locator]).await?.json(&changes);
        api.send(&what, request, StatusCode::OK).await?;
    }
    let workflow_size = application.workflow.as_ref().map_or(0, Vec::len);
    let total = application.templates.iter().map(|template| template.content.len()).sum::<usize>();
    let progress = Progress::of_bytes((total + workflow_size) as u64);
    for template in &application.templates {
        progress.says(&template.path);
        let what = format!("Couldn't upload {} of application ({locator})", template.path);
        let file_type = application.file_type(&template.path);
        let route = [TEMPLATES, locator, "upload", "template", file_type.as_str()];
        let request = api.upload(&route).await?.form(&[], &template.name, &template.content);
        api.send(&what, request, StatusCode::OK).await?;
        progress.advance(template.content.len() as u64);
    }
    if let Some(workflow) = &application.workflow {
        progress.says(WORKFLOW);
        let what = format!("Couldn't upload {WORKFLOW} of application ({locator})");
        let settings = Value::Object(application.config.jobbergate.clone()).to_string();
        let fields = [("runtime_config", settings)];
        let request = api
            .upload(&[TEMPLATES, locator, "upload", "workflow"])
            .await?
            .form(&fields, WORKFLOW, workflow);
        api.send(&what, request, StatusCode::OK).await?;
    }
    Ok(())
}
