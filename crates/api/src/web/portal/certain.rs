//! The page that asks whether something is meant that can't be undone.

use askama::Template;

use super::frame::Frame;

#[derive(Template)]
#[template(path = "portal/certain.html")]
pub(super) struct Certain {
    pub(super) frame: Frame,
    pub(super) title: String,
    /// What follows from it.
    pub(super) words: String,
    pub(super) action: String,
    pub(super) button: &'static str,
    /// Where whoever does not mean it goes back to.
    pub(super) back: String,
}
