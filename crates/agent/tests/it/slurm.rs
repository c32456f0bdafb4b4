//! The agent beside a real Slurm.

mod accounting;
mod dead_home;
mod doctor;
mod doubt;
mod facts;
mod federation;
mod following;
mod heterogeneous;
mod identity;
mod journal;
mod late;
mod metrics;
mod migrated;
mod outlook;
mod returning;
mod scene;
mod server;
mod submitting;
mod support;
mod waking;
mod who_is_who;
mod whole_agent;
mod wrappers;
