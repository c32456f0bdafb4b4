//! The variables passed in. Their lists and dicts stay JSON until they are used as values.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use serde_json::{Map, Value as Json};
use smallvec::SmallVec;

use super::variable::{Seen, Variable};
use super::{Interpreter, Loop};
use crate::ast::Program;
use crate::globals;
use crate::sandbox::AttributeName;
use crate::value::{Entries, Key, Object, Str, Undefined, Value, from_number};

/// A list passed in that a loop with a `loop` variable goes over, or an item of it.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    list: u32,
    /// [`WHOLE`] for the list itself.
    item: u32,
}

const WHOLE: u32 = u32::MAX;
/// So many lists are referred to at most; others become values at once.
const MAX_PLACES: usize = 1 << 20;
/// Above so many variables for each name in the template, it is the names that are looked up.
const MANY_MORE: usize = 4;
/// Dicts with so few items are looked through faster than hashed.
const FEW: usize = 16;

/// What the caller passed.
pub(crate) struct Data<'r> {
    variables: &'r Map<String, Json>,
    /// The lists that [`Place`]s refer to.
    places: SmallVec<[&'r Json; 4]>,
    /// The lists and dicts that have become values, with all inside of them, by address.
    values: HashMap<usize, Value, FixedState>,
}

impl<'r> Data<'r> {
    pub fn new(variables: &'r Map<String, Json>) -> Self {
        Self { variables, places: SmallVec::new(), values: HashMap::default() }
    }

    /// What the names in [`Program::outside`] stand for: variables passed in, or globals.
    pub fn variables(&self, program: &Program) -> Vec<Variable<'r>> {
        let mut values: Vec<_> = program.outside.iter().map(|_| Variable::MISSING).collect();
        if self.variables.len() > values.len().saturating_mul(MANY_MORE) {
            for (value, name) in values.iter_mut().zip(&program.outside) {
                value.set(self.variables.get(&**name).map_or(Variable::MISSING, Variable::of));
            }
        } else {
            for (name, json) in self.variables {
                let index = program.outside_indices.get(name.as_str());
                if let Some(value) = index.and_then(|index| values.get_mut(*index)) {
                    value.set(Variable::of(json));
                }
            }
        }
        for (value, name) in values.iter_mut().zip(&program.outside) {
            if value.is_missing()
                && let Some(global) = globals::find(name)
            {
                *value = Variable::Value(global);
            }
        }
        values
    }

    /// The items of a list, unless it has become a value.
    #[inline]
    pub fn list<'j>(&self, json: &'j Json) -> Option<&'j Vec<Json>> {
        json.as_array().filter(|_| !self.is_value(json))
    }

    /// The items of a dict, unless it has become a value.
    #[inline]
    pub fn dict<'j>(&self, json: &'j Json) -> Option<&'j Map<String, Json>> {
        json.as_object().filter(|_| !self.is_value(json))
    }

    #[inline]
    fn is_value(&self, json: &Json) -> bool {
        !self.values.is_empty() && self.values.contains_key(&address(json))
    }

    /// The item `name` of a dict, if templates see no other attribute of that name.
    #[inline]
    pub fn attribute<'j>(&self, json: &'j Json, name: &AttributeName) -> Option<Option<&'j Json>> {
        if !name.is_dict_item() {
            return None;
        }
        Some(find(self.dict(json)?, &name.text))
    }

    /// The number of items, unless the list or dict has become a value.
    pub fn length(&self, json: &Json) -> Option<usize> {
        match json {
            Json::Array(items) if !self.is_value(json) => Some(items.len()),
            Json::Object(map) if !self.is_value(json) => Some(map.len()),
            _ => None,
        }
    }

    /// Refers to a list, so that a loop may remember it.
    pub fn keep(&mut self, list: &'r Json) -> Value {
        match u32::try_from(self.places.len()) {
            Ok(index) if self.places.len() < MAX_PLACES => {
                self.places.push(list);
                Value::Given(Place { list: index, item: WHOLE })
            }
            _ => self.value(list),
        }
    }

    /// What `place` refers to.
    #[inline]
    pub fn at(&self, place: Place) -> Option<&'r Json> {
        let list = *self.places.get(place.list as usize)?;
        if place.item == WHOLE { Some(list) } else { list.get(place.item as usize) }
    }

    /// The item at `index` of the list at `place`, or `None` if the list has become a value.
    #[inline]
    pub fn item(&self, place: Place, index: usize) -> Option<Option<Value>> {
        let items = self.list(self.at(place)?)?;
        Some(match (items.get(index), u32::try_from(index)) {
            (Some(Json::String(_) | Json::Array(_) | Json::Object(_)), Ok(item)) => {
                Some(Value::Given(Place { item, ..place }))
            }
            (item, _) => item.map(scalar),
        })
    }

    /// `value` as a variable holds it.
    #[inline]
    pub fn held(&self, value: Value) -> Variable<'r> {
        match value {
            Value::Given(place) => self.at(place).map_or(Variable::MISSING, Variable::of),
            value => Variable::Value(value),
        }
    }

    /// What `place` refers to, as a value.
    pub fn value_at(&mut self, place: Place) -> Value {
        self.at(place).map_or(Value::Missing, |json| self.value(json))
    }

    /// The same value for the same list or dict, whoever asks for it. The depth of JSON is bounded
    /// by its parser.
    pub fn value(&mut self, json: &Json) -> Value {
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
            Json::Array(items) => Value::list(items.iter().map(|item| self.value(item)).collect()),
            Json::Object(map) => {
                let entries =
                    map.iter().map(|(key, value)| (Key { value: text(key) }, self.value(value)));
                Value::dict(Entries::of_distinct(entries))
            }
            _ => scalar(json),
        }
    }

    /// Looks at an attribute of `loop` or of a namespace that takes no computing.
    pub fn simple_attribute(&self, object: &Object, name: &AttributeName) -> Option<Value> {
        match (object, name.of_loop) {
            (Object::Loop(state), Some(attribute)) => {
                Loop::simple_attribute(state, self, attribute)
            }
            (Object::Namespace(dict), _) if name.is_public() => dict.get_text(&name.text),
            _ => None,
        }
    }
}

impl<'r> Interpreter<'r> {
    /// `value` as templates may see it.
    #[inline]
    pub fn brought_in(&mut self, value: Value) -> Value {
        match value {
            Value::Given(place) => self.data.value_at(place),
            value => value,
        }
    }
}

/// The item of a dict that does not have it.
pub(super) fn absent(name: &AttributeName) -> Value {
    Value::undefined(Undefined::Attribute { owner: "dict", name: name.text.clone() })
}

/// Looks at JSON where it lies.
#[inline]
pub(super) fn look_at_json<T>(json: Option<&Json>, look: impl FnOnce(Seen) -> T) -> T {
    match json {
        None => look(Seen::Missing),
        Some(Json::String(text)) => look(Seen::Text(text)),
        Some(json @ (Json::Array(_) | Json::Object(_))) => look(Seen::Container(json)),
        Some(other) => look(Seen::of(&scalar(other))),
    }
}

#[inline]
fn find<'j>(map: &'j Map<String, Json>, name: &str) -> Option<&'j Json> {
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
