//! How long answers take.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};

use crate::lab::Api;

/// What is asked for all the time: a small list, which takes a token and the database.
const PATH: &str = "/job-script-templates?size=10";

/// How long some answers took.
#[derive(Debug)]
pub(super) struct Latency {
    pub(super) answers: usize,
    pub(super) median: Duration,
    pub(super) slowest_of_100: Duration,
}

impl Latency {
    /// Asks one question after the other until there are enough.
    pub(super) fn measure(api: &Api, enough: &AtomicBool) -> Result<Self> {
        let mut times = Vec::new();
        while !enough.load(Ordering::Relaxed) {
            let began = Instant::now();
            api.get(PATH)?;
            times.push(began.elapsed());
        }
        times.sort_unstable();
        let at = |share: usize| times.get(times.len() * share / 100).copied();
        let nothing = "nothing was asked";
        Ok(Self {
            answers: times.len(),
            median: at(50).context(nothing)?,
            slowest_of_100: at(99).context(nothing)?,
        })
    }
}
