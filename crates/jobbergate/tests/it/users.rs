//! The command line of users, with a real server.

mod applications;
mod desk;
mod failures;
mod following;
mod job_scripts;
mod job_submissions;
mod liar;
mod lists;
mod on_site;
mod prompts;
mod running;
mod settings;
mod tokens;
mod unreached;
mod visitor;
mod wire;
mod world;
