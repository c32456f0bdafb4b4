//! The variables passed in. Their lists and dicts stay JSON until they are used as values.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use serde_json::{Map, Value as Json};
use smallvec::SmallVec;

use super::Interpreter;
use crate::ast::Program;
use crate::sandbox::AttributeName;
use crate::value::{Entries, Key, Str, Undefined, Value, from_number, write_integer};

/// A list or dict passed in, by its index in [`Data`].
#[derive(Clone, Copy)]
pub(crate) struct Place(u32);

/// So many lists and dicts are referred to at most; others become values at once.
const MAX_PLACES: usize = 1 << 20;
/// Above so many variables for each name in the template, it is the names that are looked up.
const MANY_MORE: usize = 4;
/// Dicts with so few items are looked through faster than hashed.
const FEW: usize = 16;

/// What the caller passed.
pub(crate) struct Data<'r> {
    variables: &'r Map<String, Json>,
    places: SmallVec<[&'r Json; 16]>,
    /// The lists and dicts that have become values, with all inside of them, by address.
    values: HashMap<usize, Value, FixedState>,
}

impl<'r> Data<'r> {
    pub fn new(variables: &'r Map<String, Json>) -> Self {
        Self { variables, places: SmallVec::new(), values: HashMap::default() }
    }

    /// Gives the variables that the template names.
    pub fn each_variable(&mut self, program: &Program, mut give: impl FnMut(usize, Value)) {
        if self.variables.len() > program.outside.len().saturating_mul(MANY_MORE) {
            for (index, name) in program.outside.iter().enumerate() {
                if let Some(json) = self.variables.get(&**name) {
                    give(index, self.refer(json));
                }
            }
            return;
        }
        for (name, json) in self.variables {
            if let Some(index) = program.outside_indices.get(name.as_str()) {
                give(*index, self.refer(json));
            }
        }
    }

    /// The list at `place`, unless it has become a value.
    #[inline]
    pub fn list(&self, place: Place) -> Option<&'r Vec<Json>> {
        self.json(place)?.as_array()
    }

    /// The dict at `place`, unless it has become a value.
    #[inline]
    pub fn dict(&self, place: Place) -> Option<&'r Map<String, Json>> {
        self.json(place)?.as_object()
    }

    #[inline]
    fn json(&self, place: Place) -> Option<&'r Json> {
        let json = *self.places.get(place.0 as usize)?;
        let is_value = !self.values.is_empty() && self.values.contains_key(&address(json));
        (!is_value).then_some(json)
    }

    /// `place.name`, if that is easily found.
    pub fn attribute(&mut self, place: Place, name: &AttributeName) -> Option<Value> {
        if !name.is_dict_item() {
            return None;
        }
        match find(self.dict(place)?, &name.text) {
            Some(json) => Some(self.refer(json)),
            None => Some(Value::Missing),
        }
    }

    /// Writes `place.name`, if it is easily found and a text or an integer.
    pub fn write_attribute(&self, place: Place, name: &AttributeName, output: &mut String) -> bool {
        if !name.is_dict_item() {
            return false;
        }
        match self.dict(place).and_then(|dict| find(dict, &name.text)) {
            Some(Json::String(text)) => output.push_str(text),
            Some(Json::Number(number)) if let Some(integer) = number.as_i64() => {
                write_integer(integer, output);
            }
            _ => return false,
        }
        true
    }

    /// The number of items at `place`, unless it has become a value.
    pub fn length(&self, place: Place) -> Option<usize> {
        match self.json(place)? {
            Json::Array(items) => Some(items.len()),
            Json::Object(map) => Some(map.len()),
            _ => None,
        }
    }

    /// What is no list or dict as a value, other things by their place.
    #[inline]
    pub fn refer(&mut self, json: &'r Json) -> Value {
        match json {
            Json::Array(_) | Json::Object(_) => self.refer_to_container(json),
            _ => scalar(json),
        }
    }

    fn refer_to_container(&mut self, json: &'r Json) -> Value {
        if !self.values.is_empty()
            && let Some(value) = self.values.get(&address(json))
        {
            return value.clone();
        }
        match u32::try_from(self.places.len()) {
            Ok(index) if self.places.len() < MAX_PLACES => {
                self.places.push(json);
                Value::Given(Place(index))
            }
            _ => self.convert(json),
        }
    }

    /// The same list or dict as a value, whoever asks for it.
    pub fn bring_in(&mut self, place: Place) -> Value {
        match self.places.get(place.0 as usize) {
            Some(json) => self.convert(json),
            None => Value::Missing,
        }
    }

    /// The depth of JSON is bounded by its parser.
    fn convert(&mut self, json: &Json) -> Value {
        if !matches!(json, Json::Array(_) | Json::Object(_)) {
            return scalar(json);
        }
        if let Some(value) = self.values.get(&address(json)) {
            return value.clone();
        }
        let value = stacker::maybe_grow(64 << 10, 1 << 20, || self.convert_container(json));
        self.values.insert(address(json), value.clone());
        value
    }

    fn convert_container(&mut self, json: &Json) -> Value {
        match json {
            Json::Array(items) => {
                Value::list(items.iter().map(|item| self.convert(item)).collect())
            }
            Json::Object(map) => {
                let entries =
                    map.iter().map(|(key, value)| (Key { value: text(key) }, self.convert(value)));
                Value::dict(Entries::of_distinct(entries))
            }
            _ => scalar(json),
        }
    }
}

impl Interpreter<'_> {
    /// `value` as templates may see it.
    #[inline]
    pub fn brought_in(&mut self, value: Value) -> Value {
        match value {
            Value::Given(place) => self.data.bring_in(place),
            value => value,
        }
    }
}

/// The item of a dict that does not have it.
pub(super) fn absent(name: &AttributeName) -> Value {
    Value::undefined(Undefined::Attribute { owner: "dict", name: name.text.clone() })
}

#[inline]
fn find<'r>(map: &'r Map<String, Json>, name: &str) -> Option<&'r Json> {
    match map.len() {
        0..=FEW => map.iter().find(|(key, _)| *key == name).map(|(_, value)| value),
        _ => map.get(name),
    }
}

fn address(json: &Json) -> usize {
    std::ptr::from_ref(json).addr()
}

/// Everything but lists and dicts.
#[inline]
fn scalar(json: &Json) -> Value {
    match json {
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => from_number(number),
        Json::String(value) => text(value),
        _ => Value::None,
    }
}

/// A text of the caller's: the same object, however often it is looked at.
#[inline]
pub(super) fn text(text: &String) -> Value {
    Value::Str(Str::at(text, std::ptr::from_ref(text).addr()))
}
