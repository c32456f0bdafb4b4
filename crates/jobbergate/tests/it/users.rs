//! The command line of users, with a real server.

mod applications;
mod bad_input;
mod desk;
mod failures;
mod following;
mod job_scripts;
mod job_submissions;
mod liar;
mod lists;
mod log;
mod mishap;
mod on_site;
mod prompts;
mod questions;
mod retries;
mod running;
mod settings;
mod tokens;
mod unreached;
mod visitor;
mod wire;
mod workflows;
mod world;
