//! All that a run measured, as it is kept.

use serde::{Deserialize, Serialize};

use super::{load::Load, machine::Machine};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Report {
    pub(super) machine: Machine,
    /// How long each operation was asked for, at each number of connections.
    pub(super) seconds: u64,
    pub(super) submissions: u32,
    pub(super) servers: Vec<Server>,
}

/// Our server on one of its databases.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Server {
    pub(super) name: String,
    /// Bytes (PSS) before and after all that was asked.
    pub(super) memory_at_rest: u64,
    pub(super) memory_at_end: u64,
    pub(super) operations: Vec<Row>,
    /// The ways to list many submissions; empty where that was not asked for.
    pub(super) lists: Vec<Row>,
    /// Lists that got no answer, with why.
    pub(super) failures: Vec<String>,
}

impl Report {
    /// The names of servers, with what failed there.
    pub(super) fn failures(&self) -> impl Iterator<Item = (&str, &str)> {
        self.servers.iter().flat_map(|server| {
            server.failures.iter().map(|failure| (server.name.as_str(), failure.as_str()))
        })
    }
}

/// One operation over so many connections, and what it is compared with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Row {
    pub(super) operation: String,
    pub(super) connections: u32,
    /// How many rows a list said that there are.
    pub(super) total: Option<u64>,
    pub(super) ours: Load,
    /// Milliseconds for each request, of our server and of PostgreSQL.
    pub(super) cpu: f64,
    pub(super) database_cpu: Option<f64>,
    /// A bare handler that answers the same.
    pub(super) bare: Option<Load>,
    /// The same statements, by pgbench.
    pub(super) statements: Option<Load>,
    /// Another server that speaks the API.
    pub(super) other: Option<Load>,
}

/// How many requests of ours there are for each of another's.
pub(super) fn ratio(ours: &Load, other: Option<&Load>) -> Option<f64> {
    other.map(|other| ours.per_second / other.per_second).filter(|ratio| ratio.is_finite())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn load(per_second: f64) -> Load {
        Load { requests: 10, per_second, p50: Some(1.0), p99: Some(2.5) }
    }

    pub(in super::super) fn row(operation: &str, connections: u32) -> Row {
        Row {
            operation: operation.to_owned(),
            connections,
            total: None,
            ours: load(500.0),
            cpu: 0.75,
            database_cpu: None,
            bare: Some(load(20_000.0)),
            statements: None,
            other: None,
        }
    }

    pub(in super::super) fn report() -> Report {
        let server = |name: &str| Server {
            name: name.to_owned(),
            memory_at_rest: 20_000_000,
            memory_at_end: 30_000_000,
            operations: vec![row("submit", 1), row("submit", 16)],
            lists: Vec::new(),
            failures: Vec::new(),
        };
        let servers = vec![server("SQLite"), server("PostgreSQL")];
        Report { machine: Machine::default(), seconds: 1, submissions: 10_000, servers }
    }

    #[test]
    fn a_ratio_is_ours_beside_anothers() {
        assert_eq!(ratio(&load(500.0), Some(&load(250.0))), Some(2.0));
        assert_eq!(ratio(&load(500.0), Some(&load(0.0))), None);
        assert_eq!(ratio(&load(500.0), None), None);
    }

    #[test]
    fn what_is_kept_can_be_read_again() {
        let kept = serde_json::to_string(&report()).unwrap();
        assert_eq!(serde_json::from_str::<Report>(&kept).unwrap(), report());
    }
}
