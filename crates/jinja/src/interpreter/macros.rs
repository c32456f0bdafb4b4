//! Macros and `call`.

use std::sync::Arc;

use super::state::Interpreter;
use crate::ast::{Expression, ExpressionKind, Macro};
use crate::error::{Error, Result};
use crate::value::{Args, ArgumentList, BoundMacro, Entries, Key, Object, Value};

impl Interpreter<'_> {
    /// The macro as a value, bound to the variables around.
    pub(super) fn macro_value(&mut self, definition: &Arc<Macro>) -> Result<Value> {
        let (around, definition) = (self.hold()?, definition.clone());
        let function = BoundMacro {
            signature: definition.signature.clone(),
            write: Box::new(move |run, args| {
                Interpreter::new(run, around.clone()).write_macro(&definition, args)
            }),
        };
        Value::object(self.run, Object::Macro(function))
    }

    pub(super) fn call_block(&mut self, call: &Expression, caller: &Arc<Macro>) -> Result<()> {
        let caller = self.macro_value(caller)?;
        let ExpressionKind::Call(call) = &call.kind else { return Ok(()) };
        self.run.meter.tick(call.0.size)?;
        let callee = self.operand(&call.0)?;
        let mut args = self.arguments(&call.1)?;
        args.keywords.push(("caller".into(), caller));
        match callee.call(self.run, args.view())? {
            Value::Str(text) => {
                self.run.output.push_str(&text);
                self.run.check_output()
            }
            other => other.refuse("cannot be written by a call block; a str is needed"),
        }
    }

    /// Calls a macro and writes its text to the output.
    fn write_macro(&mut self, definition: &Macro, args: Args) -> Result<()> {
        let start = self.run.output.len();
        let parent = self.here.frame.clone();
        self.activate(definition.slots, Some(parent), |interpreter| {
            interpreter.bind_arguments(definition, args)?;
            interpreter.enter_scope(&definition.scope);
            interpreter.defaults(definition, args.positional.len())?;
            interpreter.statements(&definition.body)
        })?;
        self.run.meter.string(self.run.output.len().saturating_sub(start))
    }

    /// Gives parameters without an argument their defaults; the first ones have one.
    fn defaults(&mut self, definition: &Macro, given: usize) -> Result<()> {
        for parameter in definition.parameters.iter().skip(given) {
            if !self.here.frame.look(parameter.slot, Value::is_missing) {
                continue;
            }
            let value = match &parameter.default {
                Some(default) => self.evaluate(default)?,
                None => {
                    let message = format!("parameter '{}' was not provided", parameter.name);
                    Value::hint(self.run, message)?
                }
            };
            self.here.frame.set(parameter.slot, value);
        }
        Ok(())
    }

    fn bind_arguments(&mut self, definition: &Macro, args: Args) -> Result<()> {
        let frame = self.here.frame.clone();
        let parameters = &definition.parameters;
        let given = args.positional.len().min(parameters.len());
        let (positional, extra) = args.positional.split_at(given);
        for (parameter, value) in parameters.iter().zip(positional) {
            frame.set(parameter.slot, value.clone());
        }
        // Each parameter is looked for among all keywords.
        let searches = parameters.len().saturating_sub(given);
        self.run.meter.tick(searches.saturating_mul(args.keywords.len()) / 8)?;
        let mut rest = ArgumentList { keywords: args.keywords.into(), ..ArgumentList::default() };
        let mut found_caller = definition.explicit_caller && given == parameters.len();
        for parameter in parameters.iter().skip(given) {
            if let Some(value) = rest.take_keyword(&parameter.name) {
                frame.set(parameter.slot, value);
            }
            found_caller |= &*parameter.name == "caller";
        }
        if let Some(slot) = definition.caller.filter(|_| !found_caller) {
            let caller = rest.take_keyword("caller").filter(|caller| !caller.is_none());
            let missing = || Value::hint(self.run, "no caller defined");
            frame.set(slot, caller.map_or_else(missing, Ok)?);
        }
        self.rest_arguments(definition, extra, rest.view())
    }

    /// Hands over or refuses arguments that no parameter takes.
    fn rest_arguments(&mut self, definition: &Macro, extra: &[Value], args: Args) -> Result<()> {
        let name = definition.signature.name.as_str();
        if let Some(slot) = definition.keywords {
            self.run.meter.dict(args.keywords.len())?;
            let keywords = args.keywords.iter();
            let entries: Entries =
                keywords.map(|(name, value)| (Key::text(&**name), value.clone())).collect();
            self.here.frame.set(slot, Value::dict(entries));
        } else if let Some((keyword, _)) = args.keywords.first() {
            let message = format!("macro '{name}' takes no keyword argument '{keyword}'");
            return Err(Error::type_error(message));
        }
        if let Some(slot) = definition.varargs {
            self.run.meter.list(extra.len())?;
            self.here.frame.set(slot, Value::tuple(extra.to_vec()));
        } else if !extra.is_empty() {
            let most = definition.parameters.len();
            let message = format!("macro '{name}' takes not more than {most} argument(s)");
            return Err(Error::type_error(message));
        }
        Ok(())
    }
}
