//! The body of a method that makes questions.

use jobbergate_types::questions::Question;
use ruff_python_ast::{Expr, ExprCall, Operator, Stmt, StmtFunctionDef};

use super::{construct::Construction, imports::Imports, is_docstring, literal};

/// What a method asks, and which method follows.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) questions: Vec<Question>,
    pub(super) next: Option<String>,
}

/// What a method says of itself: a list that is returned at once, or built up line by line.
pub(super) fn read(method: &StmtFunctionDef, imports: &Imports) -> Option<Found> {
    let mut reader = Reader { imports, data: data(method)?, list: None, found: Found::default() };
    let mut statements = method.body.iter();
    for statement in &mut statements {
        match statement {
            Stmt::Return(returned) => {
                match returned.value.as_deref() {
                    None | Some(Expr::NoneLiteral(_)) => reader.found.questions.clear(),
                    Some(value) if reader.is_list(value) => {}
                    Some(value) if reader.list.is_none() => reader.add(value)?,
                    Some(_) => return None,
                }
                return statements.next().is_none().then_some(reader.found);
            }
            statement => reader.statement(statement)?,
        }
    }
    // Nothing is returned.
    reader.found.questions.clear();
    Some(reader.found)
}

/// The name of the parameter that has the answers, beside `self`.
fn data(method: &StmtFunctionDef) -> Option<&str> {
    let mut parameters = method.parameters.iter_non_variadic_params().skip(1);
    let data = parameters.next().map_or("data", |data| data.parameter.name.as_str());
    (!method.is_async && parameters.next().is_none()).then_some(data)
}

struct Reader<'a> {
    imports: &'a Imports,
    data: &'a str,
    /// The name of the list that is built.
    list: Option<&'a str>,
    found: Found,
}

impl<'a> Reader<'a> {
    fn statement(&mut self, statement: &'a Stmt) -> Option<()> {
        match statement {
            Stmt::Pass(_) => Some(()),
            Stmt::Expr(expression) => match &*expression.value {
                Expr::Call(call) => self.call(call),
                _ => is_docstring(statement).then_some(()),
            },
            Stmt::Assign(assign) => match &*assign.targets {
                [Expr::Name(name)] if self.list.is_none() => {
                    self.list = Some(name.id.as_str());
                    self.add(&assign.value)
                }
                [Expr::Subscript(place)] => {
                    let is_next = is_name(&place.value, self.data)
                        && literal::text(&place.slice)? == "nextworkflow";
                    self.found.next = Some(literal::text(&assign.value)?);
                    is_next.then_some(())
                }
                _ => None,
            },
            Stmt::AnnAssign(assign) if self.list.is_none() => {
                self.list = Some(assign.target.as_name_expr()?.id.as_str());
                self.add(assign.value.as_deref()?)
            }
            Stmt::AugAssign(assign) if assign.op == Operator::Add => {
                if !self.is_list(&assign.target) {
                    return None;
                }
                self.add(&assign.value)
            }
            _ => None,
        }
    }

    /// `questions.append(…)` or `questions.extend([…])`.
    fn call(&mut self, call: &ExprCall) -> Option<()> {
        let method = call.func.as_attribute_expr()?;
        let ([argument], true) = (&*call.arguments.args, call.arguments.keywords.is_empty()) else {
            return None;
        };
        match method.attr.as_str() {
            _ if !self.is_list(&method.value) => None,
            "append" => self.add_one(argument),
            "extend" => self.add(argument),
            _ => None,
        }
    }

    /// Adds the questions of a list.
    fn add(&mut self, list: &Expr) -> Option<()> {
        let items = match list {
            Expr::List(list) => &*list.elts,
            Expr::Tuple(tuple) => &*tuple.elts,
            _ => return None,
        };
        items.iter().try_for_each(|item| self.add_one(item))
    }

    fn add_one(&mut self, question: &Expr) -> Option<()> {
        let construction = Construction { imports: self.imports, condition: None };
        self.found.questions.extend(construction.questions(question)?);
        Some(())
    }

    fn is_list(&self, expression: &Expr) -> bool {
        self.list.is_some_and(|list| is_name(expression, list))
    }
}

fn is_name(expression: &Expr, name: &str) -> bool {
    expression.as_name_expr().is_some_and(|found| found.id.as_str() == name)
}
