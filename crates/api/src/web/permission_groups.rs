//! Permissions to tick, by what they are about.

use super::words;

/// Permissions about one kind of thing.
#[derive(Debug)]
pub(super) struct PermissionGroup {
    pub(super) things: String,
    pub(super) choices: Vec<Choice>,
}

#[derive(Debug)]
pub(super) struct Choice {
    pub(super) permission: &'static str,
    pub(super) verb: String,
    /// Whether it is a sentence instead of a word.
    pub(super) wide: bool,
    pub(super) ticked: bool,
}

/// These permissions; those of the same kind follow each other.
pub(super) fn groups(
    names: impl Iterator<Item = &'static str>,
    ticked: &[String],
) -> Vec<PermissionGroup> {
    let mut groups: Vec<PermissionGroup> = Vec::new();
    for permission in names {
        let (things, verb) = words::permission(permission);
        let ticked = ticked.iter().any(|it| it == permission);
        let choice = Choice { permission, wide: verb.contains(' '), verb, ticked };
        match groups.last_mut().filter(|group| group.things == things) {
            Some(group) => group.choices.push(choice),
            None => groups.push(PermissionGroup { things, choices: vec![choice] }),
        }
    }
    groups
}
