//! A site: a server, a Slurm, an agent between them, and alice.

mod process;
mod site;

pub use process::{Process, program};
pub use site::{AgentOptions, Site, directory_of, script_of};
