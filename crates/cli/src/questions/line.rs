//! A line that is typed, with the keys of readline.

use crossterm::event::{KeyCode, KeyModifiers};
use tui_input::{Input, InputRequest};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::keys::Keys;
use crate::failure::{Failure, Result};

/// What the text has at least, however long its label is.
const LEAST_WIDTH: usize = 20;

/// What is asked.
#[derive(Debug, Default)]
pub struct Line<'a> {
    /// Before the text.
    pub label: &'a str,
    /// Below it.
    pub help: Option<&'a str>,
    /// The text, to be changed.
    pub initial: &'a str,
    /// Whether the text is not shown.
    pub is_secret: bool,
}

impl Line<'_> {
    /// What `read` makes of what is typed; where it makes nothing of it, its reason is shown.
    ///
    /// # Errors
    /// When the person ends it.
    pub fn read<T>(&self, read: impl Fn(&str) -> std::result::Result<T, String>) -> Result<T> {
        let mut keys = Keys::listen()?;
        let mut input = Input::new(self.initial.to_owned());
        let mut problem = None;
        loop {
            self.draw(&mut keys, &input, problem.as_deref())?;
            match keys.pressed()? {
                (KeyCode::Esc, _) => return Err(Failure::Interrupted),
                key if is_end_of_input(key) && input.value().is_empty() => {
                    return Err(Failure::Aborted);
                }
                key if is_end(key) => match read(input.value()) {
                    Ok(answer) => {
                        let text = self.shown(&input);
                        keys.draw(&[format!("> {} {}", self.label, text.value())])?;
                        return Ok(answer);
                    }
                    Err(reason) => problem = Some(reason),
                },
                key => {
                    if let Some(request) = meant(key) {
                        input.handle(request);
                        problem = None;
                    }
                }
            }
        }
    }

    fn draw(&self, keys: &mut Keys, input: &Input, problem: Option<&str>) -> Result<()> {
        let width = keys.width();
        let label = format!("? {} ", self.label);
        let label = part(&label, 0, width.saturating_sub(LEAST_WIDTH));
        let begin = label.width();
        let room = width.saturating_sub(begin + 1);
        let text = self.shown(input);
        let scroll = text.visual_scroll(room);
        let mut lines = vec![format!("{label}{}", part(text.value(), scroll, room))];
        lines.extend(problem.map(|problem| format!("# {problem}")));
        lines.extend(self.help.map(|help| format!("[{help}]")));
        keys.draw(&lines)?;
        keys.point(begin + text.visual_cursor().saturating_sub(scroll))
    }

    fn shown(&self, input: &Input) -> Input {
        if !self.is_secret {
            return input.clone();
        }
        Input::new("*".repeat(input.value().chars().count())).with_cursor(input.cursor())
    }
}

/// As much of a text as there is room for, from a column on.
fn part(text: &str, from: usize, room: usize) -> String {
    let mut column = 0;
    let is_within = |c: &char| {
        let begin = column;
        column += c.width().unwrap_or(0);
        begin >= from && column <= from.saturating_add(room)
    };
    text.chars().filter(is_within).collect()
}

fn is_end((code, modifiers): (KeyCode, KeyModifiers)) -> bool {
    let is_control = modifiers.contains(KeyModifiers::CONTROL);
    code == KeyCode::Enter || is_control && matches!(code, KeyCode::Char('j' | 'm'))
}

/// Ctrl-D, which says so on an empty line and deletes a character elsewhere.
fn is_end_of_input((code, modifiers): (KeyCode, KeyModifiers)) -> bool {
    code == KeyCode::Char('d') && modifiers == KeyModifiers::CONTROL
}

/// What a key changes, if anything.
fn meant((code, modifiers): (KeyCode, KeyModifiers)) -> Option<InputRequest> {
    use InputRequest as To;
    use KeyCode::{Backspace, Char, Delete, End, Home, Left, Right};
    let has_control = modifiers.contains(KeyModifiers::CONTROL);
    let has_alt = modifiers.contains(KeyModifiers::ALT);
    Some(match (code, has_control, has_alt) {
        (Char(c), false, false) if !c.is_control() => To::InsertChar(c),
        (Char('u'), true, false) => To::DeleteLine,
        (Char('w'), true, false) | (Backspace, _, true) => To::DeletePrevWord,
        (Char('d'), false, true) | (Delete, true, _) => To::DeleteNextWord,
        (Char('k'), true, false) => To::DeleteTillEnd,
        (Char('y'), true, false) => To::Yank,
        (Char('h'), true, false) | (Backspace, ..) => To::DeletePrevChar,
        (Char('d'), true, false) | (Delete, ..) => To::DeleteNextChar,
        (Char('a'), true, false) | (Home, ..) => To::GoToStart,
        (Char('e'), true, false) | (End, ..) => To::GoToEnd,
        (Char('b'), false, true) | (Left, true, _) => To::GoToPrevWord,
        (Char('f'), false, true) | (Right, true, _) => To::GoToNextWord,
        (Char('b'), true, false) | (Left, ..) => To::GoToPrevChar,
        (Char('f'), true, false) | (Right, ..) => To::GoToNextChar,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text after keys: `^x` is Ctrl-X, `~x` Alt-X.
    fn after(initial: &str, keys: &str) -> String {
        let mut input = Input::new(initial.to_owned());
        let mut modifiers = KeyModifiers::NONE;
        for c in keys.chars() {
            match c {
                '^' => modifiers |= KeyModifiers::CONTROL,
                '~' => modifiers |= KeyModifiers::ALT,
                c => {
                    let key =
                        (KeyCode::Char(c), std::mem::replace(&mut modifiers, KeyModifiers::NONE));
                    if let Some(request) = meant(key) {
                        input.handle(request);
                    }
                }
            }
        }
        input.value().to_owned()
    }

    #[test]
    fn keys_are_those_of_readline() {
        assert_eq!(after("run", "^aXX"), "XXrun");
        assert_eq!(after("run", "^a^eXX"), "runXX");
        assert_eq!(after("one two", "^w"), "one ");
        assert_eq!(after("one two", "^w^y"), "one two");
        assert_eq!(after("run", "^ux"), "x");
        assert_eq!(after("run", "^b^bx^k"), "rx");
        assert_eq!(after("run", "^h^a^d^f!"), "u!");
        assert_eq!(after("one two", "~b~d3"), "one 3");
        assert_eq!(after("é", "ü^b^d"), "é");
    }

    #[test]
    fn no_key_with_control_or_alt_is_a_letter() {
        for c in ' '..='~' {
            for modifier in ["^", "~", "^~"] {
                let text = after("", &format!("{modifier}{}", if c == '^' { 'x' } else { c }));
                assert_eq!(text, "", "{modifier}{c}");
            }
        }
        assert_eq!(after("", "\u{15}\t"), "");
    }

    #[test]
    fn what_is_too_long_is_shown_around_the_cursor() {
        assert_eq!(part("abcdef", 2, 3), "cde");
        assert_eq!(part("日本語", 2, 3), "本");
        assert_eq!(part("abc", 0, 9), "abc");
    }
}
