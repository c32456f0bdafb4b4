//! What the names in a workflow file stand for.

use std::collections::{HashMap, HashSet};

use ruff_python_ast::{Alias, Expr, Stmt, StmtImportFrom};

use super::is_docstring;

/// Where questions are defined.
const MODULE: &str = "jobbergate_cli.subapps.applications.questions";
/// The same under its old name.
const OLD_MODULE: &str = "jobbergate_cli.appform";
/// The classes of questions.
const CLASSES: [&str; 9] =
    ["Text", "Integer", "List", "Checkbox", "Confirm", "BooleanList", "Directory", "File", "Const"];

/// The names by which questions are made.
#[derive(Debug, Default)]
pub(super) struct Imports {
    /// From names to classes.
    classes: HashMap<String, &'static str>,
    /// Names of the module.
    modules: HashSet<String>,
}

impl Imports {
    /// What is imported, unless the names may stand for something else.
    pub(super) fn of(body: &[Stmt]) -> Option<Self> {
        let mut imports = Self::default();
        let mut others = HashSet::new();
        for statement in body {
            match statement {
                Stmt::ImportFrom(import) => imports.add(import, &mut others),
                Stmt::Import(import) => {
                    for alias in &import.names {
                        imports.add_module(alias, alias.name.as_str(), &mut others);
                    }
                }
                Stmt::ClassDef(class) => drop(others.insert(class.name.to_string())),
                Stmt::FunctionDef(function) => drop(others.insert(function.name.to_string())),
                Stmt::Assign(assign) => {
                    for target in &assign.targets {
                        others.insert(target.as_name_expr()?.id.to_string());
                    }
                }
                Stmt::AnnAssign(assign) => {
                    others.insert(assign.target.as_name_expr()?.id.to_string());
                }
                Stmt::Pass(_) => {}
                statement if is_docstring(statement) => {}
                _ => return None,
            }
        }
        let is_other = |name: &String| others.contains(name);
        let is_mixed = imports.classes.keys().any(is_other) || imports.modules.iter().any(is_other);
        (!is_mixed).then_some(imports)
    }

    fn add(&mut self, import: &StmtImportFrom, others: &mut HashSet<String>) {
        let module = import.module.as_ref().map_or("", |name| name.as_str());
        for alias in &import.names {
            let name = alias.name.as_str();
            if !matches!(module, MODULE | OLD_MODULE) {
                self.add_module(alias, &format!("{module}.{name}"), others);
                continue;
            }
            let found = CLASSES.into_iter().filter(|class| name == "*" || name == *class);
            for class in found {
                let alias = alias.asname.as_ref().map_or(class, |name| name.as_str());
                self.classes.insert(alias.to_owned(), class);
            }
        }
    }

    /// Notes the import of a module, `path`, or of something else.
    fn add_module(&mut self, alias: &Alias, path: &str, others: &mut HashSet<String>) {
        let name = alias.asname.as_ref().unwrap_or(&alias.name).to_string();
        match path {
            MODULE | OLD_MODULE => self.modules.insert(name),
            _ => others.insert(name),
        };
    }

    /// The class of questions that an expression names.
    pub(super) fn class(&self, expression: &Expr) -> Option<&'static str> {
        match expression {
            Expr::Name(name) => self.classes.get(name.id.as_str()).copied(),
            Expr::Attribute(attribute) => {
                let module = dotted(&attribute.value)?;
                let is_known = self.modules.contains(&module);
                let class = CLASSES.into_iter().find(|class| attribute.attr.as_str() == *class);
                class.filter(|_| is_known)
            }
            _ => None,
        }
    }
}

/// The text of `a.b.c`.
fn dotted(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Name(name) => Some(name.id.to_string()),
        Expr::Attribute(attribute) => {
            Some(format!("{}.{}", dotted(&attribute.value)?, attribute.attr))
        }
        _ => None,
    }
}
