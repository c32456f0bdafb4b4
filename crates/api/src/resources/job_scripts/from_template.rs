//! Scripts that are made of a template.

use jobbergate_types::{
    FileType,
    job_scripts::{
        self as types, JobScriptDetailedView, RenderFromTemplateBody, RenderFromTemplateRequest,
        RenderPreview,
    },
    questions::Question,
};

use super::{
    render::{Rendered, RenderedFile, choose, render},
    service::{detailed, new_script, note_all},
    store::{self, NewScript},
};
use crate::{
    app::Context,
    error::{Error, Result},
    resources::{
        files::{self, FileRow, JOB_SCRIPT_FILES, TEMPLATE_FILES, Upload},
        job_script_templates::{self, Locator},
    },
};

/// What each byte of a preview takes at most while it is answered, in bytes: one that is no text
/// becomes three.
const PREVIEW_COST: usize = 6;

/// Renders a template into a new script; nothing is kept unless everything could be.
///
/// Other files may come along, which become supporting files as they are.
pub(crate) async fn create(
    context: &Context,
    owner_email: &str,
    locator: &str,
    body: RenderFromTemplateBody,
    others: Vec<Upload>,
) -> Result<JobScriptDetailedView> {
    let Prepared { template, chosen, questions } =
        prepare(context, locator, &body.render_request).await?;
    check_others(context, &chosen, &others).await?;
    let rendered = match render(context, chosen, questions, body.render_request).await {
        Ok(rendered) => rendered,
        Err(error) => {
            leave_out_a_number(context).await;
            return Err(error);
        }
    };
    let Rendered { files, memory } = rendered;
    let id = files::reserve_parent(context, JOB_SCRIPT_FILES).await?;
    let made = async {
        let mut stored = store_all(context, id, files).await?;
        drop(memory);
        let others = others.into_iter().map(|Upload { filename, content }| RenderedFile {
            filename,
            file_type: FileType::Support,
            content,
        });
        stored.extend(store_all(context, id, others.collect()).await?);
        let mut db = context.db.write().await?;
        let new = new_script(&body.create_request, owner_email, Some(template));
        let row = store::insert(&mut db, NewScript { id: Some(id), ..new }, context.now()).await?;
        let files = note_all(context, &mut db, id, stored).await?;
        Ok((db, detailed(row, files)?))
    };
    let made = made.await;
    files::commit_new(context, &[JOB_SCRIPT_FILES], id, made).await
}

/// What a template would become; nothing is kept.
pub(crate) async fn preview(
    context: &Context,
    locator: &str,
    request: RenderFromTemplateRequest,
) -> Result<RenderPreview> {
    let Prepared { chosen, questions, .. } = prepare(context, locator, &request).await?;
    let Rendered { files, memory } = render(context, chosen, questions, request).await?;
    let size: usize = files.iter().map(|file| file.content.len()).sum();
    context.take_room(size.saturating_mul(PREVIEW_COST)).await?;
    drop(memory);
    let files = files.into_iter().map(|file| types::RenderedFile {
        filename: file.filename,
        file_type: file.file_type,
        content: String::from_utf8_lossy(&file.content).into_owned(),
    });
    Ok(RenderPreview { files: files.collect() })
}

/// What a template is rendered from.
struct Prepared {
    template: i32,
    chosen: Vec<(FileRow, String)>,
    questions: Vec<Question>,
}

async fn prepare(
    context: &Context,
    locator: &str,
    request: &RenderFromTemplateRequest,
) -> Result<Prepared> {
    let mut db = context.db.read().await?;
    let parsed = Locator::parse(locator);
    let template = job_script_templates::service::require(&mut db, &parsed).await?.id;
    let sources = files::of_parent(&mut db, TEMPLATE_FILES, template).await?;
    drop(db);
    let chosen = choose(locator, sources, request)?;
    let questions = job_script_templates::questions::written(context, template).await?;
    Ok(Prepared { template, chosen, questions })
}

/// 400 or 422 unless files can be beside those that are rendered.
async fn check_others(
    context: &Context,
    chosen: &[(FileRow, String)],
    others: &[Upload],
) -> Result<()> {
    for (at, Upload { filename, content }) in others.iter().enumerate() {
        files::check_name(filename)?;
        let is_rendered = chosen.iter().any(|(_, output)| output == filename);
        let is_there = || others.iter().take(at).any(|other| other.filename == *filename);
        if is_rendered || is_there() {
            return Err(Error::Unprocessable(format!(
                "Two files of the script would have the name {filename:?}; give one of them another \
                 name"
            )));
        }
        files::check_syntax(context, filename, content).await?;
    }
    Ok(())
}

/// What went wrong with the render is told, whatever goes wrong here.
async fn leave_out_a_number(context: &Context) {
    let skipped = async { store::skip_number(&mut context.db.read().await?).await };
    if let Err(error) = skipped.await {
        tracing::warn!(%error, "no number was left out for a script that could not be rendered");
    }
}

async fn store_all(
    context: &Context,
    script: i32,
    rendered: Vec<RenderedFile>,
) -> Result<Vec<(String, FileType)>> {
    let mut files = Vec::new();
    for RenderedFile { filename, file_type, content } in rendered {
        context.storage.put(JOB_SCRIPT_FILES.name, script.into(), &filename, content).await?;
        files.push((filename, file_type));
    }
    Ok(files)
}
