//! `jobbergate.yaml`: what templates and the command line are told.

use std::path::{Component, Path, PathBuf};

use jobbergate_questions::{derive::from_variables, read, validate};
use jobbergate_types::questions::Question;
use serde_json::{Map, Value, json};

use crate::yaml;

const APPLICATION: &str = "application_config";
const JOBBERGATE: &str = "jobbergate_config";
const QUESTIONS: &str = "questions";
const OUTPUT_NAMES: &str = "supporting_files_output_name";
/// What the command line itself reads; null unless set.
const KNOWN: [&str; 4] = ["template_files", "default_template", OUTPUT_NAMES, "supporting_files"];

/// Both sections.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Variables of templates, with their defaults.
    pub application: Map<String, Value>,
    /// Settings, the known ones always among them.
    pub jobbergate: Map<String, Value>,
    /// What is asked, if somebody wrote it down.
    pub questions: Option<Vec<Question>>,
}

impl Config {
    /// From a file.
    ///
    /// # Errors
    /// What is wrong in it.
    pub fn parse(content: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(content).map_err(|_| "it is not UTF-8 text".to_owned())?;
        let mut document = yaml::read(text)?;
        let mut section = |name: &str| match document.get_mut(name).map(Value::take) {
            Some(Value::Object(section)) => Ok(section),
            None => Err(format!("it must have a section {name}; it may be empty: {name}: {{}}")),
            Some(_) => Err(format!("{name} must be a mapping, such as {name}: {{}}")),
        };
        let mut config = Self::new(section(APPLICATION)?, section(JOBBERGATE)?);
        config.questions = questions(document.get_mut(QUESTIONS).map(Value::take))?;
        config.default_template()?;
        config.supporting_files()?;
        config.output_names()?;
        Ok(config)
    }

    /// From what the server keeps.
    pub fn new(application: Map<String, Value>, jobbergate: Map<String, Value>) -> Self {
        let mut jobbergate = jobbergate;
        let mut value = |name: &&str| jobbergate.shift_remove(*name).unwrap_or_default();
        let known = KNOWN.map(|name| (name.to_owned(), value(&name)));
        let known = known.map(|(name, value)| match name.as_str() {
            OUTPUT_NAMES => (name, lists(value)),
            _ => (name, value),
        });
        let mut settings = Map::from_iter(known);
        settings.extend(jobbergate);
        Self { application, jobbergate: settings, questions: None }
    }

    /// What is asked: what was written down, else one question for each variable.
    pub fn asked(&self) -> Vec<Question> {
        let derived = || from_variables(&self.application, &[]);
        self.questions.clone().unwrap_or_else(derived)
    }

    /// What templates are rendered with: both sections, then answers.
    pub fn parameters(&self, answers: Map<String, Value>) -> Map<String, Value> {
        let mut parameters = self.application.clone();
        parameters.extend(self.jobbergate.clone());
        parameters.extend(answers);
        parameters
    }

    /// As a file; what is null is left out.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn as_yaml(&self) -> Result<String, String> {
        let set = |section: &Map<String, Value>| {
            section
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect::<Map<_, _>>()
        };
        let mut document =
            json!({APPLICATION: set(&self.application), JOBBERGATE: set(&self.jobbergate)});
        if let Some(questions) = &self.questions {
            document[QUESTIONS] = json!(questions);
        }
        yaml::write(&document)
    }

    /// Whether there is something in the settings that the server keeps with a workflow only.
    pub fn needs_workflow(&self) -> bool {
        let derived = ["default_template", "supporting_files", "template_files"];
        self.jobbergate.iter().any(|(name, value)| !value.is_null() && !derived.contains(&&**name))
    }

    /// The template that becomes the script itself.
    ///
    /// # Errors
    /// When it is no text.
    pub fn default_template(&self) -> Result<Option<&str>, String> {
        match self.jobbergate.get("default_template") {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(name)) => {
                Ok(Some(name).filter(|name| !name.is_empty()).map(|n| &**n))
            }
            Some(_) => Err("default_template must be the path of a template".to_owned()),
        }
    }

    /// Templates that become files beside the script; `None` if nothing is said.
    ///
    /// # Errors
    /// When it is no list of texts.
    pub fn supporting_files(&self) -> Result<Option<Vec<&str>>, String> {
        let wrong = || "supporting_files must be a list of paths of templates".to_owned();
        match self.jobbergate.get("supporting_files") {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Array(names)) => {
                let names: Option<Vec<_>> = names.iter().map(Value::as_str).collect();
                names.map(Some).ok_or_else(wrong)
            }
            Some(_) => Err(wrong()),
        }
    }

    /// How supporting files are called that are called otherwise than their templates.
    ///
    /// # Errors
    /// When it is no mapping of texts to texts, or to lists of one text each.
    pub fn output_names(&self) -> Result<Vec<(&str, &str)>, String> {
        let setting = OUTPUT_NAMES;
        let wrong = || format!("{setting} must be a mapping of templates to the names of files");
        let names = match self.jobbergate.get(setting) {
            None | Some(Value::Null) => return Ok(Vec::new()),
            Some(Value::Object(names)) => names,
            Some(_) => return Err(wrong()),
        };
        let mut pairs = Vec::new();
        for (template, said) in names {
            let name = match said {
                Value::Array(names) if names.len() == 1 => names.first().and_then(Value::as_str),
                other => other.as_str(),
            };
            let name =
                name.ok_or_else(|| format!("{setting} must give {template} the name of one file"))?;
            pairs.push((template.as_str(), name));
        }
        Ok(pairs)
    }

    /// For each template that is rendered, what the result is called.
    ///
    /// # Errors
    /// What makes no sense.
    pub fn output_name_mapping(&self, legacy_name: Option<&str>) -> Result<Mapping, String> {
        let mut mapping = Mapping::new();
        let default = self.default_template()?.ok_or(
            "there is no default_template, and not exactly one entrypoint to take in its place",
        )?;
        let name = legacy_name.map_or_else(|| without_suffix(key(default)), |n| format!("{n}.job"));
        mapping.insert(key(default).to_owned(), normal(&name).into());
        for file in self.supporting_files()?.unwrap_or_default() {
            mapping.insert(key(file).to_owned(), normal(&without_suffix(key(file))).into());
        }
        for (template, name) in self.output_names()? {
            mapping.insert(key(template).to_owned(), normal(name).into());
        }
        Ok(mapping)
    }
}

/// A mapping to lists: a text is a list of one, as the server and workflow files know it.
fn lists(mapping: Value) -> Value {
    let Value::Object(names) = mapping else { return mapping };
    let list = |said| if let Value::String(_) = said { json!([said]) } else { said };
    names.into_iter().map(|(template, said)| (template, list(said))).collect()
}

/// Questions as they stand in the file.
fn questions(section: Option<Value>) -> Result<Option<Vec<Question>>, String> {
    let Some(list) = section.filter(|list| !list.is_null()) else { return Ok(None) };
    let questions = read(list)?;
    match validate(&questions).first() {
        Some(fault) => Err(fault.to_string()),
        None => Ok(Some(questions).filter(|questions| !questions.is_empty())),
    }
}

/// From templates to the names of files.
pub type Mapping = Map<String, Value>;

/// A template's path as the server knows it.
fn key(path: &str) -> &str {
    path.strip_prefix("templates/").unwrap_or(path)
}

fn without_suffix(name: &str) -> String {
    let without = [".j2", ".jinja2"].iter().find_map(|suffix| name.strip_suffix(suffix));
    without.unwrap_or(name).to_owned()
}

/// Without what changes nothing: `./a//b` is `a/b`.
fn normal(name: &str) -> String {
    let parts = Path::new(name).components().filter(|part| *part != Component::CurDir);
    parts.collect::<PathBuf>().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> Result<Config, String> {
        Config::parse(format!("application_config: {{}}\njobbergate_config: {text}").as_bytes())
    }

    #[test]
    fn files_are_called_like_their_templates_unless_something_is_said() {
        let config = config(
            "{default_template: templates/wind.sh.j2, \
             supporting_files: [templates/mesh.txt.j2, templates/deep/x.jinja2, y.txt.j2], \
             supporting_files_output_name: {templates/mesh.txt.j2: [./a//m.txt], y.txt.j2: z}}",
        );
        let config = config.unwrap();
        let expected = json!({"wind.sh.j2": "wind.sh", "mesh.txt.j2": "a/m.txt",
            "deep/x.jinja2": "deep/x", "y.txt.j2": "z"});
        assert_eq!(Value::Object(config.output_name_mapping(None).unwrap()), expected);
        assert_eq!(config.output_name_mapping(Some("run")).unwrap()["wind.sh.j2"], "run.job");
    }

    #[test]
    fn output_names_are_lists_however_they_are_written() {
        let config = config("{supporting_files_output_name: {a.j2: x, b.j2: [y]}}").unwrap();
        let expected = json!({"a.j2": ["x"], "b.j2": ["y"]});
        assert_eq!(config.jobbergate[OUTPUT_NAMES], expected);
        assert!(Config::new(Map::new(), Map::new()).jobbergate[OUTPUT_NAMES].is_null());
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        for (text, expected) in [
            ("null", "jobbergate_config must be a mapping"),
            ("{default_template: 1}", "default_template must be"),
            ("{supporting_files: x}", "supporting_files must be a list"),
            (
                "{supporting_files_output_name: {a.j2: [x, y]}}",
                "must give a.j2 the name of one file",
            ),
            ("{supporting_files_output_name: {a.j2: 1}}", "must give a.j2 the name of one file"),
        ] {
            assert!(config(text).unwrap_err().contains(expected), "{text}");
        }
        assert!(config("{}").unwrap().output_name_mapping(None).is_err());
        assert!(
            Config::parse(b"jobbergate_config: {}").unwrap_err().contains("application_config")
        );
    }

    #[test]
    fn questions_are_read_checked_and_written_again() {
        let with = |questions: &str| {
            let text = format!(
                "application_config: {{}}\njobbergate_config: {{}}\nquestions: {questions}\n"
            );
            Config::parse(text.as_bytes())
        };
        let config = with(
            "[{variable: n, kind: integer, minimum: 1, default: 2}, \
             {variable: p, kind: choice, choices: {cluster: partitions}, when: n > 1}]",
        );
        let config = config.unwrap();
        assert_eq!(config.asked().len(), 2);
        let text = config.as_yaml().unwrap();
        assert_eq!(Config::parse(text.as_bytes()).unwrap(), config, "{text}");
        assert_eq!(with("[]").unwrap().questions, None);
        assert_eq!(with("").unwrap().questions, None);
        for (questions, expected) in [
            ("1", "questions: it must be a list"),
            ("[{variable: n, knd: text}]", "questions[0].knd: there is no such field"),
            ("[{variable: n}, {variable: n}]", "questions[1].variable: n is asked for"),
            ("[{variable: n, pattern: '('}]", "questions[0].pattern: unclosed group"),
        ] {
            let problem = with(questions).unwrap_err();
            assert!(problem.starts_with(expected), "{problem}");
        }
    }

    #[test]
    fn the_known_settings_are_always_there_and_the_file_leaves_out_nulls() {
        let config = config("{extra: 1, default_template: x.j2}").unwrap();
        assert!(config.jobbergate["supporting_files"].is_null() && config.needs_workflow());
        let text = config.as_yaml().unwrap();
        assert_eq!(
            text,
            "application_config: {}\njobbergate_config:\n  default_template: x.j2\n  extra: 1\n"
        );
    }
}
