//! The agent beside a real Slurm.

mod dead_home;
mod doctor;
mod doubt;
mod facts;
mod following;
mod helped;
mod identity;
mod journal;
mod late;
mod limits;
mod metrics;
mod migrated;
mod outlook;
mod output;
mod prometheus;
mod returning;
mod scene;
mod server;
mod submitting;
mod support;
mod waking;
mod who_is_who;
mod whole_agent;
mod wrappers;
