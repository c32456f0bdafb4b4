//! The person at the terminal.

use std::io::{self, BufRead, IsTerminal};

use inquire::InquireError;

use crate::{
    failure::{Failure, Result},
    output,
};

/// Whether there is somebody to ask: prompts go to standard error.
pub fn is_there() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Whether this person sees what is printed.
pub fn shows_output() -> bool {
    io::stdout().is_terminal()
}

/// What a prompt came to.
///
/// # Errors
/// When the person gave no answer.
pub fn answered<T>(answer: std::result::Result<T, InquireError>) -> Result<T> {
    answer.map_err(|error| match error {
        InquireError::OperationCanceled | InquireError::OperationInterrupted => {
            Failure::Interrupted
        }
        other => Failure::new("Questions need answers", other.to_string()),
    })
}

/// Yes or no, from whatever standard input is; yes if nothing is said.
///
/// # Errors
/// When the input ends, or the person ends it (Ctrl-C).
pub async fn confirm(question: &str) -> Result<bool> {
    loop {
        output::tell(&format!("{question} [Y/n]: "));
        // On a thread of its own, which can be left waiting.
        let line = tokio::task::spawn_blocking(|| {
            let mut line = String::new();
            io::stdin().lock().read_line(&mut line).map(|length| (length > 0).then_some(line))
        });
        let line = tokio::select! {
            line = line => line.ok().and_then(io::Result::ok).flatten(),
            _ = tokio::signal::ctrl_c() => None,
        };
        let Some(line) = line else {
            output::tell("\n");
            return Err(Failure::Aborted);
        };
        match line.trim().to_ascii_lowercase().as_str() {
            "" | "y" | "yes" => return Ok(true),
            "n" | "no" => return Ok(false),
            _ => output::tell("Error: invalid input\n"),
        }
    }
}
