//! Reads the events of a stream, which must have one document at most.

use libyaml_safer::{Encoding, Error, EventData, Parser};

use super::blanks::{self, Span};
use super::composer::Composer;
use super::graph::{Graph, line_of};
use super::source;
use crate::SyntaxProblem;

/// How often a text is parsed again after a valid place the parser knows nothing of.
const MAX_REPAIRS: usize = 32;

/// How much text is parsed again in all, in bytes.
const MAX_REPAIRED_BYTES: usize = 1024 * 1024;

/// Why a text has no graph.
enum NoGraph {
    Unparsable(Error),
    Refused(SyntaxProblem),
}

impl From<SyntaxProblem> for NoGraph {
    fn from(problem: SyntaxProblem) -> Self {
        Self::Refused(problem)
    }
}

/// The only document of a stream; an empty stream has none.
pub(super) fn read(text: &str) -> Result<Option<Graph>, SyntaxProblem> {
    let mut source = source::prepare(text)?;
    let repairs = MAX_REPAIRS.min(MAX_REPAIRED_BYTES / source.len().max(1));
    for _ in 0..=repairs {
        source = match read_prepared(&source) {
            Ok(graph) => return Ok(graph),
            Err(NoGraph::Refused(problem)) => return Err(problem),
            Err(NoGraph::Unparsable(error)) => {
                source::repaired(&source, &error).ok_or_else(|| unparsable(&error))?
            }
        };
    }
    Err(SyntaxProblem::too_complex())
}

fn read_prepared(text: &str) -> Result<Option<Graph>, NoGraph> {
    let mut input = text.as_bytes();
    let mut parser = Parser::new();
    parser.set_input_string(&mut input);
    parser.set_encoding(Encoding::Utf8);
    let mut composer = Composer::new(text);
    let mut spans = Vec::new();
    let has_tabs = text.contains('\t');
    let mut documents = 0;
    loop {
        let event = parser.parse().map_err(NoGraph::Unparsable)?;
        spans.extend(Span::of(&event).filter(|span| has_tabs || span.is_block()));
        match event.data {
            EventData::StreamEnd => break,
            EventData::DocumentStart { .. } if documents == 1 => {
                let cause = "expected a single document, but another one begins";
                let line = line_of(event.start_mark.line);
                return Err(SyntaxProblem::new(cause, Some(line)).into());
            }
            EventData::DocumentStart { .. } => documents += 1,
            _ => composer.take(event)?,
        }
    }
    blanks::check(text, &spans)?;
    Ok((documents == 1).then(|| composer.finish()))
}

fn unparsable(error: &Error) -> SyntaxProblem {
    let line = error.problem_mark().map(|mark| line_of(mark.line));
    let context = error.context().filter(|context| !context.is_empty());
    let context = context.map(|context| format!("{context}: "));
    let cause = format!("{}{}", context.unwrap_or_default(), error.problem());
    SyntaxProblem::new(cause, line)
}
