//! The API, from its description: a page for each resource, and one with all types.

use std::{collections::BTreeMap, fmt::Write, fs, path::Path};

use anyhow::{Context, Result};
use serde_json::{Map, Value};

use super::{Page, types};
use crate::docs::markdown::cell;

const DESCRIPTION: &str = "crates/api/openapi.json";
const PARENT: &str = "api.md";
const BASE: &str = "/jobbergate";

pub(crate) fn pages(workspace: &Path) -> Result<Vec<Page>> {
    let description: Value =
        serde_json::from_str(&fs::read_to_string(workspace.join(DESCRIPTION))?)?;
    let mut resources: BTreeMap<&str, String> = BTreeMap::new();
    for (path, operations) in object(&description["paths"])? {
        for (method, operation) in object(operations)? {
            let resource = operation["tags"][0].as_str().context("an operation has no tag")?;
            let text =
                resources.entry(resource).or_insert_with(|| format!("# {}\n", title(resource)));
            write_operation(text, method, path, operation)?;
        }
    }
    let page = |title: String, file: &str, text| {
        let path = format!("reference/api/{file}.md");
        Page { parent: PARENT, title, path, text }
    };
    let mut pages: Vec<Page> =
        resources.into_iter().map(|(name, text)| page(title(name), name, text)).collect();
    let schemas = object(&description["components"]["schemas"])?;
    pages.push(page("Types".to_owned(), "types", types::page(schemas)?));
    Ok(pages)
}

fn object(value: &Value) -> Result<&Map<String, Value>> {
    value.as_object().with_context(|| format!("{DESCRIPTION} is not as expected: {value}"))
}

/// `job-scripts` is called "Job scripts".
fn title(resource: &str) -> String {
    let words = resource.replace('-', " ");
    let mut letters = words.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

fn write_operation(text: &mut String, method: &str, path: &str, operation: &Value) -> Result<()> {
    let summary = operation["summary"].as_str().unwrap_or(path).trim_end_matches('.');
    writeln!(text, "\n## {summary}\n\n```text\n{} {BASE}{path}\n```", method.to_uppercase())?;
    if operation["security"].as_array().is_none_or(Vec::is_empty) {
        writeln!(text, "\nNeeds no token.")?;
    }
    let parameters = operation["parameters"].as_array().map_or(&[][..], Vec::as_slice);
    if !parameters.is_empty() {
        writeln!(text, "\n| parameter | in | type | meaning |\n|---|---|---|---|")?;
    }
    for parameter in parameters {
        let name = parameter["name"].as_str().unwrap_or_default();
        let place = parameter["in"].as_str().unwrap_or_default();
        let needed = if parameter["required"] == true { ", needed" } else { "" };
        let kind = types::shown(&parameter["schema"]);
        let meaning = cell(parameter["description"].as_str().unwrap_or_default());
        writeln!(text, "| `{name}` | {place}{needed} | {kind} | {meaning} |")?;
    }
    for (media, kind) in contents(&operation["requestBody"]) {
        writeln!(text, "\nBody (`{media}`): {kind}")?;
    }
    writeln!(text, "\n| answer | meaning | body |\n|---|---|---|")?;
    let mut responses: Vec<_> = object(&operation["responses"])?.iter().collect();
    responses.sort_by_key(|(status, _)| *status);
    for (status, response) in responses {
        let meaning = cell(response["description"].as_str().unwrap_or_default());
        let bodies = contents(response).map(|(_, kind)| kind).collect::<Vec<_>>().join(" or ");
        writeln!(text, "| {status} | {meaning} | {bodies} |")?;
    }
    Ok(())
}

/// The media types of a body, and what it is in each.
fn contents(body: &Value) -> impl Iterator<Item = (&str, String)> {
    let contents = body["content"].as_object().into_iter().flatten();
    contents.map(|(media, content)| (media.as_str(), types::shown(&content["schema"])))
}
