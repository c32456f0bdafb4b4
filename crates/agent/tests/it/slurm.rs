//! The agent beside a real Slurm.

mod doubt;
mod following;
mod identity;
mod journal;
mod submitting;
mod support;
