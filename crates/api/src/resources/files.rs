//! Files of templates and scripts: a row for each, and its content in the storage.
//!
//! No transaction waits for the storage. Content is stored first, then a short transaction notes
//! its row: a row always has content, and content that a failure or a crash leaves without a row is
//! garbage, removed at once or by the collector. Content is removed after its row is. Who changes
//! content that others could change, too, has the claim to it; a new template or script
//! gets its files under a number that nobody else has before there is a row of it.
//!
//! A file that is replaced keeps its key, which the Python server has to find. All that can be
//! refused is refused before; if the database fails right after, the file has its new content and
//! its old row, and the client is told that it failed.

mod claim_store;
mod claims;
mod content;
mod copy;
mod new_parent;
mod removal;
mod revision;
mod store;
mod syntax;
mod transaction;
mod upload;

pub(crate) use claims::{Claim, forget_expired};
pub(crate) use content::{open, open_stored};
pub(crate) use copy::{copy_all, copy_content};
pub(crate) use new_parent::{commit_new, reserve_parent};
pub(crate) use removal::{delete, discard_all};
pub(crate) use revision::{Expected, GONE, current as current_revision, revision, revision_of};
pub(crate) use store::{
    FileRow, FileTable, JOB_SCRIPT_FILES, TEMPLATE_FILES, WORKFLOW_FILES, note, of_parent,
    of_parents,
};
pub(crate) use syntax::{check_syntax, not_passed, syntax_problem, variables};
pub(crate) use upload::{FilePut, Upload, check_name, store_content, store_file};
