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
/// When the input ends.
pub fn confirm(question: &str) -> Result<bool> {
    loop {
        output::tell(&format!("{question} [Y/n]: "));
        let mut line = String::new();
        match io::stdin().lock().read_line(&mut line) {
            Ok(0) | Err(_) => {
                output::tell("\n");
                return Err(Failure::Aborted);
            }
            Ok(_) => {}
        }
        match line.trim().to_ascii_lowercase().as_str() {
            "" | "y" | "yes" => return Ok(true),
            "n" | "no" => return Ok(false),
            _ => output::tell("Error: invalid input\n"),
        }
    }
}
