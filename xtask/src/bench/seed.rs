//! Rows that are put into a server's database in bulk: as much as a large centre has.

use std::{fs, process::Command};

use anyhow::Result;

use crate::{
    lab::{Directory, Postgres},
    process,
};

const ON_SQLITE: &str = include_str!("seed.py");
/// What PostgreSQL finds out by itself a minute later is said at the end.
const ON_POSTGRES: [&str; 2] = [
    "SET timezone = 'UTC';\n\
     CREATE FUNCTION ago(seconds bigint) RETURNS timestamptz LANGUAGE sql AS \
     'SELECT now() - seconds * interval ''1 second''';\n",
    "DROP FUNCTION ago;\nANALYZE;\n",
];

/// Runs statements on the database of a server that runs; they may call `ago(seconds)`.
pub(crate) fn fill(directory: &Directory, postgres: Option<&Postgres>, rows: &str) -> Result<()> {
    let file = directory.private("seed")?.join("seed.sql");
    let Some(postgres) = postgres else {
        fs::write(&file, rows)?;
        let mut python = Command::new("python3");
        python.args(["-c", ON_SQLITE]).arg(directory.server().join("jobbergate.db"));
        return process::run(python.arg(&file));
    };
    let [before, after] = ON_POSTGRES;
    fs::write(&file, [before, rows, after].concat())?;
    postgres.run_file(&file)
}
