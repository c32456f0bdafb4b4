//! From server to disk.

use std::path::{Path, PathBuf};

use futures::{StreamExt, TryStreamExt, stream};
use reqwest::{Method, StatusCode};
use serde_json::{Map, Value};

use super::{CONFIG, TEMPLATES, WORKFLOW, config::Config};
use crate::{
    api::{Api, not_understood},
    failure::{Failure, Result},
    files::{self, NewFile},
};

/// How many files are fetched at once.
const AT_ONCE: usize = 4;

/// Writes what `template`, an object of the API, consists of below a directory; where it is.
///
/// # Errors
/// When something can't be had or written.
pub async fn download(api: &Api, template: &Map<String, Value>, to: &Path) -> Result<Vec<PathBuf>> {
    let id = template.get("application_id").unwrap_or(&Value::Null).to_string();
    let what = format!("Couldn't download files of application ({id})");
    let list =
        |name: &str| template.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let mut new = Vec::new();
    let workflow = list("workflow_files").into_iter().next();
    let questions = template.get("questions").filter(|questions| !questions.is_null());
    if workflow.is_some() || questions.is_some() {
        let section = |value: Option<&Value>| value.and_then(Value::as_object).cloned();
        let kept = workflow.as_ref().map(|workflow| section(workflow.get("runtime_config")));
        let settings = kept.unwrap_or_else(|| Some(settings_of(&list("template_files"))));
        let variables = section(template.get("template_vars")).unwrap_or_default();
        let mut config = Config::new(variables, settings.unwrap_or_default());
        config.questions = questions
            .map(|questions| serde_json::from_value(questions.clone()))
            .transpose()
            .map_err(|error| not_understood(&what, &error.to_string()))?;
        let text = config.as_yaml();
        let text = text.map_err(|problem| Failure::new("", format!("{what}: {problem}")))?;
        new.push(NewFile { name: CONFIG.to_owned(), content: text.into_bytes() });
    }
    let mut wanted = Vec::new();
    for file in list("template_files") {
        let name = file.get("filename").and_then(Value::as_str);
        let name = name.ok_or_else(|| not_understood(&what, "a file has no filename"))?;
        // Before anything is fetched: it may lead elsewhere.
        files::inside(name)?;
        wanted.push(name.to_owned());
    }
    let fetched = stream::iter(wanted.into_iter().map(|name| fetch(api, &id, name)));
    let fetched: Vec<NewFile> = fetched.buffered(AT_ONCE).try_collect().await?;
    new.extend(fetched);
    if workflow.is_some() {
        let content = workflow_of(api, &id).await?;
        new.push(NewFile { name: WORKFLOW.to_owned(), content });
    }
    files::write_downloaded(to, &new)
}

/// What files of an application say of its settings, which are kept with a workflow only.
fn settings_of(files: &[Value]) -> Map<String, Value> {
    let is_support =
        |file: &&Value| file.get("file_type").and_then(Value::as_str) == Some("SUPPORT");
    let name = |file: &Value| file.get("filename").and_then(Value::as_str).map(str::to_owned);
    let names = files.iter().filter(is_support).filter_map(name);
    let paths: Vec<_> = names.map(|name| Value::from(format!("templates/{name}"))).collect();
    if paths.is_empty() {
        return Map::new();
    }
    Map::from_iter([("supporting_files".to_owned(), paths.into())])
}

async fn fetch(api: &Api, id: &str, name: String) -> Result<NewFile> {
    let what = format!("Couldn't download {name} of application ({id})");
    let mut route = vec![TEMPLATES, id, "upload", "template"];
    route.extend(name.split('/'));
    let request = api.request(Method::GET, &route).await?;
    let content = api.send(&what, request, StatusCode::OK).await?.body;
    Ok(NewFile { name: format!("templates/{name}"), content })
}

/// The workflow file of a template.
///
/// # Errors
/// When it can't be had.
pub async fn workflow_of(api: &Api, id: &str) -> Result<Vec<u8>> {
    let what = format!("Couldn't download {WORKFLOW} of application ({id})");
    let route = [TEMPLATES, id, "upload", "workflow"];
    let request = api.request(Method::GET, &route).await?;
    Ok(api.send(&what, request, StatusCode::OK).await?.body)
}
