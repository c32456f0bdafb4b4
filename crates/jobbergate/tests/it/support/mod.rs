//! A site: a server, a Slurm, an agent between them, and alice.

mod gate;
mod process;
mod site;

pub use gate::{Gate, Hold};
pub use process::{Process, program};
pub use site::{AgentOptions, Site, admin, directory_of, script_of};
