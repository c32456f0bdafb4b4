//! The command line of users, with a real server.

mod applications;
mod completion;
mod failures;
mod formats;
mod job_scripts;
mod job_submissions;
mod liar;
mod lists;
mod looks;
mod on_site;
mod profiles;
mod prompts;
mod settings;
mod tokens;
mod visitor;
mod wire;
mod world;
