//! From a template's files and parameters to a script's files.

mod answers;
mod renderer;

use std::{collections::HashMap, sync::Arc};

use bytes::Bytes;
use jobbergate_types::{FileType, job_scripts::RenderFromTemplateRequest, questions::Question};

use crate::{
    app::Context,
    budget::Share,
    compute::{RENDERING, Reserved},
    error::{Error, Result},
    resources::files::{self, FileRow, TEMPLATE_FILES},
    storage::within_deadline,
};
use renderer::Renderer;

/// The largest size of a script's rendered files together, and of their templates, in bytes.
const MAX_SIZE: usize = 64 << 20;
/// How many files one request renders at most.
const MAX_FILES: usize = 100;

/// What was rendered, and the memory that it takes until it is stored.
#[derive(Debug)]
pub(super) struct Rendered {
    pub(super) files: Vec<RenderedFile>,
    pub(super) memory: Reserved,
}

/// A file of a template, with the name of what results.
#[derive(Debug)]
struct SourceFile {
    filename: String,
    output: String,
    file_type: FileType,
    content: Bytes,
}

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

/// Renders what was chosen with answers to what the template asks, and checks what results.
pub(super) async fn render(
    context: &Context,
    chosen: Vec<(FileRow, String)>,
    questions: Vec<Question>,
    request: RenderFromTemplateRequest,
) -> Result<Rendered> {
    if chosen.len() > MAX_FILES {
        return Err(Error::Unprocessable(format!(
            "template_output_name_mapping names {} files, {MAX_FILES} are possible at most",
            chosen.len()
        )));
    }
    let mut share = context.app.sources.share(&context.customer.caller);
    let loading = within_deadline(load(context, chosen, &mut share));
    // No turn is taken while the storage is waited for.
    let sources = tokio::select! {
        loaded = loading => loaded?,
        () = context.customer.gone.cancelled() => return Err(Error::Gone),
    };
    let turn = context.app.compute.turn(&context.customer, RENDERING).await?;
    drop(share);
    let jinja = context.app.jinja.clone();
    let rendering = turn.run(&context.customer, move |turn, stop| {
        let turn = Arc::new(turn);
        let param_dict = answers::completed(&questions, request.param_dict)?;
        let request = RenderFromTemplateRequest { param_dict, ..request };
        let files = Renderer::new(jinja, &sources, request, stop).all(sources, &turn)?;
        let size = files.iter().map(|file| file.content.len()).sum();
        let turn = Arc::into_inner(turn).ok_or_else(|| Error::internal("a check goes on"))?;
        Ok(Rendered { files, memory: turn.keep(size) })
    });
    rendering.await?
}

async fn load(
    context: &Context,
    chosen: Vec<(FileRow, String)>,
    share: &mut Share,
) -> Result<Vec<SourceFile>> {
    let mut sources = Vec::new();
    let mut size = 0;
    for (row, output) in chosen {
        let file =
            files::open_stored(context, TEMPLATE_FILES, row.parent_id, &row.filename).await?;
        size += usize::try_from(file.size).unwrap_or(MAX_SIZE);
        if size > MAX_SIZE {
            return Err(Error::Unprocessable(format!(
                "The template's files exceed {MAX_SIZE} bytes together"
            )));
        }
        share.grow_to(size).await?;
        let content = file.read().await?;
        let file_type = row.file_type()?;
        sources.push(SourceFile { filename: row.filename, output, file_type, content });
    }
    Ok(sources)
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
