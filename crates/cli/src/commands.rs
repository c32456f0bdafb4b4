//! What each command does.

pub mod applications;
pub mod config;
pub mod job_scripts;
pub mod job_submissions;
pub mod login;
pub mod man;
pub mod run;

use std::{rc::Rc, sync::Arc, time::SystemTime};

use serde_json::{Map, Value};

use crate::{
    api::{Api, not_understood},
    failure::Result,
    log::Log,
    output::{Appearance, Output, resource::Resource},
    settings::Settings,
};

/// What commands have at hand.
#[derive(Debug)]
pub struct Session {
    /// Settings.
    pub settings: Settings,
    /// The server.
    pub api: Rc<Api>,
    /// Where results go.
    pub output: Output,
    /// Whether a workflow repeats its own command, which it can do once.
    pub is_repeated: bool,
    /// What administrators are shown when something was odd.
    pub log: Arc<Log>,
}

impl Session {
    /// For one command.
    ///
    /// # Errors
    /// When the settings make no sense.
    pub fn new(settings: Settings, appearance: &Appearance) -> Result<Self> {
        let log = Arc::new(Log::open(&settings.cache_dir, SystemTime::now()));
        let output = Output::new(appearance)?;
        let api = Api::new(&settings, appearance.verbose, Arc::clone(&log))?;
        let api = api.for_people(!output.is_for_programs());
        Ok(Self { settings, api: Rc::new(api), output, log, is_repeated: false })
    }

    /// For a command that a workflow of this one runs.
    #[must_use]
    pub fn within(&self, said: &Appearance, is_repeated: bool) -> Self {
        Self {
            settings: self.settings.clone(),
            api: Rc::clone(&self.api),
            output: self.output.within(said),
            log: Arc::clone(&self.log),
            is_repeated,
        }
    }
}

/// What is shown of an object of the API.
///
/// # Errors
/// When it lacks something.
pub fn read(what: &str, resource: &Resource, object: &Value) -> Result<Map<String, Value>> {
    resource.read(object).map_err(|why| not_understood(what, &why))
}

/// What was given of optional fields, as a body.
pub fn given<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    let given = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(given.collect())
}

/// A text that is neither missing nor empty.
pub fn text(text: &Option<String>) -> Option<Value> {
    text.as_ref().filter(|text| !text.is_empty()).map(|text| text.as_str().into())
}
