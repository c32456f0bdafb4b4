//! Editing one file.

use askama::Template;
use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use jobbergate_types::{FileType, job_script_templates::FileNameQuery};
use serde_json::json;

use super::{Loaded, Named, Parent, Tabs};
use crate::{
    error::{Error, Result as Answer},
    http::input,
    resources::files::{Expected, FilePut, GONE, Upload, revision, revision_of},
    web::{
        errors::Failure,
        page::page,
        portal::{
            Site,
            difference::{self, Line},
            fields::Fields,
            form::UserForm,
            frame::Frame,
            problems::Problems,
            source_check::{Remark, Remarks, remarks},
            text_file::{self, Content},
            user::User,
        },
    },
};

#[derive(Template)]
#[template(path = "portal/file_edit.html")]
struct Edit {
    frame: Frame,
    title: String,
    home: String,
    root: String,
    tabs: Tabs,
    /// The file's name and what is known by it.
    name: String,
    address: String,
    check: String,
    download: String,
    delete: String,
    /// As it is, or as it was filled in.
    filename: String,
    is_entrypoint: bool,
    content: Content,
    version: String,
    remarks: Vec<Remark>,
    /// From what somebody else saved meanwhile to what was typed.
    conflict: Option<Vec<Line>>,
    problems: Problems,
    done: bool,
}

/// A file as it is stored.
struct Stored {
    content: Content,
    version: String,
}

pub(super) async fn edit(
    State(site): State<Site>,
    user: User,
    parent: Parent,
    Query(Named { name }): Query<Named>,
    axum::extract::RawQuery(query): axum::extract::RawQuery,
) -> Result<Response, Failure> {
    let loaded = parent.load_own(&user).await?;
    let kind = loaded.kind(&name).ok_or_else(|| no_file(&name))?;
    let Stored { content, version } = stored(&user, &loaded, &name).await?;
    let done = Fields::parse(query.unwrap_or_default().as_bytes()).text("done") == "saved";
    let shown = Edit { done, version, ..shown(&site, &user, &loaded, &name, kind) };
    let remarks = match &content {
        Content::Text(text) => remarks(&user.context, loaded.purpose(kind), &name, text).await?,
        Content::Hidden(_) => Vec::new(),
    };
    Ok(page(StatusCode::OK, &Edit { content, remarks, ..shown })?)
}

fn no_file(name: &str) -> Failure {
    Failure::new(StatusCode::NOT_FOUND, format!("There is no file {name} any more."))
}

fn shown(site: &Site, user: &User, loaded: &Loaded, name: &str, kind: FileType) -> Edit {
    let address = loaded.file(site, "file", name);
    let here = address.strip_prefix(&loaded.root(site)).unwrap_or_default().to_owned();
    Edit {
        frame: user.frame(site, loaded.area()),
        title: loaded.title.clone(),
        home: loaded.home(site),
        root: loaded.root(site),
        tabs: loaded.tabs(site, &here),
        name: name.to_owned(),
        address,
        check: loaded.file(site, "file/check", name),
        download: loaded.file(site, "file/download", name),
        delete: loaded.file(site, "file/delete", name),
        filename: name.to_owned(),
        is_entrypoint: kind == FileType::Entrypoint,
        content: Content::Text(String::new()),
        version: String::new(),
        remarks: Vec::new(),
        conflict: None,
        problems: Problems::default(),
        done: false,
    }
}

/// What is stored now; nothing if it was deleted.
async fn stored(user: &User, loaded: &Loaded, name: &str) -> Answer<Stored> {
    let opened = match loaded.open(user, name).await {
        Err(Error::NotFound(_)) => {
            return Ok(Stored { content: Content::Text(String::new()), version: GONE.to_owned() });
        }
        opened => opened?,
    };
    let content = text_file::read(&user.context, opened).await?;
    let version = match &content {
        Content::Text(text) => revision(text.as_bytes()),
        Content::Hidden(_) => revision_of(loaded.open(user, name).await?).await?,
    };
    Ok(Stored { content, version })
}

fn role(fields: &Fields) -> FileType {
    match fields.text("role") {
        "ENTRYPOINT" => FileType::Entrypoint,
        _ => FileType::Support,
    }
}

/// While it is typed.
pub(super) async fn check(
    parent: Parent,
    UserForm { user, fields }: UserForm,
) -> Result<Response, Failure> {
    let loaded = parent.load_own(&user).await?;
    let purpose = loaded.purpose(role(&fields));
    let content = fields.lines("content");
    let remarks = remarks(&user.context, purpose, fields.text("filename"), &content).await?;
    Ok(page(StatusCode::OK, &Remarks { remarks })?)
}

pub(super) async fn save(
    State(site): State<Site>,
    parent: Parent,
    Query(Named { name }): Query<Named>,
    UserForm { user, fields }: UserForm,
) -> Result<Response, Failure> {
    let loaded = parent.load_own(&user).await?;
    let (typed, began) = (fields.lines("content"), fields.text("version"));
    let (kind, filename) = (role(&fields), fields.text("filename").trim());
    let saved = put(&user, &loaded, (&name, filename, kind), (&typed, began)).await;
    let mut again = Edit {
        filename: filename.to_owned(),
        version: began.to_owned(),
        ..shown(&site, &user, &loaded, &name, kind)
    };
    match saved {
        Ok(()) => {
            let address = loaded.file(&site, "file", filename);
            return Ok(Redirect::to(&format!("{address}&done=saved")).into_response());
        }
        Err(Error::Changed) => {
            let now = stored(&user, &loaded, &name).await?;
            again.version = now.version;
            again.conflict = Some(match &now.content {
                Content::Text(theirs) => difference::between(theirs, &typed),
                Content::Hidden(_) => Vec::new(),
            });
        }
        Err(error) => again.problems = Problems::of(error, "content")?,
    }
    again.remarks = remarks(&user.context, loaded.purpose(kind), filename, &typed).await?;
    again.content = Content::Text(typed);
    let status = match again.conflict {
        Some(_) => StatusCode::CONFLICT,
        None => again.problems.status(),
    };
    Ok(page(status, &again)?)
}

/// Saves it, unless somebody else changed it since the form `began`.
async fn put(
    user: &User,
    loaded: &Loaded,
    (name, filename, file_type): (&str, &str, FileType),
    (content, began): (&str, &str),
) -> Answer<()> {
    let most = user.context.app.max_upload_file_size;
    if content.len() > most {
        return Err(Error::TooLarge(format!("It is too long: a file may have {most} bytes")));
    }
    if filename != name && loaded.kind(filename).is_some() {
        let words = format!("There is a file {filename} already; choose another name");
        return Err(Error::Conflict(words));
    }
    let previous = loaded.kind(name).filter(|_| filename != name).map(|_| name);
    let asked = json!({"filename": filename, "previous_filename": previous});
    let names: FileNameQuery = input::body(&asked)?;
    let upload =
        Upload { filename: filename.to_owned(), content: content.as_bytes().to_vec().into() };
    let expected = Expected::OneOf(vec![began.to_owned(), revision(content.as_bytes())]);
    loaded.put(user, FilePut { names, file_type, upload: Some(upload), expected }).await
}
