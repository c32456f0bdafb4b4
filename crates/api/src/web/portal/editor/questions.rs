//! What an application asks: a form for each question, and a preview of what is asked.

mod choices;
mod draft;
mod order;
mod preview;
mod written;

use askama::Template;
use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use jobbergate_questions::validate::MOST_QUESTIONS;
use jobbergate_types::{
    job_script_templates::{JobTemplateBaseDetailedView, JobTemplateUpdateRequest},
    questions::{Question, QuestionsSource, TemplateQuestions},
};
use serde_json::json;

pub(in crate::web::portal::editor) use self::draft::typed;
use self::{
    draft::{Draft, KINDS, Wrong},
    preview::{Control, Part, Preview},
    written::{FIELD, LANGUAGES, Language, Written},
};
use super::details::pretty;
use crate::{
    error::{Error, Result as Answer},
    http::input,
    permission::Permission,
    resources::{
        files::revision,
        job_script_templates::{self, Locator, questions},
    },
    web::{
        errors::{Failure, rule},
        page::page,
        portal::{
            Site,
            difference::{self, Line},
            fields::Fields,
            files::{Loaded, Parent, Tabs},
            form::UserForm,
            frame::Frame,
            problems::Problems,
            source_check::{Remark, Remarks},
            user::User,
        },
    },
};

#[derive(Template)]
#[template(path = "portal/questions_edit.html")]
struct Edit {
    frame: Frame,
    title: String,
    home: String,
    address: String,
    tabs: Tabs,
    drafts: Vec<Draft>,
    kinds: &'static [(&'static str, &'static str)],
    /// All of them as a text, if they are written so.
    written: Option<Written>,
    /// Where the questions come from that are asked as long as the expert writes none.
    derived: Option<&'static str>,
    version: String,
    preview: Preview,
    conflict: Option<Vec<Line>>,
    problems: Problems,
    /// The question that was just added or moved.
    focus: String,
    done: bool,
}

impl Edit {
    fn is_written_as(&self, language: &Language) -> bool {
        self.written.as_ref().is_some_and(|written| written.language == *language)
    }
}

/// What is known of the stored questions.
struct Stored {
    written: Option<Vec<Question>>,
    derived: TemplateQuestions,
}

async fn load(user: &User, parent: &Parent) -> Result<(Loaded, Stored), Failure> {
    let loaded = parent.load_own(user).await?;
    user.require(Permission::JobTemplatesUpdate)?;
    let locator = Locator::Id(loaded.id);
    let found = job_script_templates::service::get(&user.context, &locator).await?;
    let derived = questions::get(&user.context, &locator).await?;
    Ok((loaded, Stored { written: found.questions, derived }))
}

fn text(questions: &[Question]) -> String {
    pretty(&json!(questions))
}

fn shown(site: &Site, user: &User, loaded: &Loaded, stored: &Stored) -> Edit {
    let root = loaded.root(site);
    let written = stored.written.as_deref().unwrap_or_default();
    let derived = match (&stored.written, stored.derived.source) {
        (Some(_), _) | (None, QuestionsSource::Template) => None,
        (None, QuestionsSource::Workflow) => Some("the workflow file"),
        (None, QuestionsSource::Variables) => Some("the variables of the templates"),
    };
    Edit {
        frame: user.frame(site, loaded.area()),
        title: loaded.title.clone(),
        home: loaded.home(site),
        address: format!("{root}/questions"),
        tabs: loaded.tabs(site, "/questions"),
        drafts: written.iter().map(Draft::of).collect(),
        kinds: KINDS,
        written: None,
        derived,
        version: revision(text(written).as_bytes()),
        preview: Preview::of(written),
        conflict: None,
        problems: Problems::default(),
        focus: String::new(),
        done: false,
    }
}

pub(super) async fn edit(
    State(site): State<Site>,
    user: User,
    parent: Parent,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let (loaded, stored) = load(&user, &parent).await?;
    let query = Fields::parse(query.unwrap_or_default().as_bytes());
    let mut edit = shown(&site, &user, &loaded, &stored);
    edit.done = query.text("done") == "saved";
    let written = stored.written.as_deref().unwrap_or_default();
    let language = Language::named(query.text("as"));
    edit.written = language.map(|language| Written::of(language, written)).transpose()?;
    if query.text("from") == "derived" && written.is_empty() {
        edit.drafts = stored.derived.questions.iter().map(Draft::of).collect();
        edit.preview = Preview::of(&stored.derived.questions);
    }
    Ok(page(StatusCode::OK, &edit)?)
}

/// While it is filled in.
pub(super) async fn check(
    parent: Parent,
    UserForm { user, fields }: UserForm,
) -> Result<Response, Failure> {
    parent.load_own(&user).await?;
    if let Some(written) = Written::sent(&fields) {
        return Ok(page(StatusCode::OK, &Remarks { remarks: remarks(&user, &written).await? })?);
    }
    let (questions, mut wrong) = read(&fields);
    wrong.extend(faults(&user, &questions).await?);
    let preview = Preview { wrong: preview::told(&wrong, &questions), ..Preview::of(&questions) };
    Ok(page(StatusCode::OK, &Part { preview })?)
}

/// What is wrong with the questions of a text.
async fn remarks(user: &User, written: &Written) -> Result<Vec<Remark>, Failure> {
    let told = match written.questions() {
        Ok(questions) => preview::told(&faults(user, &questions).await?, &questions),
        Err(words) => vec![(FIELD.to_owned(), words)],
    };
    let remark = |(_, words)| Remark { line: None, words, is_error: true };
    Ok(told.into_iter().map(remark).collect())
}

pub(super) async fn save(
    State(site): State<Site>,
    parent: Parent,
    UserForm { user, fields }: UserForm,
) -> Result<Response, Failure> {
    let (loaded, stored) = load(&user, &parent).await?;
    let mut again = shown(&site, &user, &loaded, &stored);
    again.version = fields.text("version").to_owned();
    let order = order::asked(fields.text("do"));
    again.written = Written::sent(&fields);
    let (questions, mut wrong) = match again.written.as_ref().map(Written::questions) {
        Some(Ok(questions)) => (questions, Vec::new()),
        Some(Err(words)) => {
            again.problems.add(FIELD, words);
            return Ok(page(again.problems.status(), &again)?);
        }
        None => read(&fields),
    };
    again.drafts = Draft::read_all(&fields);
    if let Some(order) = order {
        let focus = order.apply(&mut again.drafts);
        again.focus = focus.map(|index| index.to_string()).unwrap_or_default();
        let (questions, _) = Draft::questions(&again.drafts);
        again.preview = Preview::of(&questions);
        return Ok(page(StatusCode::OK, &again)?);
    }
    again.preview = Preview::of(&questions);
    if wrong.is_empty() {
        match put(&user, loaded.id, &questions, fields.text("version")).await {
            Ok(()) => {
                let view = again.written.map(|written| format!("&as={}", written.language.name()));
                let address = format!("{}?done=saved{}", again.address, view.unwrap_or_default());
                return Ok(Redirect::to(&address).into_response());
            }
            Err(Error::Changed) => {
                let (_, now) = load(&user, &parent).await?;
                let theirs = text(now.written.as_deref().unwrap_or_default());
                again.version = revision(theirs.as_bytes());
                again.conflict = Some(difference::between(&theirs, &text(&questions)));
                return Ok(page(StatusCode::CONFLICT, &again)?);
            }
            Err(error) => wrong = places(error)?,
        }
    } else {
        wrong.extend(faults(&user, &questions).await?);
    }
    for Wrong { index, field, words } in wrong {
        let name = match again.written {
            Some(_) => FIELD.to_owned(),
            None => place(index, &field),
        };
        let words = match index {
            Some(index) => format!("Question {}, {field}: {words}", index + 1),
            None => words,
        };
        again.problems.add(&name, words);
    }
    Ok(page(again.problems.status(), &again)?)
}

/// The form's questions, as far as they can be read, and what is wrong with them.
fn read(fields: &Fields) -> (Vec<Question>, Vec<Wrong>) {
    Draft::questions(&Draft::read_all(fields))
}

/// Saves them, unless somebody else changed them since the form `began`.
async fn put(user: &User, id: i64, questions: &[Question], began: &str) -> Answer<()> {
    let request: JobTemplateUpdateRequest = input::body(&json!({ "questions": questions }))?;
    let is_expected = |found: &JobTemplateBaseDetailedView| {
        let now = found.questions.as_deref().unwrap_or_default();
        now == questions || revision(text(now).as_bytes()) == began
    };
    let (context, who, locator) = (&user.context, &user.identity, Locator::Id(id));
    let saved =
        job_script_templates::service::update(context, who, &locator, request, Some(&is_expected));
    saved.await.map(drop)
}

/// What is wrong with questions that can be read.
async fn faults(user: &User, list: &[Question]) -> Result<Vec<Wrong>, Failure> {
    match questions::check::checked(&user.context, Some(list.to_vec())).await {
        Ok(_) => Ok(Vec::new()),
        Err(error) => places(error),
    }
}

/// Which question, and which of its fields.
fn places(error: Error) -> Result<Vec<Wrong>, Failure> {
    use jobbergate_types::error::Location;
    let Error::Invalid(problems) = error else {
        let problems = Problems::of(error, "")?;
        let all = problems.all().iter().map(|(_, words)| Wrong::whole(words));
        return Ok(all.collect());
    };
    let wrong = problems.iter().map(|problem| {
        let index = problem.loc.iter().find_map(|step| match step {
            Location::Index(index) => Some(*index),
            Location::Field(_) => None,
        });
        let after = problem.loc.iter().skip_while(|step| !matches!(step, Location::Index(_)));
        let field = after.skip(1).find_map(|step| match step {
            Location::Field(field) => Some(field.clone()),
            Location::Index(_) => None,
        });
        Wrong { index, field: field.unwrap_or_default(), words: rule(problem).to_owned() }
    });
    Ok(wrong.collect())
}

/// What a field of a question is called in the form.
fn place(index: Option<usize>, field: &str) -> String {
    index.map_or_else(|| "questions".to_owned(), |index| format!("q.{index}.{field}"))
}

/// How many questions a form may have.
const MOST: usize = MOST_QUESTIONS + 1;
