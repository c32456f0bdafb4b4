//! What was measured, beside what it should be.

use std::time::{Duration, Instant};

use anyhow::Result;
use serde::Serialize;

use crate::{bench::load_average::load, lab::Terminal};

/// What a figure should be.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Goal {
    AtMost(f64),
    AtLeast(f64),
    None,
}

#[derive(Debug, Serialize)]
struct Figure {
    name: String,
    value: f64,
    unit: &'static str,
    goal: Goal,
    reached: bool,
}

/// All figures of a run, and how busy the machine was meanwhile: others' work slows ours.
#[derive(Debug, Serialize)]
pub(super) struct Figures {
    figures: Vec<Figure>,
    load_before: f64,
    load_after: f64,
    processors: usize,
    seconds: f64,
    #[serde(skip)]
    began: Instant,
}

impl Figures {
    pub(super) fn begin() -> Result<Self> {
        Ok(Self {
            figures: Vec::new(),
            load_before: load()?,
            load_after: 0.0,
            processors: std::thread::available_parallelism()?.get(),
            seconds: 0.0,
            began: Instant::now(),
        })
    }

    pub(super) fn end(&mut self) -> Result<()> {
        (self.load_after, self.seconds) = (load()?, self.began.elapsed().as_secs_f64());
        Ok(())
    }

    pub(super) fn add(
        &mut self,
        name: impl Into<String>,
        value: f64,
        unit: &'static str,
        goal: Goal,
    ) {
        let reached = match goal {
            Goal::AtMost(most) => value <= most,
            Goal::AtLeast(least) => value >= least,
            Goal::None => true,
        };
        self.figures.push(Figure { name: name.into(), value, unit, goal, reached });
    }

    /// The middle and the 99th percentile, in milliseconds.
    pub(super) fn add_times(&mut self, name: &str, mut times: Vec<Duration>, goals: [Goal; 2]) {
        times.sort_unstable();
        for (percent, goal) in [50, 99].into_iter().zip(goals) {
            let value = percentile(&times, percent).as_secs_f64() * 1e3;
            self.add(format!("{name}, p{percent}"), value, "ms", goal);
        }
    }

    pub(super) fn print(&self, terminal: &Terminal) -> Result<()> {
        terminal.heading("Measured");
        for Figure { name, value, unit, goal, reached } in &self.figures {
            let goal = match goal {
                Goal::AtMost(most) => format!("≤ {most} {unit}"),
                Goal::AtLeast(least) => format!("≥ {least} {unit}"),
                Goal::None => String::new(),
            };
            let verdict = if *reached { "" } else { "  missed" };
            terminal.say(&format!("  {name:<58} {value:>9.1} {unit:<6} {goal}{verdict}"));
        }
        let Self { load_before, load_after, processors, seconds, .. } = self;
        terminal.say(&format!(
            "  (in {seconds:.0} s on {processors} processors; load {load_before} before, \
             {load_after} after)"
        ));
        Ok(())
    }

    pub(super) fn print_json(&self) -> Result<()> {
        println!("{}", serde_json::to_string_pretty(self)?);
        Ok(())
    }
}

/// Of times in order.
fn percentile(times: &[Duration], percent: usize) -> Duration {
    let at = (times.len() * percent).div_ceil(100).saturating_sub(1);
    times.get(at).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_times() {
        let times: Vec<Duration> = (1..=200).map(Duration::from_millis).collect();
        assert_eq!(percentile(&times, 50), Duration::from_millis(100));
        assert_eq!(percentile(&times, 99), Duration::from_millis(198));
        assert_eq!(percentile(&times[..1], 99), Duration::from_millis(1));
        assert_eq!(percentile(&[], 50), Duration::ZERO);
    }

    #[test]
    fn a_goal_is_reached_or_missed() {
        let mut figures = Figures::begin().unwrap();
        figures.add("a", 1.0, "ms", Goal::AtMost(1.0));
        figures.add("b", 1.0, "%", Goal::AtLeast(1.1));
        let reached: Vec<bool> = figures.figures.iter().map(|figure| figure.reached).collect();
        assert_eq!(reached, [true, false]);
    }
}
