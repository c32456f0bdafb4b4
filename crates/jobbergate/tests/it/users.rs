//! The command line of users, with a real server.

mod applications;
mod bad_input;
mod failures;
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
mod settings;
mod tokens;
mod visitor;
mod wire;
mod world;
