//! People who all log in at the same time.

use std::{
    sync::Barrier,
    thread::{self, ScopedJoinHandle},
    time::{Duration, Instant},
};

use anyhow::{Result, anyhow};

use super::log_in::LogIn;
use crate::lab::{Directory, Jobbergate};

/// As many as may fail from one address; none of them does.
pub(super) const PEOPLE: usize = 100;
const PASSWORD: &str = "correct horse battery staple";

fn email(index: usize) -> String {
    format!("person{index}@example.com")
}

/// Gives each of them an account with these roles.
pub(super) fn register(
    jobbergate: &Jobbergate,
    directory: &Directory,
    roles: &[&str],
) -> Result<()> {
    (0..PEOPLE)
        .try_for_each(|index| jobbergate.create_account(directory, &email(index), roles, PASSWORD))
}

/// Has them all send the form at once; gives the time until the last one is in, and the cookies of
/// their sessions.
pub(super) fn log_in(server: &str) -> Result<(Duration, Vec<String>)> {
    let pages: Result<Vec<_>> =
        (0..PEOPLE).map(|index| LogIn::open(server, &email(index), PASSWORD)).collect();
    let start = Barrier::new(PEOPLE + 1);
    thread::scope(|scope| {
        let wait_and_send = |page: LogIn| {
            start.wait();
            page.send()
        };
        let people: Vec<_> =
            pages?.into_iter().map(|page| scope.spawn(move || wait_and_send(page))).collect();
        let began = Instant::now();
        start.wait();
        let join = |person: ScopedJoinHandle<'_, Result<String>>| {
            person.join().map_err(|_| anyhow!("a person panicked"))?
        };
        let cookies = people.into_iter().map(join).collect::<Result<_>>()?;
        Ok((began.elapsed(), cookies))
    })
}
