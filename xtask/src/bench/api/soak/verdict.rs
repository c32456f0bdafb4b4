//! What came of it, beside what is promised.

use super::asking::Asked;
use crate::lab::Terminal;

/// How many bytes more there may be in the end.
const GROWTH: u64 = 5_000_000;
/// How many bytes while files are uploaded.
const MOST: u64 = 100_000_000;
/// How many milliseconds a request may take while metrics are uploaded and lists are read.
const SLOWEST: u128 = 1000;

pub(super) struct Verdict {
    pub(super) name: &'static str,
    /// Bytes at rest, before and after.
    pub(super) begin: u64,
    pub(super) end: u64,
    pub(super) soak: Asked,
    pub(super) uploads: Asked,
    pub(super) together: Asked,
}

impl Verdict {
    /// Says it; gives how much of it is not as promised.
    pub(super) fn print(&self, terminal: &Terminal) -> usize {
        terminal
            .heading(&format!("{}: the server's memory (PSS) and its slowest answers", self.name));
        let line = |name: &str, value: String, is_good: bool| {
            let verdict = if is_good { "" } else { "  missed" };
            terminal.say(&format!("  {name:<50} {value}{verdict}"));
        };
        let most = self.soak.most_memory.max(self.together.most_memory);
        line("at rest, after a minute", megabytes(self.begin), true);
        line("at most, asked for all kinds of things", megabytes(most), true);
        line(
            "at most, with 64 uploads of 5 MiB (≤ 100 MB)",
            megabytes(self.uploads.most_memory),
            self.is_bounded(),
        );
        line("at rest in the end (≤ 5 MB more)", megabytes(self.end), self.is_stable());
        line("slowest of all kinds", slowest(&self.soak), true);
        line(
            "slowest, metrics and lists at 64 (≤ 1000 ms)",
            slowest(&self.together),
            self.is_quick(),
        );
        [self.is_bounded(), self.is_stable(), self.is_quick()].into_iter().filter(|it| !it).count()
    }

    fn is_stable(&self) -> bool {
        self.end <= self.begin + GROWTH
    }

    fn is_bounded(&self) -> bool {
        self.uploads.most_memory <= MOST
    }

    fn is_quick(&self) -> bool {
        self.together.slowest.as_millis() <= SLOWEST
    }
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

fn slowest(asked: &Asked) -> String {
    format!("{} ms ({})", asked.slowest.as_millis(), asked.what)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn growth_much_memory_and_long_waits_are_each_missed() {
        let verdict = |end, most_memory, milliseconds| Verdict {
            name: "n",
            begin: 40_000_000,
            end,
            soak: Asked::default(),
            uploads: Asked { most_memory, ..Asked::default() },
            together: Asked { slowest: Duration::from_millis(milliseconds), ..Asked::default() },
        };
        let missed = |it: Verdict| it.print(&Terminal::silent());
        assert_eq!(missed(verdict(45_000_000, 100_000_000, 1000)), 0);
        assert_eq!(missed(verdict(45_000_001, 100_000_000, 1000)), 1);
        assert_eq!(missed(verdict(46_000_000, 101_000_000, 1001)), 3);
    }
}
