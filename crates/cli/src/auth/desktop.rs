//! The person's windows, if there are any.

use std::{
    env,
    process::{Command, Stdio},
};

/// Opens a link where the person has windows; whether it was tried.
pub fn open_in_browser(link: &str) -> bool {
    let has_windows = ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| env::var_os(name).is_some());
    if !has_windows || !(link.starts_with("https://") || link.starts_with("http://")) {
        return false;
    }
    let mut opener = Command::new("xdg-open");
    opener.arg(link).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    opener.spawn().is_ok()
}
