//! What is done to the list of questions, apart from saving it.

use super::{MOST, draft::Draft};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Add,
    Up(usize),
    Down(usize),
    Remove(usize),
}

/// What a button stands for; nothing for the one that saves.
pub(super) fn asked(button: &str) -> Option<Order> {
    let (name, index) = button.split_once('.').unwrap_or((button, ""));
    match (name, index.parse()) {
        ("add", _) => Some(Order::Add),
        ("up", Ok(index)) => Some(Order::Up(index)),
        ("down", Ok(index)) => Some(Order::Down(index)),
        ("remove", Ok(index)) => Some(Order::Remove(index)),
        _ => None,
    }
}

impl Order {
    /// Does it; the question to go on with.
    pub(super) fn apply(self, drafts: &mut Vec<Draft>) -> Option<usize> {
        match self {
            Self::Add if drafts.len() < MOST => {
                let group = drafts.last().map(|last| last.group.clone()).unwrap_or_default();
                drafts.push(Draft { kind: "text".to_owned(), group, ..Draft::default() });
                Some(drafts.len() - 1)
            }
            Self::Up(index) if index > 0 && index < drafts.len() => {
                drafts.swap(index, index - 1);
                Some(index - 1)
            }
            Self::Down(index) if index + 1 < drafts.len() => {
                drafts.swap(index, index + 1);
                Some(index + 1)
            }
            Self::Remove(index) if index < drafts.len() => {
                drafts.remove(index);
                drafts.len().checked_sub(1).map(|last| last.min(index))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_added_moved_and_removed() {
        let mut drafts = Vec::new();
        let mut press = |button: &str| {
            let focus = asked(button).unwrap().apply(&mut drafts);
            if button == "add" {
                let name = drafts.len().to_string();
                drafts.last_mut().unwrap().variable = name;
            }
            let names: Vec<_> = drafts.iter().map(|draft| draft.variable.clone()).collect();
            (focus, names.join(" "))
        };
        press("add");
        press("add");
        assert_eq!(press("add"), (Some(2), "1 2 3".to_owned()));
        assert_eq!(press("up.2"), (Some(1), "1 3 2".to_owned()));
        assert_eq!(press("down.0"), (Some(1), "3 1 2".to_owned()));
        for nothing in ["up.0", "down.2", "remove.7", "up.9"] {
            assert_eq!(press(nothing), (None, "3 1 2".to_owned()), "{nothing}");
        }
        assert_eq!(press("remove.2"), (Some(1), "3 1".to_owned()));
        assert_eq!(asked("save"), None);
    }
}
