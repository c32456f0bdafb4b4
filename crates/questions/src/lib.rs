//! Questions of a template: what is an answer to one, and which of them are asked.
//!
//! The same rules hold for prompts, for parameter files and for the server.

#![warn(missing_docs)]

mod check;
mod complete;
mod condition;
pub mod derive;
pub mod files;
mod offered;
mod parse;
mod pattern;
mod read;
pub mod validate;

pub use check::check;
pub use complete::{Problem, complete};
pub use condition::is_asked;
pub use offered::offered;
pub use parse::parse;
pub use read::read;
pub use validate::validate;
