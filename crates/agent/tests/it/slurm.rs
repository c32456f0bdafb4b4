//! The agent beside a real Slurm.

mod doubt;
mod following;
mod identity;
mod journal;
mod late;
mod metrics;
mod migrated;
mod returning;
mod scene;
mod server;
mod submitting;
mod support;
mod waking;
mod whole_agent;
mod wrappers;
