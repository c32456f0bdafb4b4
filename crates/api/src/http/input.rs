//! The parts of a request that a handler asks for.

use std::sync::OnceLock;

use axum::Json;
use bytes::Bytes;
use indexmap::IndexMap;
use jobbergate_types::error::ValidationError;
use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings, json_schema};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::error::Error;

use super::{
    multipart::{Form, FormSchema},
    validation::{Place, Problems, conform},
};

/// A request, taken apart.
#[derive(Debug, Default)]
pub struct Parts {
    pub path: Map<String, Value>,
    /// Query parameters, decoded; of repeated ones the last.
    pub query: Map<String, Value>,
    /// The JSON body; `None` if nothing was sent.
    pub json: Option<Value>,
    pub form: Option<Form>,
    pub raw: Option<Bytes>,
}

pub trait Input: Sized + Send + 'static {
    const SOURCE: InputSource;

    /// Reads it; `None` if there are problems, which were added.
    fn read(parts: &mut Parts, problems: &mut Problems) -> Option<Self>;

    /// For the API's description.
    fn schema(generator: &mut SchemaGenerator) -> Schema;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputSource {
    Path,
    Query,
    /// Read before the token is looked at.
    Json {
        required: bool,
    },
    /// `multipart/form-data` with one file, read once the caller is known.
    Form {
        required: bool,
    },
    /// Bytes, read once the caller is known. What claims to be JSON is read as JSON and refused.
    Raw,
}

impl InputSource {
    pub const fn is_body(self) -> bool {
        !matches!(self, Self::Path | Self::Query)
    }
}

#[derive(Debug)]
pub struct Path<T>(pub T);

#[derive(Debug)]
pub struct Query<T>(pub T);

/// A JSON body that may be absent or null.
#[derive(Debug)]
pub struct OptionalJson<T>(pub Option<T>);

/// A body as it is; it must not be empty.
#[derive(Debug)]
pub struct Raw(pub Bytes);

/// The schema of `T`, made once.
fn schema_of<T: JsonSchema>() -> &'static Value {
    static SCHEMAS: OnceLock<std::sync::Mutex<IndexMap<String, &'static Value>>> = OnceLock::new();
    let schemas = SCHEMAS.get_or_init(Default::default);
    let mut schemas = schemas.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    schemas.entry(T::schema_id().into_owned()).or_insert_with(|| {
        let settings = SchemaSettings::draft2020_12().with(|s| s.inline_subschemas = true);
        Box::leak(Box::new(settings.into_generator().into_root_schema_for::<T>().to_value()))
    })
}

/// `value`, found at `place`, as a `T`; `None` if there are problems, which were added.
pub(super) fn conform_to<T: JsonSchema + DeserializeOwned>(
    value: &Value,
    place: &Place,
    problems: &mut Problems,
) -> Option<T> {
    let conformed = conform(schema_of::<T>(), value, place, problems)?;
    match serde_json::from_value(conformed) {
        Ok(value) => Some(value),
        Err(error) => {
            problems.add(place, "value_error", format!("Value error, {error}"), value);
            None
        }
    }
}

/// `value` as the body of a request; 422 for what the API refuses, too.
pub(crate) fn body<T: JsonSchema + DeserializeOwned>(value: &Value) -> Result<T, Error> {
    let mut problems = Problems::default();
    match conform_to(value, &vec!["body".into()], &mut problems) {
        Some(body) if problems.0.is_empty() => Ok(body),
        _ => Err(Error::Invalid(problems.0)),
    }
}

impl<T: JsonSchema + DeserializeOwned + Send + 'static> Input for Path<T> {
    const SOURCE: InputSource = InputSource::Path;

    fn read(parts: &mut Parts, problems: &mut Problems) -> Option<Self> {
        conform_to(&Value::Object(parts.path.clone()), &vec!["path".into()], problems).map(Self)
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

impl<T: JsonSchema + DeserializeOwned + Send + 'static> Input for Query<T> {
    const SOURCE: InputSource = InputSource::Query;

    fn read(parts: &mut Parts, problems: &mut Problems) -> Option<Self> {
        conform_to(&Value::Object(parts.query.clone()), &vec!["query".into()], problems).map(Self)
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

impl<T: JsonSchema + DeserializeOwned + Send + 'static> Input for Json<T> {
    const SOURCE: InputSource = InputSource::Json { required: true };

    fn read(parts: &mut Parts, problems: &mut Problems) -> Option<Self> {
        match parts.json.take() {
            None | Some(Value::Null) => {
                problems.0.push(missing_body());
                None
            }
            Some(body) => conform_to(&body, &vec!["body".into()], problems).map(Self),
        }
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }
}

impl<T: JsonSchema + DeserializeOwned + Send + 'static> Input for OptionalJson<T> {
    const SOURCE: InputSource = InputSource::Json { required: false };

    fn read(parts: &mut Parts, problems: &mut Problems) -> Option<Self> {
        match parts.json.take() {
            None | Some(Value::Null) => Some(Self(None)),
            Some(body) => {
                conform_to(&body, &vec!["body".into()], problems).map(|body| Self(Some(body)))
            }
        }
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<Option<T>>()
    }
}

fn missing_body() -> ValidationError {
    ValidationError {
        r#type: "missing".to_owned(),
        loc: vec!["body".into()],
        msg: "Field required".to_owned(),
        input: Value::Null,
        ctx: Map::new(),
    }
}

impl Input for Form {
    const SOURCE: InputSource = InputSource::Form { required: false };

    fn read(parts: &mut Parts, problems: &mut Problems) -> Option<Self> {
        let form = parts.form.take().unwrap_or_default();
        form.check(problems).then_some(form)
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<FormSchema>()
    }
}

impl Input for Raw {
    const SOURCE: InputSource = InputSource::Raw;

    fn read(parts: &mut Parts, problems: &mut Problems) -> Option<Self> {
        if let Some(json) = parts.json.take() {
            let msg = "Input should be a valid bytes";
            problems.add(&vec!["body".into()], "bytes_type", msg, &json);
            return None;
        }
        let bytes = parts.raw.take().filter(|bytes| !bytes.is_empty());
        if bytes.is_none() {
            problems.0.push(missing_body());
        }
        bytes.map(Self)
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "contentMediaType": "application/octet-stream"})
    }
}
