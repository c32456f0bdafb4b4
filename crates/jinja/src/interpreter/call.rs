//! Calls and their arguments.

use std::collections::HashSet;

use super::Interpreter;
use crate::ast::{Arguments, Expression, ExpressionKind};
use crate::builtin::{Args, ArgumentList};
use crate::error::{Error, Result};
use crate::value::{Dict, Object, Str, Value, collect};
use crate::{globals, methods, sandbox};

impl Interpreter<'_> {
    pub(super) fn call_expression(
        &mut self,
        callee: &Expression,
        args: &Arguments,
    ) -> Result<Value> {
        if let ExpressionKind::Attribute(subject, name) = &callee.kind {
            let subject = self.operand(subject)?;
            if let Some(method) = name.method(&subject) {
                return self.with_arguments(args, |run, args| {
                    run.meter.tick(1)?;
                    method.call(run, &subject, args)
                });
            }
            let callee = sandbox::attribute(self, &subject, name)?;
            return self.with_arguments(args, |run, args| run.call_value(&callee, args));
        }
        let callee = self.operand(callee)?;
        self.with_arguments(args, |run, args| run.call_value(&callee, args))
    }

    /// Evaluates arguments and calls with them.
    #[inline]
    pub(super) fn with_arguments<T>(
        &mut self,
        node: &Arguments,
        call: impl FnOnce(&mut Self, Args) -> Result<T>,
    ) -> Result<T> {
        match node.positional.as_slice() {
            [] if node.is_plain() => call(self, Args::default()),
            [argument] if node.is_plain() => {
                let arguments = [self.operand(argument)?];
                call(self, Args::of(&arguments))
            }
            [first, second] if node.is_plain() => {
                let arguments = [self.operand(first)?, self.operand(second)?];
                call(self, Args::of(&arguments))
            }
            _ => {
                let arguments = self.arguments(node)?;
                call(self, arguments.view())
            }
        }
    }

    pub(super) fn arguments(&mut self, node: &Arguments) -> Result<ArgumentList> {
        let mut args = ArgumentList::default();
        for argument in &node.positional {
            args.positional.push(self.operand(argument)?);
        }
        if let Some(unpack) = &node.unpack {
            let items = self.operand(unpack)?;
            let items = collect(self, &items)?;
            self.meter.list(items.len())?;
            self.meter.tick(items.len())?;
            args.positional.extend(items);
        }
        for (name, argument) in &node.keywords {
            args.keywords.push((name.clone(), self.operand(argument)?));
        }
        if let Some(unpack) = &node.unpack_keywords {
            let mapping = self.operand(unpack)?;
            unpack_keywords(self, &mapping, &mut args)?;
        }
        Ok(args)
    }

    /// Calls any value.
    pub fn call_value(&mut self, callee: &Value, args: Args) -> Result<Value> {
        self.meter.tick(1)?;
        let Value::Object(object) = callee else {
            return callee.refuse_use("is not callable");
        };
        match &**object {
            Object::Method(method) => methods::call(self, method, args),
            Object::Function(function) => function.call(self, &Value::None, args),
            Object::Macro(value) => self.call_macro(value, args),
            Object::Class(class) => globals::construct(self, *class, args),
            Object::Joiner(joiner) => {
                no_arguments(&args)?;
                let first = !joiner.used.replace(true);
                Ok(if first { Value::text("") } else { joiner.separator.clone() })
            }
            Object::Loop(state) => match (args.positional, args.keywords) {
                ([iterable], []) => state.recurse(self, iterable),
                ([], [(name, iterable)]) if &**name == "iterable" => state.recurse(self, iterable),
                _ => Err(Error::type_error("loop() takes one argument")),
            },
            Object::Block(reference) => {
                no_arguments(&args)?;
                let text =
                    self.aside(|run| run.block(&reference.block, reference.context.clone()))?;
                self.meter.string(text.len())?;
                Ok(Value::Str(Str::new(text, self.autoescape)))
            }
            _ => callee.refuse_use("is not callable"),
        }
    }

    /// Whether Python's `callable(value)` holds.
    pub fn is_callable(value: &Value) -> bool {
        match value {
            Value::Undefined(_) => true,
            Value::Object(object) => matches!(
                **object,
                Object::Method(_)
                    | Object::Function(_)
                    | Object::Macro(_)
                    | Object::Class(_)
                    | Object::Joiner(_)
                    | Object::Loop(_)
                    | Object::Block(_)
            ),
            _ => false,
        }
    }

    /// A method of `receiver` as a value.
    pub fn method(receiver: &Value, name: &str) -> Option<Value> {
        let function = methods::find(receiver, name)?;
        Some(methods::bound(receiver, function))
    }
}

fn no_arguments(args: &Args) -> Result<()> {
    if args.positional.is_empty() && args.keywords.is_empty() {
        return Ok(());
    }
    Err(Error::type_error("no arguments are taken here"))
}

fn unpack_keywords(run: &mut Interpreter, mapping: &Value, args: &mut ArgumentList) -> Result<()> {
    let dict: &Dict = match mapping {
        Value::Dict(dict) => dict,
        _ => return mapping.refuse_use("after ** must be a mapping").map(|_: Value| ()),
    };
    let written: HashSet<_> = args.keywords.iter().map(|(name, _)| name.clone()).collect();
    let entries = dict.entries.borrow();
    run.meter.dict(entries.len())?;
    for (key, value) in entries.iter() {
        let Value::Str(name) = &key.value else {
            return Err(Error::type_error("keywords must be strings"));
        };
        if written.contains(name.as_str()) {
            let message = format!("got multiple values for keyword argument '{}'", name.as_str());
            return Err(Error::type_error(message));
        }
        run.meter.tick(1)?;
        run.meter.string(name.len())?;
        args.keywords.push((name.as_str().into(), value.clone()));
    }
    Ok(())
}
