//! Questions for templates whose experts wrote none.

mod variables;
mod workflow;

pub use variables::from_variables;
pub use workflow::from_workflow;
