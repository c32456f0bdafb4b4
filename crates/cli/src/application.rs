//! An application on disk: a directory with `jobbergate.yaml`, templates, perhaps a workflow.

pub mod config;
mod download;
mod upload;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{
    failure::{Failure, Result},
    output,
};
use config::{Config, misspelt_sections};
pub use download::{download, workflow_of};
pub use upload::upload;

/// The workflow file.
pub const WORKFLOW: &str = "jobbergate.py";
/// What the API calls applications.
pub const TEMPLATES: &str = "job-script-templates";
/// The configuration.
pub const CONFIG: &str = "jobbergate.yaml";
/// What templates end with.
const SUFFIXES: [&str; 2] = [".j2", ".jinja2"];
/// Directories within directories.
const MAX_DEPTH: usize = 20;

/// What is in such a directory.
#[derive(Debug)]
pub struct Application {
    /// The configuration.
    pub config: Config,
    /// The templates.
    pub templates: Vec<Template>,
    /// The workflow file.
    pub workflow: Option<Vec<u8>>,
}

/// A template on disk.
#[derive(Debug)]
pub struct Template {
    /// Its path, relative to the directory.
    pub path: String,
    /// Its own name.
    pub name: String,
    /// What is in it.
    pub content: Vec<u8>,
}

impl Application {
    /// Reads a directory.
    ///
    /// # Errors
    /// What it lacks, or what is wrong in it.
    pub fn read(directory: &Path) -> Result<Self> {
        if !directory.is_dir() {
            return Err(invalid(&not_a_directory(directory)));
        }
        let config = read_file(&directory.join(CONFIG))?.ok_or_else(|| {
            let there = directory.display();
            invalid(&format!(
                "{there} has no file {CONFIG} -- Please name the directory that has it"
            ))
        })?;
        for (section, meant) in misspelt_sections(&config) {
            output::tell(&format!(
                "note: {CONFIG} has a section {section}, which is not read; did you mean {meant}?\n"
            ));
        }
        let config = Config::parse(&config).map_err(|problem| {
            invalid(&format!("{}: {problem}", directory.join(CONFIG).display()))
        })?;
        let workflow = read_file(&directory.join(WORKFLOW))?;
        let mut paths = Vec::new();
        find_templates(directory, 0, &mut paths)
            .map_err(|error| invalid(&format!("{}: {error}", directory.display())))?;
        if paths.is_empty() {
            let text = format!("{} has no template (*.j2 or *.jinja2)", directory.display());
            return Err(invalid(&text));
        }
        paths.sort();
        let templates: Result<Vec<_>> =
            paths.iter().map(|path| Template::read(directory, path)).collect();
        Ok(Self { config, templates: templates?, workflow })
    }
}

impl Template {
    fn read(directory: &Path, path: &Path) -> Result<Self> {
        let content =
            fs::read(path).map_err(|error| invalid(&format!("{}: {error}", path.display())))?;
        let relative = path.strip_prefix(directory).unwrap_or(path);
        let text = |path: &Path| {
            path.to_str()
                .map(str::to_owned)
                .ok_or_else(|| invalid(&format!("{}: the name is not UTF-8 text", path.display())))
        };
        let name = text(Path::new(relative.file_name().unwrap_or_default()))?;
        Ok(Self { path: text(relative)?, name, content })
    }
}

fn find_templates(directory: &Path, depth: usize, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let (path, name) = (entry.path(), entry.file_name());
        // A link to a directory may lead around in a circle.
        if entry.file_type()?.is_dir() {
            if depth < MAX_DEPTH {
                find_templates(&path, depth + 1, found)?;
            }
        } else if SUFFIXES.iter().any(|suffix| name.to_string_lossy().ends_with(suffix))
            && path.is_file()
        {
            found.push(path);
        }
    }
    Ok(())
}

fn read_file(path: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(invalid(&format!("{}: {error}", path.display()))),
    }
}

/// Why a path can't be used as a directory.
pub fn not_a_directory(path: &Path) -> String {
    let what = if path.exists() { "is not a directory" } else { "does not exist" };
    format!("{} {what}", path.display())
}

/// That a directory is no application.
pub fn invalid(text: &str) -> Failure {
    Failure::new("Invalid application", text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint(directory: &Path) -> String {
        match Application::read(directory) {
            Err(Failure::Refused { text, .. }) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_a_directory_lacks_is_named() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path();
        assert!(complaint(&directory.join("missing")).ends_with("does not exist"));
        assert!(complaint(directory).contains("no file jobbergate.yaml"));
        fs::write(directory.join(CONFIG), "a: [").unwrap();
        assert!(complaint(directory).contains("jobbergate.yaml: line"));
        fs::write(directory.join(CONFIG), "").unwrap();
        assert!(complaint(directory).contains("application_config"));
        fs::write(directory.join(CONFIG), "application_config: {}\njobbergate_config: {}").unwrap();
        assert!(complaint(directory).contains("no template"));
        fs::create_dir_all(directory.join(".hidden/deep")).unwrap();
        fs::write(directory.join(".hidden/deep/x.jinja2"), "x").unwrap();
        let application = Application::read(directory).unwrap();
        assert_eq!(application.templates[0].path, ".hidden/deep/x.jinja2");
        assert_eq!(application.templates[0].name, "x.jinja2");
        assert!(application.workflow.is_none());
    }
}
