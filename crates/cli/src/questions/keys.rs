//! Keys as they are pressed, where a line editor would wait for Enter.

use std::io::{self, Write};

use crossterm::{
    cursor::{MoveToColumn, MoveToPreviousLine},
    event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, read},
    queue,
    terminal::{
        Clear, ClearType, DisableLineWrap, EnableLineWrap, disable_raw_mode, enable_raw_mode, size,
    },
};

use crate::{
    failure::{Failure, Result},
    output::printable,
};

/// A part of the terminal that is drawn anew after each key.
#[derive(Debug)]
pub struct Keys {
    drawn: u16,
}

impl Keys {
    /// From now on, until this is dropped.
    ///
    /// # Errors
    /// When the terminal can't do it.
    pub fn listen() -> Result<Self> {
        enable_raw_mode().map_err(|error| unable(&error))?;
        Ok(Self { drawn: 0 })
    }

    /// Shows lines in place of those that were shown before.
    ///
    /// # Errors
    /// When the terminal can't do it.
    pub fn draw(&mut self, lines: &[String]) -> Result<()> {
        self.try_draw(lines).map_err(|error| unable(&error))
    }

    fn try_draw(&mut self, lines: &[String]) -> io::Result<()> {
        let mut out = io::stderr().lock();
        if self.drawn > 0 {
            queue!(out, MoveToPreviousLine(self.drawn))?;
        }
        queue!(out, MoveToColumn(0))?;
        // A line that is too long is cut, or lines could not be counted.
        queue!(out, Clear(ClearType::FromCursorDown), DisableLineWrap)?;
        for line in lines {
            write!(out, "{}\r\n", printable(line).replace('\n', " "))?;
        }
        queue!(out, EnableLineWrap)?;
        self.drawn = u16::try_from(lines.len()).unwrap_or(u16::MAX);
        out.flush()
    }

    /// Puts the cursor into the first of the lines that are shown.
    ///
    /// # Errors
    /// When the terminal can't do it.
    pub fn point(&mut self, column: usize) -> Result<()> {
        let column = u16::try_from(column).unwrap_or(u16::MAX);
        let mut out = io::stderr().lock();
        let lines = std::mem::take(&mut self.drawn);
        queue!(out, MoveToPreviousLine(lines), MoveToColumn(column))
            .and_then(|()| out.flush())
            .map_err(|error| unable(&error))
    }

    /// How many characters there are in a line.
    pub fn width(&self) -> usize {
        // Some terminals say that they have none.
        let columns = size().ok().map(|(columns, _)| usize::from(columns));
        columns.filter(|columns| *columns > 0).unwrap_or(usize::from(u16::MAX))
    }

    /// How many lines there are.
    pub fn height(&self) -> usize {
        size().map_or(usize::from(u16::MAX), |(_, lines)| usize::from(lines))
    }

    /// The next key.
    ///
    /// # Errors
    /// When it is the one that ends all.
    pub fn next(&self) -> Result<Key> {
        let (code, modifiers) = self.pressed()?;
        Ok(match (code, modifiers.contains(KeyModifiers::CONTROL)) {
            (KeyCode::Char(c), true) => Key::Control(c),
            (code, _) => Key::Plain(code),
        })
    }

    /// The same with all that was held down.
    ///
    /// # Errors
    /// When it is the one that ends all.
    pub fn pressed(&self) -> Result<(KeyCode, KeyModifiers)> {
        loop {
            let event = read().map_err(|error| unable(&error))?;
            if let Event::Key(KeyEvent { code, modifiers, kind: KeyEventKind::Press, .. }) = event {
                let has_control = modifiers.contains(KeyModifiers::CONTROL);
                return match code {
                    KeyCode::Char('c') if has_control => Err(Failure::Interrupted),
                    code => Ok((code, modifiers)),
                };
            }
        }
    }
}

/// A key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// By itself.
    Plain(KeyCode),
    /// With Ctrl.
    Control(char),
}

impl Drop for Keys {
    fn drop(&mut self) {
        // A terminal that is gone needs nothing.
        let _ = disable_raw_mode();
    }
}

fn unable(error: &io::Error) -> Failure {
    Failure::new("Questions need answers", format!("The terminal can't be used: {error}"))
}
