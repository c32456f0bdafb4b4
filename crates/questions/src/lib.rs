//! Questions of a template: what is an answer to one, and which of them are asked.
//!
//! The same rules hold for prompts, for parameter files and for the server.

#![warn(missing_docs)]

mod check;
mod complete;
mod condition;
pub mod derive;
mod parse;
mod pattern;
pub mod validate;

pub use check::check;
pub use complete::{Problem, check_all, complete};
pub use condition::is_asked;
pub use parse::parse;
pub use validate::validate;
