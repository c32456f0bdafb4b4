//! How Slurm writes the number of a job that is part of another.

/// The number of a job, of a task of an array, or of a component of a heterogeneous job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct JobId {
    /// What `sbatch` printed: for a task the number of its array, for a component that of the first.
    pub job: i64,
    /// Which task or component it is, if it is one that ever began.
    pub part: Option<u32>,
    /// How many tasks of an array it stands for: those that wait stand together. None if it is no
    /// array, or if that is not said.
    pub parts: Option<u64>,
}

impl JobId {
    /// Reads `7`, `24_1`, `24_[2-9%4]` or `27+1`.
    pub(super) fn read(text: &str) -> Option<Self> {
        let whole = |job| Self { job, part: None, parts: None };
        let Some((job, part)) = text.split_once(['_', '+']) else {
            return text.parse().ok().map(whole);
        };
        Some(Self { job: job.parse().ok()?, part: part.parse().ok(), parts: count(part) })
    }
}

/// How many tasks a list like `0-8:2,11%4` has; none if it is none, or if its end is missing.
fn count(tasks: &str) -> Option<u64> {
    let list = tasks.trim_matches(['[', ']']).split('%').next()?;
    list.split(',').map(count_range).sum()
}

fn count_range(range: &str) -> Option<u64> {
    let (bounds, step) = range.split_once(':').unwrap_or((range, "1"));
    let (first, last) = bounds.split_once('-').unwrap_or((bounds, bounds));
    let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
    Some(last.checked_sub(first)? / step.parse::<u64>().ok().filter(|step| *step > 0)? + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_tasks_and_components_are_told_apart() {
        for (text, job, part, parts) in [
            ("7", 7, None, None),
            ("24_1", 24, Some(1), Some(1)),
            ("24_[2-9%4]", 24, None, Some(8)),
            ("24_[5]", 24, None, Some(1)),
            ("27+0", 27, Some(0), Some(1)),
            ("27+1", 27, Some(1), Some(1)),
        ] {
            assert_eq!(JobId::read(text), Some(JobId { job, part, parts }), "{text}");
        }
        for text in ["", "a line of a comment", "x_1", "7.batch"] {
            assert_eq!(JobId::read(text), None, "{text}");
        }
    }

    #[test]
    fn the_tasks_of_an_array_are_counted_in_all_of_slurms_ways_to_list_them() {
        for (list, number) in [
            ("5", Some(1)),
            ("2-9%4", Some(8)),
            ("0-8:2%1", Some(5)),
            ("0,2,4-6", Some(5)),
            ("[2-9]", Some(8)),
            ("[0-8:2%3]", Some(5)),
            ("0-3999999", Some(4_000_000)),
            ("N/A", None),
            ("", None),
            ("0,2,...", None),
            ("9-2", None),
            ("1-9:0", None),
        ] {
            assert_eq!(count(list), number, "{list}");
        }
    }
}
