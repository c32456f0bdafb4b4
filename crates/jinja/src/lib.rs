#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod arithmetic;
mod ast;
mod builtin;
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

pub use environment::{Environment, Template, memory_to_parse};
pub use error::{Error, ErrorKind};
pub use limits::Limits;
