//! `jobbergate job-scripts create-stand-alone`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::Args;
use jobbergate_types::FileType;
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{SCRIPTS, Session, read};
use crate::{
    api::is_too_large,
    failure::{Failure, Result},
    files::check_syntax,
    output::{progress::Progress, resource::JOB_SCRIPT, tell_message},
};

/// A job script from files.
#[derive(Debug, Args)]
pub struct CreateStandAlone {
    /// The script that is given to sbatch
    #[arg(value_name = "JOB_SCRIPT_PATH")]
    path: Option<PathBuf>,
    /// The same
    #[arg(long, value_name = "PATH")]
    job_script_path: Option<PathBuf>,
    /// Its name
    #[arg(long, value_name = "TEXT")]
    name: String,
    /// A file that the script needs beside it; may be given several times
    #[arg(long = "supporting-file", short, value_name = "PATH")]
    supporting_files: Vec<PathBuf>,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
}

/// A file to upload.
struct Source {
    name: String,
    content: Vec<u8>,
    file_type: FileType,
}

impl CreateStandAlone {
    /// All files. They are read before anything is made.
    fn sources(&self) -> Result<Vec<Source>> {
        let script = match (&self.path, &self.job_script_path) {
            (Some(path), None) | (None, Some(path)) => path,
            _ => {
                return Err(Failure::Usage(
                    "give one and only one selection value: the path of the script as an argument, \
                     or with --job-script-path"
                        .to_owned(),
                ));
            }
        };
        let mut sources = vec![Source::read(script, FileType::Entrypoint)?];
        for path in &self.supporting_files {
            sources.push(Source::read(path, FileType::Support)?);
        }
        for (at, source) in sources.iter().enumerate() {
            if sources.iter().skip(at + 1).any(|other| other.name == source.name) {
                let text =
                    format!("Two files have the name {}; a script has one of it", source.name);
                return Err(Failure::new("Job Script Error", text));
            }
        }
        Ok(sources)
    }
}

impl Source {
    fn read(path: &Path, file_type: FileType) -> Result<Self> {
        let content = fs::read(path)
            .map_err(|error| Failure::file("Job Script Error", path.display(), &error))?;
        let name = path.file_name().and_then(|name| name.to_str()).map(str::to_owned);
        let name = name.ok_or_else(|| {
            let text = format!("{}: the name of a file must be UTF-8 text", path.display());
            Failure::new("Job Script Error", text)
        })?;
        check_syntax(&name, &content)
            .map_err(|problem| Failure::new("Job Script Error", problem))?;
        Ok(Self { name, content, file_type })
    }
}

/// Makes it.
///
/// # Errors
/// When a file can't be read, or the server does not take something.
pub async fn create(session: &Session, arguments: &CreateStandAlone) -> Result<()> {
    let sources = arguments.sources()?;
    let what = "Couldn't create job script";
    let body = json!({"name": arguments.name, "description": arguments.description});
    let request = session.api.create(&[SCRIPTS]).await?.json(&body);
    let created = session.api.receive(what, request, StatusCode::CREATED).await?;
    let shown = read(what, &JOB_SCRIPT, &created)?;
    let id = shown.get("job_script_id").map(ToString::to_string).unwrap_or_default();
    let total: usize = sources.iter().map(|source| source.content.len()).sum();
    let mut progress = Some(Progress::of_bytes(total as u64));
    for source in &sources {
        let uploaded = upload(session, &id, source, progress.as_ref()).await;
        if uploaded.is_err() {
            progress.take();
        }
        if uploaded.as_ref().is_err_and(is_too_large) && withdrawn(session, &id).await {
            let text = " -- The job script was deleted again";
            return uploaded.map_err(|failure| failure.adding(text));
        }
        if uploaded.is_err() {
            let text = format!(
                "The job script was created with the id {id}, but not all of its files were \
                 uploaded. Remove it with `jobbergate job-scripts delete {id}`."
            );
            tell_message("File upload failed", &text);
        }
        uploaded?;
    }
    progress.take();
    session.output.one("Created Job Script", &JOB_SCRIPT, &shown)
}

/// Deletes a script that is of no use, if that can be.
async fn withdrawn(session: &Session, id: &str) -> bool {
    let Ok(request) = session.api.request(Method::DELETE, &[SCRIPTS, id]).await else {
        return false;
    };
    let what = "Couldn't delete the job script";
    session.api.send(what, request, StatusCode::NO_CONTENT).await.is_ok()
}

async fn upload(
    session: &Session,
    id: &str,
    source: &Source,
    progress: Option<&Progress>,
) -> Result<()> {
    progress.inspect(|progress| progress.says(&source.name));
    let what = format!("Couldn't upload {} of job script ({id})", source.name);
    let route = [SCRIPTS, id, "upload", source.file_type.as_str()];
    let request = session.api.upload(&route).await?.form(&[], &source.name, &source.content);
    session.api.send(&what, request, StatusCode::OK).await?;
    progress.inspect(|progress| progress.advance(source.content.len() as u64));
    Ok(())
}
