//! The job: from a template to a submission.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::lab::{Api, CLUSTER, Terminal};

const IDENTIFIER: &str = "heat-equation";
const FILES: [(&str, &str, &str); 2] = [
    ("ENTRYPOINT", "heat.sh.j2", include_str!("../../demo/heat.sh.j2")),
    ("SUPPORT", "heat.awk.j2", include_str!("../../demo/heat.awk.j2")),
];

/// The template's parameters as it is created.
fn defaults() -> Value {
    json!({
        "partition": "debug",
        "nodes": 1,
        "tasks_per_node": 4,
        "time_limit_minutes": 5,
        "points": 91,
        "seconds": 0.5,
        "slowest": 0.02,
        "fastest": 0.1,
    })
}

/// Where this job wants it otherwise.
fn choices() -> Value {
    json!({ "partition": "compute", "nodes": 2 })
}

/// How many tasks the job has, one for each line of its result.
pub(crate) const TASKS: usize = 8;
/// On how many nodes they run.
pub(crate) const NODES: usize = 2;

/// Creates the template unless it is there, and renders it; gives the script's number.
pub(crate) fn create_script(terminal: &Terminal, api: &Api) -> Result<i64> {
    let template = match find_template(api)? {
        Some(template) => template,
        None => create_template(api)?,
    };
    terminal.done(&format!("Template {IDENTIFIER}: {}", describe(&template["template_vars"])));

    let mut parameters = template["template_vars"].clone();
    let names = parameters.as_object_mut().context("the template has no parameters")?;
    names.extend(choices().as_object().cloned().unwrap_or_default());
    let outputs = FILES.map(|(_, name, _)| (name, name.trim_end_matches(".j2")));
    let rendering = json!({
        "create_request": { "name": "heat-equation" },
        "render_request": {
            "template_output_name_mapping": serde_json::Map::from_iter(
                outputs.map(|(file, output)| (file.to_owned(), output.into()))),
            "param_dict": { "data": parameters },
        },
    });
    let path = format!("/job-scripts/render-from-template/{IDENTIFIER}");
    let script = api.create(&path, &rendering)?;
    terminal.done(&format!("Rendered as job script {script} with {}", describe(&choices())));
    Ok(script)
}

/// Submits the script; gives the submission's number.
pub(crate) fn submit(api: &Api, script: i64, directory: &Path) -> Result<i64> {
    let submission = json!({
        "name": "heat-equation",
        "job_script_id": script,
        "client_id": CLUSTER,
        "execution_directory": directory,
    });
    api.create("/job-submissions", &submission)
}

fn find_template(api: &Api) -> Result<Option<Value>> {
    let found = api.get(&format!("/job-script-templates?search={IDENTIFIER}"))?;
    match found["items"].as_array().is_some_and(|items| !items.is_empty()) {
        true => api.get(&format!("/job-script-templates/{IDENTIFIER}")).map(Some),
        false => Ok(None),
    }
}

fn create_template(api: &Api) -> Result<Value> {
    let template = json!({
        "name": "Heat equation",
        "identifier": IDENTIFIER,
        "description": "How heat leaves a plate with cold edges, for several materials at once",
        "template_vars": defaults(),
    });
    let template = api.post("/job-script-templates", &template)?;
    for (kind, name, content) in FILES {
        let path = format!("/job-script-templates/{IDENTIFIER}/upload/template/{kind}");
        api.upload(&path, name, content)?;
    }
    Ok(template)
}

/// Parameters as `name=value`, separated by blanks.
fn describe(parameters: &Value) -> String {
    let pairs = parameters.as_object().into_iter().flatten();
    pairs.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
}
