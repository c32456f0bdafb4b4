//! `jobbergate job-submissions watch`.

use clap::{Args, value_parser};
use futures::future::try_join_all;

use super::Session;
use crate::{
    failure::{Failure, Result},
    follow::{
        ending::{Ending, Until},
        screen::{Lines, Screen, unless_left},
        states::States,
    },
};

/// Which submissions to watch.
#[derive(Debug, Args)]
pub struct Watch {
    /// The submissions, sixteen at most
    #[arg(value_name = "ID", required = true, num_args = 1..=16, value_parser = value_parser!(i64).range(1..))]
    ids: Vec<i64>,
}

/// Shows states until all have ended; the exit code is that of the first that did not end well.
///
/// # Errors
/// When one can't be watched.
pub async fn watch(session: &Session, arguments: &Watch) -> Result<()> {
    let screen = Screen::new(session.output.follows_as_json()?, Lines::Out);
    let (ids, are_several) = (&arguments.ids, arguments.ids.len() > 1);
    let states =
        States { session, screen: &screen, until: Until::Finished, are_several, is_known: false };
    let followed = try_join_all(ids.iter().map(|id| states.follow(*id, |_| {})));
    let endings = unless_left(&screen, &how_to_go_on("watch", ids), followed).await?;
    drop(screen);
    for (id, ending) in ids.iter().zip(&endings) {
        advice(session, *id, *ending);
    }
    concluded(&endings)
}

/// How somebody goes on who left.
pub fn how_to_go_on(command: &str, ids: &[i64]) -> String {
    let ids = ids.iter().map(i64::to_string).collect::<Vec<_>>().join(" ");
    let those = if ids.contains(' ') { "Their jobs go on" } else { "The job goes on" };
    format!(
        "{those}. To come back: `jobbergate job-submissions {command} {ids}`. To end a job: \
         `jobbergate job-submissions cancel ID`."
    )
}

/// Says how it ended and what can be done about it, if it did not end well.
pub fn advice(session: &Session, id: i64, ending: Ending) {
    if let Some(ways) = ways(session, id, ending) {
        crate::output::tell(&format!("Submission {id}: {}. {ways}\n", ending.words()));
    }
}

/// The same where it was said how it ended.
pub fn ways_on(session: &Session, id: i64, ending: Ending) {
    if let Some(ways) = ways(session, id, ending) {
        crate::output::tell(&format!("{ways}\n"));
    }
}

fn ways(session: &Session, id: i64, ending: Ending) -> Option<String> {
    if ending.exit_code() == 0 || ending == Ending::Deleted || session.output.is_json() {
        return None;
    }
    let logs = match ending {
        Ending::Failed(_) | Ending::Stopped(_) => {
            format!(", and what it wrote: `jobbergate job-submissions logs {id}`")
        }
        _ => String::new(),
    };
    Some(format!("Why: `jobbergate job-submissions why {id}`{logs}."))
}

/// The exit code of the first that did not end well.
///
/// # Errors
/// If there is one.
pub fn concluded(endings: &[Ending]) -> Result<()> {
    match endings.iter().map(|ending| ending.exit_code()).find(|code| *code != 0) {
        Some(code) => Err(Failure::Ended(code)),
        None => Ok(()),
    }
}
