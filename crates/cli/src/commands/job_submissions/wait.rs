//! `jobbergate job-submissions wait`.

use std::{collections::BTreeMap, time::Duration};

use clap::{Args, value_parser};
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::json;
use tokio::time::timeout;

use super::{
    Session,
    watch::{concluded, how_to_go_on, ways_on},
};
use crate::{
    failure::{Failure, Result},
    follow::{
        ending::{Ending, Until},
        screen::{Lines, Screen, unless_left},
        states::States,
    },
};

/// How many are followed at a time.
const AT_ONCE: usize = 16;
/// The longest time that somebody can say to wait.
const LONGEST: Duration = Duration::from_hours(24 * 365);

/// What to wait for.
#[derive(Debug, Args)]
pub struct Wait {
    /// The submissions
    #[arg(value_name = "ID", required = true, value_parser = value_parser!(i64).range(1..))]
    ids: Vec<i64>,
    /// What to wait for: that their jobs run, or have ended
    #[arg(long = "for", value_enum, default_value = "finished", value_name = "WHAT")]
    until: Until,
    /// For how long, such as 90s, 10m or 2h; a number alone is seconds. Without it, as long as it takes
    #[arg(long, value_name = "TIME", value_parser = time)]
    timeout: Option<Duration>,
}

fn time(text: &str) -> std::result::Result<Duration, String> {
    let wrong = "it must be a time such as 90s, 10m or 2h, of a year at most";
    let seconds = text.trim().parse().map(Duration::from_secs);
    let time = seconds.or_else(|_| humantime::parse_duration(text)).map_err(|_| wrong)?;
    if time > LONGEST { Err(wrong.to_owned()) } else { Ok(time) }
}

/// Waits; the exit code is that of the first that did not come to what was waited for.
///
/// # Errors
/// When one can't be followed, or it takes too long.
pub async fn wait(session: &Session, arguments: &Wait) -> Result<()> {
    let (screen, ids) =
        (Screen::new(session.output.follows_as_json()?, Lines::None), &arguments.ids);
    let states = States {
        session,
        screen: &screen,
        until: arguments.until,
        are_several: ids.len() > 1,
        is_known: false,
    };
    let one = async |place: usize, id: i64| {
        let ending = states.follow(id, |_| {}).await?;
        if !session.output.is_json() {
            screen.show(&format!("Submission {id}: {}", ending.words()))?;
        }
        Ok::<(usize, Ending), Failure>((place, ending))
    };
    // As they come: one that can't be followed ends it at once.
    let each = stream::iter(ids).enumerate().map(|(place, id)| one(place, *id));
    let all = each.buffer_unordered(AT_ONCE).try_collect::<BTreeMap<_, _>>();
    let limited = async {
        match arguments.timeout {
            Some(limit) => match timeout(limit, all).await {
                Ok(endings) => endings,
                Err(_) => Err(too_late(&screen, limit)),
            },
            None => all.await,
        }
    };
    let endings = unless_left(&screen, &how_to_go_on("wait", ids), limited).await?;
    let endings: Vec<_> = endings.into_values().collect();
    drop(screen);
    for (id, ending) in ids.iter().zip(&endings) {
        ways_on(session, *id, *ending);
    }
    concluded(&endings)
}

fn too_late(screen: &Screen, limit: Duration) -> Failure {
    let seconds = limit.as_secs();
    if let Err(failure) = screen.json(&json!({"event": "timeout", "seconds": seconds})) {
        return failure;
    }
    let limit = humantime::format_duration(limit);
    screen.tell(&format!("It did not come to that within {limit}; what was submitted goes on"));
    Failure::Ended(Ending::TIMED_OUT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_number_of_seconds_or_has_units() {
        for (text, expected) in [("90", 90), ("90s", 90), ("1h 30m", 5400), ("0", 0)] {
            assert_eq!(time(text), Ok(Duration::from_secs(expected)));
        }
        for wrong in ["", "soon", "-1", "2 years", "99999999999999999999s"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }
}
