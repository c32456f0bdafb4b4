//! `jobbergate.yaml`: what templates and the command line are told.

use jobbergate_questions::{derive::from_variables, files, read, validate};
use jobbergate_types::questions::Question;
use serde_json::{Map, Value, json};

use crate::suggestion::closest;

const APPLICATION: &str = "application_config";
const JOBBERGATE: &str = "jobbergate_config";
const QUESTIONS: &str = "questions";

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
        let mut document = jobbergate_yaml::read(text)?;
        let mut section = |name: &str| match document.get_mut(name).map(Value::take) {
            Some(Value::Object(section)) => Ok(section),
            None => Err(format!("it must have a section {name}; it may be empty: {name}: {{}}")),
            Some(_) => Err(format!("{name} must be a mapping, such as {name}: {{}}")),
        };
        let mut config = Self::new(section(APPLICATION)?, section(JOBBERGATE)?);
        config.questions = questions(document.get_mut(QUESTIONS).map(Value::take))?;
        files::default_template(&config.jobbergate)?;
        files::supporting_files(&config.jobbergate)?;
        files::output_names(&config.jobbergate)?;
        Ok(config)
    }

    /// From what the server keeps.
    pub fn new(application: Map<String, Value>, jobbergate: Map<String, Value>) -> Self {
        Self { application, jobbergate: files::settings(jobbergate), questions: None }
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
        jobbergate_yaml::write(&document)
    }

    /// Whether there is something in the settings that the server keeps with a workflow only.
    pub fn needs_workflow(&self) -> bool {
        let derived = ["default_template", "supporting_files", "template_files"];
        self.jobbergate.iter().any(|(name, value)| !value.is_null() && !derived.contains(&&**name))
    }
}

/// Sections that may be misspelt: what is none is not read.
pub fn misspelt_sections(content: &[u8]) -> Vec<(String, &'static str)> {
    let sections = [APPLICATION, JOBBERGATE, QUESTIONS];
    let text = std::str::from_utf8(content).unwrap_or_default();
    let document = jobbergate_yaml::read(text).unwrap_or_default();
    let names = document.as_object().into_iter().flat_map(Map::keys);
    let unknown = names.filter(|name| !sections.contains(&name.as_str()));
    let meant = |name: &String| Some((name.clone(), closest(name, sections.into_iter())?));
    unknown.filter_map(meant).collect()
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
        assert_eq!(
            Value::Object(files::output_name_mapping(&config.jobbergate, None).unwrap()),
            expected
        );
        assert_eq!(
            files::output_name_mapping(&config.jobbergate, Some("run")).unwrap()["wind.sh.j2"],
            "run.job"
        );
    }

    #[test]
    fn output_names_are_lists_however_they_are_written() {
        let config = config("{supporting_files_output_name: {a.j2: x, b.j2: [y]}}").unwrap();
        let expected = json!({"a.j2": ["x"], "b.j2": ["y"]});
        assert_eq!(config.jobbergate["supporting_files_output_name"], expected);
        let none = Config::new(Map::new(), Map::new());
        assert!(none.jobbergate["supporting_files_output_name"].is_null());
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
        assert!(files::output_name_mapping(&config("{}").unwrap().jobbergate, None).is_err());
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
