//! Jobbergate's server: a REST API over templates, scripts and submissions.
//!
//! A request flows one way: [`service`] (routing, layers) → a resource's routes (HTTP) → its service (rules)
//! → its store (SQL) → [`db`].

pub mod app;
pub mod auth;
pub mod backup;
mod bidi;
pub mod budget;
pub mod cleaning;
pub mod clock;
pub mod compute;
pub mod config;
pub mod db;
mod disk;
pub mod doctor;
pub mod download;
mod draining;
pub mod email_address;
pub mod error;
pub mod events;
pub mod http;
mod idempotency;
pub mod identity;
mod loader;
pub mod open_files;
pub mod openapi;
pub mod password_mail;
pub mod permission;
pub mod query;
mod rate;
pub mod relying_party;
pub mod resources;
pub mod server;
pub mod service;
pub mod settings;
pub mod startup;
pub mod storage;
mod telemetry;
pub mod tenant;
pub mod transfer;
pub mod upgrade;
pub mod waiting;
pub mod web;
