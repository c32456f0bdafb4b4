//! The server that is measured, with its peers and its data.

use std::time::Duration;

use anyhow::{Context, Result};

use super::{
    operations::{self, OTHERS, Subjects, TEMPLATE},
    tables::grouped,
};
use crate::{
    bench::{programs::Programs, seed},
    interrupt::Interrupt,
    lab::{Api, CLUSTER, Database, Directory, EMAIL, Jobbergate, Postgres, S3, Server, Terminal},
};

const ROWS: &str = include_str!("seed.sql");
/// How many the rows have.
pub(super) const SCRIPTS: i64 = 1000;
/// How many people ask. The server has those take turns who ask for much.
const PEOPLE: usize = 16;
/// Longer than anybody measures.
const SESSION: Duration = Duration::from_secs(24 * 3600);
/// How long it takes until what has begun is done.
const SETTLING: Duration = Duration::from_secs(2);

/// It ends when this is dropped.
pub(super) struct Stage {
    pub(super) server: Server,
    /// With what is before the operations' paths.
    pub(super) url: String,
    /// The first is alice's.
    pub(super) tokens: Vec<String>,
    pub(super) subjects: Subjects,
    pub(super) postgres: Option<Postgres>,
    _s3: Option<S3>,
}

impl Stage {
    /// SQLite goes with files in a directory, PostgreSQL with S3.
    pub(super) fn set(
        terminal: &Terminal,
        interrupt: &Interrupt,
        directory: &Directory,
        programs: &Programs,
        database: Database,
        submissions: u32,
    ) -> Result<Self> {
        let mut jobbergate = Jobbergate::at(programs.jobbergate.clone());
        let (mut postgres, mut s3) = (None, None);
        if database == Database::Postgres {
            // As it is installed: what was committed is on the disk.
            let started = Postgres::start(interrupt, directory, &[])?;
            jobbergate.database_url = Some(started.url());
            postgres = Some(started);
            let started = S3::start(&programs.bench, directory)?;
            jobbergate.settings.clone_from(&started.settings);
            s3 = Some(started);
        }
        let server = Server::start(terminal, interrupt, directory, &jobbergate)?;
        [CLUSTER, OTHERS]
            .iter()
            .try_for_each(|id| jobbergate.client_secret(directory, id).map(drop))?;
        let others = (1..PEOPLE).map(|number| format!("person{number}@example.com"));
        let emails = std::iter::once(EMAIL.to_owned()).chain(others);
        let tokens: Vec<_> = emails
            .map(|email| jobbergate.agents_token(directory, &email, CLUSTER, SESSION))
            .collect::<Result<_>>()?;
        let api = Api::new(&server.url, tokens.first().context("there is nobody")?);
        seed::fill(directory, postgres.as_ref(), &rows(database, submissions))?;
        postgres.as_ref().map_or(Ok(()), Postgres::vacuum)?;
        create_template(&api)?;
        // Numbers begin at 1; the second submission was done long ago.
        let subjects = Subjects { scripts: (1..=SCRIPTS).collect(), submission: 2 };
        let submissions = grouped(f64::from(submissions));
        terminal
            .done(&format!("There are 1 000 templates and scripts, and {submissions} submissions"));
        interrupt.sleep(SETTLING)?;
        let url = format!("{}/jobbergate", server.url);
        Ok(Self { server, url, tokens, subjects, postgres, _s3: s3 })
    }
}

/// The template that is rendered.
pub(super) fn create_template(api: &Api) -> Result<()> {
    let template = serde_json::json!({
        "name": "Heat equation", "identifier": TEMPLATE,
        "template_vars": { "nodes": 1, "seconds": 1.0, "materials": [] },
    });
    api.post("/job-script-templates", &template)?;
    for (kind, name, content) in operations::template_files() {
        let path = format!("/job-script-templates/{TEMPLATE}/upload/template/{kind}");
        api.upload(&path, name, &content)?;
    }
    Ok(())
}

/// The statements that fill a database.
pub(crate) fn rows(database: Database, submissions: u32) -> String {
    let rows = ROWS.replace("{submissions}", &submissions.to_string());
    let mut parts = rows.split("{numbers ");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.filter_map(|part| part.split_once('}')).fold(first, |rows, (count, rest)| {
        let numbers = match database {
            Database::Postgres => format!("generate_series(1, {count}) AS numbers (i)"),
            Database::Sqlite => format!(
                "(WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) \
                 SELECT i FROM n) AS numbers"
            ),
        };
        rows + &numbers + rest
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_database_counts_in_its_own_way() {
        let [postgres, sqlite] =
            [Database::Postgres, Database::Sqlite].map(|database| rows(database, 4711));
        assert!(postgres.ends_with("FROM generate_series(1, 4711) AS numbers (i);\n"));
        assert!(sqlite.ends_with("WHERE i < 4711) SELECT i FROM n) AS numbers;\n"));
        assert!(!postgres.contains('{') && !sqlite.contains('{'));
    }
}
