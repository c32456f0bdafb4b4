//! Some of several, in the order in which they were chosen.

use std::ops::Range;

use crossterm::event::KeyCode;

use crate::{
    failure::{Failure, Result},
    questions::keys::{Key, Keys},
};

/// How many are shown at once, if there is room.
const PAGE: usize = 13;
const HELP: &str = "SPACE choose, ENTER done, CTRL+A all, CTRL+R none";

/// The positions of what was chosen.
///
/// # Errors
/// When the person ends it.
pub fn choose(label: &str, choices: &[String], chosen: Vec<usize>) -> Result<Vec<usize>> {
    let mut keys = Keys::listen()?;
    // A line for the question, one for what comes after it.
    let page = PAGE.min(keys.height().saturating_sub(2)).max(1);
    let mut state = State { count: choices.len(), cursor: 0, chosen, page };
    loop {
        let mut lines = vec![format!("? {label}: ({HELP})")];
        lines.extend(state.visible().map(|at| state.line(at, choices)));
        keys.draw(&lines)?;
        let key = keys.next()?;
        match key {
            Key::Plain(KeyCode::Enter) => break,
            Key::Control('d') => return Err(Failure::Aborted),
            _ => {}
        }
        state.press(key);
    }
    let names: Vec<_> =
        state.chosen.iter().filter_map(|at| choices.get(*at)).map(String::as_str).collect();
    keys.draw(&[format!("> {label}: {}", names.join(", "))])?;
    Ok(state.chosen)
}

struct State {
    count: usize,
    cursor: usize,
    chosen: Vec<usize>,
    page: usize,
}

impl State {
    fn press(&mut self, key: Key) {
        let last = self.count.saturating_sub(1);
        match key {
            Key::Plain(KeyCode::Up) | Key::Control('p') => {
                self.cursor = self.cursor.saturating_sub(1);
            }
            Key::Plain(KeyCode::Down) | Key::Control('n') => {
                self.cursor = (self.cursor + 1).min(last);
            }
            Key::Plain(KeyCode::Home) => self.cursor = 0,
            Key::Plain(KeyCode::End) => self.cursor = last,
            Key::Plain(KeyCode::Char(' ')) if self.is_chosen(self.cursor) => self.remove(),
            Key::Plain(KeyCode::Char(' ') | KeyCode::Right) => self.add(),
            Key::Plain(KeyCode::Left) => self.remove(),
            Key::Control('a') => self.chosen = (0..self.count).collect(),
            Key::Control('r') => self.chosen.clear(),
            _ => {}
        }
    }

    fn is_chosen(&self, at: usize) -> bool {
        self.chosen.contains(&at)
    }

    fn add(&mut self) {
        if self.cursor < self.count && !self.is_chosen(self.cursor) {
            self.chosen.push(self.cursor);
        }
    }

    fn remove(&mut self) {
        self.chosen.retain(|at| *at != self.cursor);
    }

    /// Around the cursor, as far as there are any.
    fn visible(&self) -> Range<usize> {
        let page = self.page;
        let first = self.cursor.saturating_sub(page / 2).min(self.count.saturating_sub(page));
        first..self.count.min(first + page)
    }

    fn line(&self, at: usize, choices: &[String]) -> String {
        let cursor = if at == self.cursor { '>' } else { ' ' };
        let mark = if self.is_chosen(at) { 'X' } else { ' ' };
        format!(" {cursor} [{mark}] {}", choices.get(at).map(String::as_str).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOWN: Key = Key::Plain(KeyCode::Down);
    const SPACE: Key = Key::Plain(KeyCode::Char(' '));

    fn after(count: usize, chosen: &[usize], keys: &[Key]) -> State {
        let mut state = State { count, cursor: 0, chosen: chosen.to_vec(), page: PAGE };
        keys.iter().for_each(|key| state.press(*key));
        state
    }

    #[test]
    fn the_order_of_choosing_counts() {
        let left = Key::Plain(KeyCode::Left);
        let up = Key::Plain(KeyCode::Up);
        assert_eq!(after(3, &[1], &[DOWN, DOWN, DOWN, SPACE, up, up, SPACE]).chosen, [1, 2, 0]);
        assert_eq!(after(3, &[0, 1], &[SPACE, DOWN, left, SPACE]).chosen, [1]);
        assert_eq!(after(3, &[1], &[Key::Control('a')]).chosen, [0, 1, 2]);
        assert_eq!(after(3, &[1], &[Key::Control('r')]).chosen, [0; 0]);
        assert_eq!(after(0, &[], &[SPACE, DOWN, SPACE]).chosen, [0; 0]);
    }

    #[test]
    fn many_are_scrolled() {
        assert_eq!(after(20, &[], &[]).visible(), 0..13);
        assert_eq!(after(20, &[], &[DOWN; 10]).visible(), 4..17);
        assert_eq!(after(20, &[], &[DOWN; 30]).visible(), 7..20);
        assert_eq!(after(2, &[], &[DOWN]).visible(), 0..2);
    }
}
