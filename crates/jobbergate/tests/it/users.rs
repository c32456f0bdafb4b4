//! The command line of users, with a real server.

mod applications;
mod failures;
mod job_scripts;
mod job_submissions;
mod liar;
mod lists;
mod on_site;
mod prompts;
mod settings;
mod tokens;
mod visitor;
mod wire;
mod workflows;
mod world;
