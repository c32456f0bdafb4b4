//! The files of an application: on its page, and as they are.

use axum::{
    extract::{Path, State},
    response::Response,
};
use jobbergate_types::{FileType, job_script_templates::JobTemplateDetailedView};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{
    error::{Error, Result},
    permission::Permission,
    resources::job_script_templates::{Locator, service, workflow},
    storage::OpenFile,
    web::{
        errors::{Failure, plain},
        portal::{Site, text_file, user::User, words::bytes},
    },
};

/// So much of a file is shown, in bytes.
const MAX_SHOWN: u64 = 128 << 10;
/// So much of all files of an application.
const MAX_OF_ALL: u64 = 512 << 10;
/// How many files are read for a page.
const MAX_READ: usize = 50;
/// A file with more lines is folded.
const LONG: usize = 60;
/// What each byte takes at most on the page.
const COST: u64 = 6;

const IN_PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_');

/// A file as its page shows it.
pub(super) struct Source {
    pub(super) name: String,
    pub(super) role: &'static str,
    /// How long it is.
    pub(super) size: String,
    /// What it is written in, for the script that highlights it.
    pub(super) language: &'static str,
    pub(super) text: Option<String>,
    /// Why not all of it is shown.
    pub(super) problem: Option<String>,
    pub(super) is_open: bool,
    pub(super) address: String,
}

/// What is read for a page, and how much of it may still be.
struct Reading<'u> {
    user: &'u User,
    files: usize,
    left: u64,
}

/// All files, the entrypoint first; what can't be read is said on the page.
pub(super) async fn of(
    site: &Site,
    user: &User,
    template: &JobTemplateDetailedView,
) -> Result<Vec<Source>> {
    let id = template.template.id;
    let (locator, base) = (Locator::Id(id), site.path(&format!("/applications/{id}")));
    let mut reading = Reading { user, files: MAX_READ, left: MAX_OF_ALL };
    let mut files: Vec<_> = template.template_files.iter().flatten().collect();
    files.sort_by_key(|file| file.file_type != FileType::Entrypoint);
    let mut sources = Vec::new();
    for file in files {
        let role = match file.file_type {
            FileType::Entrypoint => "given to sbatch",
            FileType::Support => "beside it",
        };
        let address = format!("{base}/files/{}", utf8_percent_encode(&file.filename, IN_PATH));
        let source = Source::new(&file.filename, role, address);
        let opening = service::get_file(&user.context, &locator, &file.filename);
        sources.push(reading.read(source, opening).await?);
    }
    for file in template.workflow_files.iter().flatten() {
        let address = format!("{base}/workflow-file");
        let source = Source::new(&file.filename, "asks on the command line", address);
        sources.push(reading.read(source, workflow::get(&user.context, &locator)).await?);
    }
    Ok(sources)
}

impl Reading<'_> {
    async fn read(
        &mut self,
        mut source: Source,
        opening: impl Future<Output = Result<OpenFile>>,
    ) -> Result<Source> {
        if self.files == 0 {
            source.problem = Some("There are too many files to show them all.".to_owned());
            return Ok(source);
        }
        self.files -= 1;
        let file = match opening.await {
            Ok(file) => file,
            Err(error) => {
                error.log();
                source.problem = Some(plain(&error));
                return Ok(source);
            }
        };
        let (size, most) = (file.size, MAX_SHOWN.min(self.left));
        let shown = size.min(most);
        self.left -= shown;
        let room = usize::try_from(shown.saturating_mul(COST)).unwrap_or(usize::MAX);
        self.user.context.take_room(room).await?;
        source.size = bytes(size);
        match file.beginning(most).await {
            Ok(content) => source.take(&content, size),
            Err(error @ Error::Internal(_)) => return Err(error),
            Err(error) => {
                error.log();
                source.problem = Some(plain(&error));
            }
        }
        Ok(source)
    }
}

impl Source {
    fn new(name: &str, role: &'static str, address: String) -> Self {
        Self {
            name: name.to_owned(),
            role,
            size: String::new(),
            language: language(name),
            text: None,
            problem: None,
            is_open: false,
            address,
        }
    }

    /// Shows what was read of a file of this size.
    fn take(&mut self, content: &[u8], size: u64) {
        let is_whole = content.len() as u64 == size;
        let Some(text) = text_of(content, is_whole) else {
            self.problem = Some("This is no text.".to_owned());
            return;
        };
        let lines = text.lines().count();
        let plural = if lines == 1 { "" } else { "s" };
        if is_whole {
            self.size = format!("{lines} line{plural}, {}", self.size);
        } else if text.is_empty() {
            self.problem = Some("It is too long to be shown here.".to_owned());
            return;
        } else {
            let words = format!("Only the first {lines} line{plural} are shown here.");
            self.problem = Some(words);
        }
        if self.language.is_empty() && text.starts_with("#!") {
            self.language = language_of_program(&text);
        }
        self.is_open = lines <= LONG;
        self.text = Some(text);
    }
}

/// Whole lines of text; nothing if it is none.
fn text_of(content: &[u8], is_whole: bool) -> Option<String> {
    let content = match is_whole {
        true => content,
        false => {
            let end = content.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
            content.get(..end).unwrap_or_default()
        }
    };
    let text = str::from_utf8(content).ok()?;
    (!text.contains('\0')).then(|| text.to_owned())
}

/// What a file is written in, by its name without the suffix of templates.
fn language(name: &str) -> &'static str {
    let name = name.to_ascii_lowercase();
    let name =
        [".j2", ".jinja2", ".jinja"].iter().find_map(|it| name.strip_suffix(it)).unwrap_or(&name);
    match name.rsplit_once('.').map(|(_, suffix)| suffix) {
        Some("sh" | "bash" | "sbatch" | "slurm" | "job" | "csh" | "zsh" | "ksh") => "sh",
        Some("py") => "python",
        Some("yaml" | "yml") => "yaml",
        _ => "",
    }
}

fn language_of_program(text: &str) -> &'static str {
    let first = text.lines().next().unwrap_or_default();
    if first.contains("python") {
        return "python";
    }
    if first.contains("sh") { "sh" } else { "" }
}

pub(super) async fn download(
    State(_): State<Site>,
    user: User,
    Path((id, name)): Path<(String, String)>,
) -> Result<Response, Failure> {
    user.require(Permission::JobTemplatesRead)?;
    let file = service::get_file(&user.context, &Locator::parse(&id), &name).await?;
    Ok(text_file::download(&name, file))
}

pub(super) async fn download_workflow(
    State(_): State<Site>,
    user: User,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    user.require(Permission::JobTemplatesRead)?;
    let file = workflow::get(&user.context, &Locator::parse(&id)).await?;
    Ok(text_file::download(workflow::store::FILENAME, file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_is_written_in_is_seen_by_its_name_or_first_line() {
        for (name, is) in [
            ("job.sh.j2", "sh"),
            ("job.sbatch", "sh"),
            ("dir/RUN.PY", "python"),
            ("conf.yml.jinja", "yaml"),
            ("data.csv", ""),
            ("j2", ""),
        ] {
            assert_eq!(language(name), is, "{name}");
        }
        assert_eq!(language_of_program("#!/usr/bin/env python3\n"), "python");
        assert_eq!(language_of_program("#!/bin/bash -l\n"), "sh");
    }

    #[test]
    fn what_is_cut_ends_with_a_line() {
        assert_eq!(text_of("a\nü".as_bytes(), true).unwrap(), "a\nü");
        assert_eq!(text_of(b"a\nb\xc3", false).unwrap(), "a\n");
        assert_eq!(text_of(b"a\0b", true), None);
        assert_eq!(text_of(b"\xff", true), None);
    }
}
