//! How a request becomes a call of a handler, and what the handler returns an answer.
//!
//! The order of checks is that of the Python server: routing, well-formed JSON, token,
//! permission, claims, validation of everything at once, handler.

pub mod answer;
mod body;
pub mod cors;
pub mod endpoint;
pub mod input;
mod json;
mod multipart;
pub mod output;
pub mod router;
pub mod unread;
pub mod validation;

pub use answer::Answer;
/// A JSON body, of a request or an answer.
pub use axum::Json;

pub use endpoint::Endpoint;
pub use input::{OptionalJson, Path, Query, Raw};
pub use multipart::{Form, UploadedFile, WorkflowForm};
pub use output::{Accepted, AcceptedJson, Created, Deleted, FileContent, NoContent, WithoutNulls};
pub use router::{Method, Router};
