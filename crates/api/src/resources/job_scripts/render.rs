//! From a template's files and parameters to a script's files.

use std::collections::HashMap;

use bytes::Bytes;
use jobbergate_jinja::{Environment, ErrorKind};
use jobbergate_types::{FileType, job_scripts::RenderFromTemplateRequest};
use serde_json::{Map, Value};

use super::injection::inject;
use crate::{
    app::Context,
    error::{Error, Result},
    resources::files::{self, FileRow, TEMPLATE_FILES},
};

/// The largest size of a script's rendered files together, in bytes.
const MAX_SIZE: usize = 64 << 20;

/// The Python server's words.
const ONE_ENTRYPOINT: &str = "Exactly one entrypoint file must be specified";

/// A file of the script to be.
#[derive(Debug)]
pub(super) struct RenderedFile {
    pub(super) filename: String,
    pub(super) file_type: FileType,
    pub(super) content: Bytes,
}

/// Those of the template's `sources` that `request` names, each with the name of what results;
/// fails if it makes no sense.
pub(super) fn choose(
    locator: &str,
    sources: Vec<FileRow>,
    request: &RenderFromTemplateRequest,
) -> Result<Vec<(FileRow, String)>> {
    let mut arguments = request.sbatch_params.iter().flatten();
    if let Some(odd) = arguments.find(|argument| argument.contains(['\n', '\r'])) {
        return Err(Error::Unprocessable(format!(
            "sbatch_params has {odd:?}, which is more than one line; give each argument by itself"
        )));
    }
    by_mapping(locator, sources, request)
}

/// Renders what was chosen.
pub(super) async fn render(
    context: &Context,
    chosen: Vec<(FileRow, String)>,
    request: RenderFromTemplateRequest,
) -> Result<Vec<RenderedFile>> {
    let mut inputs = Vec::new();
    for (row, output) in chosen {
        let content = files::stored(context, TEMPLATE_FILES, row.parent_id, &row.filename).await?;
        inputs.push((row.filename.clone(), output, row.file_type()?, content));
    }
    let jinja = context.app.jinja.clone();
    let rendering = move || render_all(&jinja, inputs, &request);
    let rendered = context.app.workers.run(rendering).await??;
    for file in &rendered {
        files::check_syntax(context, &file.filename, &file.content).await?;
    }
    Ok(rendered)
}

fn by_mapping(
    locator: &str,
    sources: Vec<FileRow>,
    request: &RenderFromTemplateRequest,
) -> Result<Vec<(FileRow, String)>> {
    let mapping = &request.template_output_name_mapping;
    let missing: Vec<_> = mapping
        .keys()
        .filter(|name| !sources.iter().any(|row| row.filename == **name))
        .map(String::as_str)
        .collect();
    if !missing.is_empty() {
        return Err(Error::BadRequest(format!(
            "The following required files are missing for job template {locator}: {}",
            missing.join(", ")
        )));
    }
    let mut chosen = Vec::new();
    for row in sources {
        // An empty name leaves the file out.
        let output = mapping.get(&row.filename).filter(|output| !output.is_empty());
        let Some(output) = output.cloned() else { continue };
        files::check_name(&output)?;
        chosen.push((row, output));
    }
    check_outputs(locator, &chosen)?;
    Ok(chosen)
}

/// 400 unless there is one entrypoint, and each file has a name of its own: of two with the same
/// name one would be lost.
fn check_outputs(locator: &str, chosen: &[(FileRow, String)]) -> Result<()> {
    let mut named: HashMap<&str, &str> = HashMap::new();
    let mut entrypoints = Vec::new();
    for (row, _) in chosen {
        if row.file_type()? == FileType::Entrypoint {
            entrypoints.push(row.filename.as_str());
        }
    }
    if entrypoints.len() != 1 {
        let found = if entrypoints.is_empty() { "none".to_owned() } else { entrypoints.join(", ") };
        return Err(Error::BadRequest(format!(
            "{ONE_ENTRYPOINT}, got {}: template_output_name_mapping of job template {locator} names \
             {found}",
            entrypoints.len()
        )));
    }
    for (row, output) in chosen {
        let Some(other) = named.insert(output, &row.filename) else { continue };
        return Err(Error::BadRequest(format!(
            "{ONE_ENTRYPOINT}, got 0 and others with names of their own: \
             template_output_name_mapping of job template {locator} gives {other} and {} the name \
             {output:?}",
            row.filename
        )));
    }
    Ok(())
}

fn render_all(
    jinja: &Environment,
    inputs: Vec<(String, String, FileType, Bytes)>,
    request: &RenderFromTemplateRequest,
) -> Result<Vec<RenderedFile>> {
    let sbatch_params = request.sbatch_params.as_deref().unwrap_or_default();
    let mut size = 0;
    inputs
        .into_iter()
        .map(|(source_name, filename, file_type, source)| {
            let text = std::str::from_utf8(&source).map_err(|_| {
                Error::Unprocessable(format!(
                    "Unable to process jinja template filename={source_name} -- it is not UTF-8 text"
                ))
            })?;
            let mut text = render_one(jinja, &source_name, text, &request.param_dict)?;
            if file_type == FileType::Entrypoint {
                text = inject(&text, sbatch_params);
            }
            size += text.len();
            if size > MAX_SIZE {
                return Err(Error::Unprocessable(format!(
                    "The rendered files exceed {MAX_SIZE} bytes together"
                )));
            }
            Ok(RenderedFile { filename, file_type, content: text.into() })
        })
        .collect()
}

/// Renders with the parameters at top level and, if one is not defined there, once more with
/// all of them under `data`, as older templates have it.
fn render_one(
    jinja: &Environment,
    filename: &str,
    source: &str,
    parameters: &Map<String, Value>,
) -> Result<String> {
    let unable = |error: &jobbergate_jinja::Error| {
        Error::Unprocessable(format!(
            "Unable to process jinja template filename={filename} -- {error}"
        ))
    };
    let template = jinja.parse(source).map_err(|error| unable(&error))?;
    let first = match template.render(parameters) {
        Ok(text) => return Ok(text),
        Err(error) if error.kind() == ErrorKind::Undefined => error,
        Err(error) => return Err(unable(&error)),
    };
    let nested = Map::from_iter([("data".to_owned(), Value::Object(parameters.clone()))]);
    template.render(&nested).map_err(|second| {
        // A template that has its parameters under `data` lacks one of them, not `data`.
        let cause = if first.message().starts_with("'data'") { second } else { first };
        Error::Unprocessable(format!(
            "Jinja can not render filename={filename}: {cause}; give the parameter in param_dict, \
             or a default in the template"
        ))
    })
}
