//! Long output, page by page, as git shows it.

use std::{
    env,
    ffi::OsString,
    io::Write,
    process::{Command, Stdio},
};

/// What is used when nothing is said, if it is there.
const USUAL: &str = "command -v less >/dev/null 2>&1 && exec less";
/// Less: leave if it fits, keep colours, leave the text on the screen.
const LESS: &str = "FRX";

/// Shows a text by `$PAGER`; whether somebody saw it. There is none where that is empty or `cat`.
pub fn show(text: &str) -> bool {
    let said = env::var_os("PAGER");
    if said.as_ref().is_some_and(|pager| pager.is_empty() || pager == "cat") {
        return false;
    }
    let mut pager = Command::new("/bin/sh");
    pager.arg("-c").arg(said.unwrap_or_else(|| OsString::from(USUAL))).stdin(Stdio::piped());
    if env::var_os("LESS").is_none() {
        pager.env("LESS", LESS);
    }
    let Ok(mut child) = pager.spawn() else { return false };
    if let Some(mut input) = child.stdin.take() {
        // Who has read enough leaves.
        let _ = input.write_all(text.as_bytes());
    }
    child.wait().is_ok_and(|status| status.success())
}
