//! placeholder
use super::SyntaxProblem;
pub(super) fn check(_c: &[u8]) -> Result<(), SyntaxProblem> { Ok(()) }
