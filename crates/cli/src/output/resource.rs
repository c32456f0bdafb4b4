//! What of the server's resources is shown, in which order, and under which names.

use serde_json::{Map, Value};

/// A kind of things that the server keeps.
#[derive(Debug)]
pub struct Resource(&'static [Field]);

/// One of its properties.
#[derive(Debug)]
struct Field {
    /// As it is shown.
    name: &'static str,
    /// As the API calls it.
    api: &'static str,
    hidden: bool,
    kind: Kind,
    colour: Colour,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Required,
    Optional,
    List,
    Object,
    /// Left out unless it is there.
    Extra,
    /// A text with JSON in it.
    JsonText,
}

/// The colour of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// What names the row.
    First,
    /// A name.
    Name,
    /// A name to call it by.
    Identifier,
    /// A number of Slurm's.
    Job,
    /// Anything else.
    Plain,
}

const fn field(name: &'static str, kind: Kind) -> Field {
    Field { name, api: name, hidden: false, kind, colour: Colour::Plain }
}

impl Field {
    const fn called(self, api: &'static str) -> Self {
        Self { api, ..self }
    }

    const fn hidden(self) -> Self {
        Self { hidden: true, ..self }
    }

    const fn coloured(self, colour: Colour) -> Self {
        Self { colour, ..self }
    }
}

/// Templates, which the command line calls applications.
pub static APPLICATION: Resource = Resource(&[
    field("application_id", Kind::Required).called("id").coloured(Colour::First),
    field("name", Kind::Required).coloured(Colour::Name),
    field("identifier", Kind::Optional).coloured(Colour::Identifier),
    field("owner_email", Kind::Required),
    field("created_at", Kind::Optional).hidden(),
    field("updated_at", Kind::Optional).hidden(),
    field("description", Kind::Optional),
    field("template_vars", Kind::Object).hidden(),
    field("is_archived", Kind::Optional).hidden(),
    field("cloned_from_id", Kind::Optional).hidden(),
    field("template_files", Kind::List).hidden(),
    field("workflow_files", Kind::List).hidden(),
    field("questions", Kind::Extra).hidden(),
]);

/// Job scripts.
pub static JOB_SCRIPT: Resource = Resource(&[
    field("job_script_id", Kind::Required).called("id").coloured(Colour::First),
    field("name", Kind::Required).coloured(Colour::Name),
    field("application_id", Kind::Optional).called("parent_template_id"),
    field("description", Kind::Optional),
    field("owner_email", Kind::Required),
    field("created_at", Kind::Optional).hidden(),
    field("updated_at", Kind::Optional).hidden(),
    field("is_archived", Kind::Optional).hidden(),
    field("cloned_from_id", Kind::Optional).hidden(),
    field("files", Kind::List).hidden(),
]);

/// Files of a job script.
pub static SCRIPT_FILE: Resource = Resource(&[
    field("filename", Kind::Required).coloured(Colour::First),
    field("file_type", Kind::Optional),
    field("content", Kind::Required),
]);

/// Job submissions.
pub static JOB_SUBMISSION: Resource = Resource(&[
    field("job_submission_id", Kind::Required).called("id").coloured(Colour::First),
    field("name", Kind::Required).coloured(Colour::Name),
    field("slurm_job_id", Kind::Optional).coloured(Colour::Job),
    field("slurm_job_state", Kind::Optional),
    field("slurm_job_info", Kind::JsonText).hidden(),
    field("job_script_id", Kind::Optional),
    field(CLUSTER_NAME, Kind::Optional).called("client_id"),
    field("description", Kind::Optional),
    field("execution_directory", Kind::Optional).hidden(),
    field("owner_email", Kind::Required),
    field("status", Kind::Required),
    field("created_at", Kind::Optional).hidden(),
    field("updated_at", Kind::Optional).hidden(),
    field("is_archived", Kind::Optional).hidden(),
    field("report_message", Kind::Optional).hidden(),
    field("sbatch_arguments", Kind::Optional).hidden(),
    field("cloned_from_id", Kind::Optional).hidden(),
]);

/// Settings of this command line.
pub static SETTING: Resource = Resource(&[
    field("name", Kind::Required).coloured(Colour::First),
    field("value", Kind::Optional),
    field("origin", Kind::Required).coloured(Colour::Name),
]);

/// Profiles of settings.
pub static PROFILE: Resource = Resource(&[
    field("name", Kind::Required).coloured(Colour::First),
    field("in_use", Kind::Required),
    field("base_api_url", Kind::Optional).coloured(Colour::Name),
]);

/// Where a submission's job runs.
pub const CLUSTER_NAME: &str = "cluster_name";

impl Resource {
    /// What is shown of an object of the API.
    ///
    /// # Errors
    /// What the object lacks.
    pub fn read(&self, object: &Value) -> Result<Map<String, Value>, String> {
        let Some(object) = object.as_object() else { return Err("it is no object".to_owned()) };
        let mut shown = Map::new();
        for field in self.0 {
            let value = match (object.get(field.api), field.kind) {
                (Some(Value::String(text)), Kind::JsonText) => serde_json::from_str(text)
                    .map_err(|error| format!("its {} is no JSON: {error}", field.api))?,
                (None | Some(Value::Null), Kind::Required) => {
                    return Err(format!("it has no {}", field.api));
                }
                (Some(value), _) => value.clone(),
                (None, Kind::Extra) => continue,
                (None, Kind::List) => Value::Array(Vec::new()),
                (None, Kind::Object) => Value::Object(Map::new()),
                (None, _) => Value::Null,
            };
            shown.insert(field.name.to_owned(), value);
        }
        Ok(shown)
    }

    /// Whether a property, by the name that is shown, is left out of tables.
    pub fn hides(&self, name: &str) -> bool {
        self.0.iter().any(|field| field.hidden && field.name == name)
    }

    /// The names of all properties.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|field| field.name)
    }

    /// The property of this name, which may be the API's.
    fn field(&self, name: &str) -> Option<&'static Field> {
        let named = |name_of: fn(&Field) -> &'static str| {
            self.0.iter().find(move |field| name_of(field) == name)
        };
        named(|field| field.name).or_else(|| named(|field| field.api))
    }

    /// The colour of a property, by the name that is shown or the API's; nothing if there is none.
    pub fn colour(&self, name: &str) -> Option<Colour> {
        self.field(name).map(|field| field.colour)
    }

    /// A property of a thing, by the name that is shown or the API's, of which the thing may have
    /// either.
    pub fn value<'a>(&self, thing: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
        let field = self.field(name)?;
        thing.get(field.name).or_else(|| thing.get(field.api))
    }

    /// The names and colours of a table's columns.
    pub fn columns(&self, full: bool) -> impl Iterator<Item = (&'static str, Colour)> {
        let shown = self.0.iter().filter(move |field| full || !field.hidden);
        shown.map(|field| (field.name, field.colour))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_submission_is_shown_under_its_own_names_and_in_its_own_order() {
        let object = json!({
            "owner_email": "a@b", "id": 7, "name": "x", "status": "CREATED", "client_id": "c",
            "slurm_job_info": "{\"a\": 1}", "unknown": 1,
        });
        let shown = JOB_SUBMISSION.read(&object).unwrap();
        assert_eq!(shown.keys().next().map(String::as_str), Some("job_submission_id"));
        assert_eq!(shown["cluster_name"], "c");
        assert_eq!(shown["slurm_job_info"], json!({"a": 1}));
        assert!(!shown.contains_key("unknown") && shown["report_message"].is_null());
    }

    #[test]
    fn what_is_missing_is_named() {
        let complaint = APPLICATION.read(&json!({"id": 1, "owner_email": "a@b"})).unwrap_err();
        assert_eq!(complaint, "it has no name");
        let broken = json!({"id": 1, "name": "x", "owner_email": "a", "status": "CREATED",
            "slurm_job_info": "{"});
        assert!(JOB_SUBMISSION.read(&broken).unwrap_err().contains("slurm_job_info is no JSON"));
    }
}
