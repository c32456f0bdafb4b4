//! Assignment and unpacking.

use super::state::Interpreter;
use crate::ast::Target;
use crate::error::{Error, Result};
use crate::value::{Object, Value, collect, iterate};

impl Interpreter<'_> {
    pub(super) fn assign(&mut self, target: &Target, value: Value) -> Result<()> {
        match target {
            Target::Name { slot, export, .. } => {
                if let Some(index) = export {
                    self.here.context.export(*index, value.clone());
                }
                self.set(*slot, value);
                Ok(())
            }
            Target::Tuple(targets) => self.assign_all(targets, value),
            Target::Attribute { attribute, .. } => {
                let Some(dict) = self.namespace(target)? else { return Ok(()) };
                dict.note_insertion(self.run, &value);
                if let Value::Dict(dict) = dict {
                    let _old = dict.set_text(attribute, value);
                }
                Ok(())
            }
        }
    }

    /// Takes `value` apart.
    fn assign_all(&mut self, targets: &[Target], value: Value) -> Result<()> {
        if let Value::Tuple(tuple) = &value
            && tuple.items.len() == targets.len()
        {
            let mut pairs = targets.iter().zip(&tuple.items);
            return pairs.try_for_each(|(target, item)| self.assign(target, item.clone()));
        }
        let items = self.unpack(&value, targets.len())?;
        targets.iter().zip(items).try_for_each(|(target, item)| self.assign(target, item))
    }

    /// Assigns the text of a block, which Python's Jinja2 does to an item of dicts, too.
    pub(super) fn assign_block(&mut self, target: &Target, value: Value) -> Result<()> {
        if let Target::Attribute { slot, attribute, .. } = target {
            match self.variable(*slot) {
                Value::Dict(dict) => {
                    let _old = dict.set_text(attribute, value);
                    return Ok(());
                }
                Value::Object(object) if matches!(*object, Object::Namespace(_)) => {}
                other => return other.refuse("does not support item assignment"),
            }
        }
        self.assign(target, value)
    }

    /// Fails early if an attribute is to be set on something that is no namespace.
    pub(super) fn check_target(&mut self, target: &Target) -> Result<()> {
        match target {
            Target::Name { .. } => Ok(()),
            Target::Tuple(items) => items.iter().try_for_each(|item| self.check_target(item)),
            Target::Attribute { .. } => self.namespace(target).map(|_| ()),
        }
    }

    fn namespace(&mut self, target: &Target) -> Result<Option<Value>> {
        let Target::Attribute { slot, .. } = target else { return Ok(None) };
        if let Value::Object(object) = self.variable(*slot)
            && let Object::Namespace(dict) = &*object
        {
            return Ok(Some(Value::Dict(dict.clone())));
        }
        Err(Error::runtime("cannot assign attribute on non-namespace object"))
    }

    /// Takes `value` apart into exactly `count` items.
    fn unpack(&mut self, value: &Value, count: usize) -> Result<Vec<Value>> {
        let items = match value {
            Value::Object(object) if matches!(**object, Object::Iterator(_)) => {
                self.take_some(value, count + 1)?
            }
            Value::List(_) | Value::Tuple(_) | Value::Str(_) | Value::Object(_) => {
                collect(self.run, value)?
            }
            _ => match iterate(self.run, value) {
                Ok(_) => collect(self.run, value)?,
                Err(_) => {
                    let name = value.type_name();
                    return Err(Error::type_error(format!(
                        "cannot unpack non-iterable {name} object"
                    )));
                }
            },
        };
        if items.len() > count {
            return Err(Error::value_error(format!(
                "too many values to unpack (expected {count})"
            )));
        }
        if items.len() < count {
            let got = items.len();
            let message = format!("not enough values to unpack (expected {count}, got {got})");
            return Err(Error::value_error(message));
        }
        Ok(items)
    }

    fn take_some(&mut self, value: &Value, most: usize) -> Result<Vec<Value>> {
        let mut iter = iterate(self.run, value)?;
        let mut items = Vec::new();
        while items.len() < most
            && let Some(item) = iter.next(self.run)?
        {
            items.push(item);
        }
        Ok(items)
    }
}
