//! What stands in comments, which may be anything.

use ruff_python_ast::token::{TokenKind, Tokens};
use ruff_text_size::{Ranged, TextSize};

/// The first of these places, in ascending order, that is not within a comment.
pub(super) fn first_outside(tokens: &Tokens, places: &[usize]) -> Option<TextSize> {
    let mut comments =
        tokens.iter().filter(|token| token.kind() == TokenKind::Comment).map(Ranged::range);
    let mut comment = comments.next();
    let mut places = places.iter().filter_map(|&place| TextSize::try_from(place).ok());
    places.find(|&place| {
        while comment.is_some_and(|range| range.end() <= place) {
            comment = comments.next();
        }
        !comment.is_some_and(|range| range.contains(place))
    })
}
