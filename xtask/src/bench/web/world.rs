//! A server with much in it, and somebody who is signed in.

use std::{path::Path, time::Duration};

use anyhow::Result;

use crate::{
    bench::{log_in::LogIn, seed},
    demo::job,
    interrupt::Interrupt,
    lab::{Api, CLUSTER, Database, Directory, EMAIL, Jobbergate, Postgres, Server, Terminal, USER},
};

/// For both databases.
const ROWS: &str = include_str!("seed.sql");
const PASSWORD: &str = "correct horse battery staple";
/// The application that is run.
pub(crate) const APPLICATION: &str = "/applications/heat-equation";

/// It ends when this is dropped.
pub(crate) struct World {
    pub(crate) server: Server,
    /// Of who is signed in: an expert and administrator.
    pub(crate) cookie: String,
    /// The page of a submission whose job runs.
    pub(crate) submission: String,
    pub(super) api: Api,
    pub(super) jobbergate: Jobbergate,
    _postgres: Option<Postgres>,
}

impl World {
    pub(crate) fn start(
        terminal: &Terminal,
        interrupt: &Interrupt,
        directory: &Directory,
        program: &Jobbergate,
        database: Database,
    ) -> Result<Self> {
        let postgres = database.start_as_installed(interrupt, directory)?;
        let database_url = postgres.as_ref().map(Postgres::url);
        let jobbergate = Jobbergate { database_url, ..Jobbergate::at(program.path.clone()) };
        let server = Server::start(terminal, interrupt, directory, &jobbergate)?;
        jobbergate.create_account(directory, EMAIL, &["expert", "admin"], PASSWORD)?;
        let token = jobbergate.access_token(directory, EMAIL, Duration::from_secs(3600))?;
        let api = Api::new(&server.url, &token);
        jobbergate.client_secret(directory, CLUSTER)?;
        let script = job::create_script(terminal, &api)?;
        let submission = job::submit(&api, script, Path::new("/home").join(USER).as_path())?;
        seed::fill(directory, postgres.as_ref(), ROWS)?;
        terminal.done("There are 1 000 applications and 10 000 submissions");
        let cookie = LogIn::open(&server.url, EMAIL, PASSWORD)?.send()?;
        let submission = format!("/submissions/{submission}");
        Ok(Self { server, cookie, submission, api, jobbergate, _postgres: postgres })
    }
}
