//! What a request costs, as it was measured.

use anyhow::{Context, Result};
use serde_json::Value;

use super::day::{KINDS, Kind};

/// Of the figures, those with which this is reckoned.
const SERVER: &str = "PostgreSQL and S3";
const CONNECTIONS: u64 = 16;
/// Of a server's processor for each question that waits, from its arrival to its answer, in milliseconds: with 10 000 that ask
/// anew every 30 s it is busy to 3.1 % (`cargo xtask bench waiting`).
const POLL: f64 = 0.093;

/// Milliseconds of a processor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cost {
    pub(super) server: f64,
    pub(super) postgres: f64,
}

#[derive(Debug)]
pub(super) struct Costs {
    by_kind: Vec<(Kind, Cost)>,
    /// Of a server at the end of its measurement, in bytes.
    pub(super) memory: f64,
}

impl Costs {
    /// From what `cargo xtask bench api` has written.
    pub(super) fn of(figures: &Value) -> Result<Self> {
        let servers =
            figures["servers"].as_array().context("there are no servers in the figures")?;
        let server = servers.iter().find(|it| it["name"] == SERVER);
        let server = server.with_context(|| format!("{SERVER} was not measured"))?;
        let operations = server["operations"].as_array().context("nothing was measured")?;
        let cost = |kind: Kind| {
            let name = kind.measured_as();
            let found = operations
                .iter()
                .find(|it| it["operation"] == name && it["connections"] == CONNECTIONS)
                .with_context(|| format!("{name} was not measured"))?;
            let measured = found["cpu"].as_f64().context("it has no CPU")?;
            let cost = Cost {
                server: if kind == Kind::Poll { POLL } else { measured },
                postgres: found["database_cpu"].as_f64().context("PostgreSQL has no CPU")?,
            };
            Ok::<_, anyhow::Error>((kind, cost))
        };
        let by_kind = KINDS.into_iter().map(cost).collect::<Result<_>>()?;
        let memory = server["memory_at_end"].as_f64().context("there is no memory")?;
        Ok(Self { by_kind, memory })
    }

    pub(super) fn of_kind(&self, kind: Kind) -> Cost {
        let found = self.by_kind.iter().find(|(other, _)| *other == kind);
        found.map_or(Cost { server: 0.0, postgres: 0.0 }, |(_, cost)| *cost)
    }

    /// Of what came in a second, in processors that are busy with it.
    pub(super) fn busy(&self, counts: &[u32; KINDS.len()]) -> Cost {
        let parts = KINDS.iter().zip(counts).map(|(kind, count)| {
            let cost = self.of_kind(*kind);
            (cost.server * f64::from(*count), cost.postgres * f64::from(*count))
        });
        let (server, postgres) = parts.fold((0.0, 0.0), |sum, it| (sum.0 + it.0, sum.1 + it.1));
        Cost { server: server / 1e3, postgres: postgres / 1e3 }
    }
}
