//! Questions of a workflow file, as far as they stand there: nothing is run.

mod body;
mod construct;
mod imports;
mod literal;

use std::collections::HashMap;

use jobbergate_types::questions::Question;
use ruff_python_ast::{Stmt, StmtClassDef, StmtFunctionDef};

use crate::validate;
use imports::Imports;

/// The class that a workflow file must have.
const APPLICATION: &str = "JobbergateApplication";
/// The method that begins.
const MAINFLOW: &str = "mainflow";

/// The questions of a workflow file that are written as plain constructor calls, those of the
/// methods that follow by name (`data["nextworkflow"] = "…"`) among them.
///
/// `None` if anything of it is computed: then only Python knows what is asked.
pub fn from_workflow(source: &str) -> Option<Vec<Question>> {
    let module = ruff_python_parser::parse_module(source).ok()?.into_syntax();
    let imports = Imports::of(&module.body)?;
    let mut classes = module.body.iter().filter_map(|statement| match statement {
        Stmt::ClassDef(class) if class.name.as_str() == APPLICATION => Some(class),
        _ => None,
    });
    let (Some(class), None) = (classes.next(), classes.next()) else { return None };
    let methods = methods(class)?;
    let mut questions = Vec::new();
    let (mut next, mut left) = (Some(MAINFLOW.to_owned()), methods.len());
    while let Some(name) = next.take() {
        // A method that follows itself asks anew.
        left = left.checked_sub(1)?;
        let found = body::read(methods.get(name.as_str())?, &imports)?;
        questions.extend(found.questions);
        next = found.next;
    }
    validate(&questions).is_empty().then_some(questions)
}

/// The methods of the class, if that is all that there is.
fn methods(class: &StmtClassDef) -> Option<HashMap<&str, &StmtFunctionDef>> {
    if !class.decorator_list.is_empty() {
        return None;
    }
    let mut methods = HashMap::new();
    for statement in &class.body {
        match statement {
            Stmt::FunctionDef(method) => {
                let name = method.name.as_str();
                // What is set up before may be part of what is asked.
                let is_plain = method.decorator_list.is_empty() || name != MAINFLOW;
                if name.starts_with("__") || !is_plain || methods.insert(name, method).is_some() {
                    return None;
                }
            }
            statement if is_docstring(statement) => {}
            Stmt::Pass(_) => {}
            _ => return None,
        }
    }
    Some(methods)
}

fn is_docstring(statement: &Stmt) -> bool {
    matches!(statement, Stmt::Expr(expression) if expression.value.is_string_literal_expr())
}

#[cfg(test)]
mod tests;
