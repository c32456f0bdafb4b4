//! What is written out: texts and values, and what always gives the same text.

use std::mem;

use super::Binder;
use crate::ast::{Expression, ExpressionKind, Piece};

impl Binder {
    /// Binds what is written out, and computes ahead what always is the same.
    pub(super) fn output(&mut self, pieces: &mut Vec<Piece>) {
        for piece in pieces.iter_mut() {
            let Piece::Value { expression, .. } = piece else { continue };
            let is_sound = self.syntax_error.is_none();
            self.part(expression);
            if is_sound && self.syntax_error.is_some() && self.is_constant(expression) {
                self.syntax_error = None;
            }
            if let Some(text) = self.constant_text(expression) {
                *piece = Piece::Text(text);
            }
        }
        pieces.dedup_by(|piece, before| match (before, piece) {
            (Piece::Text(before), Piece::Text(text)) => {
                before.push_str(text);
                true
            }
            _ => false,
        });
        let mut text = String::new();
        pieces.retain_mut(|piece| match piece {
            Piece::Text(own) => {
                text = mem::take(own);
                false
            }
            Piece::Value { before, .. } => {
                *before = mem::take(&mut text);
                true
            }
        });
        if !text.is_empty() {
            pieces.push(Piece::Text(text));
        }
    }

    fn constant_text(&mut self, expression: &mut Expression) -> Option<String> {
        if !expression.is_literal {
            return None;
        }
        if let ExpressionKind::Slice(slice) = &mut expression.kind {
            slice.is_lenient = true;
        }
        self.folder.text(expression, self.escape)
    }
}
