//! What `cargo xtask bench` needs besides the server itself.

mod answer;
mod s3;
mod smtp;
mod tokens;
mod waiting;

use anyhow::Result;
use clap::Parser;
use tokio::runtime::{Builder, Runtime};

/// As in the server.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

#[derive(Parser)]
enum Command {
    /// What it costs to verify a token that was seen before, and one that was not
    Tokens,
    /// Answers all requests alike, as quickly as HTTP can be
    Answer(answer::Options),
    /// An S3 server whose files go with it
    S3,
    /// An SMTP server that accepts all mail, and forgets it in the end
    Smtp,
    /// Has agents wait for work at a server, and measures what that takes
    Waiting(waiting::Options),
}

fn main() -> Result<()> {
    match Command::parse() {
        // The time of its thread is what is measured.
        Command::Tokens => {
            Builder::new_current_thread().enable_all().build()?.block_on(tokens::run())
        }
        Command::Answer(options) => Runtime::new()?.block_on(answer::run(options)),
        Command::S3 => Runtime::new()?.block_on(s3::run()),
        Command::Waiting(options) => Runtime::new()?.block_on(waiting::run(options)),
        Command::Smtp => Runtime::new()?.block_on(smtp::run()),
    }
}
