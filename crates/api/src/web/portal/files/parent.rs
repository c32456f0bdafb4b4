//! Whose files are edited: an application's or a script's.

use std::{
    collections::HashMap,
    path::{self, Component},
};

use axum::{
    extract::{FromRequestParts, Path},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use jobbergate_questions::files::without_suffix;
use jobbergate_types::FileType;

use crate::{
    error::{Error, Result as Answer},
    permission::Permission,
    resources::{
        files::FilePut,
        job_script_templates::{self, Locator},
        job_scripts,
    },
    storage::OpenFile,
    web::{
        errors::Failure,
        portal::{Site, fields::Fields, frame::Area, source_check::Purpose, user::User},
    },
};

/// As the address of a page names it.
#[derive(Debug, Clone)]
pub(in crate::web::portal) enum Parent {
    Script(i64),
    Template(Locator),
}

/// As it is now.
#[derive(Debug)]
pub(in crate::web::portal) struct Loaded {
    is_script: bool,
    pub(in crate::web::portal) id: i64,
    pub(in crate::web::portal) title: String,
    owner: String,
    pub(in crate::web::portal) files: Vec<(String, FileType)>,
    has_workflow: bool,
}

/// The ways to its parts, and why it can't be used as it is.
#[derive(Debug)]
pub(in crate::web::portal) struct Tabs {
    pub(in crate::web::portal) all: Vec<Tab>,
    pub(in crate::web::portal) fault: Option<String>,
}

/// A way to a part of it.
#[derive(Debug)]
pub(in crate::web::portal) struct Tab {
    pub(in crate::web::portal) address: String,
    pub(in crate::web::portal) words: String,
    pub(in crate::web::portal) note: &'static str,
    pub(in crate::web::portal) is_here: bool,
}

impl FromRequestParts<Site> for Parent {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Response> {
        let none = |words| Failure::no_page(StatusCode::NOT_FOUND, words).into_response();
        let Path(name) = Path::<String>::from_request_parts(parts, site)
            .await
            .map_err(|_| none("This address can't be read."))?;
        if !parts.uri.path().starts_with("/scripts/") {
            return Ok(Self::Template(Locator::parse(&name)));
        }
        let number = name.parse().map_err(|_| none("Scripts have numbers, and this is none."))?;
        Ok(Self::Script(number))
    }
}

impl Parent {
    /// 403 unless this person may change its files.
    pub(in crate::web::portal) async fn load_own(&self, user: &User) -> Result<Loaded, Failure> {
        let (create, update) = match self {
            Self::Script(_) => (Permission::JobScriptsCreate, Permission::JobScriptsUpdate),
            Self::Template(_) => (Permission::JobTemplatesCreate, Permission::JobTemplatesUpdate),
        };
        if !user.may(create) {
            user.require(update)?;
        }
        let loaded = self.load(user).await?;
        loaded.require_own(user)?;
        Ok(loaded)
    }

    /// 403 unless this person may delete its files.
    pub(in crate::web::portal) async fn load_to_delete(
        &self,
        user: &User,
    ) -> Result<Loaded, Failure> {
        let (delete, update) = match self {
            Self::Script(_) => (Permission::JobScriptsDelete, Permission::JobScriptsUpdate),
            Self::Template(_) => (Permission::JobTemplatesDelete, Permission::JobTemplatesUpdate),
        };
        if !user.may(delete) {
            user.require(update)?;
        }
        let loaded = self.load(user).await?;
        loaded.require_own(user)?;
        Ok(loaded)
    }

    /// 403 unless this person may see it.
    pub(in crate::web::portal) async fn load(&self, user: &User) -> Result<Loaded, Failure> {
        match self {
            Self::Script(id) => {
                user.require(Permission::JobScriptsRead)?;
                let found = job_scripts::service::get(&user.context, *id).await;
                let found = found.map_err(|error| gone(error, "script"))?;
                let files = found.files.unwrap_or_default();
                Ok(Loaded {
                    is_script: true,
                    id: *id,
                    title: found.script.name,
                    owner: found.script.owner_email,
                    files: files.into_iter().map(|row| (row.filename, row.file_type)).collect(),
                    has_workflow: false,
                })
            }
            Self::Template(locator) => {
                user.require(Permission::JobTemplatesRead)?;
                let found = job_script_templates::service::get(&user.context, locator).await;
                let found = found.map_err(|error| gone(error, "application"))?;
                let files = found.template_files.unwrap_or_default();
                Ok(Loaded {
                    is_script: false,
                    id: found.template.id,
                    title: found.template.name,
                    owner: found.template.owner_email,
                    files: files.into_iter().map(|row| (row.filename, row.file_type)).collect(),
                    has_workflow: found.workflow_files.is_some_and(|files| !files.is_empty()),
                })
            }
        }
    }
}

/// What was there when its page was opened may have been deleted since.
fn gone(error: Error, what: &str) -> Failure {
    match error {
        Error::NotFound(_) => {
            let words = format!("There is no such {what}, or not any more. Nothing was saved.");
            Failure::new(StatusCode::NOT_FOUND, words)
        }
        error => error.into(),
    }
}

impl Loaded {
    fn locator(&self) -> Locator {
        Locator::Id(self.id)
    }

    pub(in crate::web::portal) fn area(&self) -> Area {
        if self.is_script { Area::Scripts } else { Area::Applications }
    }

    /// The address of its own page.
    pub(in crate::web::portal) fn home(&self, site: &Site) -> String {
        let kind = if self.is_script { "scripts" } else { "applications" };
        site.path(&format!("/{kind}/{}", self.id))
    }

    /// The address below which it is edited.
    pub(in crate::web::portal) fn root(&self, site: &Site) -> String {
        format!("{}/edit", self.home(site))
    }

    /// The address of a page about a file.
    pub(in crate::web::portal) fn file(&self, site: &Site, page: &str, name: &str) -> String {
        let query = Fields(vec![("name".to_owned(), name.to_owned())]).query();
        format!("{}/{page}?{query}", self.root(site))
    }

    pub(in crate::web::portal) fn require_own(&self, user: &User) -> Result<(), Failure> {
        if user.may_change_of(&self.owner) {
            return Ok(());
        }
        let words = format!(
            "It is {}'s, and only they may change it. Make a copy, which is yours to change.",
            self.owner
        );
        Err(Failure {
            title: "You may not change this",
            ..Failure::new(StatusCode::FORBIDDEN, words)
        })
    }

    pub(in crate::web::portal) fn purpose(&self, file_type: FileType) -> Purpose {
        match self.is_script {
            true => Purpose::Script(file_type),
            false => Purpose::Template(file_type),
        }
    }

    /// The kind of a file, if there is one of this name.
    pub(in crate::web::portal) fn kind(&self, name: &str) -> Option<FileType> {
        self.files.iter().find(|(known, _)| known == name).map(|(_, kind)| *kind)
    }

    pub(in crate::web::portal) async fn open(&self, user: &User, name: &str) -> Answer<OpenFile> {
        match self.is_script {
            true => job_scripts::service::get_file(&user.context, self.id, name).await,
            false => {
                let locator = self.locator();
                job_script_templates::service::get_file(&user.context, &locator, name).await
            }
        }
    }

    pub(in crate::web::portal) async fn put(&self, user: &User, file: FilePut) -> Answer<()> {
        let names = &file.names;
        if names.filename.iter().any(|name| leads_elsewhere(name)) {
            let words =
                "The name must be one within the job's directory, without .. and no / before it";
            return Err(Error::Unprocessable(words.to_owned()));
        }
        let (context, who) = (&user.context, &user.identity);
        match self.is_script {
            true => job_scripts::service::put_file(context, who, self.id, file).await.map(drop),
            false => {
                let locator = self.locator();
                job_script_templates::service::put_file(context, who, &locator, file)
                    .await
                    .map(drop)
            }
        }
    }

    pub(in crate::web::portal) async fn delete(&self, user: &User, name: &str) -> Answer<()> {
        let (context, who) = (&user.context, &user.identity);
        match self.is_script {
            true => job_scripts::service::delete_file(context, who, self.id, name).await,
            false => {
                let locator = self.locator();
                job_script_templates::service::delete_file(context, who, &locator, name).await
            }
        }
    }

    /// The ways to its parts; `here` is the end of the address of the one that is shown.
    pub(in crate::web::portal) fn tabs(&self, site: &Site, here: &str) -> Tabs {
        let root = self.root(site);
        let here = format!("{root}{here}");
        let tab = |address: String, words: &str, note| {
            let is_here = address == here;
            Tab { address, words: words.to_owned(), note, is_here }
        };
        let mut tabs = Vec::new();
        if !self.is_script {
            tabs.push(tab(root.clone(), "Details", ""));
            tabs.push(tab(format!("{root}/questions"), "Questions", ""));
            let note = if self.has_workflow { "" } else { "none" };
            tabs.push(tab(format!("{root}/workflow"), "Workflow", note));
        }
        for (name, kind) in &self.files {
            let note = if *kind == FileType::Entrypoint { "entry point" } else { "" };
            tabs.push(tab(self.file(site, "file", name), name, note));
        }
        tabs.push(tab(format!("{root}/files"), "Add a file", ""));
        if !self.is_script {
            tabs.push(tab(format!("{root}/try"), "Try it", ""));
        }
        Tabs { all: tabs, fault: self.fault() }
    }

    /// Why it can't be used as it is; that it has no files yet is told elsewhere.
    fn fault(&self) -> Option<String> {
        let is_entrypoint = |(_, kind): &&(String, FileType)| *kind == FileType::Entrypoint;
        let mut entrypoints = self.files.iter().filter(is_entrypoint).map(|(name, _)| name);
        if let (Some(one), Some(other)) = (entrypoints.next(), entrypoints.next()) {
            return Some(format!(
                "{one} and {other} are both entry points, and one is given to sbatch: make the other a \
                 support file."
            ));
        }
        let templates = self.files.iter().filter(|_| !self.is_script);
        let clash = clash(templates.map(|(name, _)| (name.as_str(), without_suffix(name))))?;
        Some(format!("{clash}: rename or delete one of them."))
    }
}

/// Whether a file of this name would not be below the directory that a job runs in: agents refuse it.
fn leads_elsewhere(name: &str) -> bool {
    path::Path::new(name)
        .components()
        .any(|part| !matches!(part, Component::Normal(_) | Component::CurDir))
}

/// Which two files would be one file of the script: of two with one name one would be lost.
pub(in crate::web::portal) fn clash<'n>(
    outputs: impl Iterator<Item = (&'n str, &'n str)>,
) -> Option<String> {
    let mut named: HashMap<&str, &str> = HashMap::new();
    outputs
        .filter_map(|(template, output)| {
            let other = named.insert(output, template)?;
            Some(format!("{other} and {template} would both become {output}"))
        })
        .next()
}
