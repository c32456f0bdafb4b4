//! The agent beside a real Slurm.

mod doubt;
mod following;
mod identity;
mod journal;
mod migrated;
mod server;
mod submitting;
mod support;
mod whole_agent;
