//! How far somebody has read.

use std::{fmt, str::FromStr};

/// Among how many rows the numbers of changes are divided, so that commits need not wait for each
/// other.
pub(super) const SHARDS: usize = 8;

/// How far somebody has read: the number of the last change in each shard.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Position(pub(super) [i64; SHARDS]);

impl Position {
    /// Goes on to a change; false if it was passed before.
    pub(super) fn pass(&mut self, shard: usize, number: i64) -> bool {
        let Some(last) = self.0.get_mut(shard).filter(|last| **last < number) else { return false };
        *last = number;
        true
    }

    /// How many changes there were between an earlier position and this one; `None` if that is not
    /// an earlier one of this database.
    pub(crate) fn since(&self, earlier: &Self) -> Option<i64> {
        let pairs = self.0.iter().zip(&earlier.0);
        pairs.map(|(now, then)| now.checked_sub(*then).filter(|more| *more >= 0)).sum()
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers: Vec<_> = self.0.iter().map(i64::to_string).collect();
        f.write_str(&numbers.join("."))
    }
}

impl FromStr for Position {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let numbers: Option<Vec<i64>> = text
            .split('.')
            .map(|number| number.parse().ok().filter(|number| *number >= 0))
            .collect();
        numbers.ok_or(())?.try_into().map(Self).map_err(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_read_as_it_is_written() {
        let position = Position([1, 0, 3, 0, 0, i64::MAX, 0, 8]);
        assert_eq!(position.to_string().parse(), Ok(position));
        for odd in ["", "1", "1.2.3.4.5.6.7", "1.2.3.4.5.6.7.8.9", "1.2.3.4.5.6.7.-8", "a"] {
            assert_eq!(odd.parse::<Position>(), Err(()), "{odd}");
        }
    }

    #[test]
    fn each_change_is_passed_once() {
        let mut position = Position::default();
        assert!(position.pass(3, 2));
        assert!(!position.pass(3, 2) && !position.pass(3, 1));
        assert!(position.pass(4, 1));
        assert!(!position.pass(8, 1), "there is no such shard");
        assert_eq!(position.since(&Position::default()), Some(3));
        assert_eq!(Position::default().since(&position), None);
    }
}
