//! The files of job scripts.

use std::path::{Path, PathBuf};

use clap::Args;
use futures::{StreamExt, TryStreamExt, stream};
use reqwest::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::{SCRIPTS, Session, get, read};
use crate::{
    api::not_understood,
    failure::{Failure, Result},
    files::{NewFile, inside, write_all, write_downloaded},
    output::{resource::SCRIPT_FILE, two_ways},
    select::One,
};

/// How many files are fetched at once.
const AT_ONCE: usize = 4;
const MAIN: &str = "This is the main job script file";

/// How to show files.
#[derive(Debug, Args)]
pub struct ShowFiles {
    #[command(flatten)]
    one: One,
    /// Without panels
    #[arg(long, overrides_with = "no_plain")]
    plain: bool,
    #[arg(long, hide = true, overrides_with = "plain")]
    no_plain: bool,
}

/// A file of a job script.
struct ScriptFile {
    new: NewFile,
    file_type: Value,
}

impl ScriptFile {
    fn is_entrypoint(&self) -> bool {
        self.file_type == "ENTRYPOINT"
    }

    /// The file as a row.
    fn row(&self, id: i64) -> Result<Map<String, Value>> {
        let NewFile { name, content } = &self.new;
        let content = std::str::from_utf8(content).map_err(|_| {
            let text = format!(
                "{name} is not UTF-8 text -- Please use `jobbergate job-scripts download-files {id}`"
            );
            Failure::new("File can't be shown", text)
        })?;
        let file = json!({"filename": name, "file_type": self.file_type, "content": content});
        read("Couldn't show files", &SCRIPT_FILE, &file)
    }
}

/// Shows the files of a job script.
///
/// # Errors
/// When they can't be had.
pub async fn show(session: &Session, arguments: &ShowFiles) -> Result<()> {
    let (id, output) = (arguments.one.selected()?, &session.output);
    if output.is_one_document() {
        if arguments.plain {
            return Err(two_ways());
        }
        let files = fetch_all(session, id).await?;
        let rows: Vec<_> = files.iter().map(|file| file.row(id)).collect::<Result<_>>()?;
        return output.list("Job Script Files", &SCRIPT_FILE, &rows, "");
    }
    for file in fetch_all(session, id).await? {
        let footer = file.is_entrypoint().then_some(MAIN);
        output.file(&file.new.name, &file.new.content, footer, arguments.plain)?;
    }
    Ok(())
}

/// Writes the files of a job script below a directory; where they are.
///
/// # Errors
/// When one of them can't be had or written.
pub async fn download(session: &Session, id: i64, to: &Path) -> Result<Vec<PathBuf>> {
    let files: Vec<_> = fetch_all(session, id).await?.into_iter().map(|file| file.new).collect();
    write_downloaded(to, &files)
}

/// The same; where those files are that `sbatch` is to be given.
///
/// # Errors
/// The same.
pub async fn entrypoints(session: &Session, id: i64, to: &Path) -> Result<Vec<PathBuf>> {
    let files = fetch_all(session, id).await?;
    let is_entrypoint: Vec<_> = files.iter().map(ScriptFile::is_entrypoint).collect();
    let files: Vec<_> = files.into_iter().map(|file| file.new).collect();
    let written = write_all(to, &files)?;
    let chosen = written.into_iter().zip(is_entrypoint).filter(|(_, is_entrypoint)| *is_entrypoint);
    Ok(chosen.map(|(path, _)| path).collect())
}

async fn fetch_all(session: &Session, id: i64) -> Result<Vec<ScriptFile>> {
    let script = get(session, id).await?;
    let what = format!("Couldn't download files of job script ({id})");
    let mut wanted = Vec::new();
    for file in script.get("files").and_then(Value::as_array).into_iter().flatten() {
        let name = file.get("filename").and_then(Value::as_str);
        let name = name.ok_or_else(|| not_understood(&what, "a file has no filename"))?;
        // Before anything is fetched: it may lead elsewhere.
        inside(name)?;
        let file_type = file.get("file_type").cloned().unwrap_or_default();
        wanted.push((name.to_owned(), file_type));
    }
    let fetched = wanted.into_iter().map(async |(name, file_type)| {
        let content = fetch(session, id, &name).await?;
        Ok(ScriptFile { new: NewFile { name, content }, file_type })
    });
    stream::iter(fetched).buffered(AT_ONCE).try_collect().await
}

async fn fetch(session: &Session, id: i64, name: &str) -> Result<Vec<u8>> {
    let what = format!("Couldn't download {name} of job script ({id})");
    let id = id.to_string();
    let mut route = vec![SCRIPTS, &id, "upload"];
    route.extend(name.split('/'));
    let request = session.api.request(Method::GET, &route).await?;
    Ok(session.api.send(&what, request, StatusCode::OK).await?.body)
}
