//! Yes or no, by one key.

use crossterm::event::KeyCode;

use crate::{
    failure::{Failure, Result},
    questions::keys::{Key, Keys},
};

/// The answer; none if the person just goes on, which means the default.
///
/// # Errors
/// When the person ends it.
pub fn confirm(label: &str, default: Option<bool>) -> Result<Option<bool>> {
    let mut keys = Keys::listen()?;
    let hint = if default == Some(true) { "Y/n" } else { "y/N" };
    keys.draw(&[format!("? {label} ({hint})")])?;
    let answer = loop {
        let key = keys.next()?;
        if key == Key::Control('d') {
            return Err(Failure::Aborted);
        }
        if let Some(answer) = meant(key) {
            break answer;
        }
    };
    let shown = answer.or(default).map_or("", |answer| if answer { "Yes" } else { "No" });
    keys.draw(&[format!("> {label} {shown}")])?;
    Ok(answer)
}

/// What a key says, if anything.
fn meant(key: Key) -> Option<Option<bool>> {
    match key {
        Key::Plain(KeyCode::Char('y' | 'Y')) => Some(Some(true)),
        Key::Plain(KeyCode::Char('n' | 'N')) => Some(Some(false)),
        Key::Plain(KeyCode::Enter) => Some(None),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_key_is_enough() {
        let key = |c| Key::Plain(KeyCode::Char(c));
        assert_eq!(meant(key('Y')), Some(Some(true)));
        assert_eq!(meant(key('n')), Some(Some(false)));
        assert_eq!(meant(Key::Plain(KeyCode::Enter)), Some(None));
        assert_eq!(meant(key('x')), None);
        assert_eq!(meant(Key::Control('y')), None);
    }
}
