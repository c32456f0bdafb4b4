//! Expressions by themselves, which hold or do not.

use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use crate::ast::{Piece, Statement, StatementKind};
use crate::environment::{Environment, Template};
use crate::error::{Error, Result};
use crate::parser;
use crate::scope;

/// What is written where it holds.
const HOLDS: &str = "1";

/// An expression that holds or does not, as `{% if … %}` decides it.
#[derive(Clone)]
pub struct Condition(Template);

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Condition").finish_non_exhaustive()
    }
}

impl Environment {
    /// Checks the syntax of an expression, such as `nodes > 1 and solver == 'lbm'`, and prepares
    /// it for being evaluated.
    ///
    /// ```
    /// use jobbergate_jinja::{Environment, Limits};
    ///
    /// let condition = Environment::new(Limits::default()).condition("nodes > 1")?;
    /// assert_eq!(condition.undeclared(), ["nodes"]);
    /// let context = serde_json::Map::from_iter([("nodes".to_string(), 2.into())]);
    /// assert!(condition.holds(&context)?);
    /// # Ok::<(), jobbergate_jinja::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Environment::parse`]; an unknown filter or test is found at once.
    pub fn condition(&self, source: &str) -> Result<Condition> {
        self.check_size(source)?;
        let (mut program, names) =
            parser::parse(&format!("{{% if {source} %}}{HOLDS}{{% endif %}}"))?;
        if !is_condition(&program.body) {
            return Err(Error::syntax(1, "it must be one expression, without tags"));
        }
        scope::bind(&mut program, names, self.limits())?;
        let condition = Condition(self.template(Arc::new(program)));
        condition.0.undeclared()?;
        Ok(condition)
    }
}

impl Condition {
    /// Whether it holds with the variables in `context`.
    ///
    /// # Errors
    /// As [`Template::render`].
    pub fn holds(&self, context: &Map<String, Json>) -> Result<bool> {
        self.0.render(context).map(|written| !written.is_empty())
    }

    /// As [`Template::undeclared`].
    pub fn undeclared(&self) -> Vec<&str> {
        self.0.undeclared().unwrap_or_default()
    }
}

/// Whether it is the one `if` that was written around the expression: the expression may have
/// closed it.
fn is_condition(body: &[Statement]) -> bool {
    let [Statement { kind: StatementKind::If { branches, otherwise }, .. }] = body else {
        return false;
    };
    let [(_, body)] = branches.as_slice() else { return false };
    let [Statement { kind: StatementKind::Output { pieces, .. }, .. }] = body.as_slice() else {
        return false;
    };
    otherwise.is_empty() && matches!(pieces.as_slice(), [Piece::Text(text)] if text == HOLDS)
}
