//! People who all log in at the same time.

use std::{
    sync::Barrier,
    thread,
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

/// Gives each of them an account.
pub(super) fn register(jobbergate: &Jobbergate, directory: &Directory) -> Result<()> {
    (0..PEOPLE)
        .try_for_each(|index| jobbergate.create_account(directory, &email(index), &[], PASSWORD))
}

/// Has them all send the form at once; gives the time until the last one is in.
pub(super) fn log_in(server: &str) -> Result<Duration> {
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
        for person in people {
            person.join().map_err(|_| anyhow!("a person panicked"))??;
        }
        Ok(began.elapsed())
    })
}
