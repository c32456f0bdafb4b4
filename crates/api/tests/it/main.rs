//! The server's operations through HTTP, on SQLite with a directory and on PostgreSQL with S3.

#![cfg(test)]

mod adoption;
mod authorization;
mod backup;
mod browser;
mod cleaning;
mod clusters;
mod concurrency;
mod connections;
mod cors;
mod database;
mod doctor;
mod faults;
mod files;
mod health;
mod idempotency;
mod identity;
mod job_script_templates;
mod job_scripts;
mod job_submissions;
mod limits;
mod notifications;
mod numbers;
mod openapi;
mod portal;
mod routing;
mod schema;
mod standby;
mod support;
mod tenancy;
mod transfer;
mod upgrade;
mod upload_by_url;
mod validation;
mod web;
