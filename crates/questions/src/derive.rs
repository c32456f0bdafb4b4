//! Questions for templates whose experts wrote none.

mod variables;
mod workflow;

pub use variables::{ANSWERS, from_variables, used_by};
pub use workflow::from_workflow;
