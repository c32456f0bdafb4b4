//! Values that stand in Python source.

use ruff_python_ast::{Expr, Number, UnaryOp};
use serde_json::{Map, Value};

/// What an expression is that says it itself.
pub(super) fn value(expression: &Expr) -> Option<Value> {
    match expression {
        Expr::NoneLiteral(_) => Some(Value::Null),
        Expr::BooleanLiteral(literal) => Some(literal.value.into()),
        Expr::StringLiteral(literal) => Some(literal.value.to_str().into()),
        Expr::NumberLiteral(literal) => number(&literal.value, 1),
        Expr::UnaryOp(operation) if operation.op == UnaryOp::USub => match &*operation.operand {
            Expr::NumberLiteral(literal) => number(&literal.value, -1),
            _ => None,
        },
        Expr::List(list) => values(&list.elts),
        Expr::Tuple(tuple) => values(&tuple.elts),
        Expr::Dict(dict) => {
            let mut object = Map::new();
            for item in &dict.items {
                object.insert(text(item.key.as_ref()?)?, value(&item.value)?);
            }
            Some(Value::Object(object))
        }
        _ => None,
    }
}

/// What a text is that says it itself.
pub(super) fn text(expression: &Expr) -> Option<String> {
    match value(expression) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    }
}

fn values(items: &[Expr]) -> Option<Value> {
    items.iter().map(value).collect::<Option<Vec<_>>>().map(Value::Array)
}

fn number(number: &Number, sign: i32) -> Option<Value> {
    match number {
        Number::Int(integer) => Some((integer.as_i64()? * i64::from(sign)).into()),
        Number::Float(float) => {
            serde_json::Number::from_f64(float * f64::from(sign)).map(Value::Number)
        }
        Number::Complex { .. } => None,
    }
}
