//! Adding files: empty ones to write in, or those of the person's disk.

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use bytes::Bytes;
use jobbergate_types::{FileType, job_script_templates::FileNameQuery};
use serde_json::json;

use super::{Loaded, Parent, Tabs};
use crate::{
    error::{Error, Result as Answer},
    http::input,
    resources::files::{Expected, FilePut, Upload},
    web::{
        errors::Failure,
        page::page,
        portal::{
            Site, form::UserForm, frame::Frame, problems::Problems, upload::LenientUpload,
            user::User, words,
        },
    },
};

#[derive(Template)]
#[template(path = "portal/files_add.html")]
struct Add {
    frame: Frame,
    title: String,
    home: String,
    root: String,
    tabs: Tabs,
    name: String,
    /// Whether an entrypoint is what it lacks.
    needs_entrypoint: bool,
    most: String,
    problems: Problems,
}

impl Add {
    fn new(site: &Site, user: &User, loaded: &Loaded) -> Self {
        Self {
            frame: user.frame(site, loaded.area()),
            title: loaded.title.clone(),
            home: loaded.home(site),
            root: loaded.root(site),
            tabs: loaded.tabs(site, "/files"),
            name: String::new(),
            needs_entrypoint: !loaded.files.iter().any(|(_, kind)| *kind == FileType::Entrypoint),
            most: words::bytes(site.app.max_upload_file_size as u64),
            problems: Problems::default(),
        }
    }
}

pub(super) async fn ask(
    State(site): State<Site>,
    user: User,
    parent: Parent,
) -> Result<Response, Failure> {
    let loaded = parent.load_own(&user).await?;
    Ok(page(StatusCode::OK, &Add::new(&site, &user, &loaded))?)
}

/// Makes an empty file, and goes on to where it is written.
pub(super) async fn add(
    State(site): State<Site>,
    parent: Parent,
    UserForm { user, fields }: UserForm,
) -> Result<Response, Failure> {
    let loaded = parent.load_own(&user).await?;
    let name = fields.text("filename").trim();
    let new = Upload { filename: name.to_owned(), content: beginning(name, fields.text("role")) };
    match put(&user, &loaded, fields.text("role"), new, Expected::Nothing).await {
        Ok(()) => Ok(Redirect::to(&loaded.file(&site, "file", name)).into_response()),
        Err(error) => {
            let problems = Problems::of(error, "filename")?;
            let again = Add { name: name.to_owned(), ..Add::new(&site, &user, &loaded) };
            Ok(page(problems.status(), &Add { problems, ..again })?)
        }
    }
}

/// An entrypoint has to begin like this; YAML that is empty is none.
fn beginning(name: &str, role: &str) -> Bytes {
    let is_python = name.contains(".py");
    match role {
        "ENTRYPOINT" if !is_python => Bytes::from_static(b"#!/bin/bash\n"),
        "ENTRYPOINT" => Bytes::from_static(b"#!/usr/bin/env python3\n"),
        _ => Bytes::new(),
    }
}

pub(super) async fn upload(
    State(site): State<Site>,
    parent: Parent,
    LenientUpload { user, fields, files, refused }: LenientUpload,
) -> Result<Response, Failure> {
    let loaded = parent.load_own(&user).await?;
    let mut problems = Problems::default();
    let most = words::bytes(site.app.max_upload_file_size as u64);
    for name in &refused {
        let words = format!("{name} is too large: a file may have {most}");
        problems.join(Problems::of(Error::TooLarge(words), "files")?);
    }
    if files.is_empty() && refused.is_empty() {
        problems.add("files", "Choose at least one file");
    }
    let mut last = None;
    for file in files {
        let name = file.filename.clone();
        let upload = Upload { filename: name.clone(), content: file.content };
        let put = put(&user, &loaded, fields.text("role"), upload, Expected::Anything).await;
        match put {
            Ok(()) => last = Some(name),
            Err(error) => problems.join(Problems::of(error, "files")?),
        }
    }
    match last.filter(|_| problems.is_empty()) {
        Some(name) => Ok(Redirect::to(&loaded.file(&site, "file", &name)).into_response()),
        None => {
            let loaded = parent.load_own(&user).await?;
            let again = Add::new(&site, &user, &loaded);
            Ok(page(problems.status(), &Add { problems, ..again })?)
        }
    }
}

/// A file that is there keeps what it is to its parent, unless something else is said.
async fn put(
    user: &User,
    loaded: &Loaded,
    role: &str,
    upload: Upload,
    expected: Expected,
) -> Answer<()> {
    let names: FileNameQuery = input::body(&json!({"filename": upload.filename}))?;
    let chosen = match role {
        "ENTRYPOINT" => Some(FileType::Entrypoint),
        "SUPPORT" => Some(FileType::Support),
        _ => None,
    };
    let kept = loaded.kind(&upload.filename);
    let file_type = chosen.or(kept).unwrap_or(FileType::Support);
    loaded.put(user, FilePut { names, file_type, upload: Some(upload), expected }).await
}
