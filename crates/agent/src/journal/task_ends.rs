//! How the tasks of an array ended: Slurm forgets them one by one.

use std::{collections::BTreeMap, fmt};

use jobbergate_types::SlurmJobState;

/// The tasks that have ended, and how. One that is queued again has not ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaskEnds {
    by_task: BTreeMap<u32, SlurmJobState>,
    /// The worst end of tasks whose numbers are not known.
    pub others: Option<SlurmJobState>,
}

impl TaskEnds {
    pub fn restore(text: &str, others: Option<SlurmJobState>) -> Self {
        let mut by_task = BTreeMap::new();
        for (name, ranges) in text.split_whitespace().filter_map(|part| part.split_once('=')) {
            let Ok(state) = name.parse();
            by_task.extend(ranges.split(',').flat_map(range).map(|task| (task, state)));
        }
        Self { by_task, others }
    }

    /// Takes in what a task is doing now.
    pub fn see(&mut self, task: u32, state: SlurmJobState) {
        if state.is_terminal() {
            self.by_task.insert(task, state);
        } else {
            self.by_task.remove(&task);
        }
    }

    /// The ends of the tasks whose numbers are known.
    pub fn known(&self) -> impl Iterator<Item = SlurmJobState> {
        self.by_task.values().copied()
    }

    pub fn states(&self) -> impl Iterator<Item = SlurmJobState> {
        self.known().chain(self.others)
    }
}

/// `3-5` or `7`; nothing if it is neither.
fn range(text: &str) -> impl Iterator<Item = u32> + use<> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let bounds = first.parse().ok().zip(last.parse().ok());
    bounds.into_iter().flat_map(|(first, last): (u32, u32)| first..=last)
}

impl fmt::Display for TaskEnds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut ranges: BTreeMap<&str, Vec<(u32, u32)>> = BTreeMap::new();
        for (task, state) in &self.by_task {
            let ranges = ranges.entry(state.as_str()).or_default();
            match ranges.last_mut() {
                Some((_, last)) if last.checked_add(1) == Some(*task) => *last = *task,
                _ => ranges.push((*task, *task)),
            }
        }
        let range = |(first, last): &(u32, u32)| match first == last {
            true => first.to_string(),
            false => format!("{first}-{last}"),
        };
        let part = |(state, ranges): (&str, Vec<_>)| {
            format!("{state}={}", ranges.iter().map(range).collect::<Vec<_>>().join(","))
        };
        f.write_str(&ranges.into_iter().map(part).collect::<Vec<_>>().join(" "))
    }
}

#[cfg(test)]
mod tests {
    use SlurmJobState::*;

    use super::*;

    #[test]
    fn many_tasks_are_written_in_few_words_and_read_again() {
        let mut ends = TaskEnds { others: Some(Timeout), ..TaskEnds::default() };
        (0..9_000).for_each(|task| ends.see(task, Completed));
        [7, 8, 100].into_iter().for_each(|task| ends.see(task, Failed));
        ends.see(5, Pending);
        assert_eq!(ends.to_string(), "COMPLETED=0-4,6,9-99,101-8999 FAILED=7-8,100");
        assert_eq!(TaskEnds::restore(&ends.to_string(), Some(Timeout)), ends);
        assert_eq!(TaskEnds::default().to_string(), "");
        assert_eq!(TaskEnds::restore("FAILED=x,1-y", None), TaskEnds::default());
    }
}
