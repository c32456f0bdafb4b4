//! From the call of a question's class to the question.

use std::collections::HashMap;

use jobbergate_types::questions::{Choice, Choices, Question, QuestionKind};
use ruff_python_ast::{Expr, ExprCall};
use serde_json::Value;

use super::{imports::Imports, literal};

/// What questions may have by position.
const POSITIONAL: [&str; 2] = ["variablename", "message"];

/// How calls are read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Construction<'a> {
    pub(super) imports: &'a Imports,
    /// When the question is asked, if it is one within another.
    pub(super) condition: Option<&'a str>,
}

/// The arguments of a call, each taken once.
struct Arguments<'a>(HashMap<&'a str, &'a Expr>);

impl<'a> Arguments<'a> {
    fn of(call: &'a ExprCall) -> Option<Self> {
        if call.arguments.args.len() > POSITIONAL.len() {
            return None;
        }
        let mut found = HashMap::new();
        found.extend(POSITIONAL.into_iter().zip(&*call.arguments.args));
        for keyword in &call.arguments.keywords {
            let name = keyword.arg.as_ref()?.as_str();
            if found.insert(name, &keyword.value).is_some() {
                return None;
            }
        }
        Some(Self(found))
    }

    fn take(&mut self, name: &str) -> Option<&'a Expr> {
        self.0.remove(name)
    }

    /// A value that stands there, `null` if there is none.
    fn value(&mut self, name: &str) -> Option<Value> {
        self.take(name).map_or(Some(Value::Null), literal::value)
    }

    /// A text that stays as it is when Python formats it.
    fn text(&mut self, name: &str) -> Option<String> {
        let text = literal::text(self.take(name)?)?;
        (!text.contains(['{', '}'])).then_some(text)
    }

    fn bound(&mut self, name: &str) -> Option<Option<f64>> {
        match self.value(name)? {
            Value::Null => Some(None),
            Value::Number(number) => Some(number.as_f64()),
            _ => None,
        }
    }

    fn existence(&mut self) -> Option<Option<bool>> {
        match self.value("exists")? {
            Value::Null => Some(None),
            Value::Bool(exists) => Some(Some(exists)),
            _ => None,
        }
    }
}

impl Construction<'_> {
    /// The question of a call, and those within it.
    pub(super) fn questions(&self, expression: &Expr) -> Option<Vec<Question>> {
        let call = expression.as_call_expr()?;
        let class = self.imports.class(&call.func)?;
        let mut arguments = Arguments::of(call)?;
        let variable = literal::text(arguments.take("variablename")?)?;
        let mut question =
            Question { variable, when: self.condition.map(str::to_owned), ..Question::default() };
        if class != "Const" {
            question.label = Some(arguments.text("message")?);
            let ignore = arguments.value("ignore")?;
            if !matches!(ignore, Value::Null | Value::Bool(false)) {
                return None;
            }
        }
        let default = arguments.value("default")?;
        let within = match class {
            "BooleanList" => self.within(&question.variable, &mut arguments)?,
            _ => Vec::new(),
        };
        fill(&mut question, class, &mut arguments)?;
        question.default = default_of(&question, default)?;
        if !arguments.0.is_empty() {
            return None;
        }
        let mut questions = vec![question];
        questions.extend(within);
        Some(questions)
    }

    /// The questions that are asked by the answer yes or no.
    fn within(&self, variable: &str, arguments: &mut Arguments) -> Option<Vec<Question>> {
        let is_name = !variable.is_empty()
            && variable.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && !variable.starts_with(|c: char| c.is_ascii_digit());
        if !is_name {
            return None;
        }
        let outer = self.condition.map(|outer| format!("{outer} and ")).unwrap_or_default();
        let mut questions = Vec::new();
        for (name, condition) in
            [("whentrue", variable.to_owned()), ("whenfalse", format!("not {variable}"))]
        {
            let condition = format!("{outer}{condition}");
            let inner = Construction { condition: Some(&condition), ..*self };
            let items = match arguments.take(name) {
                None | Some(Expr::NoneLiteral(_)) => continue,
                Some(Expr::List(list)) => &list.elts,
                Some(_) => return None,
            };
            for item in items {
                questions.extend(inner.questions(item)?);
            }
        }
        Some(questions)
    }
}

/// What only questions of this class have.
fn fill(question: &mut Question, class: &str, arguments: &mut Arguments) -> Option<()> {
    question.required = !matches!(class, "Text" | "Checkbox" | "Confirm" | "Const");
    question.kind = match class {
        "Text" => QuestionKind::Text,
        "Integer" => {
            question.minimum = arguments.bound("minval")?;
            question.maximum = arguments.bound("maxval")?;
            QuestionKind::Integer
        }
        "List" | "Checkbox" => {
            question.choices = Some(Choices::These(choices(arguments.take("choices")?)?));
            if class == "List" { QuestionKind::Choice } else { QuestionKind::MultipleChoice }
        }
        "Confirm" | "BooleanList" => QuestionKind::Boolean,
        "Directory" | "File" => {
            question.exists = arguments.existence()?;
            if class == "File" { QuestionKind::File } else { QuestionKind::Directory }
        }
        // Never asked: its default is the answer.
        "Const" if question.when.is_none() => {
            question.when = Some("false".to_owned());
            QuestionKind::Json
        }
        _ => return None,
    };
    Some(())
}

/// Values, or pairs of label and value.
fn choices(expression: &Expr) -> Option<Vec<Choice>> {
    let items = match expression {
        Expr::List(list) => &list.elts,
        Expr::Tuple(tuple) => &tuple.elts,
        _ => return None,
    };
    let choice = |item: &Expr| match item {
        Expr::Tuple(pair) => match &*pair.elts {
            [label, value] => Some(Choice::Labelled {
                label: literal::text(label)?,
                value: literal::value(value)?,
            }),
            _ => None,
        },
        item => literal::value(item).map(Choice::Value),
    };
    items.iter().map(choice).collect()
}

/// A default, as the kind of question has it. A text is formatted by Python.
fn default_of(question: &Question, default: Value) -> Option<Option<Value>> {
    let is_computed = matches!(&default, Value::String(text) if text.contains(['{', '}']));
    if is_computed && question.kind != QuestionKind::Json {
        return None;
    }
    Some(match (question.kind, default) {
        (_, Value::Null) => None,
        (QuestionKind::Text, Value::String(text)) => Some(text.into()),
        (QuestionKind::Text, Value::Number(number)) => Some(number.to_string().into()),
        (QuestionKind::Text, _) => return None,
        (QuestionKind::Integer, Value::String(text)) => {
            Some(text.trim().parse::<i64>().ok()?.into())
        }
        // One that is not among the choices begins with the first.
        (QuestionKind::Choice, default) => {
            crate::check(question, &default).is_ok().then_some(default)
        }
        (_, default) => Some(default),
    })
}
