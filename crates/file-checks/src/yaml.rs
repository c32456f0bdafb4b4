//! YAML, accepted and refused as PyYAML's `safe_load` does.

mod blanks;
mod composer;
mod constructor;
mod graph;
mod reader;
mod scalar;
mod source;
mod stream;
mod tag;
mod timestamp;

use super::SyntaxProblem;

/// Checks that `content` is one YAML document of plain data.
pub(super) fn check(content: &[u8]) -> Result<(), SyntaxProblem> {
    let text = reader::decode(content)?;
    match stream::read(&text)? {
        Some(graph) => constructor::check(&graph),
        None => Ok(()),
    }
}
