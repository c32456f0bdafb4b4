//! The whole way of a job, with the real program and a real Slurm: users ask the server, the
//! server waits for the agent, the agent asks Slurm.

#![cfg(test)]

mod administration;
mod agent_doctor;
mod backup;
mod claims;
mod cleaning;
mod crashes;
mod downloads;
mod endings;
mod env_file;
mod memory;
mod metrics;
mod misconfiguration;
mod observability;
mod output;
mod people;
mod portal;
mod providers;
mod refusals;
mod separated;
mod sharing;
mod start;
mod support;
mod transitions;
mod units;
mod users;
mod withdrawn;
