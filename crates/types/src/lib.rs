//! What travels over the wire between Jobbergate's server, agent, command line and users.
//!
//! Plain data with serde: no I/O. Every type also describes itself as JSON Schema
//! ([`schemars::JsonSchema`]); the server validates requests against that schema and publishes
//! it as its OpenAPI document, so what is documented and what is enforced cannot differ.

#![warn(missing_docs)]

pub mod changes;
pub mod claims;
pub mod cluster_facts;
pub mod clusters;
pub mod error;
pub mod file;
pub mod job_script_templates;
pub mod job_scripts;
pub mod job_submissions;
pub mod list;
pub mod maintenance;
pub mod metrics;
pub mod output;
pub mod page;
pub mod patch;
pub mod personal_access_tokens;
pub mod questions;
pub mod slurm;
pub mod timestamp;

pub use file::FileType;
pub use page::Page;
pub use patch::Patch;
pub use slurm::SlurmJobState;
pub use timestamp::Timestamp;
