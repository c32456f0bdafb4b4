//! Where PyYAML asks for spaces and the parser is laxer.

use libyaml_safer::{Event, EventData, ScalarStyle};

use crate::SyntaxProblem;

/// Where a scalar stands in the source, in bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    start: usize,
    end: usize,
    style: ScalarStyle,
}

impl Span {
    /// The span of a scalar's event.
    pub(super) fn of(event: &Event) -> Option<Self> {
        let EventData::Scalar { style, .. } = event.data else {
            return None;
        };
        let start = usize::try_from(event.start_mark.index).ok()?;
        let end = usize::try_from(event.end_mark.index).ok()?;
        Some(Self { start, end, style })
    }

    pub(super) fn is_block(&self) -> bool {
        matches!(self.style, ScalarStyle::Literal | ScalarStyle::Folded)
    }
}

/// Refuses tabs outside quoted text, block text and comments, and a comment that touches the
/// header of a block scalar. A text without tabs needs the spans of its block scalars only.
pub(super) fn check(text: &str, spans: &[Span]) -> Result<(), SyntaxProblem> {
    let mut at = 0;
    for span in spans {
        let (start, end) = (span.start.max(at), span.end.max(at));
        let between = text.get(at..start).unwrap_or_default();
        let scalar = text.get(start..end).unwrap_or_default();
        let misplaced = tab_before_comment(between).map(|offset| at + offset);
        let misplaced = misplaced.or_else(|| misplaced_in(scalar, span.style).map(|o| start + o));
        if let Some(offset) = misplaced {
            return Err(problem(text, offset));
        }
        at = end;
    }
    let after = text.get(at..).unwrap_or_default();
    tab_before_comment(after).map_or(Ok(()), |offset| Err(problem(text, at + offset)))
}

fn misplaced_in(scalar: &str, style: ScalarStyle) -> Option<usize> {
    match style {
        ScalarStyle::Plain => scalar.find('\t'),
        ScalarStyle::Literal | ScalarStyle::Folded => {
            let header = scalar.split(is_break).next()?;
            let indicators = header.split('#').next()?;
            let touches = indicators.len() < header.len() && !indicators.ends_with(' ');
            touches.then_some(indicators.len()).or_else(|| tab_before_comment(header))
        }
        _ => None,
    }
}

/// The first tab that no comment contains.
fn tab_before_comment(text: &str) -> Option<usize> {
    if !text.contains('\t') {
        return None;
    }
    let mut in_comment = false;
    let mut bare = text.char_indices().filter(|&(_, c)| {
        in_comment = !is_break(c) && (in_comment || c == '#');
        !in_comment
    });
    bare.find(|&(_, c)| c == '\t').map(|(at, _)| at)
}

fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn problem(text: &str, offset: usize) -> SyntaxProblem {
    let before = text.get(..offset).unwrap_or_default();
    let line = 1 + before.matches('\n').count();
    let cause = match text.as_bytes().get(offset) {
        Some(b'#') => "a comment stands where a space belongs before it",
        _ => "a tab stands where only spaces may",
    };
    SyntaxProblem::new(cause, Some(line))
}
