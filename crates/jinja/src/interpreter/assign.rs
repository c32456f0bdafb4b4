//! Assignment and unpacking.

use super::Interpreter;
use super::variable::Variable;
use crate::ast::Target;
use crate::error::{Error, Result};
use crate::value::{Object, Value, collect, iterate};

impl<'r> Interpreter<'r> {
    pub(super) fn assign(&mut self, target: &Target, value: Variable<'r>) -> Result<()> {
        match target {
            Target::Name { slot, export, .. } => {
                if let Some(index) = export {
                    let value = self.value_of(value.clone());
                    self.context.export(*index, value);
                }
                self.write(*slot, value);
                Ok(())
            }
            Target::Tuple(targets) => self.assign_all(targets, value),
            Target::Attribute { attribute, .. } => {
                let Some(dict) = self.namespace(target)? else { return Ok(()) };
                let value = self.value_of(value);
                self.note_insertion(&dict, &value);
                if let Value::Dict(dict) = dict {
                    let _old = dict.set_text(attribute, value);
                }
                Ok(())
            }
        }
    }

    /// Takes `value` apart.
    fn assign_all(&mut self, targets: &[Target], value: Variable<'r>) -> Result<()> {
        if let Variable::Container(json) = value
            && let Some(items) = self.data.list(json)
            && items.len() == targets.len()
        {
            let mut pairs = targets.iter().zip(items);
            return pairs.try_for_each(|(target, item)| self.assign(target, Variable::of(item)));
        }
        let value = self.value_of(value);
        if let Value::Tuple(tuple) = &value
            && tuple.items.len() == targets.len()
        {
            let items = tuple.items.iter().map(|item| Variable::Value(item.clone()));
            return targets
                .iter()
                .zip(items)
                .try_for_each(|(target, item)| self.assign(target, item));
        }
        let items = self.unpack(&value, targets.len())?;
        let items = items.into_iter().map(Variable::Value);
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
        self.assign(target, Variable::Value(value))
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
        if let Some(Variable::Value(Value::Object(object))) = self.variables.get(*slot)
            && let Object::Namespace(dict) = &**object
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
}
