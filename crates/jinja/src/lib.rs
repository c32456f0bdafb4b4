#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod arithmetic;
mod ast;
mod attributes;
mod builtin;
mod condition;
mod environment;
mod error;
mod filters;
mod format;
mod globals;
mod interpreter;
mod lexer;
mod limits;
mod markup;
mod methods;
mod names;
mod operator;
mod parser;
mod run;
mod sandbox;
mod scope;
mod sorting;
mod tests;
mod value;

pub use condition::Condition;
pub use environment::{Environment, Template, memory_to_parse};
pub use error::{Error, ErrorKind};
pub use limits::Limits;
