//! Which properties are shown, when somebody says it.

use serde_json::{Map, Value};

use super::resource::{Colour, Resource};
use crate::{
    failure::{Failure, Result},
    suggestion::closest,
};

/// The names of properties, as they were asked for; none if all are to be shown that usually are.
#[derive(Debug, Clone, Default)]
pub struct Columns(Vec<String>);

impl Columns {
    /// As they were given.
    pub fn new(names: &[String]) -> Self {
        let names = names.iter().map(|name| name.trim().to_owned());
        Self(names.filter(|name| !name.is_empty()).collect())
    }

    /// Whether all of a resource is shown that usually is: none of them is a property of it.
    pub fn are_usual_for(&self, resource: &Resource) -> bool {
        self.of(resource).is_empty()
    }

    /// Whether one of the resources has each of them.
    ///
    /// # Errors
    /// When none of them has one, and which there are.
    pub fn check(&self, resources: &[&Resource]) -> Result<()> {
        self.0.iter().try_for_each(|name| known(name, "--columns", resources))
    }

    /// Those that a resource has.
    pub fn of(&self, resource: &Resource) -> Vec<(String, Colour)> {
        let known = |name: &String| Some((name.clone(), resource.colour(name)?));
        self.0.iter().filter_map(known).collect()
    }

    /// What is shown of a thing: all of it if none of them is a property of it.
    pub fn pick(&self, resource: &Resource, thing: &Map<String, Value>) -> Map<String, Value> {
        let chosen = self.of(resource);
        if chosen.is_empty() {
            return thing.clone();
        }
        let value = |name: &str| resource.value(thing, name).cloned().unwrap_or(Value::Null);
        chosen.into_iter().map(|(name, _)| (name.clone(), value(&name))).collect()
    }
}

/// Whether one of the resources has a property of this name.
///
/// # Errors
/// When none has, with the names that there are, and the option that names it.
pub fn known(name: &str, option: &str, resources: &[&Resource]) -> Result<()> {
    if resources.iter().any(|resource| resource.colour(name).is_some()) {
        return Ok(());
    }
    if resources.is_empty() {
        return Err(Failure::Usage(format!("{option} is not for this command")));
    }
    let mut names: Vec<_> = resources.iter().flat_map(|resource| resource.names()).collect();
    names.dedup();
    let hint = closest(name, names.iter().copied());
    let hint = hint.map(|hint| format!("; did you mean {hint}?"));
    let hint = hint.unwrap_or_else(|| ".".to_owned());
    let names = names.join(", ");
    Err(Failure::Usage(format!("{option}: there is no field {name:?}{hint} There are: {names}")))
}
