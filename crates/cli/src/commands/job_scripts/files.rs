//! The files of job scripts.

use std::path::{Path, PathBuf};

use clap::Args;
use futures::{StreamExt, TryStreamExt, stream};
use reqwest::{Method, StatusCode};
use serde_json::Value;

use super::{SCRIPTS, Session, get};
use crate::{
    api::not_understood,
    failure::Result,
    files::{NewFile, inside, write_all},
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
    is_entrypoint: bool,
}

/// Shows the files of a job script.
///
/// # Errors
/// When they can't be had.
pub async fn show(session: &Session, arguments: &ShowFiles) -> Result<()> {
    for file in fetch_all(session, arguments.one.selected()?).await? {
        let footer = file.is_entrypoint.then_some(MAIN);
        session.output.file(&file.new.name, &file.new.content, footer, arguments.plain)?;
    }
    Ok(())
}

/// Writes the files of a job script below a directory; where they are.
///
/// # Errors
/// When one of them can't be had or written.
pub async fn download(session: &Session, id: i64, to: &Path) -> Result<Vec<PathBuf>> {
    let files: Vec<_> = fetch_all(session, id).await?.into_iter().map(|file| file.new).collect();
    write_all(to, &files)
}

/// The same; where those files are that `sbatch` is to be given.
///
/// # Errors
/// The same.
pub async fn entrypoints(session: &Session, id: i64, to: &Path) -> Result<Vec<PathBuf>> {
    let files = fetch_all(session, id).await?;
    let is_entrypoint: Vec<_> = files.iter().map(|file| file.is_entrypoint).collect();
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
        let is_entrypoint = file.get("file_type").and_then(Value::as_str) == Some("ENTRYPOINT");
        wanted.push((name.to_owned(), is_entrypoint));
    }
    let fetched = wanted.into_iter().map(async |(name, is_entrypoint)| {
        let content = fetch(session, id, &name).await?;
        Ok(ScriptFile { new: NewFile { name, content }, is_entrypoint })
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
