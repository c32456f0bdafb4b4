//! What is in the database: as much as a large centre has.

use std::{fs, process::Command};

use anyhow::Result;

use crate::{
    lab::{Directory, Postgres},
    process,
};

/// For both databases.
const ROWS: &str = include_str!("seed.sql");
const ON_SQLITE: &str = include_str!("seed.py");
/// What PostgreSQL finds out by itself a minute later is said at the end.
const ON_POSTGRES: [&str; 2] = [
    "SET timezone = 'UTC';\n\
     CREATE FUNCTION ago(seconds bigint) RETURNS timestamptz LANGUAGE sql AS \
     'SELECT now() - seconds * interval ''1 second''';\n",
    "DROP FUNCTION ago;\nANALYZE;\n",
];

/// Fills the database of a server that runs.
pub(super) fn fill(directory: &Directory, postgres: Option<&Postgres>) -> Result<()> {
    let file = directory.private("seed")?.join("seed.sql");
    let Some(postgres) = postgres else {
        fs::write(&file, ROWS)?;
        let mut python = Command::new("python3");
        python.args(["-c", ON_SQLITE]).arg(directory.server().join("jobbergate.db"));
        return process::run(python.arg(&file));
    };
    let [before, after] = ON_POSTGRES;
    fs::write(&file, [before, ROWS, after].concat())?;
    postgres.run_file(&file)
}
