//! Runs a check where neither deep nor slow input harms the service.

use std::cell::Cell;
use std::panic;
use std::sync::Once;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use super::SyntaxProblem;

/// Room for the deepest syntax trees the checks let through; only touched pages cost memory.
const STACK_BYTES: usize = 256 * 1024 * 1024;

/// The last resort: the limits of each check are meant to end it long before.
const DEADLINE: Duration = Duration::from_millis(900);

thread_local! {
    /// Whether this thread does nothing but check a file.
    static CHECKS: Cell<bool> = const { Cell::new(false) };
}

/// A panic of a language's parser is an answer about the file, not a fault of the server: it is
/// not reported as one.
fn keep_panics_of_checks_quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if CHECKS.get() {
                tracing::debug!(%info, "a parser gave up on a file");
            } else {
                report(info);
            }
        }));
    });
}

/// Runs `check` on a thread of its own with a large stack and waits for it for as long as `time`, a
/// second at most. The thread keeps `held` until it ends.
pub(super) fn run<T: Send + 'static>(
    check: fn(&[u8]) -> Result<T, SyntaxProblem>,
    content: &[u8],
    time: Duration,
    held: impl Send + 'static,
) -> Result<T, SyntaxProblem> {
    keep_panics_of_checks_quiet();
    let (answer, answered) = mpsc::channel();
    let content = content.to_vec();
    let job = move || {
        CHECKS.set(true);
        let result = panic::catch_unwind(|| check(&content));
        drop((content, held));
        // Nobody listens any more after the deadline.
        let _ = answer.send(result);
    };
    let spawned =
        thread::Builder::new().name("file-check".to_owned()).stack_size(STACK_BYTES).spawn(job);
    spawned.map_err(|error| SyntaxProblem::unchecked(format!("cannot be checked: {error}")))?;
    match answered.recv_timeout(DEADLINE.min(time)) {
        Ok(Ok(result)) => result,
        Err(RecvTimeoutError::Timeout) => Err(SyntaxProblem::too_complex()),
        // The parser of the language panicked.
        Ok(Err(_)) | Err(RecvTimeoutError::Disconnected) => {
            Err(SyntaxProblem::new("cannot be parsed", None))
        }
    }
}
