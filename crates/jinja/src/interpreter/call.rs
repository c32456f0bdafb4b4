//! Calls and their arguments.

use std::collections::HashSet;

use super::state::Interpreter;
use crate::ast::{Arguments, Expression, ExpressionKind};
use crate::error::{Error, Result};
use crate::run::Run;
use crate::sandbox;
use crate::value::{Args, ArgumentList, Value, collect};

impl Interpreter<'_> {
    #[inline(never)]
    pub(super) fn call_expression(
        &mut self,
        callee: &Expression,
        args: &Arguments,
    ) -> Result<Value> {
        if let ExpressionKind::Attribute(subject, name) = &callee.kind {
            let subject = self.operand(subject)?;
            if let Some(method) = name.method(&subject) {
                return self.with_arguments(args, |interpreter, args| {
                    interpreter.run.meter.tick(1)?;
                    method.call(interpreter.run, &subject, args)
                });
            }
            let callee = sandbox::attribute(self.run, &subject, name)?;
            return self
                .with_arguments(args, |interpreter, args| callee.call(interpreter.run, args));
        }
        let callee = self.operand(callee)?;
        self.with_arguments(args, |interpreter, args| callee.call(interpreter.run, args))
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
            let items = collect(self.run, &items)?;
            self.run.meter.list(items.len())?;
            self.run.meter.tick(items.len())?;
            args.positional.extend(items);
        }
        for (name, argument) in &node.keywords {
            args.keywords.push((name.clone(), self.operand(argument)?));
        }
        if let Some(unpack) = &node.unpack_keywords {
            let mapping = self.operand(unpack)?;
            unpack_keywords(self.run, &mapping, &mut args)?;
        }
        Ok(args)
    }
}

fn unpack_keywords(run: &mut Run, mapping: &Value, args: &mut ArgumentList) -> Result<()> {
    let dict = match mapping {
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
