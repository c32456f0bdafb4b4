//! The workflow file, which asks on command lines what forms ask here, and its settings.

use askama::Template;
use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use jobbergate_types::job_script_templates::RunTimeConfig;
use serde_json::json;

use super::details::{object, pretty};
use crate::{
    error::Error,
    http::input,
    resources::{
        files::{GONE, revision, revision_of},
        job_script_templates::{self, Locator, workflow},
    },
    web::{
        errors::Failure,
        page::page,
        portal::{
            Site,
            certain::Certain,
            difference::{self, Line},
            fields::Fields,
            files::{Loaded, Parent, Tabs},
            form::UserForm,
            frame::Frame,
            problems::Problems,
            source_check::{Purpose, Remark, Remarks, remarks},
            text_file::{self, Content},
            user::User,
        },
    },
};

/// What every workflow file is called.
const FILENAME: &str = "jobbergate.py";

#[derive(Template)]
#[template(path = "portal/workflow_edit.html")]
struct Workflow {
    frame: Frame,
    title: String,
    home: String,
    root: String,
    address: String,
    tabs: Tabs,
    is_there: bool,
    /// Why it can't be edited here.
    hidden: Option<String>,
    typed: Typed,
    version: String,
    remarks: Vec<Remark>,
    conflict: Option<Vec<Line>>,
    problems: Problems,
    done: bool,
}

/// What can be filled in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Typed {
    content: String,
    /// The settings for command lines, as JSON.
    settings: String,
}

impl Typed {
    fn read(fields: &Fields) -> Self {
        Self { content: fields.lines("content"), settings: fields.lines("runtime_config") }
    }

    fn text(&self) -> String {
        format!("{}\nSettings:\n{}\n", self.content, self.settings)
    }
}

async fn shown(site: &Site, user: &User, loaded: &Loaded) -> Result<Workflow, Failure> {
    let locator = Locator::Id(loaded.id);
    let found = job_script_templates::service::get(&user.context, &locator).await?;
    let row = found.workflow_files.unwrap_or_default().pop();
    let mut typed = Typed { settings: "{}".to_owned(), ..Typed::default() };
    let (is_there, mut hidden, mut content) = (row.is_some(), None, GONE.to_owned());
    let settings = row.and_then(|row| row.runtime_config).unwrap_or_default();
    if is_there {
        typed.settings = pretty(&json!(settings));
        let opened = workflow::get(&user.context, &locator).await?;
        match text_file::read(&user.context, opened).await? {
            Content::Text(text) => {
                content = revision(text.as_bytes());
                typed.content = text;
            }
            Content::Hidden(why) => {
                content = revision_of(workflow::get(&user.context, &locator).await?).await?;
                hidden = Some(why);
            }
        }
    }
    let root = loaded.root(site);
    Ok(Workflow {
        frame: user.frame(site, loaded.area()),
        title: loaded.title.clone(),
        home: loaded.home(site),
        address: format!("{root}/workflow"),
        root,
        tabs: loaded.tabs(site, "/workflow"),
        is_there,
        hidden,
        version: workflow::state(&content, &settings),
        typed,
        remarks: Vec::new(),
        conflict: None,
        problems: Problems::default(),
        done: false,
    })
}

pub(super) async fn edit(
    State(site): State<Site>,
    user: User,
    parent: Parent,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let loaded = parent.load_own(&user).await?;
    let mut shown = shown(&site, &user, &loaded).await?;
    shown.done = Fields::parse(query.unwrap_or_default().as_bytes()).text("done") == "saved";
    let content = &shown.typed.content;
    shown.remarks = remarks(&user.context, Purpose::Workflow, FILENAME, content).await?;
    Ok(page(StatusCode::OK, &shown)?)
}

/// While it is typed.
pub(super) async fn check(
    parent: Parent,
    UserForm { user, fields }: UserForm,
) -> Result<Response, Failure> {
    parent.load_own(&user).await?;
    let content = fields.lines("content");
    let remarks = remarks(&user.context, Purpose::Workflow, FILENAME, &content).await?;
    Ok(page(StatusCode::OK, &Remarks { remarks })?)
}

pub(super) async fn save(
    State(site): State<Site>,
    parent: Parent,
    UserForm { user, fields }: UserForm,
) -> Result<Response, Failure> {
    let loaded = parent.load_own(&user).await?;
    let typed = Typed::read(&fields);
    let began = fields.text("version");
    let saved = put(&user, loaded.id, &typed, began).await;
    let mut again = shown(&site, &user, &loaded).await?;
    let theirs = std::mem::replace(&mut again.typed, typed.clone());
    match saved {
        Ok(()) => {
            let address = format!("{}?done=saved", again.address);
            return Ok(Redirect::to(&address).into_response());
        }
        Err((_, Error::Changed)) => {
            again.conflict = Some(difference::between(&theirs.text(), &typed.text()));
        }
        Err((field, error)) => {
            began.clone_into(&mut again.version);
            again.problems = Problems::of(error, field)?;
        }
    }
    again.remarks = remarks(&user.context, Purpose::Workflow, FILENAME, &typed.content).await?;
    let status = match again.conflict {
        Some(_) => StatusCode::CONFLICT,
        None => again.problems.status(),
    };
    Ok(page(status, &again)?)
}

/// Saves it, unless somebody else changed it since the form `began`; otherwise says of which field it is
/// told why not.
async fn put(
    user: &User,
    id: i64,
    typed: &Typed,
    began: &str,
) -> Result<(), (&'static str, Error)> {
    let in_content = |error| ("content", error);
    let most = user.context.app.max_upload_file_size;
    if typed.content.len() > most {
        let words = format!("It is too long: a file may have {most} bytes");
        return Err(in_content(Error::TooLarge(words)));
    }
    let settings =
        object(&typed.settings).map_err(|words| ("runtime_config", Error::Unprocessable(words)))?;
    let same = workflow::state(&revision(typed.content.as_bytes()), &settings);
    let settings: RunTimeConfig = input::body(&json!(settings)).map_err(in_content)?;
    let content = typed.content.clone().into_bytes().into();
    let (context, who, known) = (&user.context, &user.identity, [began.to_owned(), same]);
    let saved =
        workflow::put(context, who, &Locator::Id(id), content, Some(settings), Some(&known)).await;
    saved.map(drop).map_err(in_content)
}

pub(super) async fn ask(
    State(site): State<Site>,
    user: User,
    parent: Parent,
) -> Result<Response, Failure> {
    let loaded = parent.load_to_delete(&user).await?;
    let root = loaded.root(&site);
    let asking = Certain {
        frame: user.frame(&site, loaded.area()),
        title: format!("Delete the workflow file of {}?", loaded.title),
        words: "Its settings go with it, and that can't be undone. What is asked follows from the \
                questions, or the templates, then."
            .to_owned(),
        action: format!("{root}/workflow/delete"),
        button: "Delete the workflow file",
        back: format!("{root}/workflow"),
    };
    Ok(page(StatusCode::OK, &asking)?)
}

pub(super) async fn remove(
    State(site): State<Site>,
    parent: Parent,
    UserForm { user, .. }: UserForm,
) -> Result<Redirect, Failure> {
    let loaded = parent.load_to_delete(&user).await?;
    let (context, who) = (&user.context, &user.identity);
    workflow::delete(context, who, &Locator::Id(loaded.id)).await?;
    Ok(Redirect::to(&format!("{}/workflow", loaded.root(&site))))
}
