//! Macros and `call`.

use std::rc::Rc;
use std::sync::Arc;

use smallvec::SmallVec;

use super::Interpreter;
use super::variable::Variable;
use crate::ast::{Arguments, Expression, ExpressionKind, Macro};
use crate::builtin::{Args, ArgumentList};
use crate::error::{Error, Result};
use crate::value::{Entries, Key, MacroValue, Object, Str, Undefined, Value};

impl<'r> Interpreter<'r> {
    /// The macro as a value, bound to the variables around.
    pub(super) fn macro_value(&mut self, definition: &Arc<Macro>) -> Result<Value> {
        self.meter.object(size_of::<Object>())?;
        let (enclosing, context) = (self.hold()?, self.context.clone());
        let definition = definition.clone();
        Ok(Value::object(Object::Macro(MacroValue { definition, enclosing, context })))
    }

    pub(super) fn call_block(&mut self, call: &Expression, caller: &Arc<Macro>) -> Result<()> {
        let caller = self.macro_value(caller)?;
        let ExpressionKind::Call(call) = &call.kind else { return Ok(()) };
        self.meter.tick(call.0.size)?;
        let callee = self.operand(&call.0)?;
        let mut args = self.arguments(&call.1)?;
        args.keywords.push(("caller".into(), caller));
        match self.call_value(&callee, args.view())? {
            Value::Str(text) => {
                self.output.push_str(&text);
                self.check_output()
            }
            other => other.refuse("cannot be written by a call block; a str is needed"),
        }
    }

    /// Calls a macro.
    pub(super) fn call_macro(&mut self, value: &MacroValue, args: Args) -> Result<Value> {
        let text = self.aside(|run| run.write_macro(value, args))?;
        Ok(Value::Str(Str::new(text, self.autoescape)))
    }

    /// Calls a macro with arguments yet to be evaluated, and writes its text to the output.
    pub(super) fn write_call(&mut self, callee: Rc<Object>, arguments: &Arguments) -> Result<()> {
        let Object::Macro(value) = &*callee else { return Ok(()) };
        let definition = &value.definition;
        let positional = &arguments.positional;
        let is_simple = arguments.is_plain()
            && definition.takes_parameters_only()
            && positional.len() <= definition.parameters.len();
        if !is_simple {
            return self.with_arguments(arguments, |run, args| run.write_macro(value, args));
        }
        let mut given = SmallVec::<[Variable; 4]>::new();
        for argument in positional {
            given.push(self.argument(argument)?);
        }
        self.write_body(value, positional.len(), |run| {
            for (parameter, argument) in definition.parameters.iter().zip(given) {
                run.variables.set(parameter.slot, argument);
            }
            Ok(())
        })
    }

    /// An argument that becomes a variable of a macro.
    fn argument(&mut self, node: &Expression) -> Result<Variable<'r>> {
        if let ExpressionKind::Name { slot, .. } = &node.kind
            && let Some(variable) = self.variables.get(*slot)
            && !variable.is_missing()
        {
            return Ok(variable.clone());
        }
        self.operand(node).map(Variable::Value)
    }

    /// Calls a macro and writes its text to the output.
    fn write_macro(&mut self, value: &MacroValue, args: Args) -> Result<()> {
        self.write_body(value, args.positional.len(), |run| {
            bind_arguments(run, &value.definition, args)
        })
    }

    /// Writes the body of a macro once `bind` has set the first `given` parameters and others.
    fn write_body(
        &mut self,
        value: &MacroValue,
        given: usize,
        bind: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<()> {
        let definition = &value.definition;
        let start = self.output.len();
        let outer = std::mem::replace(&mut self.context, value.context.clone());
        let result = self.activate(definition.slots, Some(value.enclosing), |run| {
            bind(run)?;
            run.enter_scope(&definition.scope);
            run.defaults(definition, given)?;
            run.statements(&definition.body)
        });
        self.context = outer;
        result?;
        self.meter.string(self.output.len().saturating_sub(start))
    }

    /// Gives parameters without an argument their defaults; the first ones have one.
    fn defaults(&mut self, definition: &Macro, given: usize) -> Result<()> {
        for parameter in definition.parameters.iter().skip(given) {
            if !self.variables.is_missing(parameter.slot) {
                continue;
            }
            let value = match &parameter.default {
                Some(default) => self.evaluate(default)?,
                None => {
                    let message = format!("parameter '{}' was not provided", parameter.name);
                    Value::undefined(Undefined::Hint(message))
                }
            };
            self.variables.set(parameter.slot, Variable::Value(value));
        }
        Ok(())
    }
}

fn bind_arguments(run: &mut Interpreter, definition: &Macro, args: Args) -> Result<()> {
    let parameters = &definition.parameters;
    let given = args.positional.len().min(parameters.len());
    let (positional, extra) = args.positional.split_at(given);
    if args.keywords.is_empty() && extra.is_empty() && definition.takes_parameters_only() {
        for (parameter, value) in parameters.iter().zip(positional) {
            run.variables.set(parameter.slot, Variable::Value(value.clone()));
        }
        return Ok(());
    }
    // Each parameter is looked for among all keywords.
    let searches = parameters.len().saturating_sub(given);
    run.meter.tick(searches.saturating_mul(args.keywords.len()) / 8)?;
    let mut rest = ArgumentList { keywords: args.keywords.into(), ..ArgumentList::default() };
    let mut found_caller = definition.explicit_caller && given == parameters.len();
    for (parameter, value) in parameters.iter().zip(positional) {
        run.variables.set(parameter.slot, Variable::Value(value.clone()));
    }
    for parameter in parameters.iter().skip(given) {
        if let Some(value) = rest.take_keyword(&parameter.name) {
            run.variables.set(parameter.slot, Variable::Value(value));
        }
        found_caller |= &*parameter.name == "caller";
    }
    if let Some(slot) = definition.caller.filter(|_| !found_caller) {
        let caller = rest.take_keyword("caller").filter(|caller| !caller.is_none());
        let missing = || Value::undefined(Undefined::Hint("no caller defined".into()));
        run.variables.set(slot, Variable::Value(caller.unwrap_or_else(missing)));
    }
    rest_arguments(run, definition, extra, rest.view())
}

/// Hands over or refuses arguments that no parameter takes.
fn rest_arguments(
    run: &mut Interpreter,
    definition: &Macro,
    extra: &[Value],
    args: Args,
) -> Result<()> {
    let name = &definition.name;
    if let Some(slot) = definition.keywords {
        run.meter.dict(args.keywords.len())?;
        let entries: Entries =
            args.keywords.iter().map(|(name, value)| (Key::text(&**name), value.clone())).collect();
        run.variables.set(slot, Variable::Value(Value::dict(entries)));
    } else if let Some((keyword, _)) = args.keywords.first() {
        let message = format!("macro '{name}' takes no keyword argument '{keyword}'");
        return Err(Error::type_error(message));
    }
    if let Some(slot) = definition.varargs {
        run.meter.list(extra.len())?;
        run.variables.set(slot, Variable::Value(Value::tuple(extra.to_vec())));
    } else if !extra.is_empty() {
        let most = definition.parameters.len();
        let message = format!("macro '{name}' takes not more than {most} argument(s)");
        return Err(Error::type_error(message));
    }
    Ok(())
}
