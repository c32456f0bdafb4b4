//! The server's operations through HTTP, on SQLite with a directory and on PostgreSQL with S3.

#![cfg(test)]

mod adoption;
mod authorization;
mod clusters;
mod concurrency;
mod health;
mod identity;
mod job_script_templates;
mod job_scripts;
mod job_submissions;
mod notifications;
mod routing;
mod schema;
mod support;
mod validation;
