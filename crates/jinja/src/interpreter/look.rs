//! Looks at variables, and at items inside of them, where they are: nothing is evaluated, copied
//! or made a value of.
//!
//! Each method answers `None` if that is not possible, and the place is to be evaluated.

use std::borrow::Cow;

use serde_json::Value as Json;

use super::data::{Data, absent, look_at_json};
use super::variable::{Seen, Variable};
use super::variables::Variables;
use crate::ast::{Constant, Expression, ExpressionKind};
use crate::sandbox::{self, AttributeName};
use crate::value::Value;

/// Items of items are looked at so deep.
const DEEPEST: u32 = 8;

impl<'r> Variables<'r> {
    /// Looks at a variable, or at an item or an attribute of one.
    #[inline]
    pub fn look<T>(
        &self,
        data: &Data<'r>,
        place: &Expression,
        look: impl FnOnce(Seen) -> T,
    ) -> Option<T> {
        match &place.kind {
            ExpressionKind::Name { slot, .. } => Some(look(self.get(*slot)?.seen())),
            _ if place.height > DEEPEST => None,
            ExpressionKind::Attribute(subject, name) => {
                look_at_attribute(&*self.subject(data, subject)?, data, name, look)
            }
            ExpressionKind::Item(pair) => {
                Some(look_at_json(Some(self.item(data, &pair.0, &pair.1)?), look))
            }
            _ => None,
        }
    }

    /// A variable, or an item or an attribute of one.
    pub fn find(&self, data: &Data<'r>, place: &Expression) -> Option<Variable<'r>> {
        match &place.kind {
            ExpressionKind::Name { slot, .. } => self.get(*slot).cloned(),
            _ if place.height > DEEPEST => None,
            ExpressionKind::Attribute(subject, name) => {
                attribute(&*self.subject(data, subject)?, data, name)
            }
            ExpressionKind::Item(pair) => self.item(data, &pair.0, &pair.1).map(Variable::of),
            _ => None,
        }
    }

    /// What an attribute is asked of; a variable where it is.
    #[inline]
    fn subject(&self, data: &Data<'r>, place: &Expression) -> Option<Cow<'_, Variable<'r>>> {
        match &place.kind {
            ExpressionKind::Name { slot, .. } => self.get(*slot).map(Cow::Borrowed),
            _ => self.find(data, place).map(Cow::Owned),
        }
    }

    /// An item of a list or dict that was passed in, if it is there.
    fn item(&self, data: &Data<'r>, subject: &Expression, key: &Expression) -> Option<&'r Json> {
        let Variable::Container(container) = self.find(data, subject)? else { return None };
        let item = |key: Seen| match key {
            Seen::Text(name) => data.dict(container)?.get(name),
            Seen::Integer(index) => data.list(container)?.get(usize::try_from(index).ok()?),
            _ => None,
        };
        match &key.kind {
            ExpressionKind::Constant(Constant::Text(name)) => item(Seen::Text(name)),
            ExpressionKind::Constant(Constant::Integer(index)) => item(Seen::Integer(*index)),
            _ => self.look(data, key, item)?,
        }
    }
}

#[inline]
fn look_at_attribute<T>(
    subject: &Variable,
    data: &Data,
    name: &AttributeName,
    look: impl FnOnce(Seen) -> T,
) -> Option<T> {
    match subject {
        Variable::Container(json) => Some(look_at_json(data.attribute(json, name)?, look)),
        Variable::Value(Value::Dict(dict)) if name.is_dict_item() => {
            let entries = dict.entries.borrow();
            Some(look(entries.get_text(&name.text).map_or(Seen::Missing, Seen::of)))
        }
        Variable::Value(Value::Object(object)) => match data.simple_attribute(object, name)? {
            Value::Given(place) => Some(look_at_json(data.at(place), look)),
            value => Some(look(Seen::of(&value))),
        },
        _ => None,
    }
}

/// An attribute of a dict, of `loop` or of a namespace.
#[inline]
fn attribute<'r>(
    subject: &Variable<'r>,
    data: &Data<'r>,
    name: &AttributeName,
) -> Option<Variable<'r>> {
    Some(match subject {
        Variable::Container(json) => match data.attribute(json, name)? {
            Some(json) => Variable::of(json),
            None => Variable::Value(absent(name)),
        },
        Variable::Value(subject) => match subject {
            Value::Dict(dict) if name.is_dict_item() => {
                Variable::Value(sandbox::dict_item(subject, dict, name))
            }
            Value::Object(object) => data.held(data.simple_attribute(object, name)?),
            _ => return None,
        },
        Variable::Text(_) => return None,
    })
}
