//! What an application is called, what it is for, and whether it is published.

use askama::Template;
use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::{Html, IntoResponse, Redirect, Response},
};
use jobbergate_types::{
    FileType,
    job_script_templates::{
        JobTemplateBaseDetailedView, JobTemplateDetailedView, JobTemplateListView,
        JobTemplateUpdateRequest,
    },
};
use serde_json::{Map, Value, json};

use crate::{
    error::Error,
    http::input,
    permission::Permission,
    resources::{
        files::revision,
        job_script_templates::{self, Locator},
    },
    web::{
        errors::Failure,
        page::page,
        portal::{
            Site,
            difference::{self, Line},
            fields::Fields,
            files::{Loaded, Parent, Tabs},
            form::UserForm,
            frame::Frame,
            markdown,
            problems::Problems,
            user::User,
        },
    },
};

/// The level of the heading above the description.
const HEADING: u8 = 2;

#[derive(Template)]
#[template(path = "portal/application_edit.html")]
struct Details {
    frame: Frame,
    title: String,
    home: String,
    root: String,
    /// Where whoever takes what others saved goes.
    address: String,
    tabs: Tabs,
    typed: Typed,
    /// The description as others see it, as HTML that can do no harm.
    described: String,
    /// Under which identifier it is in the gallery.
    published: Option<String>,
    is_archived: bool,
    has_entrypoint: bool,
    may_delete: bool,
    may_clone: bool,
    version: String,
    conflict: Option<Vec<Line>>,
    problems: Problems,
    done: Option<&'static str>,
}

/// What can be filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Typed {
    name: String,
    identifier: String,
    description: String,
    /// As JSON.
    variables: String,
}

impl Typed {
    fn of(template: &JobTemplateListView, variables: Option<&Map<String, Value>>) -> Self {
        Self {
            name: template.name.clone(),
            identifier: template.identifier.clone().unwrap_or_default(),
            description: template.description.clone().unwrap_or_default(),
            variables: pretty(&json!(variables.unwrap_or(&Map::new()))),
        }
    }

    fn read(fields: &Fields) -> Self {
        Self {
            name: fields.text("name").trim().to_owned(),
            identifier: fields.text("identifier").trim().to_owned(),
            description: fields.lines("description"),
            variables: fields.lines("template_vars"),
        }
    }

    /// Whether both say the same: databases keep the keys of JSON in an order of their own.
    fn is_same(&self, other: &Self) -> bool {
        let others = |it: &Self| (it.name.clone(), it.identifier.clone(), it.description.clone());
        others(self) == others(other)
            && object(&self.variables).ok() == object(&other.variables).ok()
    }

    fn version(&self) -> String {
        revision(self.text().as_bytes())
    }

    /// All of it, by which two states are compared.
    fn text(&self) -> String {
        let Self { name, identifier, description, variables } = self;
        format!(
            "Name: {name}\nIdentifier: {identifier}\nDescription:\n{description}\n\
             Default parameters:\n{variables}\n"
        )
    }
}

/// JSON as people read it.
pub(super) fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// JSON that somebody typed; nothing is an empty object.
pub(super) fn object(text: &str) -> Result<Map<String, Value>, String> {
    if text.trim().is_empty() {
        return Ok(Map::new());
    }
    serde_json::from_str(text)
        .map_err(|error| format!("It must be a JSON object, such as {{\"nodes\": 1}}: {error}"))
}

pub(super) async fn edit(
    State(site): State<Site>,
    user: User,
    parent: Parent,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let (loaded, found) = load(&user, &parent).await?;
    let query = Fields::parse(query.unwrap_or_default().as_bytes());
    let done = match query.text("done") {
        "made" => Some("The application was made. Only you work with it until you publish it."),
        "published" => Some("The application was made and published."),
        "cloned" => Some("This is the copy. It is yours to change."),
        "saved" => Some("Saved."),
        "archived" => Some("It is archived: lists leave it out."),
        "restored" => Some("It is no longer archived."),
        _ => None,
    };
    Ok(page(StatusCode::OK, &Details { done, ..shown(&site, &user, &loaded, &found) })?)
}

async fn load(user: &User, parent: &Parent) -> Result<(Loaded, JobTemplateDetailedView), Failure> {
    let loaded = parent.load_own(user).await?;
    user.require(Permission::JobTemplatesUpdate)?;
    let locator = Locator::Id(loaded.id);
    let found = job_script_templates::service::get(&user.context, &locator).await?;
    Ok((loaded, found))
}

fn shown(site: &Site, user: &User, loaded: &Loaded, found: &JobTemplateDetailedView) -> Details {
    let typed = Typed::of(&found.template, found.template_vars.as_ref());
    let root = loaded.root(site);
    Details {
        frame: user.frame(site, loaded.area()),
        title: loaded.title.clone(),
        home: loaded.home(site),
        address: root.clone(),
        root,
        tabs: loaded.tabs(site, ""),
        published: found.template.identifier.clone(),
        is_archived: found.template.is_archived,
        has_entrypoint: loaded.files.iter().any(|(_, kind)| *kind == FileType::Entrypoint),
        may_delete: user.may(Permission::JobTemplatesDelete),
        may_clone: user.may(Permission::JobTemplatesCreate),
        version: typed.version(),
        described: markdown::to_html(&typed.description, HEADING),
        typed,
        conflict: None,
        problems: Problems::default(),
        done: None,
    }
}

pub(super) async fn save(
    State(site): State<Site>,
    parent: Parent,
    UserForm { user, fields }: UserForm,
) -> Result<Response, Failure> {
    let (loaded, _) = load(&user, &parent).await?;
    let typed = Typed::read(&fields);
    let began = fields.text("version");
    let saved = put(&user, loaded.id, &typed, began).await;
    if saved.is_ok() {
        let address = format!("{}?done=saved", loaded.root(&site));
        return Ok(Redirect::to(&address).into_response());
    }
    let (loaded, found) = load(&user, &parent).await?;
    let mut again = shown(&site, &user, &loaded, &found);
    let theirs = std::mem::replace(&mut again.typed, typed.clone());
    again.described = markdown::to_html(&typed.description, HEADING);
    match saved {
        Err((field, error)) if !matches!(error, Error::Changed) => {
            began.clone_into(&mut again.version);
            again.problems = Problems::of(error, field)?;
            Ok(page(again.problems.status(), &again)?)
        }
        _ => {
            again.conflict = Some(difference::between(&theirs.text(), &typed.text()));
            Ok(page(StatusCode::CONFLICT, &again)?)
        }
    }
}

/// Saves it, unless somebody else changed it since the form `began`; otherwise says of which field it is
/// told why not.
async fn put(
    user: &User,
    id: i64,
    typed: &Typed,
    began: &str,
) -> Result<(), (&'static str, Error)> {
    if typed.name.is_empty() {
        let words = "An application needs a name".to_owned();
        return Err(("name", Error::Unprocessable(words)));
    }
    let variables =
        object(&typed.variables).map_err(|words| ("template_vars", Error::Unprocessable(words)))?;
    let request = input::body(&json!({
        "name": typed.name,
        "identifier": Some(&typed.identifier).filter(|text| !text.is_empty()),
        "description": typed.description,
        "template_vars": variables,
    }));
    let in_identifier = |error| ("identifier", error);
    let request: JobTemplateUpdateRequest = request.map_err(in_identifier)?;
    let is_expected = |found: &JobTemplateBaseDetailedView| {
        let now = Typed::of(&found.template, found.template_vars.as_ref());
        now.is_same(typed) || now.version() == began
    };
    let (context, who, locator) = (&user.context, &user.identity, Locator::Id(id));
    let saved =
        job_script_templates::service::update(context, who, &locator, request, Some(&is_expected));
    saved.await.map(drop).map_err(in_identifier)
}

/// The description as others see it, while it is typed.
pub(super) async fn described(
    parent: Parent,
    UserForm { user, fields }: UserForm,
) -> Result<Html<String>, Failure> {
    parent.load_own(&user).await?;
    Ok(Html(markdown::to_html(&fields.lines("description"), HEADING)))
}

pub(super) async fn archive(
    State(site): State<Site>,
    parent: Parent,
    UserForm { user, fields }: UserForm,
) -> Result<Redirect, Failure> {
    let (loaded, _) = load(&user, &parent).await?;
    let is_archived = fields.text("archived") == "yes";
    let request = JobTemplateUpdateRequest { is_archived: Some(is_archived), ..Default::default() };
    let (context, who) = (&user.context, &user.identity);
    job_script_templates::service::update(context, who, &Locator::Id(loaded.id), request, None)
        .await?;
    let done = if is_archived { "archived" } else { "restored" };
    Ok(Redirect::to(&format!("{}?done={done}", loaded.root(&site))))
}
