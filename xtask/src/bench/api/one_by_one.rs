//! What may take seconds is asked for one by one: nothing is begun that is not waited for.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::{
    bare::{ask, client},
    load::{Load, Target},
    operations::Operation,
};
use crate::interrupt::Interrupt;

/// So many answers count, however long they take.
const AT_LEAST: usize = 5;

/// The first answer does not count: what is read for the first time takes longer.
pub(super) fn load(
    target: Target<'_>,
    what: &Operation,
    length: Duration,
    interrupt: &Interrupt,
) -> Result<Load> {
    let client = client();
    ask(&client, target, what)?;
    let began = Instant::now();
    let mut times = Vec::new();
    while times.len() < AT_LEAST || began.elapsed() < length {
        interrupt.check()?;
        let asked = Instant::now();
        ask(&client, target, what)?;
        times.push(asked.elapsed());
    }
    Ok(of(times, began.elapsed()))
}

fn of(mut times: Vec<Duration>, took: Duration) -> Load {
    times.sort_unstable();
    let percentile = |percent: usize| {
        let place = (times.len() * percent).div_ceil(100).saturating_sub(1);
        times.get(place).map(|time| time.as_secs_f64() * 1e3)
    };
    Load {
        requests: times.len() as u64,
        per_second: times.len() as f64 / took.as_secs_f64(),
        p50: percentile(50),
        p99: percentile(99),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_times() {
        let times = (1..=200).rev().map(Duration::from_millis).collect();
        let load = of(times, Duration::from_secs(20));
        let expected = Load { requests: 200, per_second: 10.0, p50: Some(100.0), p99: Some(198.0) };
        assert_eq!(load, expected);
        assert_eq!(of(Vec::new(), Duration::from_secs(1)).p50, None);
    }
}
