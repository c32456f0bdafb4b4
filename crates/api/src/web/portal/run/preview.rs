//! What the script would be, beside the form.

use jobbergate_types::{FileType, job_scripts::RenderFromTemplateRequest};
use serde_json::{Map, Value};

use super::{
    diff::{Kind, Line, lines},
    field::{question_id, setting_id},
    filled::Filled,
    typed::CLUSTER,
};
use crate::{
    error::{Error, InFile, Result},
    permission::Permission,
    resources::job_scripts::{
        from_template,
        latest::{LARGEST_FILE, LatestScript, latest},
    },
    web::{
        errors::plain,
        portal::{fields::DOTS, user::User, words},
    },
};

/// What is shown in the place of a line of the last script that may have had a secret.
const SECRET_LINE: &str = "(a line that was there before)";

/// What is shown in the place of data.
const DATA: &str = "(This is no text: it is copied as it is.)";

/// What is wrong with a field: its id, what it is called, why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) id: String,
    pub(super) label: String,
    pub(super) words: String,
}

#[derive(Debug, Default)]
pub(super) struct Preview {
    /// In one sentence.
    pub(super) state: String,
    pub(super) problems: Vec<Problem>,
    pub(super) fault: Option<InFile>,
    pub(super) files: Vec<File>,
    /// The script that it is compared with, and how long ago it was made.
    pub(super) before: Option<(i32, String)>,
}

#[derive(Debug)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) lines: Vec<Line>,
    pub(super) left_out: usize,
    pub(super) added: usize,
}

/// All that is wrong with fields.
pub(super) fn problems(filled: &Filled) -> Vec<Problem> {
    let questions = filled.asked.questions.iter().zip(&filled.answers.each).enumerate();
    let answers = questions.filter_map(|(at, (question, answer))| {
        let words = answer.problem.clone()?;
        Some(Problem { id: question_id(at), label: question.label().to_owned(), words })
    });
    let settings = filled.problems.iter().map(|(field, words)| Problem {
        id: setting_id(field),
        label: field.split('.').next_back().unwrap_or_default().to_owned(),
        words: words.clone(),
    });
    answers.chain(settings).collect()
}

/// How the script is rendered; none if there is no way.
pub(super) fn request(filled: &Filled) -> Option<RenderFromTemplateRequest> {
    let mut parameters = filled.asked.parameters.clone();
    parameters.extend(filled.answers.values.clone());
    let options = filled.options.clone();
    Some(RenderFromTemplateRequest {
        template_output_name_mapping: filled.asked.outputs.clone().ok()?,
        sbatch_params: Some(options).filter(|options| !options.is_empty()),
        param_dict: Map::from_iter([("data".to_owned(), Value::Object(parameters))]),
    })
}

impl Preview {
    /// For a page that is shown whether or not there is one.
    pub(super) async fn if_possible(user: &User, filled: &Filled) -> Self {
        Self::of(user, filled).await.unwrap_or_else(|error| {
            error.log();
            Self { state: said(&error), ..Self::default() }
        })
    }

    pub(super) async fn of(user: &User, filled: &Filled) -> Result<Self> {
        let problems: Vec<_> = problems(filled)
            .into_iter()
            .filter(|problem| problem.id != setting_id(CLUSTER))
            .collect();
        let Some(request) = request(filled) else {
            let words = filled.asked.outputs.as_ref().err().cloned().unwrap_or_default();
            return Ok(Self { state: format!("There is no script: {words}"), ..Self::default() });
        };
        if !filled.is_complete() {
            let state = match problems.len() {
                1 => "One thing is still to be filled in or put right".to_owned(),
                several => format!("{several} things are still to be filled in or put right"),
            };
            return Ok(Self { state, problems, ..Self::default() });
        }
        let locator = filled.asked.template.id.to_string();
        match from_template::preview(&user.context, &locator, request).await {
            Ok(rendered) => {
                let before = before(user, filled).await;
                let files = rendered.files.into_iter();
                let files = files.map(|file| (file.filename, file.file_type, file.content));
                Ok(Self::shown(user, filled, files.collect(), before))
            }
            Err(Error::InFile(fault)) => Ok(Self::faulty(filled, *fault)),
            Err(error) if error.status().is_client_error() => {
                Ok(Self { state: said(&error), ..Self::default() })
            }
            Err(error) => Err(error),
        }
    }

    fn shown(
        user: &User,
        filled: &Filled,
        mut files: Vec<(String, FileType, String)>,
        before: Option<LatestScript>,
    ) -> Self {
        files.sort_by_key(|(_, file_type, _)| *file_type != FileType::Entrypoint);
        let has_secrets = filled.asked.secrets().next().is_some();
        let file = |(name, file_type, mut content): (String, FileType, String)| {
            let old = before.as_ref().filter(|_| content.len() as u64 <= LARGEST_FILE);
            let old = old.and_then(|script| script.files.iter().find(|(known, _)| *known == name));
            let mut old = old.cloned();
            if file_type == FileType::Support && !is_text(&content) {
                let is_same = old.as_ref().is_some_and(|(_, old)| *old == content);
                DATA.clone_into(&mut content);
                old = is_same.then(|| (name.clone(), content.clone()));
            }
            let secrets = filled.secrets();
            let content = without(&secrets, content);
            let old = old.map(|(_, text)| without(&secrets, text));
            let (mut lines, left_out) = lines(&content, old.as_deref());
            for line in lines.iter_mut().filter(|line| has_secrets && line.kind == Kind::Removed) {
                SECRET_LINE.clone_into(&mut line.text);
            }
            let added = lines.iter().filter(|line| line.kind == Kind::Added).count();
            File { name, lines, left_out, added }
        };
        let files: Vec<_> = files.into_iter().map(file).collect();
        let before =
            before.map(|script| (script.id, words::ago(user.context.now(), script.created_at)));
        let is_same = files.iter().flat_map(|file| &file.lines).all(|line| line.kind == Kind::Same);
        let state = match (&before, is_same) {
            (Some(_), true) => "The script is complete, and as it was the last time",
            (Some(_), false) => {
                "The script is complete; what changed since the last time is marked"
            }
            (None, _) => "The script is complete",
        };
        Self { state: state.to_owned(), files, before, ..Self::default() }
    }

    fn faulty(filled: &Filled, mut fault: InFile) -> Self {
        let secrets = filled.secrets();
        fault.words = without(&secrets, fault.words);
        for (_, text) in &mut fault.around {
            *text = without(&secrets, std::mem::take(text));
        }
        let place = fault.line.map_or(String::new(), |line| format!(", line {line}"));
        let state = format!("{}{place}: the script can't be made", fault.filename);
        Self { state, fault: Some(fault), ..Self::default() }
    }
}

/// Data is copied, and shown with replacements for what is no character.
fn is_text(content: &str) -> bool {
    !content.contains([char::REPLACEMENT_CHARACTER, '\0'])
}

/// What a person reads of an error, as a part of a sentence.
pub(super) fn said(error: &Error) -> String {
    plain(error).trim_end_matches('.').to_owned()
}

/// The last script, as far as it can be had: the new one is shown all the same.
async fn before(user: &User, filled: &Filled) -> Option<LatestScript> {
    if !user.may(Permission::JobScriptsRead) {
        return None;
    }
    let found = latest(&user.context, &user.email, filled.asked.template.id).await;
    found.unwrap_or_else(|error| {
        tracing::warn!(%error, "there is nothing to compare a script with");
        None
    })
}

/// A text for somebody's screen.
pub(super) fn without(secrets: &[String], text: String) -> String {
    let mut secrets: Vec<_> = secrets.iter().collect();
    // One may be a part of another.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets.into_iter().fold(text, |text, secret| text.replace(secret, DOTS))
}
