//! A rehearsal: what the files become with sample answers, without keeping anything.

mod sample;
mod spot;

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};
use jobbergate_types::{
    FileType,
    job_scripts::{RenderFromTemplateRequest, RenderedFile},
    questions::Question,
};
use serde_json::{Map, Value};

use self::{sample::Sample, spot::Spot};
use crate::{
    error::{Error, Result as Answer},
    permission::Permission,
    resources::{
        job_script_templates::{self, Locator, questions},
        job_scripts::from_template,
    },
    web::{
        errors::{Failure, rule},
        page::page,
        portal::{
            Site,
            fields::Fields,
            files::{Loaded, Parent, Tabs},
            form::UserForm,
            frame::Frame,
            problems::Problems,
            user::User,
        },
    },
};

#[derive(Template)]
#[template(path = "portal/try_it.html")]
struct TryIt {
    frame: Frame,
    title: String,
    home: String,
    root: String,
    tabs: Tabs,
    samples: Vec<Sample>,
    has_files: bool,
    /// What the files became.
    files: Option<Vec<RenderedFile>>,
    /// Where it went wrong.
    spot: Option<Spot>,
    problems: Problems,
}

struct Asking {
    loaded: Loaded,
    questions: Vec<Question>,
    /// What is set without being asked for.
    set: Map<String, Value>,
}

async fn load(user: &User, parent: &Parent) -> Result<Asking, Failure> {
    user.require(Permission::JobScriptsCreate)?;
    let loaded = parent.load_own(user).await?;
    let locator = Locator::Id(loaded.id);
    let questions = questions::get(&user.context, &locator).await?.questions;
    let found = job_script_templates::service::get(&user.context, &locator).await?;
    let workflow = found.workflow_files.unwrap_or_default().pop();
    let mut set = workflow.and_then(|file| file.runtime_config).unwrap_or_default();
    set.extend(found.template_vars.unwrap_or_default());
    Ok(Asking { loaded, questions, set })
}

fn shown(site: &Site, user: &User, asking: &Asking, fields: Option<&Fields>) -> TryIt {
    let loaded = &asking.loaded;
    let sample = |question: &Question| Sample::of(question, fields);
    TryIt {
        frame: user.frame(site, loaded.area()),
        title: loaded.title.clone(),
        home: loaded.home(site),
        root: loaded.root(site),
        tabs: loaded.tabs(site, "/try"),
        samples: asking.questions.iter().map(sample).collect(),
        has_files: !loaded.files.is_empty(),
        files: None,
        spot: None,
        problems: Problems::default(),
    }
}

pub(super) async fn ask(
    State(site): State<Site>,
    user: User,
    parent: Parent,
) -> Result<Response, Failure> {
    let asking = load(&user, &parent).await?;
    Ok(page(StatusCode::OK, &shown(&site, &user, &asking, None))?)
}

pub(super) async fn run(
    State(site): State<Site>,
    parent: Parent,
    UserForm { user, fields }: UserForm,
) -> Result<Response, Failure> {
    let asking = load(&user, &parent).await?;
    let mut tried = shown(&site, &user, &asking, Some(&fields));
    let mut answers = asking.set.clone();
    for question in &asking.questions {
        let typed = fields.text(&sample::field(question)).to_owned();
        match jobbergate_questions::parse(question, &typed) {
            // Nothing is no answer: defaults hold then.
            Ok(_) if typed.is_empty() => {}
            Ok(answer) => drop(answers.insert(question.variable.clone(), answer)),
            Err(words) => {
                let words = format!("{}: {words}", question.label());
                tried.problems.add(&sample::field(question), words);
            }
        }
    }
    if tried.problems.is_empty() {
        match rehearse(&user, &asking.loaded, answers).await {
            Ok(files) => tried.files = Some(files),
            Err(error) => {
                if let Error::InFile(fault) = &error {
                    tried.spot = Spot::of(fault);
                }
                tried.problems = problems(error)?;
            }
        }
    }
    let status = match tried.problems.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    Ok(page(status, &tried)?)
}

/// A wrong answer is told at the question.
fn problems(error: Error) -> Result<Problems, Failure> {
    use jobbergate_types::error::Location;
    let Error::Invalid(all) = error else { return Problems::of(error, "result") };
    let mut problems = Problems::default();
    for problem in all {
        let name = match problem.loc.last() {
            Some(Location::Field(name)) => name.clone(),
            _ => String::new(),
        };
        problems.add(&format!("answer.{name}"), format!("{name}: {}", rule(&problem)));
    }
    Ok(problems)
}

async fn rehearse(
    user: &User,
    loaded: &Loaded,
    answers: Map<String, Value>,
) -> Answer<Vec<RenderedFile>> {
    let names = loaded.files.iter().map(|(name, _)| (name.clone(), output(name)));
    let request = RenderFromTemplateRequest {
        template_output_name_mapping: names.collect(),
        sbatch_params: None,
        // As who runs it sends them.
        param_dict: Map::from_iter([("data".to_owned(), Value::Object(answers))]),
    };
    let locator = loaded.id.to_string();
    let mut files = from_template::preview(&user.context, &locator, request).await?.files;
    files.sort_by_key(|file| file.file_type == FileType::Support);
    Ok(files)
}

/// What a file is called without what says that it is a template.
fn output(name: &str) -> String {
    let plain = name.strip_suffix(".j2").or_else(|| name.strip_suffix(".jinja2"));
    plain.filter(|plain| !plain.is_empty()).unwrap_or(name).to_owned()
}
