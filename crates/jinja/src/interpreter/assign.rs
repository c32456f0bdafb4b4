//! Assignment and unpacking.

use super::Interpreter;
use crate::ast::Target;
use crate::error::{Error, Result};
use crate::value::{Object, Undefined, Value, collect, iterate};

impl Interpreter<'_> {
    pub(super) fn assign(&mut self, target: &Target, value: Value) -> Result<()> {
        match target {
            Target::Name { slot, export, .. } => {
                if let Some(index) = export {
                    self.context.export(*index, value.clone());
                }
                self.write(*slot, value);
                Ok(())
            }
            Target::Tuple(targets) => {
                let value = self.brought_in(value);
                if let Value::Tuple(tuple) = &value
                    && tuple.items.len() == targets.len()
                {
                    let mut pairs = targets.iter().zip(&tuple.items);
                    return pairs.try_for_each(|(target, item)| self.assign(target, item.clone()));
                }
                let items = self.unpack(&value, targets.len())?;
                for (target, item) in targets.iter().zip(items) {
                    self.assign(target, item)?;
                }
                Ok(())
            }
            Target::Attribute { attribute, .. } => {
                let Some(dict) = self.namespace(target)? else { return Ok(()) };
                let value = self.brought_in(value);
                self.note_insertion(&dict, &value);
                if let Value::Dict(dict) = dict {
                    let _old = dict.set_text(attribute, value);
                }
                Ok(())
            }
        }
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
        if let Value::Object(object) = self.read(*slot)
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
                collect(self, value)?
            }
            _ => match iterate(self, value) {
                Ok(_) => collect(self, value)?,
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
        let mut iter = iterate(self, value)?;
        let mut items = Vec::new();
        while items.len() < most
            && let Some(item) = iter.next(self)?
        {
            items.push(item);
        }
        Ok(items)
    }

    /// The value, or undefined for a variable without one.
    pub(super) fn defined(&self, name: &std::sync::Arc<str>, value: Value) -> Value {
        match value {
            Value::Missing => Value::undefined(Undefined::Name(name.clone())),
            value => value,
        }
    }
}
