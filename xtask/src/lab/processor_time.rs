//! How long the processors have worked for programs of several processes.

use std::{fs, time::Duration};

use anyhow::{Context, Result};

/// Where `/proc/PID/stat` has what, counted from the state, which follows the name.
const PARENT: usize = 1;
const USER: usize = 11;
const SYSTEM: usize = 12;
const USER_OF_ENDED: usize = 13;
const SYSTEM_OF_ENDED: usize = 14;
/// As Linux tells programs, whatever its clock does.
pub(crate) const TICKS_PER_SECOND: f64 = 100.0;

/// Of a process, its children, and those children that have ended.
pub(super) fn with_children(process: u32) -> Result<Duration> {
    let own = fs::read_to_string(format!("/proc/{process}/stat"))?;
    let places = [USER, SYSTEM, USER_OF_ENDED, SYSTEM_OF_ENDED];
    let mut ticks = sum(&own, &places).context("/proc has another form than expected")?;
    // Processes may end meanwhile.
    let others = fs::read_dir("/proc")?.flatten();
    for stat in others.filter_map(|entry| fs::read_to_string(entry.path().join("stat")).ok()) {
        if sum(&stat, &[PARENT]) == Some(process.into()) {
            ticks += sum(&stat, &[USER, SYSTEM]).unwrap_or_default();
        }
    }
    Ok(Duration::from_secs_f64(ticks as f64 / TICKS_PER_SECOND))
}

fn sum(stat: &str, places: &[usize]) -> Option<u64> {
    // The name may have blanks and parentheses.
    let (_, after_name) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    places.iter().map(|&place| fields.get(place)?.parse::<u64>().ok()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_processors_worked_is_read_after_the_name() {
        let stat = "7 (a (b) c) S 5 7 7 0 -1 4194560 1 2 3 4 100 20 3000 400 20 0 1 0 9";
        assert_eq!(sum(stat, &[PARENT]), Some(5));
        assert_eq!(sum(stat, &[USER, SYSTEM]), Some(120));
        assert_eq!(sum(stat, &[USER_OF_ENDED, SYSTEM_OF_ENDED]), Some(3400));
        assert_eq!(sum("7 (cut) S", &[PARENT]), None);
    }
}
